#include "mine/mine_model.h"
#include "mine/mine_types.h"
#include "base/mix.h"

#include <string.h>

#define OUTSIDE 16 /* tensors from outside that a hash tells apart */

/* ---- models ---- */

static bool note_unknown(mine_models *m, const char *op)
{
    size_t at = 0;
    while (at < m->n_unknown && strcmp(m->unknown[at].op, op) < 0)
        at++;
    if (at == m->n_unknown || strcmp(m->unknown[at].op, op) != 0) {
        char *copy = nn_strdup(op);
        if (copy == NULL || !nn_grow((void **)&m->unknown, &m->unknown_capacity, m->n_unknown + 1, sizeof *m->unknown)) {
            nn_free(copy);
            return false;
        }
        memmove(m->unknown + at + 1, m->unknown + at, (m->n_unknown - at) * sizeof *m->unknown);
        m->unknown[at] = (mine_unknown){.op = copy};
        m->n_unknown++;
    }
    m->unknown[at].nodes++;
    return true;
}

static bool is_constant(const onnx_view *v, const onnx_view_node *n)
{
    return n->n_results == 1 && v->operands[n->first_result] >= 0 && v->tensors[v->operands[n->first_result]].constant;
}

bool mine_models_add(mine_models *m, const char *name, onnx_view *v)
{
    mine_model x = {.name = nn_strdup(name), .view = *v, .ops = nn_calloc(v->n_nodes + 1, sizeof *x.ops)};
    bool ok = x.name != NULL && x.ops != NULL && nn_grow((void **)&m->all, &m->capacity, m->n + 1, sizeof *m->all);
    for (size_t i = 0; i < v->n_nodes && ok; i++) {
        const onnx_view_node *n = &v->nodes[i];
        x.ops[i] = is_constant(v, n) || n->n_results == 0 ? -1 : op_find(m->ops, n->op);
        if (op_find(m->ops, n->op) < 0 && !n->holds)
            ok = note_unknown(m, n->op);
    }
    if (ok) {
        mine_infer_types(m, &x);
        m->all[m->n++] = x;
        return true;
    }
    nn_free(x.name);
    nn_free(x.ops);
    onnx_view_free(v);
    return false;
}

void mine_models_free(mine_models *m)
{
    for (size_t i = 0; i < m->n; i++) {
        nn_free(m->all[i].name);
        nn_free(m->all[i].ops);
        onnx_view_free(&m->all[i].view);
    }
    for (size_t i = 0; i < m->n_unknown; i++)
        nn_free(m->unknown[i].op);
    nn_free(m->all);
    nn_free(m->unknown);
    *m = (mine_models){.ops = NULL};
}

/* ---- edges ---- */

int mine_input_of_slot(const op_model *op, size_t k, size_t operands)
{
    for (size_t i = 0; i < op->n_inputs; i++) {
        size_t others = op->n_inputs - 1, width = 1;
        if (op->inputs[i].max_arity > 1)
            width = operands > others ? operands - others : 1;
        if (k < width)
            return (int)i;
        k -= width;
    }
    return -1;
}

bool mine_is_data(const mine_models *m, const mine_model *x, uint32_t node, size_t k)
{
    const op_model *op = &m->ops->ops[x->ops[node]];
    int input = mine_input_of_slot(op, k, x->view.nodes[node].n_operands);
    return input >= 0 && (op->inputs[input].roles & ROLE_DATA) != 0;
}

const onnx_view_tensor *mine_operand(const mine_model *x, uint32_t node, size_t k)
{
    const onnx_view_node *n = &x->view.nodes[node];
    int64_t t = k < n->n_operands ? x->view.operands[n->first_operand + k] : ONNX_VIEW_NONE;
    return t >= 0 ? &x->view.tensors[t] : NULL;
}

int64_t mine_before(const mine_models *m, const mine_model *x, uint32_t node, size_t k)
{
    const onnx_view_tensor *t = mine_operand(x, node, k);
    if (x->ops[node] < 0 || t == NULL || t->maker < 0 || x->ops[t->maker] < 0 || !mine_is_data(m, x, node, k))
        return -1;
    return t->maker;
}

