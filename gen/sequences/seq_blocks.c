#include "sequences/seq_blocks.h"
#include "base/mix.h"
#include "base/sorted.h"
#include "sequences/seq_gestalt.h"
#include "sequences/seq_paths.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint32_t *ops;
    uint32_t n, same;     /* number of operators; length of the common prefix with the path before it */
    uint32_t first, last; /* range of models that have it */
} path;

/* The different paths of the models of a class. */
typedef struct {
    uint64_t *owners; /* path in the trie << 32 | model; sorted */
    size_t n_owners, owner_room;
    uint32_t *ops; /* operators of all paths, concatenated */
    path *all;     /* sorted by operators, so that paths with a common prefix are adjacent */
    size_t n;
} path_set;

enum { KNOWN = 4096 }; /* blocks of a path that are remembered */

typedef struct {
    seq_analysis *a;
    path_set sets[SEQ_CLASSES];
    seq_list paths; /* of the current model */
    size_t *listed; /* number of different paths of each model */
    size_t model;
    seq_gestalt gestalt;
    const uint32_t *path; /* the first of the two current paths */
    struct {
        uint32_t from, n;
        uint64_t number;
    } known[KNOWN];
    uint64_t number; /* of the pair (first path, set), from 1 */
    unsigned set;
    uint8_t *in; /* a bit 1 << set for each sequence of the trie */
    size_t in_room;
    nn_error *err;
} blocks;

/* ---- paths ---- */

static nn_status keep_path(void *data, const uint32_t *nodes, size_t n)
{
    blocks *b = data;
    const onnx_view *v = &b->a->models.all[b->model].view;
    uint32_t s = 0;
    for (size_t i = 0; i < n && s != SEQ_NONE; i++)
        s = seq_child(&b->a->trie, s, seq_op(&b->a->trie, v->nodes[nodes[i]].op, true), true);
    return s != SEQ_NONE && seq_list_add(&b->paths, s) ? NN_OK : nn_nomem(b->err);
}

static nn_status list_paths(blocks *b)
{
    seq_analysis *a = b->a;
    for (b->model = 0; b->model < a->models.n; b->model++) {
        const seq_model *m = &a->models.all[b->model];
        bool capped;
        if (m->class > SEQ_SUITE)
            continue;
        b->paths.n = 0;
        nn_status s = seq_path_list(&m->view, (uint64_t)a->o->max_paths, &capped, keep_path, b, b->err);
        if (s != NN_OK)
            return s;
        a->capped += capped;
        path_set *set = &b->sets[m->class];
        size_t n = b->listed[b->model] = sort_unique32(b->paths.all, b->paths.n);
        if (!nn_grow((void **)&set->owners, &set->owner_room, set->n_owners + n, sizeof *set->owners))
            return nn_nomem(b->err);
        for (size_t i = 0; i < n; i++)
            set->owners[set->n_owners++] = (uint64_t)b->paths.all[i] << 32 | b->model;
    }
    return NN_OK;
}

