/* Tensors of a model whose elements are in another file beside it. The file must be a regular one below the model's directory; no
 * symbolic link is followed, so that a model cannot read what it was not given. */
#ifndef NN_ONNX_EXTERNAL_H
#define NN_ONNX_EXTERNAL_H

#include "onnx/tensor_file.h"

bool onnx_is_external(const Onnx__TensorProto *p);
/* Reads the elements. directory: open directory of the model. NN_ERR_IO: the path leaves the directory, or the file does not hold
 * the elements. The contents live in the arena. */
nn_status onnx_external_read(file_tensor *t, const Onnx__TensorProto *p, int directory, size_t most, arena *a, nn_error *err);

#endif
