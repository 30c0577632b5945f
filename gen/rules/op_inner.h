/* What stands inside motifs only: operators whose types were not chosen, and other types of the operators of a set. A closed motif,
 * such as one that quantises and dequantises, has such nodes between tensors of data. */
#ifndef NN_OP_INNER_H
#define NN_OP_INNER_H

#include "rules/opmodel.h"

/* Takes over `inner`, which was compiled from the same files with all types. Its models get the indices that s has for their names;
 * those that s has not follow behind s->n_ops, up to s->n_all. Call it after a filter and before the set is shared. */
void op_set_take_inner(op_set *s, op_set *inner);
/* The model of an operator that may stand inside a motif; NULL: there is none. */
const op_model *op_inner_find(const op_set *s, const char *name);

#endif
