/* From a built graph to the model that forms change. */
#ifndef NN_FORM_READ_H
#define NN_FORM_READ_H

#include "form/form_graph.h"

/* Fills m->main. m->plain is the plain model; `values` has room for a value of each tensor of the graph, NULL for those that no
 * node uses. */
void form_read(form_model *m, const graph *g, const model_names *names, form_value **values);

#endif
