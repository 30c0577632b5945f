#include "sequences/seq_trie.h"
#include "base/mix.h"

#include <stdlib.h>
#include <string.h>

enum { CHAINS_MAX = 5000000 };

static uint64_t hash_text(const char *s)
{
    return mix64(fnv_text(FNV_START, s));
}

static uint64_t key_of(uint32_t parent, uint32_t op)
{
    return mix64(((uint64_t)parent << 32 | op) + MIX_STEP);
}

/* ---- tables ---- */

static bool grow_ops(seq_trie *t)
{
    size_t size = t->op_table_size > 0 ? 2 * t->op_table_size : 256;
    uint32_t *table = nn_calloc(size, sizeof *table);
    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < t->n_ops; i++) {
        size_t at = hash_text(t->ops[i]) & (size - 1);
        while (table[at] != 0)
            at = (at + 1) & (size - 1);
        table[at] = i + 1;
    }
    nn_free(t->op_table);
    t->op_table = table;
    t->op_table_size = size;
    return true;
}

static bool grow_nodes(seq_trie *t)
{
    size_t size = t->table_size > 0 ? 2 * t->table_size : 1024;
    uint32_t *table = nn_calloc(size, sizeof *table);
    if (table == NULL)
        return false;
    for (uint32_t i = 1; i < t->n; i++) {
        size_t at = key_of(t->nodes[i].parent, t->nodes[i].op) & (size - 1);
        while (table[at] != 0)
            at = (at + 1) & (size - 1);
        table[at] = i;
    }
    nn_free(t->table);
    t->table = table;
    t->table_size = size;
    return true;
}

nn_status seq_trie_init(seq_trie *t, unsigned max_length, size_t limit, nn_error *err)
{
    *t = (seq_trie){.max_length = max_length, .limit = limit > 0 && limit < INT32_MAX ? limit : INT32_MAX};
    arena_init(&t->memory, 0);
    if (!grow_ops(t) || !grow_nodes(t) || !nn_grow((void **)&t->nodes, &t->room, 1024, sizeof *t->nodes)) {
        seq_trie_free(t);
        return nn_nomem(err);
    }
    t->nodes[t->n++] = (seq_node){.parent = 0};
    return NN_OK;
}

void seq_trie_free(seq_trie *t)
{
    nn_free(t->ops);
    nn_free(t->nodes);
    nn_free(t->table);
    nn_free(t->op_table);
    arena_free(&t->memory);
    *t = (seq_trie){.n = 0};
}

uint32_t seq_op(seq_trie *t, const char *name, bool add)
{
    if (add && 2 * (t->n_ops + 1) > t->op_table_size && !grow_ops(t))
        return SEQ_NONE;
    size_t at = hash_text(name) & (t->op_table_size - 1);
    for (; t->op_table[at] != 0; at = (at + 1) & (t->op_table_size - 1))
        if (strcmp(t->ops[t->op_table[at] - 1], name) == 0)
            return t->op_table[at] - 1;
    if (!add || !nn_grow((void **)&t->ops, &t->op_room, t->n_ops + 1, sizeof *t->ops))
        return SEQ_NONE;
    const char *copy = arena_strdup(&t->memory, name);
    if (copy == NULL)
        return SEQ_NONE;
    t->ops[t->n_ops++] = copy;
    t->op_table[at] = (uint32_t)t->n_ops;
    return (uint32_t)t->n_ops - 1;
}

uint32_t seq_child(seq_trie *t, uint32_t sequence, uint32_t op, bool add)
{
    if (sequence == SEQ_NONE || op == SEQ_NONE)
        return SEQ_NONE;
    if (add && 2 * (t->n + 1) > t->table_size && !grow_nodes(t))
        return SEQ_NONE;
    size_t at = key_of(sequence, op) & (t->table_size - 1);
    for (; t->table[at] != 0; at = (at + 1) & (t->table_size - 1)) {
        const seq_node *n = &t->nodes[t->table[at]];
        if (n->parent == sequence && n->op == op)
            return t->table[at];
    }
    if (!add || !nn_grow((void **)&t->nodes, &t->room, t->n + 1, sizeof *t->nodes))
        return SEQ_NONE;
    t->nodes[t->n] = (seq_node){.parent = sequence, .op = op, .length = t->nodes[sequence].length + 1};
    t->table[at] = (uint32_t)t->n;
    return (uint32_t)t->n++;
}

