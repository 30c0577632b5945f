/* The --ops expression: which operators of a set take part.
 *
 *     A,B or +A,+B   only these
 *     -A,-B          all but these
 *     +A,B,-B        those with a plus, less those with a minus
 *
 * Space around names is ignored. Errors: an unknown name; a name with a plus that the opset or profile does not have (with a minus
 * it is ignored). */
#ifndef NN_OPFILTER_H
#define NN_OPFILTER_H

#include "rules/opmodel.h"

/* Before the set is shared. Operators keep their order and get new indices. NN_ERR_USAGE leaves the set as it was. */
nn_status op_set_filter(op_set *s, const char *expr, nn_error *err);
/* The operator of a name of n characters. NN_ERR_USAGE says why it is not there: unknown (with the nearest that is known), left out
 * by the profile, by a filter or by op_set_common, not in the opset. */
nn_status op_set_find(const op_set *s, const char *name, size_t n, int *op, nn_error *err);

#endif
