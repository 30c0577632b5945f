/* The --ops expression selects operators of a set.
 *
 *     A,B or +A,+B   only these
 *     -A,-B          all but these
 *     +A,B,-B        those with a plus, without those with a minus
 *
 * Space around names is ignored. Errors: an unknown name; a name with a plus that the opset or profile does not have (with a minus
 * it is ignored). */
#ifndef NN_OPFILTER_H
#define NN_OPFILTER_H

#include "rules/opmodel.h"

/* Keeps the selected operators. They keep their order and get new indices. Call it before the set is shared. NN_ERR_USAGE: the set
 * is unchanged. */
nn_status op_set_filter(op_set *s, const char *expr, nn_error *err);
/* Finds an operator by a name of n characters. NN_ERR_USAGE: the message says why it is missing: it is unknown (with the nearest
 * known name), left out by the profile, a filter or op_set_common, or not in the opset. */
nn_status op_set_find(const op_set *s, const char *name, size_t n, int *op, nn_error *err);

#endif