uint32_t seq_find(seq_trie *t, const uint32_t *ops, size_t n, bool add)
{
    uint32_t s = 0;
    for (size_t i = 0; i < n && s != SEQ_NONE; i++)
        s = seq_child(t, s, ops[i], add);
    return s;
}

size_t seq_ops(const seq_trie *t, uint32_t sequence, uint32_t *ops)
{
    size_t n = t->nodes[sequence].length;
    for (size_t i = n; i > 0; i--, sequence = t->nodes[sequence].parent)
        ops[i - 1] = t->nodes[sequence].op;
    return n;
}

uint32_t seq_tail(seq_trie *t, uint32_t sequence)
{
    uint32_t ops[SEQ_LENGTH_MAX];
    if (t->nodes[sequence].length == 0 || t->nodes[sequence].length > SEQ_LENGTH_MAX)
        return SEQ_NONE;
    size_t n = seq_ops(t, sequence, ops);
    return seq_find(t, ops + 1, n - 1, false);
}

/* ---- the sequences of a model ---- */

typedef struct {
    uint64_t *all; /* chains: node << 32 | sequence */
    size_t n, capacity;
} chain_list;

typedef struct {
    seq_trie *t;
    const onnx_view *v;
    uint32_t *ops; /* for each node of the view, the number of its operator in the trie */
    chain_list now, next;
    uint64_t *seen; /* set of the chains in `next`, open addressing; 0: free */
    size_t seen_size;
    seq_mode mode;
} walk;

static bool grow_seen(walk *w)
{
    size_t size = w->seen_size > 0 ? 2 * w->seen_size : 1024;
    uint64_t *seen = nn_calloc(size, sizeof *seen);
    if (seen == NULL)
        return false;
    for (size_t i = 0; i < w->next.n; i++) {
        size_t at = mix64(w->next.all[i]) & (size - 1);
        while (seen[at] != 0)
            at = (at + 1) & (size - 1);
        seen[at] = w->next.all[i];
    }
    nn_free(w->seen);
    w->seen = seen;
    w->seen_size = size;
    return true;
}

/* No sequence here is 0, so no chain is 0. */
static bool add_chain(walk *w, uint32_t node, uint32_t sequence)
{
    uint64_t chain = (uint64_t)node << 32 | sequence;
    if (2 * (w->next.n + 1) > w->seen_size && !grow_seen(w))
        return false;
    size_t at = mix64(chain) & (w->seen_size - 1);
    for (; w->seen[at] != 0; at = (at + 1) & (w->seen_size - 1))
        if (w->seen[at] == chain)
            return true;
    if (!nn_grow((void **)&w->next.all, &w->next.capacity, w->next.n + 1, sizeof *w->next.all))
        return false;
    w->seen[at] = chain;
    w->next.all[w->next.n++] = chain;
    return true;
}

typedef enum { STEP_DONE, STEP_FULL, STEP_NOMEM } step_result;

static step_result extend(walk *w, uint32_t node, uint32_t sequence)
{
    size_t before = w->t->n;
    uint32_t s = seq_child(w->t, sequence, w->ops[node], w->mode == SEQ_ADD);
    if (s == SEQ_NONE)
        return w->mode == SEQ_ADD ? STEP_NOMEM : STEP_DONE;
    if (!add_chain(w, node, s))
        return STEP_NOMEM;
    return (w->t->n > before && w->t->n > w->t->limit) || w->next.n > CHAINS_MAX ? STEP_FULL : STEP_DONE;
}

/* Extends the chains by one operator. */
static step_result step(walk *w, bool first)
{
    w->next.n = 0;
    if (w->seen_size > 0)
        memset(w->seen, 0, w->seen_size * sizeof *w->seen);
    step_result r = STEP_DONE;
    for (size_t i = 0; first && i < w->v->n_nodes && r == STEP_DONE; i++)
        if (w->ops[i] != SEQ_NONE)
            r = extend(w, (uint32_t)i, 0);
    for (size_t i = 0; !first && i < w->now.n; i++) {
        const onnx_view_node *n = &w->v->nodes[w->now.all[i] >> 32];
        for (uint32_t k = 0; k < n->n_readers && r == STEP_DONE; k++)
            if (w->ops[w->v->readers[n->first_reader + k]] != SEQ_NONE)
                r = extend(w, w->v->readers[n->first_reader + k], (uint32_t)w->now.all[i]);
    }
    chain_list swap = w->now;
    w->now = w->next;
    w->next = swap;
    return r;
}

