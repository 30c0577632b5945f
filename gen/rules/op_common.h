/* Operators whose rules are the same in several opsets, apart from their form (op_common.c). */
#ifndef NN_OP_COMMON_H
#define NN_OP_COMMON_H

#include "rules/opmodel.h"

/* Keeps in s only the operators whose rules are the same in each opset from first to last (s's own must be one of them). Attributes
 * that some of these opsets lack are never written. Call it before the set is shared. files, profile: those that s was made from.
 */
nn_status op_set_common(op_set *s, const spec_file *files, size_t n_files, const spec_file *profile, int first, int last,
                        nn_error *err);

#endif
