#include "plan/cover.h"
#include "base/sorted.h"
#include "draw/choice.h"

#include <string.h>

#define COVER_STREAM (UINT64_MAX - 1) /* of the tape */
#define PAIR_COPIES 2                 /* planned for each pair if there is room */
#define TRIPLE_COPIES 3
#define EASY 4 /* a pair that was solved within so many tries needs no extra effort */
#define TRIPLE_EFFORT 12
#define HARD 24 /* a pair that took more tries also gets models of its own */
#define HARD_COPIES 4
#define EFFORT 6 /* extra tries of the builder, for each try that a harder pair took */
#define NONE UINT32_MAX

struct cover {
    uint16_t *ops; /* operators of all paths, concatenated */
    size_t n_ops, cap_ops;
    due_path *paths;
    size_t *offsets; /* offsets into ops; they stay valid when ops is reallocated */
    size_t n_paths, cap_paths, cap_offsets;
    size_t *starts;   /* index of the first path of each slot; n_slots + 1 */
    uint64_t *models; /* models of the slots; sorted */
    size_t n_slots, cap_starts;
    uint64_t dealt, all;
};

/* A walk over pairs or triples. Its state is the last operator or the last pair. Each state has a rotor over the operators that
 * may follow its last operator. */
typedef struct {
    const pair_table *pairs;
    size_t window;     /* 2 or 3 */
    size_t n_states;   /* operators, or pairs in the order of pair_table */
    uint16_t *order;   /* followers, shuffled */
    uint16_t *turns;   /* for each state, the number of followers already used */
    uint32_t *offsets; /* for each state, the follower at which its rotor began */
    uint32_t *starts;  /* states, shuffled */
    size_t next_start;
    uint32_t state; /* NONE: the walk has ended */
} walk;

static size_t degree(const pair_table *p, size_t op)
{
    return p->first[op + 1] - p->first[op];
}

/* The last operator of a state. */
static uint16_t last_of(const walk *w, uint32_t state)
{
    return w->window == 2 ? (uint16_t)state : w->order[state];
}

/* The first operator of a pair. */
static uint16_t first_of(const walk *w, uint32_t pair)
{
    size_t lo = 0, hi = w->pairs->n_ops;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->pairs->first[mid] <= pair)
            lo = mid;
        else
            hi = mid;
    }
    return (uint16_t)lo;
}

static bool walk_open(walk *w, const pair_table *p, size_t window, tape *t)
{
    size_t n = pairs_count(p);
    *w = (walk){.pairs = p, .window = window, .n_states = window == 2 ? p->n_ops : n, .state = NONE};
    w->order = nn_calloc(n + 1, sizeof *w->order);
    w->turns = nn_calloc(w->n_states + 1, sizeof *w->turns);
    w->offsets = nn_calloc(w->n_states + 1, sizeof *w->offsets);
    w->starts = nn_calloc((w->n_states > n ? w->n_states : n) + 1, sizeof *w->starts);
    if (!w->order || !w->turns || !w->offsets || !w->starts)
        return false;
    for (size_t i = 0; i < p->n_ops; i++) {
        size_t k = degree(p, i), at = p->first[i];
        for (size_t j = 0; j < k; j++)
            w->starts[j] = p->followers[at + j];
        tape_shuffle(t, "followers", w->starts, k);
        for (size_t j = 0; j < k; j++)
            w->order[at + j] = (uint16_t)w->starts[j];
    }
    for (size_t s = 0; s < w->n_states; s++) {
        size_t k = degree(p, last_of(w, (uint32_t)s));
        w->offsets[s] = window == 3 && k > 0 ? (uint32_t)tape_draw(t, "rotor", k) : 0;
        w->starts[s] = (uint32_t)s;
    }
    tape_shuffle(t, "starts", w->starts, w->n_states);
    return true;
}

static void walk_close(walk *w)
{
    nn_free(w->order);
    nn_free(w->turns);
    nn_free(w->offsets);
    nn_free(w->starts);
}

static bool exhausted(const walk *w, uint32_t state)
{
    return w->turns[state] >= degree(w->pairs, last_of(w, state));
}

/* Takes one step. false: no window that is still due continues the walk. */
static bool walk_step(walk *w, uint16_t *op)
{
    if (w->state == NONE || exhausted(w, w->state))
        return false;
    uint16_t last = last_of(w, w->state);
    size_t at = w->pairs->first[last] + (w->offsets[w->state] + w->turns[w->state]++) % degree(w->pairs, last);
    *op = w->order[at];
    w->state = w->window == 2 ? *op : (uint32_t)at;
    return true;
}

