#include "mine/mine_find.h"
#include "base/mix.h"

#include <stdlib.h>
#include <string.h>

#define BEAM 192         /* subgraphs of each size that are grown further */
#define PLACES 2         /* of a subgraph in a model */
#define MODELS_GROWN 24  /* models in which a subgraph is grown; the others only count */
#define READERS_MOST 32  /* a tensor with more readers does not join its readers */
#define LEVEL_MOST 65536 /* different subgraphs of one size */

/* The subgraphs of one size, found by hash. */
typedef struct {
    mine_found found;
    uint32_t *slots; /* indices + 1 */
    size_t n_slots;
} level;

static void drop(mine_subgraph *s)
{
    nn_free(s->parts);
    s->parts = NULL;
}

void mine_found_free(mine_found *f)
{
    for (size_t i = 0; i < f->n; i++)
        drop(&f->all[i]);
    nn_free(f->all);
    *f = (mine_found){.n = 0};
}

static uint32_t *slot_of(const level *l, uint64_t hash)
{
    size_t at = (size_t)hash & (l->n_slots - 1);
    while (l->slots[at] != 0 && l->found.all[l->slots[at] - 1].hash != hash)
        at = (at + 1) & (l->n_slots - 1);
    return &l->slots[at];
}

static bool level_open(level *l)
{
    *l = (level){.n_slots = 2 * LEVEL_MOST};
    l->slots = nn_calloc(l->n_slots, sizeof *l->slots);
    return l->slots != NULL;
}

static void level_close(level *l)
{
    mine_found_free(&l->found);
    nn_free(l->slots);
}

static bool has_place(const mine_subgraph *s, const mine_part *p, size_t *in_model)
{
    *in_model = 0;
    for (size_t i = s->n; i-- > 0;) { /* recent ones first: places of a model come together */
        if (s->parts[i].model != p->model)
            continue;
        ++*in_model;
        if (memcmp(s->parts[i].nodes, p->nodes, p->n * sizeof *p->nodes) == 0)
            return true;
    }
    return false;
}

/* Adds a place of a subgraph. false: out of memory. */
static bool note(const mine_models *m, level *l, const mine_part *p)
{
    uint64_t hash = mine_hash(m, p, NULL);
    uint32_t *slot = slot_of(l, hash);
    size_t in_model;
    mine_found *f = &l->found;
    if (*slot == 0) {
        if (f->n == LEVEL_MOST)
            return true;
        if (!nn_grow((void **)&f->all, &f->capacity, f->n + 1, sizeof *f->all))
            return false;
        f->all[f->n++] = (mine_subgraph){.hash = hash, .size = p->n};
        *slot = (uint32_t)f->n;
    }
    mine_subgraph *s = &f->all[*slot - 1];
    if (has_place(s, p, &in_model) || in_model == PLACES)
        return true;
    if (!nn_grow((void **)&s->parts, &s->capacity, s->n + 1, sizeof *s->parts))
        return false;
    s->models += in_model == 0;
    s->parts[s->n++] = *p;
    return true;
}

static bool contains(const mine_part *p, uint32_t node)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->nodes[i] == node)
            return true;
    return false;
}

/* Notes the subgraph with one more node. */
static bool note_with(const mine_models *m, level *l, const mine_part *p, uint32_t node)
{
    mine_part q = *p;
    uint32_t at = q.n++;
    if (contains(p, node))
        return true;
    for (; at > 0 && q.nodes[at - 1] > node; at--)
        q.nodes[at] = q.nodes[at - 1];
    q.nodes[at] = node;
    return note(m, l, &q);
}

static bool has_edge(const mine_models *m, const mine_model *x, uint32_t from, uint32_t to)
{
    for (size_t k = 0; k < x->view.nodes[to].n_operands; k++)
        if (mine_before(m, x, to, k) == from)
            return true;
    return false;
}

/* Notes each subgraph that has one node more than this one, before or after one of its nodes. */
static bool grow_at(const mine_models *m, level *l, const mine_part *p)
{
    const mine_model *x = &m->all[p->model];
    bool ok = true;
    for (uint32_t i = 0; i < p->n && ok; i++) {
        const onnx_view_node *n = &x->view.nodes[p->nodes[i]];
        for (size_t k = 0; k < n->n_operands && k < OP_MAX_SLOTS && ok; k++) {
            int64_t before = mine_before(m, x, p->nodes[i], k);
            if (before >= 0 && x->view.nodes[before].n_readers <= READERS_MOST)
                ok = note_with(m, l, p, (uint32_t)before);
        }
        for (uint32_t k = 0; k < n->n_readers && n->n_readers <= READERS_MOST && ok; k++) {
            uint32_t after = x->view.readers[n->first_reader + k];
            if (x->ops[after] >= 0 && x->view.nodes[after].n_operands <= OP_MAX_SLOTS && has_edge(m, x, p->nodes[i], after))
                ok = note_with(m, l, p, after);
        }
    }
    return ok;
}

/* ---- sizes ---- */

