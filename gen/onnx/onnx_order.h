/* The order in which the nodes of a graph can be computed. */
#ifndef NN_ONNX_ORDER_H
#define NN_ONNX_ORDER_H

#include "onnx/onnx_scope.h"

/* Fills order (an element a node) with places of the nodes of g, whose scope is s. A node comes after the nodes that make what it
 * or its bodies take. It is the file's order where that will do; otherwise a node is drawn forward to before the first one that
 * needs it. NN_ERR_IO: there is a cycle, and the message names it. */
nn_status onnx_order(uint32_t *order, const Onnx__GraphProto *g, const onnx_scope *s, const char *file, nn_error *err);

#endif
