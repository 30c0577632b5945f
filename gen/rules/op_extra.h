/* Rules for an operator that its entry does not state, compiled against the entry: conditions and domains that refer to its
 * variables, attributes and tensors by name.
 *
 * Ownership: expressions live in the given arena. */
#ifndef NN_OP_EXTRA_H
#define NN_OP_EXTRA_H

#include "arena.h"
#include "rules/opmodel_rules.h"

/* NN_ERR_TABLE: the text is no condition on the shapes and choices of the operator. what: names it in messages. */
nn_status op_extra_condition(expr **out, const op_model *op, const spec_node *text, const char *what, arena *a, nn_error *err);
/* A domain for the variable or attribute, or for the rank of the input, with this name. *var, *input: its index; the other is -1.
 * It must draw values of the type that the entry's domain draws; whether they lie in that domain is not checked. */
nn_status op_extra_domain(expr **out, int *var, int *input, const op_model *op, const spec_pair *named, const spec_node *text,
                          arena *a, nn_error *err);

#endif
