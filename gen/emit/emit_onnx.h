/* A model as Python that builds it with onnx.helper. */
#ifndef NN_EMIT_ONNX_H
#define NN_EMIT_ONNX_H

#include "emit/emit_python.h"

typedef struct Onnx__ModelProto Onnx__ModelProto; /* from the generated header */

/* Appends the function `build` and those that it calls. They need np, onnx, and TensorProto, helper and numpy_helper of onnx.
 * directory: that of the model, for tensors in other files; -1: none. NN_ERR_UNSUPPORTED: the model has attributes or inputs of
 * kinds that are not written; the message names the place. */
nn_status emit_onnx(json_line *out, const Onnx__ModelProto *m, int directory, emit_arrays *arrays, nn_error *err);

#endif
