/* How often operators appear, and how often one follows another: a text with one weight in each line.
 *
 *     Conv 2.5          an operator: how often it is drawn, relative to the others
 *     Conv,Relu 4       a pair: how much more often the second is drawn where it takes an output of the first
 *     * 0               all operators without a line of their own (without this line their weight is 1)
 *     Conv,* 0.5        all pairs with this first operator and without a line of their own; *,* all other pairs
 *     Conv,Relu,Add 2   a sequence of 3 to 8 operators, each consuming the one before: a wish that plan/wish.h deals to models
 *
 * Weights are decimal numbers from 0 to 10,000 with at most three decimals. A # begins a comment. Of two lines that name the same
 * operator or pair, the later one counts; sequences that are named twice are wished twice. The weights end at the first line ---;
 * what follows is read by family/learned.h.
 *
 * Ownership: lives in the given arena. Immutable; threads may share it. */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include "arena.h"
#include "rules/opmodel.h"

#define WEIGHT_SEQUENCE_MOST 8 /* operators of a sequence */

typedef struct {
    uint16_t ops[WEIGHT_SEQUENCE_MOST];
    uint16_t n;
    uint32_t weight; /* in thousandths, at least 1 */
} weight_sequence;

typedef struct {
    size_t n_ops;
    uint32_t *ops;   /* in thousandths */
    bool subset;     /* all operators with a weight are equally likely: the weights only leave operators out */
    uint32_t *pairs; /* for a, b at a * n_ops + b, in thousandths; NULL: the text names no pairs */
    weight_sequence *sequences;
    size_t n_sequences;
} op_weights;

/* NN_ERR_USAGE: the message names the line. */
nn_status weights_parse(op_weights **out, const op_set *ops, const char *text, arena *a, nn_error *err);
/* The text without comments and superfluous space, as in the manifest. NULL: out of memory. */
char *weights_normal(const char *text, arena *a);
/* What follows the weights: it is empty, or begins with a line ---. */
const char *weights_rest(const char *text);
/* Weight of an operator, below 2^47. before: the operator that it would follow; SIZE_MAX: none. No pair has an operator that
 * stands inside motifs only, whose index is n_ops or more. */
static inline uint64_t weights_of(const op_weights *w, size_t before, size_t op)
{
    return (uint64_t)w->ops[op] * (w->pairs && before < w->n_ops ? w->pairs[before * w->n_ops + op] : 1000);
}

#endif
