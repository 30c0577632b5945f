/* What a failure is, so that it can be told from others: its kind, its message, and the outputs that are wrong.
 *
 * Ownership: a reduce_failure and a reduce_identity own their texts; free them also if they are zeroed. */
#ifndef NN_REDUCE_FAILURE_H
#define NN_REDUCE_FAILURE_H

#include "arena.h"
#include "reduce/reduce_base.h"
#include "reduce/reduce_names.h"

typedef struct {
    char *text;    /* NULL: nothing failed */
    char *outputs; /* names of outputs that are wrong, each followed by a tab; NULL: none is named */
} reduce_failure;

/* How a process ended. */
typedef struct {
    int status, signal; /* the exit status, or the signal that ended it */
    bool timed_out;
    const char *directory; /* has the files stdout and stderr */
} reduce_ending;

void reduce_failure_free(reduce_failure *f);
/* The failure that the end of a process shows; the message is looked for in stderr, then in stdout. c: the model that it ran on. */
nn_status reduce_failure_of_ending(reduce_failure *f, const reduce_ending *e, const reduce_case *c, nn_error *err);
/* The failure of an answer, TEXT or TEXT, tab, NAME, tab, NAME ... */
nn_status reduce_failure_of_answer(reduce_failure *f, const char *answer, const reduce_case *c, nn_error *err);

/* The failure of the original. */
typedef struct {
    reduce_failure failure;
    reduce_names made, before; /* all tensors of the original; the wrong outputs, and the tensors that they are computed from */
    arena memory;
} reduce_identity;

/* Takes the failure over, also after a failure. */
nn_status reduce_identity_open(reduce_identity *d, reduce_failure *f, const reduce_case *original, nn_error *err);
void reduce_identity_close(reduce_identity *d);
/* Whether a candidate fails as the original does: with the same text, and in an output that the wrong outputs of the original are
 * computed from. A tensor that the original does not have has been renamed, and may be any; `renamed`: all have. */
bool reduce_identity_same(const reduce_identity *d, const reduce_failure *f, bool renamed);

#endif
