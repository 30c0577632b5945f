/* The tensors that a graph defines, by name.
 *
 * Ownership: a scope owns its list; names belong to the model. onnx_scope_close. */
#ifndef NN_ONNX_SCOPE_H
#define NN_ONNX_SCOPE_H

#include "base.h"

typedef struct Onnx__GraphProto Onnx__GraphProto; /* of the generated header */

enum { ONNX_CONSTANT = -1, ONNX_INPUT = -2 }; /* what else than a node makes a tensor */

typedef struct {
    const char *name;
    int64_t place;   /* of the node in the file's order of its graph; or ONNX_CONSTANT, ONNX_INPUT */
    uint32_t number; /* of the input; for a user's own use where a node makes it */
} onnx_definition;

typedef struct onnx_scope onnx_scope;
struct onnx_scope {
    const onnx_scope *up; /* of the graph around a body; NULL: none */
    onnx_definition *all; /* by name */
    size_t n;
};

/* An input with an initializer is a constant. NN_ERR_IO: a tensor is defined twice. After a failure too it is to be closed. */
nn_status onnx_scope_open(onnx_scope *s, const onnx_scope *up, const Onnx__GraphProto *g, const char *file, nn_error *err);
void onnx_scope_close(onnx_scope *s);
onnx_definition *onnx_scope_find(const onnx_scope *s, const char *name); /* in this graph alone; NULL: none */

/* NN_ERR_IO with "WHAT: NAME"; name may be NULL. */
nn_status onnx_wrong(const char *file, const char *what, const char *name, nn_error *err);

#endif
