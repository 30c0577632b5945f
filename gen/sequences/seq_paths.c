#include "sequences/seq_paths.h"

#include <string.h>

typedef unsigned __int128 u128;

#define MOST (~(u128)0)

static u128 add(u128 a, u128 b, bool *over)
{
    u128 sum = a + b;
    *over = *over || sum < a;
    return sum < a ? MOST : sum;
}

static u128 times(u128 a, uint32_t b, bool *over)
{
    bool good = b == 0 || a <= MOST / b;
    *over = *over || !good;
    return good ? a * b : MOST;
}

/* Counts that exceed 2^128 matter only if their node reaches an output. */
nn_status seq_path_count(const onnx_view *v, path_count *count, nn_error *err)
{
    u128 *ways = nn_calloc(v->n_nodes + 1, sizeof *ways), total = 0;
    bool *over = nn_calloc(v->n_nodes + 1, sizeof *over);
    if (ways == NULL || over == NULL) {
        nn_free(ways);
        nn_free(over);
        return nn_nomem(err);
    }
    bool at_least = false;
    for (size_t i = 0; i < v->n_nodes; i++) {
        const onnx_view_node *n = &v->nodes[i];
        ways[i] = add(ways[i], n->graph_inputs, &over[i]);
        for (uint32_t k = 0; k < n->n_readers; k++) {
            uint32_t to = v->readers[n->first_reader + k];
            over[to] = over[to] || over[i];
            ways[to] = add(ways[to], ways[i], &over[to]);
        }
        if (n->graph_outputs > 0)
            at_least = at_least || over[i];
        total = add(total, times(ways[i], n->graph_outputs, &at_least), &at_least);
    }
    nn_free(ways);
    nn_free(over);
    if (at_least)
        total = MOST;
    *count = (path_count){.high = (uint64_t)(total >> 64), .low = (uint64_t)total, .at_least = at_least};
    return NN_OK;
}

void path_count_text(const path_count *c, char out[44])
{
    u128 x = (u128)c->high << 64 | c->low;
    char digits[44];
    size_t n = 0;
    if (c->at_least) {
        memcpy(out, "2^128 or more", sizeof "2^128 or more");
        return;
    }
    do
        digits[n++] = (char)('0' + (int)(x % 10));
    while ((x /= 10) != 0);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    out[n] = '\0';
}

typedef struct {
    const onnx_view *v;
    bool *reaches;   /* whether the node reaches an output */
    uint32_t *nodes; /* of the current path */
    uint32_t *next;  /* the reader to try next, for each node of the path */
    uint64_t left;
    bool *capped;
    seq_path_fn *call;
    void *data;
} path_walk;

static nn_status from_node(path_walk *w, uint32_t start, bool *stop)
{
    size_t n = 0;
    w->nodes[n] = start;
    w->next[n++] = 0;
    while (n > 0) {
        uint32_t last = w->nodes[n - 1], k = w->next[n - 1]++;
        const onnx_view_node *node = &w->v->nodes[last];
        if (k == 0 && node->graph_outputs > 0) {
            if (w->left == 0) {
                *w->capped = *stop = true;
                return NN_OK;
            }
            w->left--;
            nn_status s = w->call(w->data, w->nodes, n);
            if (s != NN_OK)
                return s;
        }
        if (k == node->n_readers) {
            n--;
        } else if (w->reaches[w->v->readers[node->first_reader + k]]) {
            w->nodes[n] = w->v->readers[node->first_reader + k];
            w->next[n++] = 0;
        }
    }
    return NN_OK;
}

nn_status seq_path_list(const onnx_view *v, uint64_t most, bool *capped, seq_path_fn *call, void *data, nn_error *err)
{
    path_walk w = {.v = v, .left = most, .capped = capped, .call = call, .data = data};
    bool stop = false;
    nn_status s = NN_OK;
    *capped = false;
    w.reaches = nn_calloc(v->n_nodes + 1, sizeof *w.reaches);
    w.nodes = nn_calloc(v->n_nodes + 1, sizeof *w.nodes);
    w.next = nn_calloc(v->n_nodes + 1, sizeof *w.next);
    if (w.reaches == NULL || w.nodes == NULL || w.next == NULL)
        s = nn_nomem(err);
    for (size_t i = s == NN_OK ? v->n_nodes : 0; i > 0; i--) {
        const onnx_view_node *n = &v->nodes[i - 1];
        w.reaches[i - 1] = n->graph_outputs > 0;
        for (uint32_t k = 0; k < n->n_readers; k++)
            w.reaches[i - 1] = w.reaches[i - 1] || w.reaches[v->readers[n->first_reader + k]];
    }
    for (size_t i = 0; i < v->n_nodes && s == NN_OK && !stop; i++)
        if (v->nodes[i].graph_inputs > 0 && w.reaches[i])
            s = from_node(&w, (uint32_t)i, &stop);
    nn_free(w.reaches);
    nn_free(w.nodes);
    nn_free(w.next);
    return s;
}
