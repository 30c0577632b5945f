#include "sequences/seq_reduce.h"
#include "base/mix.h"
#include "sequences/seq_match.h"
#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

bool seq_list_add(seq_list *l, uint32_t sequence)
{
    if (!nn_grow((void **)&l->all, &l->capacity, l->n + 1, sizeof *l->all))
        return false;
    l->all[l->n++] = sequence;
    return true;
}

typedef struct {
    uint64_t key; /* the order; equal keys are sorted alphabetically */
    uint32_t sequence;
} ranked;

typedef struct {
    seq_trie *t;
    seq_reduction mode;
    uint64_t order;
    seq_list now, added;
    uint8_t *state; /* IN, GONE or LISTED for each sequence of the trie */
    size_t state_room;
    uint64_t *postings;
    size_t n_postings, posting_room;
    uint32_t *a, *b; /* operators of two sequences */
    bool changed;
    nn_error *err;
} reducer;

enum { IN = 1, GONE = 2, LISTED = 4 };

static bool fit_states(reducer *r)
{
    size_t old = r->state_room;
    if (!nn_grow((void **)&r->state, &r->state_room, r->t->n + 1, 1))
        return false;
    memset(r->state + old, 0, r->state_room - old);
    return true;
}

/* ---- order ---- */

static uint64_t key_of(const reducer *r, uint32_t sequence)
{
    uint64_t h = FNV_START;
    size_t n = seq_ops(r->t, sequence, r->a);
    if (r->order == 0 || r->mode != SEQ_REDUCE_PUBLISHED)
        return 0;
    for (size_t i = 0; i < n; i++)
        h = fnv_text(fnv_text(h, i > 0 ? "," : ""), r->t->ops[r->a[i]]);
    return mix64(h + r->order * MIX_STEP);
}

static int by_key(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static nn_status put_in_order(reducer *r)
{
    nn_status s = seq_sort(r->t, r->now.all, r->now.n, r->err);
    if (s != NN_OK || r->now.n == 0 || r->order == 0 || r->mode != SEQ_REDUCE_PUBLISHED)
        return s;
    ranked *all = nn_malloc((r->now.n + 1) * sizeof *all);
    if (all == NULL)
        return nn_nomem(r->err);
    for (size_t i = 0; i < r->now.n; i++)
        all[i] = (ranked){key_of(r, r->now.all[i]), (uint32_t)i};
    uint32_t *copy = nn_malloc((r->now.n + 1) * sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, r->now.all, r->now.n * sizeof *copy);
        qsort(all, r->now.n, sizeof *all, by_key);
        for (size_t i = 0; i < r->now.n; i++)
            r->now.all[i] = copy[all[i].sequence];
    }
    nn_free(copy);
    nn_free(all);
    return copy != NULL ? NN_OK : nn_nomem(r->err);
}

/* ---- a pass ---- */

/* Builds an index from every run of SEQ_REDUCE_BLOCK operators to the sequences that have it. Partners share at least one run. */
static nn_status index_grams(reducer *r)
{
    r->n_postings = 0;
    for (size_t i = 0; i < r->now.n; i++) {
        size_t n = seq_ops(r->t, r->now.all[i], r->a);
        for (size_t k = 0; k + SEQ_REDUCE_BLOCK <= n; k++) {
            uint32_t gram = seq_find(r->t, r->a + k, SEQ_REDUCE_BLOCK, true);
            if (gram == SEQ_NONE || !nn_grow((void **)&r->postings, &r->posting_room, r->n_postings + 1, sizeof *r->postings))
                return nn_nomem(r->err);
            r->postings[r->n_postings++] = (uint64_t)gram << 32 | i;
        }
    }
    sort64(r->postings, r->n_postings);
    return fit_states(r) ? NN_OK : nn_nomem(r->err);
}

static nn_status add_block(void *data, const uint32_t *ops, size_t n)
{
    reducer *r = data;
    uint32_t s = seq_find(r->t, ops, n, true);
    if (s == SEQ_NONE || !fit_states(r))
        return nn_nomem(r->err);
    r->changed = true;
    if (r->mode == SEQ_REDUCE_PUBLISHED)
        r->state[s] = (uint8_t)((r->state[s] & LISTED) | IN);
    if (r->state[s] & LISTED)
        return NN_OK;
    r->state[s] |= LISTED;
    return seq_list_add(&r->added, s) ? NN_OK : nn_nomem(r->err);
}

static nn_status pair(reducer *r, uint32_t x, uint32_t y)
{
    size_t na = seq_ops(r->t, x, r->a), nb = seq_ops(r->t, y, r->b);
    nn_status s = seq_match(r->mode == SEQ_REDUCE_PUBLISHED ? SEQ_GESTALT : SEQ_MAXIMAL, r->a, na, r->b, nb, SEQ_REDUCE_BLOCK,
                            add_block, r, r->err);
    if (s == NN_OK)
        r->state[x] = (uint8_t)((r->state[x] & LISTED) | GONE), r->state[y] = (uint8_t)((r->state[y] & LISTED) | GONE);
    return s;
}

