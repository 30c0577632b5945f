/* The tensors that a node uses: its inputs, and what the graphs inside it take from outside. */
#ifndef NN_ONNX_USES_H
#define NN_ONNX_USES_H

#include "onnx/onnx_scope.h"

typedef struct Onnx__NodeProto Onnx__NodeProto; /* from the generated header */

typedef nn_status onnx_use_fn(void *data, const char *name);

/* Calls fn for each name, as often as it is used, until fn fails. Names that a graph inside the node defines are not reported where
 * that graph hides them. NN_ERR_IO: such a graph defines a tensor twice. */
nn_status onnx_node_uses(const Onnx__NodeProto *n, onnx_use_fn *fn, void *data, const char *file, nn_error *err);
/* The same of a graph: what it takes from outside. */
nn_status onnx_graph_uses(const Onnx__GraphProto *g, onnx_use_fn *fn, void *data, const char *file, nn_error *err);

#endif
