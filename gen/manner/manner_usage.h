/* Reads the usages of an operator: combinations of attributes and constant operands, with weights.
 *
 *     - {weight: 28, rank: 4, values: {kernel_shape: [3, 3], group: "X[1]", auto_pad: ~}, operands: {B: [0, 1, 1]}}
 *
 * A value is a number, a text, a list of numbers, ~ (the attribute is not written), or an expression that an int equals. The dims
 * of an operand are 1 or 0 (any).
 *
 * Ownership: everything lives in the given arena. */
#ifndef NN_MANNER_USAGE_H
#define NN_MANNER_USAGE_H

#include "manner/manner.h"
#include "table/spec_check.h"

/* Usages with a value outside the domain of its variable, as far as that can be seen here, are left out. NN_ERR_TABLE. */
nn_status manner_usages(manner_op *to, const op_model *op, const spec_node *list, const spec_subject *subject, arena *a,
                        nn_error *err);

#endif
