/* Chains of operators from specs/forms, put into a graph. */
#ifndef NN_FORM_CHAIN_H
#define NN_FORM_CHAIN_H

#include "form/form_graph.h"

/* What the words of a chain stand for, beside the description of x. */
typedef struct {
    int64_t axis, index, limit;
    form_value *at; /* the operand `index`; NULL: none */
} form_scene;

/* Appends to the graph the nodes of a chain with this use that fits x, and returns the result; NULL: none fits. The axis of a
 * neutral chain is drawn. */
form_value *form_chain_put(form_model *m, form_graph *g, form_use use, form_value *x, const form_scene *scene);

/* Whether some chain fits. */
bool form_chain_fits(const form_model *m, form_use use, const tensor_desc *x);

#endif
