/* The values that go into the code of a node: each expression is evaluated in all samples, and written so that it is right in all.
 *
 * Ownership: an emit_writing owns its text and borrows the rest. */
#ifndef NN_EMIT_HOLE_H
#define NN_EMIT_HOLE_H

#include "emit/emit_body.h"
#include "emit/emit_fit.h"

typedef struct {
    emit_body *b;
    const eval_node *n;
    const emit_ways *ways;
    size_t samples;
    ref_node nodes[EMIT_SAMPLES]; /* the node in each sample */
    emit_size *sizes;             /* those that differ between samples, as the program has them */
    size_t n_sizes;
    bool doubles; /* numbers need all their digits */
    bool varies;  /* a hole of the text cannot be written at all sizes */
    uint32_t cause;
    json_line text;
    nn_status status;
} emit_writing;

/* Notes that the program cannot say the node, and why. */
void emit_refuse(emit_writing *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Evaluates a phrase in each sample. False: it fails. */
bool emit_evaluate(emit_writing *w, int phrase, phrase_value v[EMIT_SAMPLES]);
/* Whether a condition holds in all samples; if only in some, the text varies. What depends on the inputs of the model counts as
 * `open`. */
bool emit_holds(emit_writing *w, int phrase, bool open);
/* Whether a value is the same in all samples; otherwise the text varies. */
bool emit_is_fixed(emit_writing *w, int phrase);
/* Adds a value, given in each sample, to the text. `closed`: expressions with operators stand in parentheses. */
void emit_put_value(emit_writing *w, const phrase_value *v, char format, bool closed);

#endif
