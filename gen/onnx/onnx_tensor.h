/* Reads types, shapes and small contents of tensors. The results live in the given arena. */
#ifndef NN_ONNX_TENSOR_H
#define NN_ONNX_TENSOR_H

#include "onnx/onnx_view.h"

typedef struct Onnx__TensorProto Onnx__TensorProto;       /* from the generated header */
typedef struct Onnx__ValueInfoProto Onnx__ValueInfoProto; /* from the generated header */
typedef struct Onnx__AttributeProto Onnx__AttributeProto; /* from the generated header */

/* Each fills in what is known and leaves the rest unknown. false: out of memory. */
bool onnx_tensor_shape(onnx_view_tensor *to, const Onnx__ValueInfoProto *from, arena *a);
bool onnx_tensor_contents(onnx_view_tensor *to, const Onnx__TensorProto *from, arena *a);
bool onnx_attribute_values(onnx_view_attribute *to, const Onnx__AttributeProto *from, arena *a);
/* The tensor that a node without inputs makes of its only attribute. */
bool onnx_attribute_tensor(onnx_view_tensor *to, const Onnx__AttributeProto *from, arena *a);

#endif
