/* An independent check of finished operator instances. It evaluates the operator's rules again, with plain numbers instead of
 * solver variables, by code that the lowering does not use.
 *
 * It checks types, presence and arity; every variable against its domain, default or definition; the written attributes; `where`;
 * ranks, shapes and sizes; and the contents of initializers. It checks `domain` and `require` only where they use nothing but the
 * ends of known intervals, because it has no interval arithmetic. */
#ifndef NN_RECHECK_H
#define NN_RECHECK_H

#include "rules/instance.h"

/* x->vars must be set. limits: all fields set. The memory taken from scratch is released. NN_ERR_BUILD: the message names the
 * operator, the rule and the values. */
nn_status recheck_instance(const op_set *ops, const lower_limits *limits, const op_instance *x, arena *scratch, nn_error *err);

#endif
