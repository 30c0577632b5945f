#include "onnx/onnx_function.h"
#include "onnx.pb-c.h"

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
