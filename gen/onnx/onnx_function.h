/* Model-local functions as graphs. */
#ifndef NN_ONNX_FUNCTION_H
#define NN_ONNX_FUNCTION_H

#include "arena.h"

typedef struct Onnx__ModelProto Onnx__ModelProto;         /* from the generated header */
typedef struct Onnx__GraphProto Onnx__GraphProto;         /* from the generated header */
typedef struct Onnx__NodeProto Onnx__NodeProto;           /* from the generated header */
typedef struct Onnx__FunctionProto Onnx__FunctionProto;   /* from the generated header */
typedef struct Onnx__AttributeProto Onnx__AttributeProto; /* from the generated header */

/* A call of a function, and the one around it. */
typedef struct onnx_call {
    const struct onnx_call *up; /* NULL: the node is in no function */
    const Onnx__FunctionProto *function;
    const Onnx__NodeProto *node;
} onnx_call;

/* The function that a node calls; NULL: none. */
const Onnx__FunctionProto *onnx_function_of(const Onnx__ModelProto *m, const Onnx__NodeProto *n);
/* Whether one of the calls is of the function: then it calls itself. */
bool onnx_calls(const onnx_call *c, const Onnx__FunctionProto *f);
/* The attribute, or what it refers to in the call: a value that is given there, or else the function's default. NULL: there is
 * none. c: the call whose function has the node of the attribute; NULL: none. */
const Onnx__AttributeProto *onnx_attribute_of(const onnx_call *c, const Onnx__AttributeProto *a);

/* A graph with the function's nodes, inputs and outputs, which has no types. It lives in the arena and borrows the function. NULL:
 * out of memory. */
Onnx__GraphProto *onnx_function_graph(const Onnx__FunctionProto *f, arena *a);

#endif