static int by_operators(const void *a, const void *b)
{
    const path *x = a, *y = b;
    uint32_t n = x->n < y->n ? x->n : y->n;
    for (uint32_t i = 0; i < n; i++)
        if (x->ops[i] != y->ops[i])
            return x->ops[i] < y->ops[i] ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

static uint32_t count_same(const path *x, const path *y)
{
    uint32_t n = 0;
    while (n < x->n && n < y->n && x->ops[n] == y->ops[n])
        n++;
    return n;
}

static nn_status load_set(const blocks *b, path_set *set)
{
    const seq_trie *t = &b->a->trie;
    size_t total = 0;
    sort64(set->owners, set->n_owners);
    for (size_t i = 0; i < set->n_owners; i++) {
        bool another = i == 0 || set->owners[i - 1] >> 32 != set->owners[i] >> 32;
        set->n += another;
        total += another ? t->nodes[set->owners[i] >> 32].length : 0;
    }
    set->ops = nn_malloc((total + 1) * sizeof *set->ops);
    set->all = nn_malloc((set->n + 1) * sizeof *set->all);
    if (set->ops == NULL || set->all == NULL)
        return nn_nomem(b->err);
    path *to = set->all - 1;
    uint32_t *ops = set->ops;
    for (size_t i = 0; i < set->n_owners; i++) {
        uint32_t sequence = (uint32_t)(set->owners[i] >> 32), model = (uint32_t)set->owners[i];
        if (i == 0 || set->owners[i - 1] >> 32 != sequence) {
            *++to = (path){.ops = ops, .first = model};
            to->n = (uint32_t)seq_ops(t, sequence, ops);
            ops += to->n;
        }
        to->last = model;
    }
    if (set->n > 0)
        qsort(set->all, set->n, sizeof *set->all, by_operators);
    for (size_t i = 0; i < set->n; i++)
        set->all[i].same = i > 0 ? count_same(&set->all[i - 1], &set->all[i]) : 0;
    return NN_OK;
}

/* ---- pairs ---- */

static nn_status keep_block(void *data, const uint32_t *ops, size_t n)
{
    blocks *b = data;
    uint32_t from = (uint32_t)(ops - b->path), length = (uint32_t)n;
    size_t place = mix64((uint64_t)from << 32 | length) % KNOWN;
    if (b->known[place].number == b->number && b->known[place].from == from && b->known[place].n == length)
        return NN_OK;
    uint32_t s = seq_find(&b->a->trie, ops, n, true);
    size_t old = b->in_room;
    if (s == SEQ_NONE || !nn_grow((void **)&b->in, &b->in_room, b->a->trie.n, 1))
        return nn_nomem(b->err);
    memset(b->in + old, 0, b->in_room - old);
    b->in[s] |= (uint8_t)(1u << b->set);
    b->known[place].number = b->number;
    b->known[place].from = from;
    b->known[place].n = length;
    return NN_OK;
}

/* Compares a path of failed models with the paths of a class. Of two failed models, the one given first provides the first
 * path. */
static nn_status match_path(blocks *b, const path *x, unsigned class)
{
    const path_set *set = &b->sets[class];
    b->path = x->ops;
    b->number++;
    nn_status s = seq_gestalt_first(&b->gestalt, x->ops, x->n, b->err);
    uint32_t same = 0; /* length of the common prefix with the last path that was compared */
    for (size_t k = 0; k < set->n && s == NN_OK; k++) {
        const path *y = &set->all[k];
        same = same < y->same ? same : y->same;
        if (class == SEQ_FAILED && x->first >= y->last)
            continue;
        s = seq_gestalt_match(&b->gestalt, y->ops, y->n, same, (size_t)b->a->o->min_length, keep_block, b, b->err);
        same = y->n;
    }
    return s;
}

static nn_status match_paths(blocks *b)
{
    const path_set *failed = &b->sets[SEQ_FAILED];
    const seq_watch *watch = &b->a->watch;
    nn_status s = NN_OK;
    uint64_t all = 0, done = 0;
    for (unsigned class = 0; class < SEQ_CLASSES; class ++)
        all += (uint64_t)failed->n * b->sets[class].n;
    for (b->set = 0; b->set < SEQ_CLASSES && s == NN_OK; b->set++) {
        s = seq_gestalt_remember(&b->gestalt, b->err);
        for (size_t i = 0; i < failed->n && s == NN_OK; i++) {
            s = match_path(b, &failed->all[i], b->set);
            done += b->sets[b->set].n;
            if (s == NN_OK && watch->progress != NULL && b->sets[b->set].n > 0)
                watch->progress(watch->data, done, all);
        }
    }
    return s;
}

/* ---- sets ---- */

static void count_pairs(blocks *b)
{
    const model_list *l = &b->a->models;
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < l->n; j++)
            if (l->all[i].class == SEQ_FAILED && l->all[j].class <= SEQ_SUITE && (l->all[j].class != SEQ_FAILED || j > i))
                b->a->pairs += (uint64_t)b->listed[i] * b->listed[j];
}

static nn_status collect(blocks *b)
{
    seq_analysis *a = b->a;
    for (uint32_t q = 1; q < a->trie.n && q < b->in_room; q++) {
        bool one = (b->in[q] & 1) != 0, two = (b->in[q] & 2) != 0, three = (b->in[q] & 4) != 0;
        bool in[SEQ_SETS] = {one, two, three, one && !two, one && !three};
        for (size_t k = 0; k < SEQ_SETS; k++)
            if (in[k] && !seq_list_add(&a->sets[k].smallest, q))
                return nn_nomem(b->err);
    }
    for (size_t k = 0; k < SEQ_SETS; k++)
        a->sets[k].total = a->sets[k].smallest.n;
    return NN_OK;
}

static nn_status find(blocks *b)
{
    nn_status s = list_paths(b);
    for (unsigned class = 0; class < SEQ_CLASSES && s == NN_OK; class ++)
        s = load_set(b, &b->sets[class]);
    if (s == NN_OK)
        s = match_paths(b);
    if (s != NN_OK)
        return s;
    count_pairs(b);
    return collect(b);
}

nn_status seq_blocks_find(seq_analysis *a, nn_error *err)
{
    blocks *b = nn_calloc(1, sizeof *b);
    if (b == NULL)
        return nn_nomem(err);
    b->a = a;
    b->err = err;
    b->listed = nn_calloc(a->models.n + 1, sizeof *b->listed);
    nn_status s = b->listed != NULL ? find(b) : nn_nomem(err);
    for (unsigned class = 0; class < SEQ_CLASSES; class ++) {
        path_set *set = &b->sets[class];
        nn_free(set->owners);
        nn_free(set->ops);
        nn_free(set->all);
    }
    nn_free(b->listed);
    nn_free(b->paths.all);
    nn_free(b->in);
    seq_gestalt_free(&b->gestalt);
    nn_free(b);
    return s;
}
