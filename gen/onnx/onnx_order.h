/* Sorts the nodes of a graph topologically. */
#ifndef NN_ONNX_ORDER_H
#define NN_ONNX_ORDER_H

#include "onnx/onnx_scope.h"

/* Fills order with the indices of the nodes of g, whose scope is s, so that each node comes after the nodes whose outputs it or
 * its bodies use. This is the file's order if that is topological. Otherwise a node moves forward, to directly before the first
 * node that needs it. NN_ERR_IO: there is a cycle; the message names its nodes. */
nn_status onnx_order(uint32_t *order, const Onnx__GraphProto *g, const onnx_scope *s, const char *file, nn_error *err);

#endif
