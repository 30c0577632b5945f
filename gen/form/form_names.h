/* Names of values, nodes and graphs, and what models say beside their graphs. */
#ifndef NN_FORM_NAMES_H
#define NN_FORM_NAMES_H

#include "form/form_graph.h"

void form_names(form_model *m);

#endif
