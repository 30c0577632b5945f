/* The nearest neighbour of the smallest model that is not interesting: one step away, and least different in its text form.
 *
 * Ownership: a reduce_nearest owns its case and texts; free it with reduce_nearest_close, also a zeroed one. */
#ifndef NN_REDUCE_NEAREST_H
#define NN_REDUCE_NEAREST_H

#include "base/json_line.h"
#include "reduce/reduce_base.h"

typedef struct {
    reduce_case c;    /* model.bytes NULL: none */
    char *text;       /* of the smallest model; NULL: not made yet */
    size_t distance;  /* lines that differ */
    const char *step; /* what leads from the smallest model to this one */
} reduce_nearest;

/* Takes the case over if it is nearer than the one so far; otherwise it stays the caller's. */
nn_status reduce_nearest_offer(reduce_nearest *n, const reduce_case *smallest, reduce_case *c, const char *step, nn_error *err);
/* The smallest model became another one: forgets all. */
void reduce_nearest_close(reduce_nearest *n);
/* The smallest model got other names only; the neighbour gets the same ones. */
nn_status reduce_nearest_rename(reduce_nearest *n, const reduce_case *before, const reduce_case *after, nn_error *err);
/* Appends the lines of the text form that differ, "- " before those of the smallest model and "+ " before those of the neighbour,
 * at most `most`. */
nn_status reduce_nearest_describe(json_line *out, const reduce_nearest *n, const reduce_case *smallest, size_t most, nn_error *err);

#endif
