/* The parts of any ONNX model that nngen reads: operators, attributes and edges, without data. Any bytes may be given; if they
 * are not a sound model, the error says why. External data are not read.
 *
 *     onnx_view v;
 *     nn_status s = onnx_view_read(&v, bytes, n, "model.onnx", &err);
 *     for (size_t i = 0; i < v.n_nodes; i++)
 *         for (uint32_t k = 0; k < v.nodes[i].n_readers; k++)
 *             pair(v.nodes[i].op, v.nodes[v.readers[v.nodes[i].first_reader + k]].op);
 *     onnx_view_free(&v);
 *
 * Nodes are in topological order; this is the file's order if that is topological. The readers of a node come after it. A cycle
 * is an error. The nodes of a control-flow body follow the node that contains it and have edges among themselves; if a body uses
 * a tensor from outside, the edge goes to the node that contains the body. A call of a model-local function contains the function's
 * nodes as a body, with the attributes of the call; calls of calls that are too many or deep, or of themselves, do not.
 *
 * Ownership: a view owns everything that it points to. */
#ifndef NN_ONNX_VIEW_H
#define NN_ONNX_VIEW_H

#include "arena.h"
#include "base.h"
#include "value/dtype.h"

enum { ONNX_VIEW_RANK = 16, ONNX_VIEW_CONTENTS = 64, ONNX_VIEW_NONE = -1 };

/* Types, shapes and contents are read on request only (onnx_view_file_whole, onnx_view_read_whole). */
typedef struct {
    const char *name;
    int64_t maker;        /* the node that makes it; ONNX_VIEW_NONE: none */
    bool constant;        /* an initializer, or made by a node without inputs of its only attribute */
    dtype type;           /* DT_NONE: unknown */
    int rank;             /* ONNX_VIEW_NONE: unknown */
    const int64_t *dims;  /* -1: unknown */
    const char **symbols; /* names of unknown dims, "" for those without; NULL: none has one */
    const int64_t *ints;  /* contents of a constant of at most ONNX_VIEW_CONTENTS elements; NULL: unknown, or reals */
    const double *reals;
    size_t n_values;
} onnx_view_tensor;

typedef enum { ONNX_OTHER, ONNX_INT, ONNX_INTS, ONNX_REAL, ONNX_REALS, ONNX_TEXT } onnx_view_kind;

typedef struct {
    const char *name, *value_class; /* value_class: "0", "negative", "list of 2, equal" ... */
    onnx_view_kind kind;            /* these, on request: ONNX_OTHER if it has another type or is too long */
    const int64_t *ints;
    const double *reals;
    const char *text;
    size_t n_values;
} onnx_view_attribute;

typedef struct {
    const char
        *op; /* "domain.type" outside the default ONNX domain; printable ASCII without spaces, commas, quotes, backslashes and # */
    uint32_t first_reader, n_readers;       /* nodes that read one of its outputs; sorted, each once */
    uint32_t first_attribute, n_attributes; /* in the file's order */
    /* numbers of different graph inputs that it reads and graph outputs that it produces; in a body, of tensors that it reads from
     * outside, and of outputs of the body */
    uint32_t graph_inputs, graph_outputs;
    uint32_t body; /* 0: in the main graph; otherwise the number of its body */
    bool holds;    /* it contains bodies: it is not an operator that computes, but says how often they do */
    /* on request: */
    const char *name;                   /* may be empty */
    uint32_t first_operand, n_operands; /* tensors that it reads, in order */
    uint32_t first_result, n_results;   /* tensors that it makes */
} onnx_view_node;

typedef struct {
    onnx_view_node *nodes;
    size_t n_nodes;
    uint32_t *readers;
    size_t n_readers;
    onnx_view_attribute *attributes;
    size_t n_attributes;
    onnx_view_tensor *tensors;
    size_t n_tensors;
    int64_t *operands; /* of all nodes, and their results: indices of tensors; ONNX_VIEW_NONE: an absent one */
    size_t n_operands;
    size_t n_inputs, n_outputs;               /* of the model; inputs with an initializer are not counted */
    uint32_t *input_tensors, *output_tensors; /* on request: those tensors, in the file's order */
    size_t n_bodies, n_functions, n_external;
    int64_t opset; /* of the default ONNX domain; 0: not stated */
    arena memory;
} onnx_view;

/* NN_ERR_IO: not a sound model, or onnx_parse.h refuses it. After a failure there is nothing to free. `file` is for messages. */
nn_status onnx_view_read(onnx_view *v, const void *bytes, size_t n, const char *file, nn_error *err);
/* The same for a file (see file_open). Weights are not loaded. */
nn_status onnx_view_file(onnx_view *v, int root, const char *path, const char *shown, nn_error *err);
/* The same with tensors, names and values of attributes. Contents of large tensors are not loaded. */
nn_status onnx_view_file_whole(onnx_view *v, int root, const char *path, const char *shown, nn_error *err);
/* The same for bytes. */
nn_status onnx_view_read_whole(onnx_view *v, const void *bytes, size_t n, const char *file, nn_error *err);
/* Reads chains of operators from text: one chain in each line, operators separated by commas. Empty lines and lines that begin
 * with # are skipped. Each chain reads one graph input and produces one graph output. */
nn_status onnx_view_chains(onnx_view *v, const char *text, size_t n, const char *file, nn_error *err);
void onnx_view_free(onnx_view *v); /* also of a zeroed one */

#endif
