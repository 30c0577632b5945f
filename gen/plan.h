/* The family plan: which operators are due in which model, a function of (operators, nodes, count, seed) alone.
 *
 * Ownership: the plan owns its lists. Immutable after plan_new, may be shared by threads. */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include "opmodel.h"

typedef struct plan plan;

nn_status plan_new(plan **out, const op_set *ops, size_t nodes, uint64_t count, uint64_t seed, nn_error *err);
void plan_free(plan *p);
/* Operators due in model i (i < count); valid until plan_free. */
const uint16_t *plan_due(const plan *p, uint64_t model, size_t *n);
/* Operators that no model has room for, with the reason in words (static string). */
size_t plan_shortfalls(const plan *p, const uint16_t **ops);
/* Fewest nodes of a model that holds the operator: 1, and more where it consumes or makes only bool or int64. 0: it cannot be reached. */
int plan_cost(const plan *p, uint16_t op);

#endif