size_t mine_output_of(const mine_model *x, const onnx_view_tensor *t)
{
    const onnx_view_node *n = &x->view.nodes[t->maker];
    for (size_t k = 0; k < n->n_results; k++)
        if (x->view.operands[n->first_result + k] == t - x->view.tensors)
            return k;
    return 0;
}

/* ---- the hash ---- */

/* An edge of a subgraph, or a use of a tensor from outside. */
typedef struct {
    uint32_t from, to; /* indices in the subgraph, from MINE_NODES on in the list of tensors from outside */
    uint64_t label;    /* slot and output */
} part_edge;

typedef struct {
    part_edge edges[MINE_NODES * OP_MAX_SLOTS];
    size_t n_edges;
    const onnx_view_tensor *outside[OUTSIDE];
    size_t n_outside;
    uint64_t hashes[MINE_NODES + OUTSIDE];
} part_graph;

static int index_in(const mine_part *part, int64_t node)
{
    for (uint32_t i = 0; i < part->n; i++)
        if (part->nodes[i] == node)
            return (int)i;
    return -1;
}

static uint32_t outside_of(part_graph *g, const onnx_view_tensor *t)
{
    size_t i = 0;
    while (i < g->n_outside && g->outside[i] != t)
        i++;
    if (i == g->n_outside && i < OUTSIDE)
        g->outside[g->n_outside++] = t;
    return (uint32_t)(MINE_NODES + (i < OUTSIDE ? i : OUTSIDE - 1));
}

static void open_node(const mine_models *m, part_graph *g, const mine_part *part, uint32_t i)
{
    const mine_model *x = &m->all[part->model];
    uint32_t node = part->nodes[i];
    size_t n = x->view.nodes[node].n_operands;
    uint64_t h = mix64((uint64_t)x->ops[node] + 1);
    for (size_t k = 0; k < n && k < OP_MAX_SLOTS; k++) {
        const onnx_view_tensor *t = mine_operand(x, node, k);
        int from = index_in(part, mine_before(m, x, node, k));
        if (t == NULL || !mine_is_data(m, x, node, k)) {
            h = mix64(h + MIX_STEP * (k + 1) + (t == NULL));
        } else if (t->constant) {
            h = mix64(h + MIX_STEP * (k + 1) + 2);
        } else {
            uint64_t output = from >= 0 ? mine_output_of(x, t) : 0;
            uint32_t source = from >= 0 ? (uint32_t)from : outside_of(g, t);
            g->edges[g->n_edges++] = (part_edge){source, i, mix64(k << 16 | output)};
        }
    }
    g->hashes[i] = h;
}

uint64_t mine_hash(const mine_models *m, const mine_part *part, uint32_t order[MINE_NODES])
{
    part_graph g;
    uint64_t next[MINE_NODES + OUTSIDE], sum = part->n;
    g.n_edges = g.n_outside = 0;
    for (uint32_t i = 0; i < part->n; i++)
        open_node(m, &g, part, i);
    for (size_t i = 0; i < g.n_outside; i++)
        g.hashes[MINE_NODES + i] = MIX_STEP;
    for (uint32_t round = 0; round <= part->n; round++) {
        memcpy(next, g.hashes, sizeof next);
        for (size_t e = 0; e < g.n_edges; e++) { /* sums do not depend on the order of edges */
            const part_edge *x = &g.edges[e];
            next[x->to] += mix64(g.hashes[x->from] ^ x->label);
            next[x->from] += mix64(g.hashes[x->to] + MIX_STEP + x->label);
        }
        for (uint32_t i = 0; i < part->n; i++)
            g.hashes[i] = mix64(next[i]);
        for (size_t i = 0; i < g.n_outside; i++)
            g.hashes[MINE_NODES + i] = mix64(next[MINE_NODES + i]);
    }
    for (uint32_t i = 0; i < part->n; i++) {
        uint32_t at = i;
        sum += mix64(g.hashes[i]);
        for (; order != NULL && at > 0 && g.hashes[order[at - 1]] > g.hashes[i]; at--)
            order[at] = order[at - 1];
        if (order != NULL)
            order[at] = i;
    }
    return mix64(sum);
}
