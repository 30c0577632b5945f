/* Constant tensors of which a model states only the elements that are not 0. */
#ifndef NN_ONNX_SPARSE_H
#define NN_ONNX_SPARSE_H

#include "onnx/tensor_file.h"

typedef struct Onnx__SparseTensorProto Onnx__SparseTensorProto; /* from the generated header */

/* Fills in type, shape and all elements, from the stated elements and their places, which the caller has read. NN_ERR_IO: they do
 * not fit together, a place is outside the tensor, or it would take more than `most` bytes. The contents live in the arena. */
nn_status onnx_sparse_fill(file_tensor *t, const Onnx__SparseTensorProto *p, const file_tensor *values, const file_tensor *places,
                           size_t most, arena *a, const char *shown, nn_error *err);

#endif
