/* Whether an operator can be instantiated at all: asked when one appears in no graph, to tell contradictory rules from bad luck. */
#ifndef NN_OP_FEASIBLE_H
#define NN_OP_FEASIBLE_H

#include "lower/lower.h"

typedef struct {
    char s[400];
} op_obstacle;

/* Lowers the operator alone, a bounded number of times with draws of its own, on new inputs and on sample tensors. False: none of
 * them gave an instance; why (which may be NULL) then says so, and what failed most. Without memory the answer is true. */
bool op_feasible(const op_set *ops, const op_model *op, const lower_limits *limits, op_obstacle *why);

#endif
