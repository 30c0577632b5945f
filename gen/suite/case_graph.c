#include "suite/case_graph.h"

static void add_inputs(graph *g, const op_instance *x, int32_t *ids)
{
    uint32_t contents = 0;
    size_t last = 0;
    for (size_t i = 0; i < x->n_inputs; i++) {
        const inst_input *in = &x->inputs[i];
        ids[i] = -1;
        if (in->kind == INST_ABSENT)
            continue;
        const bool init = in->kind == INST_INIT;
        const int32_t t = ids[i] = (int32_t)g->n_tensors++;
        g->tensors[t] = (graph_tensor){
            .kind = init ? TENSOR_INIT : TENSOR_INPUT, .desc = in->desc, .producer = -1, .consumers = 1, .init = in->init};
        if (!init) {
            g->tensors[t].serial = (uint32_t)g->n_inputs;
            g->inputs[g->n_inputs++] = t;
        } else if (in->init.kind != CONTENT_LIST) {
            g->tensors[t].serial = contents++;
        }
        last = i + 1;
    }
    g->nodes->n_inputs = last;
}

static void add_outputs(graph *g, const op_instance *x, int32_t *ids)
{
    size_t last = 0;
    for (size_t i = 0; i < x->n_outputs; i++) {
        ids[i] = -1;
        if (!x->outputs[i].present)
            continue;
        const int32_t t = ids[i] = (int32_t)g->n_tensors++;
        g->tensors[t] = (graph_tensor){.kind = TENSOR_NODE, .desc = x->outputs[i].desc, .producer = 0, .output = true};
        g->outputs[g->n_outputs++] = t;
        last = i + 1;
    }
    g->nodes->n_outputs = last;
}

nn_status case_graph(graph *out, const op_instance *x, arena *a, nn_error *err)
{
    const size_t n = x->n_inputs + x->n_outputs;
    int32_t *ids = arena_alloc(a, (2 * n + 1) * sizeof *ids);
    *out = (graph){.tensors = arena_calloc(a, n + 1, sizeof *out->tensors),
                   .nodes = arena_calloc(a, 1, sizeof *out->nodes),
                   .n_nodes = 1,
                   .order = arena_calloc(a, 1, sizeof *out->order)};
    if (ids == NULL || out->tensors == NULL || out->nodes == NULL || out->order == NULL)
        return nn_nomem(err);
    out->inputs = ids + n;
    out->outputs = out->inputs + x->n_inputs;
    *out->nodes = (graph_node){.op = x->op->index,
                               .op_type = x->op->type,
                               .inputs = ids,
                               .outputs = ids + x->n_inputs,
                               .attrs = x->attrs,
                               .n_attrs = x->n_attrs};
    add_inputs(out, x, ids);
    add_outputs(out, x, ids + x->n_inputs);
    return NN_OK;
}
