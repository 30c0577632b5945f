/* An HTML page with the drawings of models, which can be searched. It is one file and loads nothing. */
#ifndef NN_SHOW_PAGE_H
#define NN_SHOW_PAGE_H

#include "show/show_model.h"

void show_page_begin(json_line *out, const char *title);
/* href: where the model lies, seen from the page. NN_ERR_NOMEM. A model that is too large to draw gets no drawing. */
nn_status show_page_add(json_line *out, const show_model *m, const char *name, const char *href, nn_error *err);
void show_page_end(json_line *out);

/* The way from a page at `page` (NULL: in the current directory) to a file, both relative to the current directory or absolute, as
 * part of a URL. */
void show_href(json_line *out, const char *page, const char *file);
/* "Conv 3, Relu": the operators of a model, sorted, with their numbers. */
nn_status show_operators(json_line *out, const show_model *m, nn_error *err);

#endif
