/* The wishes of a family: which sequences of operators each model is asked to contain. A wish that a model cannot fulfil is
 * dropped. Wishes come from two places:
 * - The weights' sequences are dealt before any model is built, so that the family holds most of them, those with larger weights
 *   more often (wish_new). This is a function of (weights, nodes, count, seed) alone.
 * - The manner's sequences are drawn for each model from its own tape, by weight (wish_draw). So the models of a manner do not
 *   depend on one another, and a rare sequence stays rare.
 *
 * Sequences are joined to longer paths where one continues another. Every sequence is dealt once before any is dealt again. Memory
 * is bounded by the number of sequences, not by count: in a large family, models share wishes.
 *
 * Ownership: the plan owns its lists. It is immutable after wish_new; threads may share it. */
#ifndef NN_WISH_H
#define NN_WISH_H

#include "build/due_path.h"
#include "build/weights.h"
#include "manner/manner.h"

typedef struct wish wish;

/* *out is NULL if w is NULL or names no sequences. */
nn_status wish_new(wish **out, const op_weights *w, size_t nodes, uint64_t count, uint64_t seed, nn_error *err);
void wish_free(wish *w);
/* The paths wished of model i; valid until wish_free. w may be NULL: there are none. */
const due_path *wish_due(const wish *w, uint64_t model, size_t *n);

/* The wishes of one model. Ownership: owns its list, whose operators are borrowed. */
typedef struct {
    due_path *items;
    size_t n, capacity;
} wish_list;

/* Replaces the list by sequences of the manner with so many operators in all, or a few more. false: out of memory. */
bool wish_draw(wish_list *l, const manner *m, size_t operators, tape *t);
void wish_list_free(wish_list *l);

#endif
