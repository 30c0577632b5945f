/* Binds graphs and nodes to the table; eval_model.c begins with the graph of the model. */
#ifndef NN_EVAL_BIND_H
#define NN_EVAL_BIND_H

#include "eval/eval_model.h"
#include "onnx/onnx_function.h"

#include <string.h>

enum {
    EVAL_DEPTH = 64,       /* graphs in graphs and calls in functions */
    EVAL_EXPANDED = 200000 /* nodes and tensors of all calls of functions */
};

/* An attribute of a node, where references to those of a call are replaced. */
typedef struct {
    const char *name;
    const Onnx__AttributeProto *value;
} eval_attribute;

typedef struct {
    eval_model *m;
    const eval_source *from;
    const char *shown; /* file, for messages */
    size_t expanded;   /* nodes and tensors of calls */
    bool placed;       /* the message of a failure has the path of the graph */
    nn_error *err;
} eval_binding;

/* What a node gives to a graph inside it, as far as it is known. */
typedef struct {
    dtype type; /* DT_NONE: not known */
    bool absent;
} eval_given_input;

/* Where a graph stands. */
typedef struct {
    const char *path;
    eval_graph *around; /* whose tensors the graph sees; NULL: none */
    const eval_table *table;
    const onnx_call *call; /* NULL: in no function */
    int depth;
    const eval_given_input *given; /* to each input; NULL: the graph is that of the model */
    size_t n_given;
} eval_place;

static inline bool eval_is_standard(const char *domain)
{
    return domain == NULL || *domain == '\0' || strcmp(domain, "ai.onnx") == 0;
}

/* eval_graph.c: what the table does not have is told and counted. NN_ERR_IO: the graph is not sound. */
nn_status eval_bind_graph(eval_binding *b, eval_graph *to, const Onnx__GraphProto *from, const eval_place *place);
nn_status eval_bind_tell(eval_binding *b, const char *what, const char *why);

/* eval_bind.c: finds the operator and reads the attributes. NN_ERR_UNSUPPORTED: the table does not have it; NN_ERR_IO: it is wrong.
 */
nn_status eval_bind_node(eval_binding *b, const eval_graph *g, eval_node *to, const eval_attribute *attributes, size_t n,
                         const char *domain, nn_error *err);

/* eval_call.c: the attributes of a node; those that refer to an attribute which the call leaves out are left out. */
nn_status eval_bind_attributes(eval_binding *b, const Onnx__NodeProto *from, const onnx_call *call, eval_attribute **out, size_t *n,
                               nn_error *err);
nn_status eval_bind_call(eval_binding *b, eval_graph *g, eval_node *to, const Onnx__NodeProto *from, const Onnx__FunctionProto *f,
                         const eval_place *place, nn_error *err);

/* eval_control.c: binds the graphs inside a node. *found: it has such. */
nn_status eval_bind_control(eval_binding *b, eval_graph *g, eval_node *to, const Onnx__NodeProto *from,
                            const eval_attribute *attributes, size_t n, const eval_place *place, bool *found, nn_error *err);
/* Whether the node is a constant of which few elements are stated. */
nn_status eval_bind_sparse(eval_binding *b, const Onnx__NodeProto *from, const Onnx__SparseTensorProto **out);

/* eval_model.c: the table of an opset. */
nn_status eval_bind_table(eval_binding *b, int64_t version, const eval_table **out);
nn_status eval_bind_words(eval_binding *b);

#endif
