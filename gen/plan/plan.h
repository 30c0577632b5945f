/* The family plan: which operators are due in which model, a function of (operators, nodes, count, seed) alone.
 *
 * Every operator is due in at least one model where count x nodes has room, and in up to PLAN_MAX_COPIES models where there is
 * plenty, so that no more than a third of a model's nodes is due. Memory does not grow with count.
 *
 * Ownership: the plan owns its lists. Immutable after plan_new, may be shared by threads. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "rules/opmodel.h"

#define PLAN_MAX_COPIES 8

typedef struct plan plan;

nn_status plan_new(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, nn_error *err);
/* With at most so many models for each operator: where models are to follow weights, one. */
nn_status plan_new_with(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, size_t most_copies,
                        nn_error *err);
void plan_free(plan *p);
/* Operators due in model i (i < count); valid until plan_free. */
const uint16_t *plan_due(const plan *p, uint64_t model, size_t *n);
/* Operators that no model has room for, in index order. */
size_t plan_shortfalls(const plan *p, const uint16_t **ops);
/* Why an operator is due nowhere, in words (a static string); NULL if it is due. */
const char *plan_reason(const plan *p, uint16_t op);
/* Fewest nodes of a model that holds the operator: 1, and more where it consumes or makes only bool or int64, or is a source to be
 * joined. 0: it cannot be reached. */
int plan_cost(const plan *p, uint16_t op);

#endif
