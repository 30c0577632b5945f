/* Operators that others need beside them. Most operators take and give tensors of data, so they can fill a graph alone. Others
 * cannot: an operator from bool to bool needs one that makes bool and one that takes it, a source needs one that joins its output
 * with a graph input. Helpers are chosen by the types in the signatures. */
#ifndef NN_OP_HELPERS_H
#define NN_OP_HELPERS_H

#include "rules/opmodel.h"

/* Marks in helpers[i] operators that make those of keep[i] connectable to graph inputs and outputs, as far as any operators do: few
 * that convert types, those that convert most types first, and a join of data if the operators make parts to be joined. None of
 * them is in keep[i] or barred[i]. served[i]: an operator of keep[i] that needs helpers. The arrays have an element for each
 * operator of the set. */
nn_status op_helpers_find(const op_set *ops, const bool *keep, const bool *barred, bool *helpers, bool *served, nn_error *err);

#endif
