/* A model as a drawing in SVG. */
#ifndef NN_SHOW_SVG_H
#define NN_SHOW_SVG_H

#include "show/show_model.h"

enum { SHOW_SVG_NODES = 2000, SHOW_SVG_EDGES = 20000 }; /* the largest model that is drawn */

/* Appends an <svg> element. alone: a file of its own, which has the style sheet; otherwise the page around it has it. name: of the
 * model. NN_ERR_USAGE: the model is too large to draw; nothing is appended. */
nn_status show_svg(json_line *out, const show_model *m, const char *name, bool alone, nn_error *err);
/* The rules of the style sheet. */
void show_svg_style(json_line *out);
/* Text with the characters escaped that have a meaning in XML and HTML, also in attributes in double quotes. */
void show_escaped(json_line *out, const char *text);

#endif
