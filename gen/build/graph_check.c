#include "build/graph_check.h"
#include <string.h>

typedef struct {
    const graph *g;
    const op_set *ops;
    uint32_t *parent; /* union-find over nodes */
    uint32_t *place;  /* position of each node in the order */
    int32_t *uses;    /* for each tensor */
    bool *varies;     /* for each tensor: it depends on the values of a graph input */
    bool *below;      /* for each tensor: it has a graph input among its ancestors */
    bool *reaches;    /* for each node: it reaches a graph output */
    nn_error *err;
} check;

#define FAULT(c, ...) return nn_fail((c)->err, NN_ERR_BUILD, NULL, 0, 0, __VA_ARGS__)

static uint32_t root(check *c, uint32_t v)
{
    while (c->parent[v] != v)
        v = c->parent[v] = c->parent[c->parent[v]];
    return v;
}

static bool data_type(const check *c, size_t t)
{
    return c->ops->data >> c->g->tensors[t].desc.type & 1;
}

static nn_status check_tensor(check *c, size_t t)
{
    const graph_tensor *x = &c->g->tensors[t];
    if (x->desc.rank < 0 || x->desc.rank > NN_MAX_RANK)
        FAULT(c, "tensor %zu has rank %d", t, x->desc.rank);
    for (int i = 0; i < x->desc.rank; i++)
        if (x->desc.dims[i] < 0)
            FAULT(c, "tensor %zu has dimension %d of %lld", t, i, (long long)x->desc.dims[i]);
    if (x->kind != TENSOR_INIT && !iv_finite(x->desc.range))
        FAULT(c, "tensor %zu has no finite interval", t);
    if ((x->kind == TENSOR_NODE) != (x->producer >= 0))
        FAULT(c, "tensor %zu: kind and producer disagree", t);
    if (x->kind == TENSOR_INPUT && !data_type(c, t))
        FAULT(c, "graph input %zu is %s", t, dtype_name(x->desc.type));
    if (x->kind == TENSOR_INPUT && (x->serial >= c->g->n_inputs || c->g->inputs[x->serial] != (int32_t)t))
        FAULT(c, "graph input %zu is not in its place in the list", t);
    if (x->output && (x->kind != TENSOR_NODE || !data_type(c, t)))
        FAULT(c, "graph output %zu is not a node output of a type of data", t);
    return NN_OK;
}

static nn_status check_inputs(check *c, uint32_t v)
{
    const graph_node *n = &c->g->nodes[v];
    bool varies = false, other_type = false, below = false, bare = true;
    for (size_t i = 0; i < n->n_inputs; i++) {
        int32_t t = n->inputs[i];
        if (t < -1 || t >= (int32_t)c->g->n_tensors || (t < 0 && i + 1 == n->n_inputs))
            FAULT(c, "node %u: input %zu is %d", v, i, t);
        if (t < 0)
            continue;
        const graph_tensor *x = &c->g->tensors[t];
        for (size_t j = 0; j < i; j++)
            if (n->inputs[j] == t && !n->motif && !n->twice)
                FAULT(c, "node %u: tensor %d is its input twice", v, t);
        c->uses[t]++;
        if (x->kind == TENSOR_INIT)
            continue;
        bare = false;
        varies |= c->varies[t];
        below |= c->below[t];
        other_type |= !data_type(c, (size_t)t);
        if (x->producer >= 0 && c->place[x->producer] >= c->place[v])
            FAULT(c, "node %u comes before the producer of its input %zu", v, i);
    }
    bool source = c->ops->ops[n->op].flags & OP_SOURCE;
    if (!n->motif && !n->folded && ((!varies && !source && !other_type) || (!below && !(source && bare))))
        FAULT(c, "node %u (%s) depends on no graph input", v, n->op_type);
    for (size_t o = 0; o < n->n_outputs; o++)
        if (n->outputs[o] >= 0) {
            c->varies[n->outputs[o]] = varies && !source;
            c->below[n->outputs[o]] = below;
        }
    return NN_OK;
}

static nn_status check_outputs(check *c, uint32_t v)
{
    const graph_node *n = &c->g->nodes[v];
    for (size_t o = 0; o < n->n_outputs; o++) {
        int32_t t = n->outputs[o];
        if (t < -1 || t >= (int32_t)c->g->n_tensors || (t < 0 && o + 1 == n->n_outputs))
            FAULT(c, "node %u: output %zu is %d", v, o, t);
        if (t >= 0 && c->g->tensors[t].producer != (int32_t)v)
            FAULT(c, "node %u does not produce its output %zu", v, o);
    }
    return n->n_outputs ? NN_OK : nn_fail(c->err, NN_ERR_BUILD, NULL, 0, 0, "node %u has no outputs", v);
}

