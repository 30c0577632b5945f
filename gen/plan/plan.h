/* The family plan: it decides which operators are due in which model. It is a function of (operators, nodes, count, seed) alone.
 *
 * Every operator is due in at least one model if count x nodes has room, and in up to PLAN_MAX_COPIES models if there is plenty
 * of room, so that no more than a third of a model's nodes are due. Memory does not grow with count.
 *
 * Ownership: the plan owns its lists. It is immutable after plan_new; threads may share it. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "rules/opmodel.h"

#define PLAN_MAX_COPIES 8

typedef struct plan plan;

nn_status plan_new(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, nn_error *err);
/* With at most so many models for each operator; the number is 1 if models are to follow weights. */
nn_status plan_new_with(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, size_t most_copies,
                        nn_error *err);
void plan_free(plan *p);
/* Operators due in model i (i < count); valid until plan_free. */
const uint16_t *plan_due(const plan *p, uint64_t model, size_t *n);
/* Operators for which no model has room, in index order. */
size_t plan_shortfalls(const plan *p, const uint16_t **ops);
/* Why an operator is not due in any model (a static string); NULL if it is due. */
const char *plan_reason(const plan *p, uint16_t op);
/* The smallest number of nodes of a model with the operator. It is 1, and more if the operator consumes or produces only bool or
 * int64, or is a source that must be joined with other tensors. 0: it cannot be used. */
int plan_cost(const plan *p, uint16_t op);

#endif
