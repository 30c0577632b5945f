/* Plain values of expressions, for those who need a number without a search.
 *
 * Ownership: lists in results live in the arena `mem`, or where the given values have theirs. */
#ifndef NN_RECHECK_VALUE_H
#define NN_RECHECK_VALUE_H

#include "rules/expr.h"
#include "rules/instance.h"

typedef enum { RECHECK_KNOWN, RECHECK_UNKNOWN, RECHECK_NOMEM } recheck_result;

/* The value of a checked expression that names variables only (expr_outside.h). vars: their values, by index. UNKNOWN: *why says
 * why there is none, a static text. */
recheck_result recheck_value(const op_set *ops, const lower_limits *limits, const expr *e, const inst_var *vars, arena *mem,
                             inst_value *out, const char **why);

/* The shape that output `output` of an operator must have, as far as it follows from a part of its instance: x->vars holds what is
 * known of the variables, and an input that is INST_ABSENT although unsure[input] is set may still become present with any shape.
 * Definitions that follow from what is known are filled into `vars`, which is x->vars. UNKNOWN: it does not follow.
 * *dims may point into x. */
recheck_result recheck_output_shape(const op_set *ops, const lower_limits *limits, const op_instance *x, inst_var *vars,
                                    const bool *unsure, size_t output, arena *mem, inst_value *dims);

#endif
