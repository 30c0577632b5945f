/* An independent check of finished operator instances: evaluates the operator's rules anew, with plain numbers in the place of
 * solver variables, by code that the lowering does not use.
 *
 * Checked: types, presence and arity; every variable against its domain, default or definition; the written attributes; `where`;
 * ranks, shapes and sizes; what initializers hold. Of `domain` and `require` only expressions of the ends of intervals are checked:
 * interval arithmetic belongs to the lowering. */
#ifndef NN_RECHECK_H
#define NN_RECHECK_H

#include "rules/instance.h"

/* x->vars must be set. limits: all fields set. scratch is given back as it was. NN_ERR_BUILD: the message names the operator, the
 * rule and the values. */
nn_status recheck_instance(const op_set *ops, const lower_limits *limits, const op_instance *x, arena *scratch, nn_error *err);

#endif
