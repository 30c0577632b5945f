#include "sequences/seq_blocks.h"
#include "sequences/seq_match.h"
#include "sequences/seq_paths.h"
#include "base/sorted.h"

#include <string.h>

typedef struct {
    seq_list paths;     /* different sequences */
    uint64_t *postings; /* run of min_length operators << 32 | place in paths, ascending */
    size_t n, room;
} model_paths;

typedef struct {
    seq_analysis *a;
    model_paths *all; /* of each model */
    size_t model;     /* under way */
    uint8_t *in;      /* 1 << set, of each sequence of the trie */
    size_t in_room;
    uint32_t *ops[2]; /* of two paths */
    size_t room[2];
    uint32_t *partners;
    size_t partner_room;
    unsigned set;
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
    return s != SEQ_NONE && seq_list_add(&b->all[b->model].paths, s) ? NN_OK : nn_nomem(b->err);
}

static nn_status load_path(blocks *b, size_t side, uint32_t path, size_t *n)
{
    if (!nn_grow((void **)&b->ops[side], &b->room[side], b->a->trie.nodes[path].length + 1, sizeof *b->ops[side]))
        return nn_nomem(b->err);
    *n = seq_ops(&b->a->trie, path, b->ops[side]);
    return NN_OK;
}

static nn_status index_paths(blocks *b, model_paths *m)
{
    size_t run = (size_t)b->a->o->min_length, n = 0;
    for (size_t i = 0; i < m->paths.n; i++) {
        nn_status s = load_path(b, 0, m->paths.all[i], &n);
        for (size_t k = 0; k + run <= n && s == NN_OK; k++) {
            uint32_t gram = seq_find(&b->a->trie, b->ops[0] + k, run, true);
            if (gram == SEQ_NONE || !nn_grow((void **)&m->postings, &m->room, m->n + 1, sizeof *m->postings))
                s = nn_nomem(b->err);
            else
                m->postings[m->n++] = (uint64_t)gram << 32 | i;
        }
        if (s != NN_OK)
            return s;
    }
    sort64(m->postings, m->n);
    return NN_OK;
}

static nn_status list_paths(blocks *b)
{
    seq_analysis *a = b->a;
    nn_status s = NN_OK;
    for (b->model = 0; b->model < a->models.n && s == NN_OK; b->model++) {
        model_paths *m = &b->all[b->model];
        bool capped;
        s = seq_path_list(&a->models.all[b->model].view, (uint64_t)a->o->max_paths, &capped, keep_path, b, b->err);
        if (s != NN_OK)
            break;
        a->capped += capped;
        m->paths.n = sort_unique32(m->paths.all, m->paths.n);
        s = index_paths(b, m);
    }
    return s;
}

/* ---- pairs ---- */

static nn_status keep_block(void *data, const uint32_t *ops, size_t n)
{
    blocks *b = data;
    uint32_t s = seq_find(&b->a->trie, ops, n, true);
    size_t old = b->in_room;
    if (s == SEQ_NONE || !nn_grow((void **)&b->in, &b->in_room, b->a->trie.n, 1))
        return nn_nomem(b->err);
    memset(b->in + old, 0, b->in_room - old);
    b->in[s] |= (uint8_t)(1u << b->set);
    return NN_OK;
}

/* The paths of m that share a run with the path in b->ops[0]. */
static nn_status find_partners(blocks *b, const model_paths *m, size_t length, size_t *found)
{
    size_t run = (size_t)b->a->o->min_length, n = 0;
    for (size_t k = 0; k + run <= length; k++) {
        uint64_t gram = (uint64_t)seq_find(&b->a->trie, b->ops[0] + k, run, false) << 32;
        for (size_t p = sorted_place(m->postings, m->n, gram); p < m->n && m->postings[p] >> 32 == gram >> 32; p++) {
            if (!nn_grow((void **)&b->partners, &b->partner_room, n + 1, sizeof *b->partners))
                return nn_nomem(b->err);
            b->partners[n++] = (uint32_t)m->postings[p];
        }
    }
    *found = sort_unique32(b->partners, n);
    return NN_OK;
}

static nn_status match_models(blocks *b, const model_paths *x, const model_paths *y)
{
    nn_status s = NN_OK;
    b->a->pairs += (uint64_t)x->paths.n * y->paths.n;
    for (size_t i = 0; i < x->paths.n && s == NN_OK; i++) {
        size_t na = 0, nb = 0, n = 0;
        s = load_path(b, 0, x->paths.all[i], &na);
        if (s == NN_OK)
            s = find_partners(b, y, na, &n);
        for (size_t k = 0; k < n && s == NN_OK; k++) {
            s = load_path(b, 1, y->paths.all[b->partners[k]], &nb);
            if (s == NN_OK)
                s = seq_match(SEQ_GESTALT, b->ops[0], na, b->ops[1], nb, (size_t)b->a->o->min_length, keep_block, b, b->err);
        }
    }
    return s;
}

static nn_status match_all(blocks *b)
{
    seq_analysis *a = b->a;
    nn_status s = list_paths(b);
    for (size_t i = 0; i < a->models.n && s == NN_OK; i++)
        for (size_t j = 0; j < a->models.n && s == NN_OK; j++) {
            unsigned class = a->models.all[j].class;
            if (a->models.all[i].class != SEQ_FAILED || class > SEQ_SUITE || (class == SEQ_FAILED && j <= i))
                continue;
            b->set = class;
            s = match_models(b, &b->all[i], &b->all[j]);
        }
    for (uint32_t q = 1; q < a->trie.n && q < b->in_room && s == NN_OK; q++) {
        bool one = (b->in[q] & 1) != 0, two = (b->in[q] & 2) != 0, three = (b->in[q] & 4) != 0;
        bool in[SEQ_SETS] = {one, two, three, one && !two, one && !three};
        for (size_t k = 0; k < SEQ_SETS && s == NN_OK; k++)
            if (in[k])
                s = seq_list_add(&a->sets[k].smallest, q) ? NN_OK : nn_nomem(b->err);
    }
    for (size_t k = 0; k < SEQ_SETS; k++)
        a->sets[k].total = a->sets[k].smallest.n;
    return s;
}

nn_status seq_blocks_find(seq_analysis *a, nn_error *err)
{
    blocks b = {.a = a, .err = err, .all = nn_calloc(a->models.n + 1, sizeof *b.all)};
    nn_status s = b.all != NULL ? match_all(&b) : nn_nomem(err);
    for (size_t i = 0; b.all != NULL && i < a->models.n; i++) {
        nn_free(b.all[i].paths.all);
        nn_free(b.all[i].postings);
    }
    nn_free(b.all);
    nn_free(b.in);
    nn_free(b.ops[0]);
    nn_free(b.ops[1]);
    nn_free(b.partners);
    return s;
}
