/* How often operators appear, and follow one another: a plain text, a weight a line.
 *
 *     Conv 2.5          an operator: how often it is drawn, against others
 *     Conv,Relu 4       a pair: how much more often than else the second takes an output of the first
 *     * 0               operators that have no line of their own (1 if there is no such line)
 *     Conv,* 0.5        pairs with this first operator that have none; *,* all pairs
 *
 * Weights are decimal numbers from 0 to 10,000 with at most three decimals. What follows # is a comment; a later line replaces
 * an earlier one.
 *
 * Ownership: lives in the arena given. Immutable, may be shared by threads. */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include "arena.h"
#include "rules/opmodel.h"

typedef struct {
    size_t n_ops;
    uint32_t *ops;   /* in thousandths */
    uint32_t *pairs; /* of a, b at a * n_ops + b, in thousandths; NULL: the text has none */
} op_weights;

/* NN_ERR_USAGE names the line. */
nn_status weights_parse(op_weights **out, const op_set *ops, const char *text, arena *a, nn_error *err);
/* The text without comments and superfluous space, as the manifest has it; NULL without memory. */
char *weights_normal(const char *text, arena *a);
/* Below 2^47; before: SIZE_MAX: none. */
static inline uint64_t weights_of(const op_weights *w, size_t before, size_t op)
{
    return (uint64_t)w->ops[op] * (w->pairs && before != SIZE_MAX ? w->pairs[before * w->n_ops + op] : 1000);
}

#endif