/* Begins another walk with its first window - 1 operators. false: nothing is due any more. */
static bool walk_begin(walk *w, uint16_t ops[2])
{
    while (w->next_start < w->n_states && exhausted(w, w->starts[w->next_start]))
        w->next_start++;
    if (w->next_start == w->n_states)
        return false;
    w->state = w->starts[w->next_start];
    ops[0] = w->window == 2 ? (uint16_t)w->state : first_of(w, w->state);
    ops[1] = w->window == 2 ? 0 : last_of(w, w->state);
    return true;
}

/* ---- assignment to slots ---- */

static bool push_op(cover *c, uint16_t op)
{
    if (!nn_grow((void **)&c->ops, &c->cap_ops, c->n_ops + 1, sizeof *c->ops))
        return false;
    c->ops[c->n_ops++] = op;
    return true;
}

static bool push_path(cover *c, size_t window, path_firmness firmness)
{
    if (!nn_grow((void **)&c->paths, &c->cap_paths, c->n_paths + 1, sizeof *c->paths) ||
        !nn_grow((void **)&c->offsets, &c->cap_offsets, c->n_paths + 1, sizeof *c->offsets))
        return false;
    c->offsets[c->n_paths] = c->n_ops;
    c->paths[c->n_paths++] = (due_path){.window = window, .firmness = firmness};
    return true;
}

static bool end_slot(cover *c)
{
    if (!nn_grow((void **)&c->starts, &c->cap_starts, c->n_slots + 2, sizeof *c->starts))
        return false;
    c->starts[++c->n_slots] = c->n_paths;
    return true;
}

/* Distributes the operators of a walk over at most `most` slots, `nodes` operators to each slot. */
static bool deal(cover *c, walk *w, size_t nodes, uint64_t most, path_firmness firmness, bool again)
{
    size_t used = 0, kept = w->window - 1;
    for (uint64_t slots = 0; slots < most;) {
        uint16_t op, tail[2];
        bool goes_on = w->state != NONE && !exhausted(w, w->state);
        if (goes_on)
            memcpy(tail, c->ops + c->n_ops - kept, kept * sizeof *tail);
        else if (!walk_begin(w, tail))
            break;
        if (!push_path(c, w->window, firmness))
            return false;
        for (size_t i = 0; i < kept; i++)
            if (!push_op(c, tail[i]))
                return false;
        used += kept;
        while (used < nodes && walk_step(w, &op)) {
            if (!push_op(c, op))
                return false;
            used++;
            c->dealt += !again;
        }
        c->paths[c->n_paths - 1].n = c->n_ops - c->offsets[c->n_paths - 1];
        if (used + w->window <= nodes)
            continue;
        if (!end_slot(c))
            return false;
        used = 0;
        slots++;
    }
    return used == 0 || end_slot(c);
}

/* How many nodes of a model belong to paths: as few as are enough, between a light load and the most that leaves room for the
 * rest. */
static size_t load(uint64_t windows, size_t window, size_t nodes, uint64_t count, size_t most)
{
    uint64_t each = windows / count + 1;
    size_t least = window + 1 < most ? window + 1 : most;
    size_t want = each > nodes ? nodes : (size_t)each + (window > 2 ? window : 2); /* leaves room for walks that end early */
    return want < least ? least : want > most ? most : want;
}

/* Plans models for pairs that are hard to solve; the harder a pair is, the more models it gets. */
static bool deal_hard(cover *c, const pair_table *p, uint64_t most)
{
    size_t n = p->n_ops;
    for (size_t round = 0; round < HARD_COPIES; round++)
        for (size_t i = 0; i < n * n && c->n_slots < most; i++) {
            if (p->reasons[i] || p->tries[i] <= HARD || (size_t)p->tries[i] < round * HARD)
                continue;
            if (!push_path(c, 2, PATH_DUE) || !push_op(c, (uint16_t)(i / n)) || !push_op(c, (uint16_t)(i % n)) || !end_slot(c))
                return false;
            c->paths[c->n_paths - 1].n = 2;
        }
    return true;
}

/* Plans a new walk with windows of so many operators. false: out of memory. */
static bool deal_walk(cover *c, const pair_table *p, size_t window, tape *t, size_t nodes, uint64_t most, path_firmness firmness,
                      bool again)
{
    walk w;
    bool ok = walk_open(&w, p, window, t) && deal(c, &w, nodes, most, firmness, again);
    walk_close(&w);
    return ok;
}

