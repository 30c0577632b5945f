/* Operators that hold graphs. Each function changes the model once, somewhere, or not at all if it finds no place. */
#ifndef NN_FORM_CONTROL_H
#define NN_FORM_CONTROL_H

#include "form/form_graph.h"

void form_if(form_model *m);
void form_loop(form_model *m);
void form_scan(form_model *m);
void form_function_part(form_model *m);   /* a part becomes a function */
void form_function_shared(form_model *m); /* one function for several nodes */
void form_function_order(form_model *m, const form_function *around, form_function *f);

/* ---- shared by them ---- */

/* A new graph input of a type with one value for all data sets. */
form_value *form_new_input(form_model *m, dtype type, int64_t x);
/* The producer of v gives another value from now on, which is returned; v waits for a node that gives it. */
form_value *form_cut(form_model *m, form_value *v);
/* The node's output i is v from now on, which waits for it. */
void form_give(form_model *m, form_node *n, size_t i, form_value *v);
/* The value itself, or a node's copy of it: graphs may give what they were given in both ways. */
form_value *form_pass(form_model *m, form_graph *g, form_value *v);
/* The same by a node in any case. */
form_value *form_identity(form_model *m, form_graph *g, form_value *v);
/* Counts the feature if the graph is inside another. */
void form_count_nested(form_model *m, const form_graph *g, form_feature f);
/* One of the values that has the type and dims and is in sight of the graph; NULL: there is none. */
form_value *form_alike(form_model *m, const form_graph *g, const form_list *candidates, const tensor_desc *d);
/* How many nodes a part may have. */
uint32_t form_part_size(form_model *m);

#endif
