#include "plan/wish.h"

#include <stdlib.h>
#include <string.h>

#define WISH_STREAM (UINT64_MAX - 2) /* of the tape */
#define PATH_MOST 12                 /* operators of a path: a longer one rarely stays whole */
#define SHARE_NUM 2                  /* the share of a model's nodes that wishes take */
#define SHARE_DEN 3
#define ROUNDS 12          /* how often each sequence is dealt at least before models share wishes */
#define MODEL_MOST 400     /* operators of all paths of a model */
#define ALL_MOST (1 << 20) /* operators of all paths of all models */
#define RATE_MOST 8        /* a frequent sequence is dealt at most so many times in a round */

typedef struct {
    const weight_sequence *is;
    uint32_t rate; /* how often it is dealt in a round */
    uint32_t dealt;
} item;

struct wish {
    uint16_t *ops; /* operators of all paths, concatenated */
    size_t n_ops, cap_ops;
    due_path *paths;
    size_t *offsets; /* into ops, of each path */
    size_t n_paths, cap_paths, cap_offsets;
    size_t *starts; /* index of the first path of each slot; n_slots + 1 */
    size_t n_slots, cap_starts;
};

/* The state of dealing. */
typedef struct {
    wish *w;
    item *items; /* sorted by operators */
    size_t n;
    uint32_t *order; /* in which they begin paths: the first round by weight, the others shuffled */
    size_t next;
    uint32_t round;
    size_t room; /* for the paths of a model */
    tape *t;
} dealer;

static due_path wished(const uint16_t *ops, size_t n, size_t window)
{
    return (due_path){.ops = ops, .n = n, .window = window, .firmness = PATH_WISH};
}

/* ---- sequences in order ---- */

static int by_ops(const void *a, const void *b)
{
    const weight_sequence *x = ((const item *)a)->is, *y = ((const item *)b)->is;
    for (size_t i = 0; i < x->n && i < y->n; i++)
        if (x->ops[i] != y->ops[i])
            return x->ops[i] < y->ops[i] ? -1 : 1;
    return x->n != y->n ? (x->n < y->n ? -1 : 1) : x < y ? -1 : x > y;
}

/* Compares the beginning of a sequence with n operators. */
static int compare_start(const weight_sequence *s, const uint16_t *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == s->n || s->ops[i] < ops[i])
            return -1;
        if (s->ops[i] > ops[i])
            return 1;
    }
    return 0;
}

/* The first item that begins with these operators, or where it would be. */
static size_t first_with(const dealer *d, const uint16_t *ops, size_t n)
{
    size_t lo = 0, hi = d->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare_start(d->items[mid].is, ops, n) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* How often an item may have been dealt at the end of the round: each once in the first round, then by its rate. */
static bool is_due(const dealer *d, const item *x)
{
    return x->dealt < 1 + d->round * x->rate;
}

static uint32_t rate_of(uint32_t weight, uint32_t least)
{
    uint32_t rate = 1;
    while (rate < RATE_MOST && weight / 2 >= least) {
        weight /= 2;
        rate++;
    }
    return rate;
}

typedef struct {
    uint32_t weight, place;
} ranked;

static int by_weight(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->weight != y->weight ? (x->weight > y->weight ? -1 : 1) : x->place < y->place ? -1 : x->place > y->place;
}

static bool dealer_open(dealer *d, const op_weights *from)
{
    ranked *r = nn_calloc(from->n_sequences + 1, sizeof *r);
    d->n = from->n_sequences;
    d->items = nn_calloc(d->n + 1, sizeof *d->items);
    d->order = nn_calloc(d->n + 1, sizeof *d->order);
    if (!r || !d->items || !d->order) {
        nn_free(r);
        return false;
    }
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < d->n; i++) {
        d->items[i].is = &from->sequences[i];
        least = from->sequences[i].weight < least ? from->sequences[i].weight : least;
    }
    qsort(d->items, d->n, sizeof *d->items, by_ops);
    for (size_t i = 0; i < d->n; i++) {
        d->items[i].rate = rate_of(d->items[i].is->weight, least);
        r[i] = (ranked){d->items[i].is->weight, (uint32_t)i};
    }
    qsort(r, d->n, sizeof *r, by_weight);
    for (size_t i = 0; i < d->n; i++)
        d->order[i] = r[i].place;
    nn_free(r);
    return true;
}

static void dealer_close(dealer *d)
{
    nn_free(d->items);
    nn_free(d->order);
    tape_free(d->t);
}

/* ---- dealing ---- */

static bool push(wish *w, const uint16_t *ops, size_t n)
{
    if (!nn_grow((void **)&w->ops, &w->cap_ops, w->n_ops + n, sizeof *w->ops))
        return false;
    memcpy(w->ops + w->n_ops, ops, n * sizeof *ops);
    w->n_ops += n;
    return true;
}

/* The next item that begins a path. NULL: all rounds are over. */
static item *begin_with(dealer *d)
{
    while (d->round < ROUNDS) {
        while (d->next < d->n) {
            item *x = &d->items[d->order[d->next++]];
            if (is_due(d, x) && x->is->n <= d->room)
                return x;
        }
        d->round++;
        d->next = 0;
        tape_shuffle(d->t, "wishes", d->order, d->n);
    }
    return NULL;
}