static nn_status deal_pairs(cover *c, const pair_table *p, size_t nodes, uint64_t count, uint64_t most_slots, tape *t,
                            nn_error *err)
{
    uint64_t n = pairs_count(p), copies = 1;
    size_t third = nodes / 3 > 2 ? nodes / 3 : 2, most = nodes * 2 / 3 > 2 ? nodes * 2 / 3 : nodes;
    while (copies < PAIR_COPIES && (n * (copies + 1)) / count + 2 <= third)
        copies++;
    size_t each = load(n * copies, 2, nodes, count > 8 ? count - count / 4 : count, most);
    if (!deal_hard(c, p, count / 4))
        return nn_nomem(err);
    for (uint64_t k = 0; k < copies && c->n_slots < most_slots; k++) {
        if (!deal_walk(c, p, 2, t, each, most_slots - c->n_slots, PATH_DUE, k > 0))
            return nn_nomem(err);
    }
    return NN_OK;
}

static nn_status deal_triples(cover *c, const pair_table *p, size_t nodes, uint64_t count, tape *t, nn_error *err)
{
    for (size_t i = 0; i < pairs_count(p); i++)
        c->all += degree(p, p->followers[i]);
    size_t most = nodes * 2 / 3 > 3 ? nodes * 2 / 3 : nodes, each = load(c->all, 3, nodes, count, most);
    /* models without due paths get pieces of further walks */
    for (int k = 0; k < TRIPLE_COPIES && c->n_slots < count; k++) {
        if (!deal_walk(c, p, 3, t, each, count - c->n_slots, PATH_WISH, k > 0))
            return nn_nomem(err);
    }
    return NN_OK;
}

/* The model of a slot: slots divide the family evenly, and each is at a random place in its part. */
static void place_slots(cover *c, uint64_t count, tape *t)
{
    for (size_t s = 0; s < c->n_slots; s++) {
        uint64_t lo = (uint64_t)((unsigned __int128)count * s / c->n_slots);
        uint64_t hi = (uint64_t)((unsigned __int128)count * (s + 1) / c->n_slots);
        c->models[s] = lo + tape_draw(t, "plan model", hi - lo);
    }
}

static nn_status fill(cover *c, const pair_table *p, cover_kind kind, size_t nodes, uint64_t count, tape *t, nn_error *err)
{
    if (!nn_grow((void **)&c->starts, &c->cap_starts, 1, sizeof *c->starts))
        return nn_nomem(err);
    c->starts[0] = 0;
    c->all = kind == COVER_PAIRS ? pairs_count(p) : 0;
    size_t least = kind == COVER_PAIRS ? 2 : 3;
    if (nodes < least || count == 0)
        return NN_OK;
    nn_status s = kind == COVER_PAIRS ? deal_pairs(c, p, nodes, count, count, t, err) : deal_triples(c, p, nodes, count, t, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; i < c->n_paths; i++) {
        due_path *q = &c->paths[i];
        q->ops = c->ops + c->offsets[i];
        q->effort = q->window > 2 ? TRIPLE_EFFORT : 0;
        for (size_t k = 0; k + 1 < q->n; k++) {
            int tries = p->tries[q->ops[k] * p->n_ops + q->ops[k + 1]];
            if (tries > EASY && EFFORT * tries > q->effort)
                q->effort = EFFORT * tries;
        }
    }
    c->models = nn_calloc(c->n_slots + 1, sizeof *c->models);
    if (!c->models)
        return nn_nomem(err);
    place_slots(c, count, t);
    return NN_OK;
}

nn_status cover_new(cover **out, const pair_table *pairs, cover_kind kind, size_t nodes, uint64_t count, uint64_t seed,
                    nn_error *err)
{
    *out = NULL;
    cover *c = nn_calloc(1, sizeof *c);
    tape *t = NULL;
    if (!c)
        return nn_nomem(err);
    nn_status s = tape_new_seeded(&t, seed, COVER_STREAM, err);
    if (s == NN_OK)
        s = fill(c, pairs, kind, nodes, count, t, err);
    tape_free(t);
    if (s != NN_OK)
        cover_free(c);
    else
        *out = c;
    return s;
}

void cover_free(cover *c)
{
    if (!c)
        return;
    nn_free(c->ops);
    nn_free(c->paths);
    nn_free(c->offsets);
    nn_free(c->starts);
    nn_free(c->models);
    nn_free(c);
}

const due_path *cover_due(const cover *c, uint64_t model, size_t *n)
{
    *n = 0;
    size_t at = c ? sorted_place(c->models, c->n_slots, model) : 0;
    if (!c || at == c->n_slots || c->models[at] != model)
        return NULL;
    *n = c->starts[at + 1] - c->starts[at];
    return c->paths + c->starts[at];
}

uint64_t cover_dealt(const cover *c)
{
    return c->dealt;
}
uint64_t cover_all(const cover *c)
{
    return c->all;
}
