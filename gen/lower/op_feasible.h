/* Whether an operator can be instantiated at all. This finds operators with contradictory rules before graphs are built, and tells
 * them from bad luck when an operator appears in no graph. */
#ifndef NN_OP_FEASIBLE_H
#define NN_OP_FEASIBLE_H

#include "lower/lower.h"

typedef struct {
    char s[400];
    bool nomem; /* memory ran out: the answer says nothing */
} op_obstacle;

/* Lowers the operator alone, a bounded number of times with separate draws, on new inputs and on sample tensors. false: no try gave
 * an instance; *why (why may be NULL) names the most frequent failure. If memory runs out, the result is true. */
bool op_feasible(const op_set *ops, const op_model *op, const lower_limits *limits, op_obstacle *why);

#endif