static nn_status walk_open(walk *w, seq_trie *t, const onnx_view *v, seq_mode mode, nn_error *err)
{
    *w = (walk){.t = t, .v = v, .mode = mode, .ops = nn_calloc(v->n_nodes + 1, sizeof *w->ops)};
    bool good = w->ops != NULL;
    for (size_t i = 0; good && i < v->n_nodes; i++) {
        w->ops[i] = seq_op(t, v->nodes[i].op, mode == SEQ_ADD);
        good = mode == SEQ_KNOWN || w->ops[i] != SEQ_NONE;
    }
    return good ? NN_OK : nn_nomem(err);
}

static void walk_close(walk *w)
{
    nn_free(w->ops);
    nn_free(w->now.all);
    nn_free(w->next.all);
    nn_free(w->seen);
}

nn_status seq_count_model(seq_trie *t, const onnx_view *v, unsigned class, seq_mode mode, nn_error *err)
{
    walk w;
    nn_status status = walk_open(&w, t, v, mode, err);
    t->stamp++;
    for (unsigned length = 1; status == NN_OK && length <= t->max_length; length++) {
        step_result r = step(&w, length == 1);
        if (r == STEP_NOMEM)
            status = nn_nomem(err);
        if (r == STEP_FULL) {
            t->max_length = length - 1;
            t->cut = true;
        }
        for (size_t i = 0; i < w.now.n && r == STEP_DONE; i++) {
            seq_node *n = &t->nodes[(uint32_t)w.now.all[i]];
            n->models[class] += n->stamp != t->stamp;
            n->stamp = t->stamp;
        }
        if (w.now.n == 0)
            break;
    }
    walk_close(&w);
    return status;
}

nn_status seq_model_has(seq_trie *t, const onnx_view *v, const bool *wanted, unsigned longest, bool *has, nn_error *err)
{
    walk w;
    nn_status status = walk_open(&w, t, v, SEQ_KNOWN, err);
    *has = false;
    for (unsigned length = 1; status == NN_OK && length <= longest && !*has; length++) {
        if (step(&w, length == 1) != STEP_DONE)
            status = nn_nomem(err);
        for (size_t i = 0; i < w.now.n && !*has; i++)
            *has = wanted[(uint32_t)w.now.all[i]];
        if (w.now.n == 0)
            break;
    }
    walk_close(&w);
    return status;
}

/* ---- order ---- */

int seq_compare(const seq_trie *t, uint32_t a, uint32_t b)
{
    uint32_t x = a, y = b;
    int shorter = 0;
    for (; t->nodes[x].length > t->nodes[y].length; x = t->nodes[x].parent)
        shorter = 1;
    for (; t->nodes[y].length > t->nodes[x].length; y = t->nodes[y].parent)
        shorter = -1;
    int order = 0;
    for (; x != y; x = t->nodes[x].parent, y = t->nodes[y].parent) {
        uint32_t p = t->nodes[x].op, q = t->nodes[y].op;
        if (p != q)
            order = strcmp(t->ops[p], t->ops[q]);
    }
    return order != 0 ? order : shorter;
}

/* Merge sort, because the order needs the trie and qsort_r is not portable. */
static void sort_part(const seq_trie *t, uint32_t *s, uint32_t *spare, size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2;
    sort_part(t, s, spare, half);
    sort_part(t, s + half, spare, n - half);
    memcpy(spare, s, half * sizeof *s);
    for (size_t i = 0, j = half, k = 0; i < half; k++)
        s[k] = j < n && seq_compare(t, s[j], spare[i]) < 0 ? s[j++] : spare[i++];
}

nn_status seq_sort(const seq_trie *t, uint32_t *sequences, size_t n, nn_error *err)
{
    uint32_t *spare = nn_malloc((n / 2 + 1) * sizeof *spare);
    if (spare == NULL)
        return nn_nomem(err);
    sort_part(t, sequences, spare, n);
    nn_free(spare);
    return NN_OK;
}
