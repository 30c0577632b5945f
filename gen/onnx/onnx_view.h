/* What is looked at in somebody's ONNX model: operators, attributes and edges, without data. Any bytes may be given: what is no
 * sound model is an error that says why. External data are not followed.
 *
 *     onnx_view v;
 *     nn_status s = onnx_view_read(&v, bytes, n, "model.onnx", &err);
 *     for (size_t i = 0; i < v.n_nodes; i++)
 *         for (uint32_t k = 0; k < v.nodes[i].n_readers; k++)
 *             pair(v.nodes[i].op, v.nodes[v.readers[v.nodes[i].first_reader + k]].op);
 *     onnx_view_free(&v);
 *
 * Nodes are in topological order: the file's where that is one. The readers of a node come after it. A cycle is an error. The nodes
 * of a body of control flow follow the node that has it and have edges among themselves; what a body takes from outside is an edge
 * to the node that has it.
 * Model-local functions are counted, not expanded: a call is a node like others.
 *
 * Ownership: a view owns what it points to. */
#ifndef NN_ONNX_VIEW_H
#define NN_ONNX_VIEW_H

#include "arena.h"
#include "base.h"

typedef struct {
    const char *name, *value_class; /* value_class: "0", "negative", "list of 2, equal" ... */
} onnx_view_attribute;

typedef struct {
    const char
        *op; /* "domain.type" outside of ONNX's own domain; printable ASCII without blanks, commas, quotes, backslashes and # */
    uint32_t first_reader, n_readers;       /* nodes that read an output of it, ascending, each once */
    uint32_t first_attribute, n_attributes; /* in the file's order */
    uint32_t graph_inputs, graph_outputs;   /* different ones that it reads and makes; 0 in a body */
    uint32_t body;                          /* 0: in the main graph; else the number of its body */
} onnx_view_node;

typedef struct {
    onnx_view_node *nodes;
    size_t n_nodes;
    uint32_t *readers;
    size_t n_readers;
    onnx_view_attribute *attributes;
    size_t n_attributes;
    size_t n_inputs, n_outputs; /* of the model; inputs without those that have an initializer */
    size_t n_bodies, n_functions, n_external;
    int64_t opset; /* of ONNX's own domain; 0: not said */
    arena memory;
} onnx_view;

/* NN_ERR_IO: no sound model, or what onnx_parse.h refuses. On failure there is nothing to free. `file` is for messages. */
nn_status onnx_view_read(onnx_view *v, const void *bytes, size_t n, const char *file, nn_error *err);
/* The same of a file, of which memory holds the structure alone, not its weights; see file_open. */
nn_status onnx_view_file(onnx_view *v, int root, const char *path, const char *shown, nn_error *err);
/* Chains of operators from text: one a line, operators separated by commas; empty lines and lines that begin with # are passed
 * over. Each chain reads one graph input and makes one graph output. */
nn_status onnx_view_chains(onnx_view *v, const char *text, size_t n, const char *file, nn_error *err);
void onnx_view_free(onnx_view *v); /* also of a zeroed one */

#endif
