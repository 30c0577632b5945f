/* The tensors that a graph defines, by name.
 *
 * Ownership: a scope owns its list; names belong to the model. Free it with onnx_scope_close. */
#ifndef NN_ONNX_SCOPE_H
#define NN_ONNX_SCOPE_H

#include "base.h"

typedef struct Onnx__GraphProto Onnx__GraphProto; /* from the generated header */

enum { ONNX_CONSTANT = -1, ONNX_INPUT = -2 }; /* sources of a tensor other than a node */

typedef struct {
    const char *name;
    int64_t place;   /* index of the node in the file's order, or ONNX_CONSTANT, or ONNX_INPUT */
    uint32_t number; /* index of an input; for a node's output, free for the user of the scope */
} onnx_definition;

typedef struct onnx_scope onnx_scope;
struct onnx_scope {
    const onnx_scope *up; /* scope of the graph that contains this body; NULL: none */
    onnx_definition *all; /* sorted by name */
    size_t n;
};

/* An input with an initializer is a constant. NN_ERR_IO: a tensor is defined twice. The scope must be closed even after a
 * failure. */
nn_status onnx_scope_open(onnx_scope *s, const onnx_scope *up, const Onnx__GraphProto *g, const char *file, nn_error *err);
void onnx_scope_close(onnx_scope *s);
onnx_definition *onnx_scope_find(const onnx_scope *s, const char *name); /* looks in this graph only; NULL: not found */

/* Fails with NN_ERR_IO and "WHAT: NAME"; name may be NULL. */
nn_status onnx_wrong(const char *file, const char *what, const char *name, nn_error *err);

#endif
