/* The wishes of a family: it decides which sequences of operators each model is asked to contain, so that the family holds most of
 * the sequences that the weights name, those with larger weights more often. It is a function of (weights, nodes, count, seed)
 * alone. A wish that a model cannot fulfil is dropped.
 *
 * Sequences are joined to longer paths where one continues another. Every sequence is dealt once before any is dealt again. Memory
 * is bounded by the number of sequences, not by count: in a large family, models share wishes.
 *
 * Ownership: the plan owns its lists. It is immutable after wish_new; threads may share it. */
#ifndef NN_WISH_H
#define NN_WISH_H

#include "build/due_path.h"
#include "build/weights.h"

typedef struct wish wish;

/* *out is NULL if w is NULL or names no sequences. */
nn_status wish_new(wish **out, const op_weights *w, size_t nodes, uint64_t count, uint64_t seed, nn_error *err);
void wish_free(wish *w);
/* The paths wished of model i; valid until wish_free. w may be NULL: there are none. */
const due_path *wish_due(const wish *w, uint64_t model, size_t *n);

#endif
