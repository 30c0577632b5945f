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

/* The same for many operators, with one workspace. The answers do not depend on the order. */
typedef struct op_trials op_trials;
nn_status op_trials_new(op_trials **out, const op_set *ops, const lower_limits *limits, nn_error *err);
void op_trials_free(op_trials *x);
bool op_trials_feasible(op_trials *x, const op_model *op, op_obstacle *why);

#endif
