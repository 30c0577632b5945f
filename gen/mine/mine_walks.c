#include "mine/mine_walks.h"
#include "base/mix.h"
#include "base/sorted.h"

#include <string.h>

#define WALKS_MOST (1 << 22) /* different sequences; further ones are not counted */
#define AT_NODE_MOST 4096    /* different sequences that may end at one node */

void mine_walks_init(mine_walks *w, const op_set *ops)
{
    *w = (mine_walks){.ops = ops};
}

void mine_walks_free(mine_walks *w)
{
    nn_free(w->all);
    nn_free(w->slots);
    *w = (mine_walks){.ops = NULL};
}

/* ---- the table of sequences ---- */

/* The slot of a sequence, or the free one where it belongs. */
static uint32_t *slot_of(const mine_walks *w, uint32_t before, uint16_t op)
{
    size_t at = (size_t)mix64((uint64_t)before << 16 | op) & (w->n_slots - 1);
    while (w->slots[at] != 0 && (w->all[w->slots[at]].before != before || w->all[w->slots[at]].op != op))
        at = (at + 1) & (w->n_slots - 1);
    return &w->slots[at];
}

static bool make_room(mine_walks *w)
{
    if (!nn_grow((void **)&w->all, &w->capacity, w->n + 2, sizeof *w->all))
        return false;
    if (w->n == 0)
        w->all[w->n++] = (mine_walk){.length = 0};
    if (2 * w->n < w->n_slots)
        return true;
    size_t n = w->n_slots > 0 ? 2 * w->n_slots : 1024;
    uint32_t *slots = nn_calloc(n, sizeof *slots);
    if (slots == NULL)
        return false;
    nn_free(w->slots);
    w->slots = slots;
    w->n_slots = n;
    for (size_t i = 1; i < w->n; i++)
        *slot_of(w, w->all[i].before, w->all[i].op) = (uint32_t)i;
    return true;
}

/* The index of a sequence with one more operator; 0: there are too many. false: out of memory. */
static bool extend(mine_walks *w, uint32_t before, uint16_t op, uint32_t *out)
{
    if (!make_room(w))
        return false;
    uint32_t *slot = slot_of(w, before, op);
    if (*slot == 0 && w->n < WALKS_MOST) {
        *slot = (uint32_t)w->n;
        w->all[w->n++] = (mine_walk){.before = before, .op = op, .length = (uint16_t)(w->all[before].length + 1)};
    }
    *out = *slot;
    return true;
}

size_t mine_walks_ops(const mine_walks *w, uint32_t walk, uint16_t ops[MINE_WALK_LENGTH])
{
    size_t n = w->all[walk].length;
    for (size_t i = n; i > 0; i--, walk = w->all[walk].before)
        ops[i - 1] = w->all[walk].op;
    return n;
}

bool mine_walks_mark(mine_walks *w)
{
    for (size_t i = w->n; i-- > 1;) {
        uint16_t ops[MINE_WALK_LENGTH];
        size_t n = mine_walks_ops(w, (uint32_t)i, ops);
        uint32_t end = 0;
        w->all[w->all[i].before].continues = true;
        for (size_t k = 1; k < n; k++) /* each end of a counted sequence was counted too, unless there were too many */
            if (!extend(w, end, ops[k], &end))
                return false;
        w->all[end].continues = true;
    }
    return true;
}

/* ---- one model ---- */

typedef struct {
    uint32_t *first, *before; /* the nodes before node i: before[first[i]] to before[first[i + 1] - 1] */
    size_t *start;            /* the sequences that end at node i: ends[start[i]] to ends[start[i + 1] - 1] */
    uint32_t *ends;
    size_t n, capacity;
} model_walks;

static bool find_before(model_walks *m, const onnx_view *v)
{
    m->first = nn_calloc(v->n_nodes + 2, sizeof *m->first);
    m->before = nn_calloc(v->n_readers + 1, sizeof *m->before);
    m->start = nn_calloc(v->n_nodes + 1, sizeof *m->start);
    if (m->first == NULL || m->before == NULL || m->start == NULL)
        return false;
    for (size_t k = 0; k < v->n_readers; k++)
        m->first[v->readers[k] + 2]++;
    for (size_t i = 0; i < v->n_nodes; i++)
        m->first[i + 2] += m->first[i + 1];
    for (size_t i = 0; i < v->n_nodes; i++)
        for (uint32_t k = 0; k < v->nodes[i].n_readers; k++)
            m->before[m->first[v->readers[v->nodes[i].first_reader + k] + 1]++] = (uint32_t)i;
    return true;
}

static bool end_at(mine_walks *w, model_walks *m, uint32_t before, uint16_t op)
{
    uint32_t walk;
    if (!extend(w, before, op, &walk) || !nn_grow((void **)&m->ends, &m->capacity, m->n + 1, sizeof *m->ends))
        return false;
    if (walk != 0)
        m->ends[m->n++] = walk;
    return true;
}

/* Finds the sequences that end at a node, from those that end at the nodes before it. */
static bool visit(mine_walks *w, model_walks *m, const onnx_view *v, size_t node)
{
    size_t from = m->n;
    int op = op_find(w->ops, v->nodes[node].op);
    m->start[node] = from;
    if (op >= 0 && !end_at(w, m, 0, (uint16_t)op))
        return false;
    for (uint32_t k = m->first[node]; op >= 0 && k < m->first[node + 1]; k++) {
        for (size_t i = m->start[m->before[k]]; i < m->start[m->before[k] + 1]; i++)
            if (w->all[m->ends[i]].length < MINE_WALK_LENGTH && !end_at(w, m, m->ends[i], (uint16_t)op))
                return false;
        m->n = from + sort_unique32(m->ends + from, m->n - from);
        if (m->n - from > AT_NODE_MOST)
            m->n = from + AT_NODE_MOST;
    }
    for (size_t i = from; i < m->n; i++)
        w->all[m->ends[i]].nodes++;
    m->start[node + 1] = m->n;
    return true;
}

bool mine_walks_add(mine_walks *w, const onnx_view *v)
{
    model_walks m = {.n = 0};
    bool ok = find_before(&m, v);
    for (size_t i = 0; i < v->n_nodes && ok; i++)
        ok = visit(w, &m, v, i);
    nn_free(m.first);
    nn_free(m.before);
    nn_free(m.start);
    nn_free(m.ends);
    return ok;
}