/* Visits the pairs (i, j), i < j: for each i its partners in order. */
static nn_status pass(reducer *r)
{
    uint64_t *partners = NULL;
    size_t room = 0;
    nn_status s = index_grams(r);
    for (size_t i = 0; i < r->now.n && s == NN_OK; i++)
        r->state[r->now.all[i]] = IN;
    for (size_t i = 0; i < r->now.n && s == NN_OK; i++) {
        size_t n = seq_ops(r->t, r->now.all[i], r->a), found = 0;
        for (size_t k = 0; k + SEQ_REDUCE_BLOCK <= n && s == NN_OK; k++) {
            uint64_t gram = (uint64_t)seq_find(r->t, r->a + k, SEQ_REDUCE_BLOCK, false) << 32;
            for (size_t p = sorted_place(r->postings, r->n_postings, gram + i + 1);
                 p < r->n_postings && r->postings[p] >> 32 == gram >> 32; p++) {
                if (!nn_grow((void **)&partners, &room, found + 1, sizeof *partners)) {
                    s = nn_nomem(r->err);
                    break;
                }
                partners[found++] = (uint32_t)r->postings[p];
            }
        }
        found = sort_unique64(partners, found);
        for (size_t k = 0; k < found && s == NN_OK; k++)
            s = pair(r, r->now.all[i], r->now.all[partners[k]]);
    }
    nn_free(partners);
    return s;
}

/* Collects the result of a pass. published: sequences that are in the set. corrected: sequences without a partner, and all
 * blocks. */
static nn_status collect(reducer *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->now.n; i++) {
        uint32_t s = r->now.all[i];
        if ((r->state[s] & IN) && !(r->state[s] & LISTED))
            r->now.all[n++] = s;
    }
    r->now.n = n;
    for (size_t i = 0; i < r->added.n; i++) {
        uint32_t s = r->added.all[i];
        if ((r->mode == SEQ_REDUCE_CORRECTED || (r->state[s] & IN)) && !seq_list_add(&r->now, s))
            return nn_nomem(r->err);
        r->state[s] = 0;
    }
    r->added.n = 0;
    return NN_OK;
}

static size_t longest_of(const seq_trie *t, const seq_list *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (t->nodes[l->all[i]].length > n)
            n = t->nodes[l->all[i]].length;
    return n;
}

nn_status seq_reduce(seq_trie *t, seq_list *l, seq_reduction mode, uint64_t order, nn_error *err)
{
    size_t longest = longest_of(t, l);
    reducer r = {.t = t, .mode = mode, .order = order, .now = *l, .err = err};
    r.a = nn_malloc((longest + 1) * sizeof *r.a);
    r.b = nn_malloc((longest + 1) * sizeof *r.b);
    nn_status s = r.a != NULL && r.b != NULL && fit_states(&r) ? NN_OK : nn_nomem(err);
    do {
        r.changed = false;
        if (s == NN_OK)
            s = put_in_order(&r);
        if (s == NN_OK && mode != SEQ_REDUCE_NONE)
            s = pass(&r);
        if (s == NN_OK && r.changed)
            s = collect(&r);
    } while (s == NN_OK && r.changed);
    if (s == NN_OK)
        s = seq_sort(t, r.now.all, r.now.n, err);
    *l = r.now;
    nn_free(r.added.all);
    nn_free(r.state);
    nn_free(r.postings);
    nn_free(r.a);
    nn_free(r.b);
    return s;
}

nn_status seq_covered(seq_trie *t, const seq_list *given, const seq_list *kept, size_t *covered, nn_error *err)
{
    bool *is_kept = nn_calloc(t->n + 1, sizeof *is_kept);
    uint32_t *ops = nn_malloc((longest_of(t, given) + 1) * sizeof *ops);
    *covered = 0;
    for (size_t i = 0; is_kept != NULL && i < kept->n; i++)
        is_kept[kept->all[i]] = true;
    for (size_t i = 0; is_kept != NULL && ops != NULL && i < given->n; i++) {
        size_t n = seq_ops(t, given->all[i], ops);
        bool found = false;
        for (size_t from = 0; from < n && !found; from++)
            for (uint32_t s = 0, k = (uint32_t)from; k < n && !found; k++) {
                s = seq_child(t, s, ops[k], false);
                if (s == SEQ_NONE)
                    break;
                found = is_kept[s];
            }
        *covered += found;
    }
    bool good = is_kept != NULL && ops != NULL;
    nn_free(is_kept);
    nn_free(ops);
    return good ? NN_OK : nn_nomem(err);
}
