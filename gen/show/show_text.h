/* A model as text, and as a graph for Graphviz. Neither has weights. */
#ifndef NN_SHOW_TEXT_H
#define NN_SHOW_TEXT_H

#include "show/show_model.h"

/* name: of the model, for the first line. */
void show_text(json_line *out, const show_model *m, const char *name);
void show_dot(json_line *out, const show_model *m, const char *name);

#endif
