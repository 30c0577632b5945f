/* Model-local functions as graphs. */
#ifndef NN_ONNX_FUNCTION_H
#define NN_ONNX_FUNCTION_H

#include "arena.h"

typedef struct Onnx__GraphProto Onnx__GraphProto;       /* from the generated header */
typedef struct Onnx__FunctionProto Onnx__FunctionProto; /* from the generated header */

/* A graph with the function's nodes, inputs and outputs, which has no types. It lives in the arena and borrows the function. NULL:
 * out of memory. */
Onnx__GraphProto *onnx_function_graph(const Onnx__FunctionProto *f, arena *a);

#endif
