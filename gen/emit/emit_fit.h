/* Whole numbers that change with the sizes of symbolic dimensions, as expressions of sizes that a program knows when it runs. */
#ifndef NN_EMIT_FIT_H
#define NN_EMIT_FIT_H

#include "base/json_line.h"
#include "emit/emit_samples.h"

/* A size: how a program writes it, and its value in each sample. */
typedef struct {
    const char *text;
    int64_t values[EMIT_SAMPLES];
} emit_size;

/* Appends the simplest expression that is right in all of n samples: a size; a size times a number plus a number; a product of
 * sizes times a fraction; a sum of two sizes with small factors. One with operators stands in parentheses if `closed`. False: none
 * is. */
bool emit_fit(json_line *out, const emit_size *sizes, size_t n_sizes, const int64_t *values, size_t n, bool closed);

#endif
