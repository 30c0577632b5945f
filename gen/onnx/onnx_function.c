#include "onnx/onnx_function.h"
#include "onnx.pb-c.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

const Onnx__FunctionProto *onnx_function_of(const Onnx__ModelProto *m, const Onnx__NodeProto *n)
{
    for (size_t i = 0; i < m->n_functions; i++) {
        const Onnx__FunctionProto *f = m->functions[i];
        if (same(f->name, n->op_type) && same(f->domain, n->domain) && same(f->overload, n->overload))
            return f;
    }
    return NULL;
}

bool onnx_calls(const onnx_call *c, const Onnx__FunctionProto *f)
{
    for (; c != NULL; c = c->up)
        if (c->function == f)
            return true;
    return false;
}

static const Onnx__AttributeProto *find(Onnx__AttributeProto *const *all, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (same(all[i]->name, name))
            return all[i];
    return NULL;
}

const Onnx__AttributeProto *onnx_attribute_of(const onnx_call *c, const Onnx__AttributeProto *a)
{
    for (; a != NULL && a->ref_attr_name != NULL && *a->ref_attr_name != '\0'; c = c->up) {
        if (c == NULL)
            return NULL;
        const Onnx__AttributeProto *given = find(c->node->attribute, c->node->n_attribute, a->ref_attr_name);
        if (given == NULL)
            return find(c->function->attribute_proto, c->function->n_attribute_proto, a->ref_attr_name);
        a = given;
    }
    return a;
}

Onnx__GraphProto *onnx_function_graph(const Onnx__FunctionProto *f, arena *a)
{
    const size_t n = f->n_input + f->n_output;
    Onnx__ValueInfoProto *values = arena_calloc(a, n + 1, sizeof *values), **all = arena_calloc(a, n + 1, sizeof *all);
    Onnx__GraphProto *g = arena_alloc(a, sizeof *g);
    if (values == NULL || all == NULL || g == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        values[i] = (Onnx__ValueInfoProto)ONNX__VALUE_INFO_PROTO__INIT;
        values[i].name = i < f->n_input ? f->input[i] : f->output[i - f->n_input];
        all[i] = &values[i];
    }
    *g = (Onnx__GraphProto)ONNX__GRAPH_PROTO__INIT;
    g->n_node = f->n_node;
    g->node = f->node;
    g->n_input = f->n_input;
    g->input = all;
    g->n_output = f->n_output;
    g->output = all + f->n_input;
    return g;
}
