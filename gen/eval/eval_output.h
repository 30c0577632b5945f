/* Values and bounds as files, and as text.
 *
 * Files have the layout of `nngen --outputs`: output_J.pb and bound_J.pb. */
#ifndef NN_EVAL_OUTPUT_H
#define NN_EVAL_OUTPUT_H

#include "base/json_line.h"
#include "eval/eval_run.h"
#include "write/onnx_write.h"

/* A value, or its bound, as a TensorProto in the buffer. */
nn_status eval_put_tensor(onnx_buffer *b, const char *name, const ref_tensor *t, bool bound, arena *scratch, nn_error *err);
/* Writes the graph outputs to dir, which is made if it does not exist; with `nodes` also all tensors that are known, to dir/nodes,
 * with index.json. force: existing files are replaced; otherwise they are an error. */
nn_status eval_write(eval_run *r, const char *dir, bool nodes, bool force, nn_error *err);
/* Appends name, type, shape and elements with bounds: all of them, or the first. */
nn_status eval_put_text(json_line *out, eval_run *r, int64_t tensor, const char *title, bool full, nn_error *err);
/* An element as text: "0.5", "-3", "true". */
enum { EVAL_NUMBER = 40 };
void eval_put_element(char out[EVAL_NUMBER], const ref_tensor *t, size_t i);
/* "[1, 2]": the indices of element i. */
enum { EVAL_INDICES = 240 };
void eval_put_indices(char out[EVAL_INDICES], const ref_tensor *t, size_t i);

#endif
