/* Anybody's ONNX model, bound to the operator table: the nodes that its outputs need, each with its operator, attributes and
 * tensors. Nothing is computed yet.
 *
 * Ownership: an eval_model owns the parsed file and the table of its opset. Once made it is immutable. */
#ifndef NN_EVAL_MODEL_H
#define NN_EVAL_MODEL_H

#include "arena.h"
#include "reference/reference.h"

typedef struct Onnx__ModelProto Onnx__ModelProto;         /* from the generated header */
typedef struct Onnx__NodeProto Onnx__NodeProto;           /* from the generated header */
typedef struct Onnx__TensorProto Onnx__TensorProto;       /* from the generated header */
typedef struct Onnx__ValueInfoProto Onnx__ValueInfoProto; /* from the generated header */

typedef struct {
    const char *name;
    const Onnx__TensorProto *contents;  /* of an initializer; NULL: none */
    const Onnx__ValueInfoProto *stated; /* of a graph input or output; NULL: none */
    int64_t maker;                      /* node, in the file's order; -1: none */
    bool input, output, needed;
    dtype type;    /* DT_NONE: not known before the inputs are */
    uint32_t uses; /* as an input of needed nodes, and as a graph output */
} eval_tensor;

typedef struct {
    const char *name, *op_type; /* name: may be empty */
    size_t place;               /* in the file, from 0 */
    int op;                     /* index in the op_set; -1: not in the table */
    const attr_value *attrs;
    size_t n_attrs;
    const Onnx__TensorProto *held; /* the tensor of an attribute; NULL: none */
    int64_t *inputs;               /* tensors; -1: absent */
    size_t n_inputs;
    int64_t *outputs;
    size_t n_outputs;
} eval_node;

typedef struct {
    Onnx__ModelProto *file;
    op_set *ops;
    ref_table *rules;
    bool borrowed; /* ops and rules */
    bool limits;   /* as in eval_source */
    int opset;
    eval_tensor *tensors; /* sorted by name */
    size_t n_tensors;
    eval_node *nodes; /* those that outputs need, in topological order */
    size_t n_nodes;
    int64_t *inputs; /* graph inputs without an initializer, in order */
    size_t n_inputs;
    int64_t *outputs;
    size_t n_outputs;
    size_t unsupported; /* nodes and inputs that the table does not have; with any, the model cannot be evaluated */
    arena memory;
} eval_model;

/* What the table does not have: one line for each node or input. */
typedef void eval_tell_fn(void *data, const char *what);

typedef struct {
    const spec_file *files, *compute; /* of the table and its rules of outputs; NULL: the built-in ones */
    size_t n_files, n_compute;
    bool limits;               /* attributes must not be below the table's domains */
    const eval_model *like;    /* its table is used if its opset is the same; it must live longer; NULL: none */
    eval_tell_fn *unsupported; /* may be NULL */
    void *data;
} eval_source;

/* NN_ERR_IO: not a sound model. The message has `shown` as the path. What the table does not have is told and counted. After a
 * failure there is nothing to free. */
nn_status eval_model_open(eval_model *m, const void *bytes, size_t n, const eval_source *from, const char *shown, nn_error *err);
void eval_model_close(eval_model *m);                            /* also a zeroed one */
int64_t eval_find_tensor(const eval_model *m, const char *name); /* -1: there is none */

/* "node 3 (Conv, \"conv1\")" */
enum { EVAL_NODE_SHOWN = 200 };
void eval_show_node(char out[EVAL_NODE_SHOWN], const eval_node *n);

/* eval_bind.c: finds the operator and reads the attributes. NN_ERR_UNSUPPORTED: the table does not have it; NN_ERR_IO: it is wrong.
 */
nn_status eval_bind_node(const eval_model *m, eval_node *to, const Onnx__NodeProto *from, arena *a, nn_error *err);

#endif
