/* What stands inside motifs only: operators whose types were not chosen, and other types of the operators of a set. A closed motif,
 * such as one that quantises and dequantises, has such nodes between tensors of data. */
#ifndef NN_OP_INNER_H
#define NN_OP_INNER_H

#include "rules/opmodel.h"

/* Leaves out the operators that stand inside motifs only: data decide the sizes of their results, or these are random. Call it
 * before the set is shared. NN_ERR_NOMEM. */
nn_status op_set_drop_inner(op_set *s, nn_error *err);
/* Flags of an operator, or of a motif: the option with which models have it inside motifs, without its dashes; NULL: none is
 * needed. */
const char *op_inner_option(unsigned flags);
/* Takes over `inner`, which was compiled from the same files with all types. Its models get the indices that s has for their names;
 * those that s has not follow behind s->n_ops, up to s->n_all. Call it after a filter and before the set is shared. */
void op_set_take_inner(op_set *s, op_set *inner);
/* The models that may stand inside a motif: those of `inner`, or if there is none, those of s. */
const op_set *op_set_inside(const op_set *s);
/* Leaves out the entries of `inner` that stand for an operator (`as`) which it lacks. NN_ERR_NOMEM. */
nn_status op_inner_drop_alone(op_set *inner, nn_error *err);
/* The model of an operator that may stand inside a motif; NULL: there is none. */
const op_model *op_inner_find(const op_set *s, const char *name);

#endif
