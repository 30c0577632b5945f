/* Whether an operator can be instantiated at all: asked when one appears in no graph, to tell contradictory rules from bad luck. */
#ifndef NN_OP_FEASIBLE_H
#define NN_OP_FEASIBLE_H

#include "lower/lower.h"

/* The reason that a missing operator is reported with when op_feasible says no. */
#define OP_INFEASIBLE "no instance was found within the limits; its conditions may contradict one another"

/* Lowers the operator alone, a bounded number of times with draws of its own, on new inputs and on sample tensors. False: none of
 * them gave an instance. Without memory the answer is true. */
bool op_feasible(const op_set *ops, const op_model *op, const lower_limits *limits);

#endif
