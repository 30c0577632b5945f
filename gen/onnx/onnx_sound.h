/* Checks the structure of an ONNX file. */
#ifndef NN_ONNX_READ_H
#define NN_ONNX_READ_H

#include "base.h"

#define ONNX_ANY_NODES UINT64_MAX

/* Whether the bytes are a model of `nodes` operators (ONNX_ANY_NODES: of any number) in topological order, in which every tensor
 * has one definition before its uses and every graph output is defined; the same of graphs inside nodes, which also see the tensors
 * around them, and of functions. If not, why gets the reason; it is empty if memory ran out. */
bool onnx_is_sound(const void *bytes, size_t n, uint64_t nodes, char *why, size_t size);

#endif
