/* Writes values of attributes in YAML. */
#ifndef NN_MINE_TEXT_H
#define NN_MINE_TEXT_H

#include "base/json_line.h"
#include "onnx/onnx_view.h"

bool mine_is_finite(double v);
bool mine_all_finite(const onnx_view_attribute *a);
/* Whether a text has only characters that mine_put_quoted keeps. */
bool mine_is_plain(const char *s);
/* Writes the shortest text that reads back as the same float32. */
void mine_put_real(json_line *out, double v);
/* A text between single quotes, without characters that would end it. */
void mine_put_quoted(json_line *out, const char *s);
/* A list of ints or, if ints is NULL, of reals. */
void mine_put_list(json_line *out, const int64_t *ints, const double *reals, size_t n);

#endif
