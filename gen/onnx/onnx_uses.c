#include "onnx/onnx_uses.h"
#include "onnx.pb-c.h"

typedef struct {
    onnx_use_fn *fn;
    void *data;
    const char *file;
    nn_error *err;
} visit;

/* inner: the innermost graph that the name stands in; NULL: the node's own. */
static nn_status take(const visit *v, const onnx_scope *inner, const char *name)
{
    for (; inner != NULL; inner = inner->up)
        if (onnx_scope_find(inner, name) != NULL)
            return NN_OK;
    return v->fn(v->data, name);
}

static nn_status take_node(const visit *v, const onnx_scope *inner, const Onnx__NodeProto *n);

static nn_status take_graph(const visit *v, const onnx_scope *up, const Onnx__GraphProto *g)
{
    onnx_scope inner;
    nn_status s = onnx_scope_open(&inner, up, g, v->file, v->err);
    for (size_t k = 0; k < g->n_node && s == NN_OK; k++)
        s = take_node(v, &inner, g->node[k]);
    for (size_t k = 0; k < g->n_output && s == NN_OK; k++)
        if (g->output[k]->name != NULL)
            s = take(v, &inner, g->output[k]->name);
    onnx_scope_close(&inner);
    return s;
}

static nn_status take_node(const visit *v, const onnx_scope *inner, const Onnx__NodeProto *n)
{
    nn_status s = NN_OK;
    for (size_t k = 0; k < n->n_input && s == NN_OK; k++)
        if (n->input[k][0] != '\0')
            s = take(v, inner, n->input[k]);
    for (size_t k = 0; k < n->n_attribute && s == NN_OK; k++) {
        const Onnx__AttributeProto *a = n->attribute[k];
        if (a->g != NULL)
            s = take_graph(v, inner, a->g);
        for (size_t i = 0; i < a->n_graphs && s == NN_OK; i++)
            s = take_graph(v, inner, a->graphs[i]);
    }
    return s;
}

nn_status onnx_node_uses(const Onnx__NodeProto *n, onnx_use_fn *fn, void *data, const char *file, nn_error *err)
{
    const visit v = {fn, data, file, err};
    return take_node(&v, NULL, n);
}

nn_status onnx_graph_uses(const Onnx__GraphProto *g, onnx_use_fn *fn, void *data, const char *file, nn_error *err)
{
    const visit v = {fn, data, file, err};
    return take_graph(&v, NULL, g);
}