static int by_models(const void *a, const void *b)
{
    const mine_subgraph *x = a, *y = b;
    return x->models != y->models ? (x->models > y->models ? -1 : 1) : x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Keeps the most frequent subgraphs of a size. */
static void keep(mine_found *f, uint32_t min_models)
{
    size_t n = 0;
    if (f->n > 0)
        qsort(f->all, f->n, sizeof *f->all, by_models);
    for (size_t i = 0; i < f->n; i++)
        if (f->all[i].models >= min_models && n < BEAM)
            n++;
        else
            drop(&f->all[i]);
    f->n = n;
}

static bool move_all(mine_found *to, mine_found *from)
{
    if (!nn_grow((void **)&to->all, &to->capacity, to->n + from->n + 1, sizeof *to->all))
        return false;
    if (from->n > 0)
        memcpy(to->all + to->n, from->all, from->n * sizeof *to->all);
    to->n += from->n;
    from->n = 0;
    return true;
}

/* Whether the subgraphs of the next size contain this one. */
static bool is_in(const mine_models *m, const mine_subgraph *s, const level *next)
{
    for (size_t i = 0; i < next->found.n; i++) {
        const mine_subgraph *g = &next->found.all[i];
        for (uint32_t out = 0; out < g->size; out++) {
            mine_part p = g->parts[0];
            p.n--;
            memmove(p.nodes + out, p.nodes + out + 1, (p.n - out) * sizeof *p.nodes);
            if (mine_hash(m, &p, NULL) == s->hash)
                return true;
        }
    }
    return false;
}

/* Finds the subgraphs with one node more than those from `first` on. */
static bool grow(const mine_models *m, mine_found *f, size_t first, uint32_t min_models)
{
    level next;
    bool ok = level_open(&next);
    for (size_t i = first; i < f->n && ok; i++) {
        const mine_subgraph *s = &f->all[i];
        uint32_t models = 0;
        for (size_t k = 0; k < s->n && ok; k++) {
            models += k == 0 || s->parts[k].model != s->parts[k - 1].model;
            if (models <= MODELS_GROWN || models <= min_models)
                ok = grow_at(m, &next, &s->parts[k]);
        }
    }
    if (ok) {
        keep(&next.found, min_models);
        for (size_t i = first; i < f->n; i++)
            f->all[i].grown = is_in(m, &f->all[i], &next);
        ok = move_all(f, &next.found);
    }
    level_close(&next);
    return ok;
}

static bool begin(const mine_models *m, mine_found *f, uint32_t min_models)
{
    level pairs;
    bool ok = level_open(&pairs);
    for (size_t i = 0; i < m->n && ok; i++)
        for (size_t node = 0; node < m->all[i].view.n_nodes && ok; node++) {
            const mine_part p = {.model = (uint32_t)i, .n = 1, .nodes = {(uint32_t)node}};
            if (m->all[i].ops[node] >= 0)
                ok = grow_at(m, &pairs, &p);
        }
    if (ok) {
        keep(&pairs.found, min_models);
        ok = move_all(f, &pairs.found);
    }
    level_close(&pairs);
    return ok;
}

/* ---- the choice ---- */

typedef struct {
    const mine_models *m;
    uint8_t **taken; /* for each model, a flag for each node */
} cover;

/* Counts the nodes at all places, and those that no chosen subgraph has. */
static size_t count_new(const cover *c, const mine_subgraph *s, size_t *all)
{
    size_t fresh = 0;
    *all = 0;
    for (size_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < s->size; k++) {
            fresh += !c->taken[s->parts[i].model][s->parts[i].nodes[k]];
            ++*all;
        }
    return fresh;
}

/* Moves the most valuable subgraphs to the front: those that have the most nodes that no other has. */
static size_t choose(cover *c, mine_found *f, size_t most)
{
    size_t n = 0;
    for (; n < f->n && n < most; n++) {
        size_t best = f->n, value = 0, all;
        for (size_t i = n; i < f->n; i++) {
            size_t fresh = f->all[i].grown ? 0 : count_new(c, &f->all[i], &all);
            if (fresh > value && 2 * fresh >= all) {
                best = i;
                value = fresh;
            }
        }
        if (best == f->n)
            break;
        mine_subgraph s = f->all[best];
        f->all[best] = f->all[n];
        f->all[n] = s;
        for (size_t i = 0; i < s.n; i++)
            for (uint32_t k = 0; k < s.size; k++)
                c->taken[s.parts[i].model][s.parts[i].nodes[k]] = 1;
    }
    return n;
}

static bool select_best(mine_found *f, const mine_models *m, size_t most)
{
    cover c = {.m = m, .taken = nn_calloc(m->n + 1, sizeof *c.taken)};
    bool ok = c.taken != NULL;
    for (size_t i = 0; i < m->n && ok; i++)
        ok = (c.taken[i] = nn_calloc(m->all[i].view.n_nodes + 1, 1)) != NULL;
    if (ok) {
        size_t n = choose(&c, f, most);
        for (size_t i = n; i < f->n; i++)
            drop(&f->all[i]);
        f->n = n;
    }
    for (size_t i = 0; c.taken != NULL && i < m->n; i++)
        nn_free(c.taken[i]);
    nn_free(c.taken);
    return ok;
}

bool mine_find(mine_found *f, const mine_models *m, uint32_t min_models, uint32_t most_nodes, size_t most)
{
    *f = (mine_found){.n = 0};
    size_t first = 0;
    bool ok = begin(m, f, min_models);
    for (uint32_t size = 3; size <= most_nodes && size <= MINE_NODES && ok && first < f->n; size++) {
        size_t end = f->n;
        ok = grow(m, f, first, min_models);
        first = end;
    }
    ok = ok && select_best(f, m, most);
    if (!ok)
        mine_found_free(f);
    return ok;
}