/* Nodes that share a tensor belong to one component. */
static nn_status check_connected(check *c)
{
    const graph *g = c->g;
    int32_t *first = c->uses; /* for each tensor, a node that uses it; the memory of `uses` is no longer needed */
    for (size_t t = 0; t < g->n_tensors; t++)
        first[t] = g->tensors[t].producer;
    for (size_t v = 0; v < g->n_nodes; v++)
        for (size_t i = 0; i < g->nodes[v].n_inputs; i++) {
            int32_t t = g->nodes[v].inputs[i];
            if (t < 0)
                continue;
            if (first[t] < 0)
                first[t] = (int32_t)v;
            c->parent[root(c, (uint32_t)v)] = root(c, (uint32_t)first[t]);
        }
    for (size_t v = 1; v < g->n_nodes; v++)
        if (root(c, (uint32_t)v) != root(c, 0))
            FAULT(c, "node %zu is not connected with node 0", v);
    return NN_OK;
}

static nn_status check_reach(check *c)
{
    const graph *g = c->g;
    for (size_t k = g->n_nodes; k-- > 0;) {
        const graph_node *n = &g->nodes[g->order[k]];
        for (size_t o = 0; o < n->n_outputs; o++)
            if (n->outputs[o] >= 0 && g->tensors[n->outputs[o]].output)
                c->reaches[g->order[k]] = true;
        if (!c->reaches[g->order[k]])
            FAULT(c, "node %u (%s) reaches no graph output", g->order[k], n->op_type);
        for (size_t i = 0; i < n->n_inputs; i++)
            if (n->inputs[i] >= 0 && g->tensors[n->inputs[i]].producer >= 0)
                c->reaches[g->tensors[n->inputs[i]].producer] = true;
    }
    return NN_OK;
}

static nn_status check_all(check *c, size_t nodes)
{
    const graph *g = c->g;
    if (g->n_nodes != nodes)
        FAULT(c, "the graph has %zu nodes instead of %zu", g->n_nodes, nodes);
    memset(c->place, 0xff, g->n_nodes * sizeof *c->place);
    for (size_t k = 0; k < g->n_nodes; k++) {
        if (g->order[k] >= g->n_nodes || c->place[g->order[k]] != UINT32_MAX)
            FAULT(c, "the order is not a permutation at %zu", k);
        c->place[g->order[k]] = (uint32_t)k;
    }
    nn_status st = NN_OK;
    size_t inputs = 0, outputs = 0;
    for (size_t t = 0; t < g->n_tensors && st == NN_OK; t++) {
        st = check_tensor(c, t);
        c->varies[t] = c->below[t] = g->tensors[t].kind == TENSOR_INPUT;
        inputs += g->tensors[t].kind == TENSOR_INPUT;
        outputs += g->tensors[t].output;
    }
    for (size_t k = 0; k < g->n_nodes && st == NN_OK; k++) {
        c->parent[k] = (uint32_t)k;
        st = check_inputs(c, g->order[k]);
        if (st == NN_OK)
            st = check_outputs(c, g->order[k]);
    }
    if (st != NN_OK)
        return st;
    for (size_t t = 0; t < g->n_tensors; t++)
        if (c->uses[t] != g->tensors[t].consumers || (c->uses[t] == 0 && g->tensors[t].kind != TENSOR_NODE))
            FAULT(c, "tensor %zu has %d uses, %d are noted", t, c->uses[t], g->tensors[t].consumers);
    if (inputs != g->n_inputs || outputs != g->n_outputs || outputs == 0)
        FAULT(c, "%zu graph inputs and %zu outputs, %zu and %zu listed", inputs, outputs, g->n_inputs, g->n_outputs);
    for (size_t i = 0; i < g->n_outputs; i++)
        if (g->outputs[i] < 0 || g->outputs[i] >= (int32_t)g->n_tensors || !g->tensors[g->outputs[i]].output)
            FAULT(c, "listed output %zu is not a graph output", i);
    st = check_connected(c);
    return st == NN_OK ? check_reach(c) : st;
}

nn_status graph_check(const graph *g, const op_set *ops, size_t nodes, nn_error *err)
{
    check c = {.g = g, .ops = ops, .err = err};
    c.parent = nn_calloc(g->n_nodes + 1, sizeof *c.parent);
    c.place = nn_calloc(g->n_nodes + 1, sizeof *c.place);
    c.uses = nn_calloc(g->n_tensors + 1, sizeof *c.uses);
    c.varies = nn_calloc(g->n_tensors + 1, sizeof *c.varies);
    c.below = nn_calloc(g->n_tensors + 1, sizeof *c.below);
    c.reaches = nn_calloc(g->n_nodes + 1, sizeof *c.reaches);
    nn_status st = c.parent && c.place && c.uses && c.varies && c.below && c.reaches ? check_all(&c, nodes) : nn_nomem(err);
    nn_free(c.parent);
    nn_free(c.place);
    nn_free(c.uses);
    nn_free(c.varies);
    nn_free(c.below);
    nn_free(c.reaches);
    return st;
}
