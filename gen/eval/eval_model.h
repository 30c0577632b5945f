/* Anybody's ONNX model, bound to the operator table: the nodes that its outputs need, each with its operator, attributes and
 * tensors, and the graphs inside them. Nothing is computed yet.
 *
 * A graph of its own is that of the model, each branch and body of a node, and each call of a function: a function is bound anew
 * where it is called, because attributes and absent inputs differ.
 *
 * Ownership: an eval_model owns the parsed file and the tables of its opsets. Once made it is immutable. */
#ifndef NN_EVAL_MODEL_H
#define NN_EVAL_MODEL_H

#include "arena.h"
#include "reference/reference.h"

typedef struct Onnx__ModelProto Onnx__ModelProto;               /* from the generated header */
typedef struct Onnx__TensorProto Onnx__TensorProto;             /* from the generated header */
typedef struct Onnx__SparseTensorProto Onnx__SparseTensorProto; /* from the generated header */
typedef struct Onnx__ValueInfoProto Onnx__ValueInfoProto;       /* from the generated header */

typedef struct {
    const char *name;
    const Onnx__TensorProto *contents;     /* of an initializer; NULL: none */
    const Onnx__SparseTensorProto *sparse; /* the same, of which few elements are stated */
    const Onnx__ValueInfoProto *stated;    /* of a graph input or output; NULL: none */
    int stated_rank;                       /* of a graph input or output; -1: not stated */
    int64_t maker;                         /* node, in the file's order; -1: none */
    int64_t outer;                         /* the tensor of the graph around that this is; -1: it is this graph's own */
    bool input, output, needed;
    bool absent;   /* an input of a function that a call leaves out, or a capture of one */
    dtype type;    /* DT_NONE: not known before the inputs are */
    uint32_t uses; /* as an input of needed nodes and by the graphs inside them, and as a graph output */
} eval_tensor;

typedef struct eval_graph eval_graph;

typedef enum {
    EVAL_OPERATOR, /* of the table */
    EVAL_BRANCH,   /* the first input chooses one of two graphs */
    EVAL_LOOP,     /* a graph runs again and again */
    EVAL_SCAN,     /* a graph runs for each slice of the last inputs */
    EVAL_CALL      /* of a function of the model */
} eval_kind;

/* Of a node that scans: axes and directions of its last inputs and outputs; lists are as long as there are such, or empty. */
typedef struct {
    size_t n_inputs;
    const int64_t *axes[2], *backward[2]; /* of inputs, of outputs; NULL: an empty list */
} eval_scan;

typedef struct {
    const char *name, *op_type; /* name: may be empty */
    size_t place;               /* in the file's graph, from 0 */
    eval_kind kind;
    int op;    /* of an operator: index in the op_set */
    bool lost; /* it, or a node inside it, is not in the table: it cannot be computed */
    const attr_value *attrs;
    size_t n_attrs;
    const Onnx__TensorProto *held; /* the tensor of an attribute; NULL: none */
    int64_t *inputs;               /* tensors; -1: absent */
    size_t n_inputs;
    int64_t *outputs;
    size_t n_outputs;
    eval_graph *bodies[2]; /* of other kinds than operators; the second: of a branch */
    eval_scan scan;
    int64_t *captured; /* tensors that the graphs inside it take from this one */
    size_t n_captured;
} eval_node;

/* The table of one opset. */
typedef struct {
    int opset;
    op_set *ops;
    ref_table *rules;
    bool borrowed;
} eval_table;

struct eval_graph {
    const char *path; /* "node 3 (If), then_branch, " before a node in messages; of the model's graph: "" */
    const eval_graph *around;
    const eval_table *table;
    eval_tensor *tensors; /* sorted by name */
    size_t n_tensors;
    eval_node *nodes; /* those that outputs need, in topological order */
    size_t n_nodes;
    int64_t *inputs; /* those without an initializer, in order; of a function: -1 for an absent one */
    size_t n_inputs;
    int64_t *outputs;
    size_t n_outputs;
};

enum { EVAL_TABLES = 4 }; /* opsets of one model */

typedef struct {
    Onnx__ModelProto *file;
    eval_table tables[EVAL_TABLES]; /* the first is that of the model's graph */
    size_t n_tables;
    const struct form_rules *words; /* what ONNX calls operators with graphs; NULL: nothing needed them */
    bool limits;                    /* as in eval_source */
    eval_graph main;
    size_t unsupported; /* nodes and inputs that the table does not have; with any, the model cannot be evaluated */
    arena memory;
} eval_model;

/* What the table does not have: one line for each node or input. */
typedef void eval_tell_fn(void *data, const char *what);

typedef struct {
    const spec_file *files, *compute, *forms; /* of the table, its rules of outputs, its forms; NULL: the built-in ones */
    size_t n_files, n_compute, n_forms;
    bool limits;               /* attributes must not be below the table's domains */
    const eval_model *like;    /* its table is used if its opset is the same; it must live longer; NULL: none */
    eval_tell_fn *unsupported; /* may be NULL */
    void *data;
} eval_source;

/* NN_ERR_IO: not a sound model. The message has `shown` as the path. What the table does not have is told and counted. After a
 * failure there is nothing to free. */
nn_status eval_model_open(eval_model *m, const void *bytes, size_t n, const eval_source *from, const char *shown, nn_error *err);
void eval_model_close(eval_model *m);                            /* also a zeroed one */
int64_t eval_find_tensor(const eval_graph *g, const char *name); /* -1: there is none */

/* "node 3 (Conv, \"conv1\")", after the path of its graph */
enum { EVAL_NODE_SHOWN = 400 };
void eval_show_node(char out[EVAL_NODE_SHOWN], const eval_graph *g, const eval_node *n);

#endif
