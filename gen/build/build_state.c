#include "build/build_state.h"
#include <string.h>

bool id_push(id_list *l, int32_t id)
{
    if (l->n == l->capacity) {
        void *p = l->items;
        if (!nn_grow(&p, &l->capacity, l->n + 1, sizeof *l->items))
            return false;
        l->items = p;
    }
    l->items[l->n++] = id;
    return true;
}

nn_status state_init(build_state *s, const op_index *index, arena *memory, nn_error *err)
{
    memset(s, 0, sizeof *s);
    s->index = index;
    s->memory = memory;
    s->op_counts = nn_calloc(index->ops->n_all + 1, sizeof *s->op_counts);
    return s->op_counts ? NN_OK : nn_nomem(err);
}

void state_free(build_state *s)
{
    nn_free(s->tensors);
    nn_free(s->notes);
    nn_free(s->nodes);
    nn_free(s->node_notes);
    nn_free(s->live.items);
    nn_free(s->sinks.items);
    nn_free(s->inputs.items);
    for (int t = 0; t < DT_COUNT; t++)
        for (int r = 0; r < STATE_RANKS; r++) {
            nn_free(s->free[t][r].items);
            nn_free(s->taken[t][r].items);
        }
    nn_free(s->heads);
    nn_free(s->op_counts);
    nn_free(s->masks);
    memset(s, 0, sizeof *s);
}

bool state_reset(build_state *s, size_t nodes)
{
    size_t heads = 64;
    while (heads < 2 * nodes)
        heads *= 2;
    if (heads != s->n_heads) {
        nn_free(s->heads);
        s->n_heads = 0;
        s->heads = nn_malloc(heads * sizeof *s->heads);
        if (!s->heads)
            return false;
        s->n_heads = heads;
    }
    for (size_t i = 0; i < heads; i++)
        s->heads[i] = -1;
    s->n_tensors = s->n_nodes = s->live.n = s->sinks.n = s->inputs.n = 0;
    for (int t = 0; t < DT_COUNT; t++)
        for (int r = 0; r < STATE_RANKS; r++)
            s->free[t][r].n = s->taken[t][r].n = 0;
    s->shown = 0;
    s->components = s->joins = s->reused = s->empty = s->initializers = 0;
    s->sink_need = 0;
    memset(s->op_counts, 0, s->index->ops->n_all * sizeof *s->op_counts);
    return true;
}

int32_t state_root(build_state *s, int32_t node)
{
    while (s->node_notes[node].parent != node) {
        int32_t up = s->node_notes[node].parent;
        s->node_notes[node].parent = s->node_notes[up].parent; /* path halving */
        node = up;
    }
    return node;
}

/* ---- tensors ---- */

static size_t shape_hash(const tensor_desc *d)
{
    uint64_t h = (uint64_t)d->type * 31 + (uint64_t)d->rank;
    for (int i = 0; i < d->rank; i++)
        h = (h ^ (uint64_t)d->dims[i]) * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ h >> 29);
}

int32_t state_same_shape(const build_state *s, const tensor_desc *d)
{
    return s->heads[shape_hash(d) & (s->n_heads - 1)];
}

int32_t state_add_tensor(build_state *s, tensor_kind kind, const tensor_desc *d, int32_t node)
{
    void *p = s->tensors, *q = s->notes;
    bool ok = nn_grow(&p, &s->cap_tensors, s->n_tensors + 1, sizeof *s->tensors);
    s->tensors = p;
    ok = ok && nn_grow(&q, &s->cap_notes, s->n_tensors + 1, sizeof *s->notes);
    s->notes = q;
    if (!ok)
        return -1;
    int32_t t = (int32_t)s->n_tensors++;
    s->tensors[t] = (graph_tensor){.kind = kind, .desc = *d, .producer = -1};
    s->notes[t] = (tensor_note){.free_at = -1, .input_at = -1, .same_shape = -1, .node = node, .origin = t, .copied = {1, {t}}};
    s->empty += tensor_is_empty(d);
    if (kind != TENSOR_INIT) {
        int32_t *head = &s->heads[shape_hash(d) & (s->n_heads - 1)];
        s->notes[t].same_shape = *head;
        *head = t;
    }
    return t;
}

/* ---- live nodes ---- */

void state_leave_sinks(build_state *s, node_note *n)
{
    s->node_notes[id_remove(&s->sinks, n->sink_at)].sink_at = n->sink_at;
    n->sink_at = -1;
}

bool state_spare(build_state *s)
{
    for (size_t k = 0; k < s->sinks.n; k++) {
        int32_t v = s->sinks.items[k];
        node_note *n = &s->node_notes[v];
        const graph_node *node = &s->nodes[v];
        bool fit = n->weak && n->sink == 1; /* sink 1: its outputs are data */
        for (size_t o = 0; o < node->n_outputs && fit; o++)
            fit = node->outputs[o] < 0 || s->notes[node->outputs[o]].constant == VARIES;
        if (!fit)
            continue;
        n->weak = false;
        n->sink = 0;
        s->sink_need--;
        state_leave_sinks(s, n);
        for (size_t o = 0; o < node->n_outputs; o++)
            if (node->outputs[o] >= 0)
                s->notes[node->outputs[o]].weak = false;
        return true;
    }
    return false;
}