/* An item that is due and continues the path by one operator: the longest, and of those the one that was dealt the least. */
static item *continue_with(const dealer *d, const uint16_t *path, size_t n)
{
    item *best = NULL;
    for (size_t k = n < WEIGHT_SEQUENCE_MOST ? n : WEIGHT_SEQUENCE_MOST - 1; k >= 2 && !best; k--)
        for (size_t i = first_with(d, path + n - k, k); i < d->n && compare_start(d->items[i].is, path + n - k, k) == 0; i++) {
            item *x = &d->items[i];
            if (x->is->n == k + 1 && is_due(d, x) && (!best || x->dealt < best->dealt))
                best = x;
        }
    return best;
}

/* Deals one path of at most `room` operators. *n: its length; 0: nothing is due, or there is no room. false: out of memory. */
static bool deal_path(dealer *d, size_t room, size_t *n)
{
    wish *w = d->w;
    size_t most = room < PATH_MOST ? room : PATH_MOST;
    item *x = begin_with(d);
    *n = 0;
    if (!x)
        return true;
    if (x->is->n > room) { /* it begins a path of another model */
        d->next--;
        return true;
    }
    if (!nn_grow((void **)&w->paths, &w->cap_paths, w->n_paths + 1, sizeof *w->paths) ||
        !nn_grow((void **)&w->offsets, &w->cap_offsets, w->n_paths + 1, sizeof *w->offsets))
        return false;
    size_t from = w->n_ops, window = x->is->n;
    if (!push(w, x->is->ops, x->is->n))
        return false;
    x->dealt++;
    while (w->n_ops - from < most && (x = continue_with(d, w->ops + from, w->n_ops - from)) != NULL) {
        if (!push(w, &x->is->ops[x->is->n - 1], 1))
            return false;
        x->dealt++;
        window = x->is->n > window ? x->is->n : window;
    }
    *n = w->n_ops - from;
    w->offsets[w->n_paths] = from;
    w->paths[w->n_paths++] = wished(NULL, *n, window); /* its operators may still move */
    return true;
}

static nn_status deal(dealer *d, size_t nodes, uint64_t count, nn_error *err)
{
    wish *w = d->w;
    size_t room = nodes / SHARE_DEN * SHARE_NUM > WEIGHT_SEQUENCE_MOST ? nodes / SHARE_DEN * SHARE_NUM : nodes;
    d->room = room = room > MODEL_MOST ? MODEL_MOST : room;
    while (w->n_slots < count && w->n_ops < ALL_MOST) {
        if (!nn_grow((void **)&w->starts, &w->cap_starts, w->n_slots + 2, sizeof *w->starts))
            return nn_nomem(err);
        size_t left = room, n;
        w->starts[0] = 0;
        do {
            if (!deal_path(d, left, &n))
                return nn_nomem(err);
            left -= n;
        } while (n > 0 && left > 0);
        if (left == room) /* the rounds are over, or no sequence fits into a model */
            break;
        w->starts[++w->n_slots] = w->n_paths;
    }
    for (size_t i = 0; i < w->n_paths; i++)
        w->paths[i].ops = w->ops + w->offsets[i];
    return NN_OK;
}

nn_status wish_new(wish **out, const op_weights *w, size_t nodes, uint64_t count, uint64_t seed, nn_error *err)
{
    *out = NULL;
    if (!w || w->n_sequences == 0)
        return NN_OK;
    wish *x = nn_calloc(1, sizeof *x);
    if (!x)
        return nn_nomem(err);
    dealer d = {.w = x};
    nn_status s = dealer_open(&d, w) ? tape_new_seeded(&d.t, seed, WISH_STREAM, err) : nn_nomem(err);
    if (s == NN_OK)
        s = deal(&d, nodes, count, err);
    dealer_close(&d);
    if (s == NN_OK)
        *out = x;
    else
        wish_free(x);
    return s;
}

void wish_free(wish *w)
{
    if (!w)
        return;
    nn_free(w->ops);
    nn_free(w->paths);
    nn_free(w->offsets);
    nn_free(w->starts);
    nn_free(w);
}

const due_path *wish_due(const wish *w, uint64_t model, size_t *n)
{
    *n = 0;
    if (!w || w->n_slots == 0)
        return NULL;
    size_t slot = (size_t)(model % w->n_slots);
    *n = w->starts[slot + 1] - w->starts[slot];
    return w->paths + w->starts[slot];
}

/* ---- drawn for one model ---- */

static const manner_path *draw_path(const manner *m, uint64_t sum, tape *t)
{
    uint64_t at = tape_draw(t, "sequence", sum);
    const manner_path *p = m->paths;
    for (; p + 1 < m->paths + m->n_paths && at >= p->weight; p++)
        at -= p->weight;
    return p;
}

bool wish_draw(wish_list *l, const manner *m, size_t operators, tape *t)
{
    uint64_t sum = 0;
    l->n = 0;
    for (size_t i = 0; i < m->n_paths; i++)
        sum += m->paths[i].weight;
    while (sum > 0 && operators > 0) {
        const manner_path *p = draw_path(m, sum, t);
        if (!nn_grow((void **)&l->items, &l->capacity, l->n + 1, sizeof *l->items))
            return false;
        l->items[l->n++] = wished(p->ops, p->n, p->n);
        operators = operators > p->n ? operators - p->n : 0;
    }
    return true;
}

void wish_list_free(wish_list *l)
{
    nn_free(l->items);
    *l = (wish_list){.n = 0};
}
