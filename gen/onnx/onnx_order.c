#include "onnx/onnx_order.h"
#include "base/sorted.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_uses.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const Onnx__GraphProto *g;
    const onnx_scope *scope;
    uint64_t *needs; /* node << 32 | node that produces one of its inputs; sorted */
    size_t n, capacity;
    bool in_order; /* every node uses earlier nodes only */
    const char *file;
    nn_error *err;
} sorter;

typedef struct {
    sorter *s;
    uint32_t node;
} user;

/* Notes a name that the node or one of its bodies uses. */
static nn_status take(void *data, const char *name)
{
    const user *u = data;
    sorter *s = u->s;
    const onnx_definition *d = onnx_scope_find(s->scope, name);
    if (d == NULL || d->place < 0)
        return NN_OK; /* whether the name is defined at all is checked elsewhere */
    if (!nn_grow((void **)&s->needs, &s->capacity, s->n + 1, sizeof *s->needs))
        return nn_nomem(s->err);
    s->needs[s->n++] = (uint64_t)u->node << 32 | (uint32_t)d->place;
    s->in_order = s->in_order && d->place < (int64_t)u->node;
    return NN_OK;
}

/* ---- order ---- */

typedef struct {
    uint32_t node;
    size_t next; /* index of the need to visit next */
} visit;

/* "2 nodes: A, which makes a; B, which makes b" */
static nn_status tell_cycle(const sorter *s, const visit *cycle, size_t n)
{
    char text[320];
    size_t at = 0;
    for (size_t i = 0; i < n && i < 4; i++) {
        const Onnx__NodeProto *node = s->g->node[cycle[n - 1 - i].node];
        const char *tensor = "";
        for (size_t k = 0; k < node->n_output && tensor[0] == '\0'; k++)
            tensor = node->output[k];
        int k = snprintf(text + at, sizeof text - at, "%s%.30s, which produces %.30s", i > 0 ? "; " : "",
                         node->op_type != NULL ? node->op_type : "", tensor);
        at += k > 0 ? (size_t)k : 0;
    }
    return nn_fail(s->err, NN_ERR_IO, s->file, 0, 0, "has a cycle of %zu node%s: %s%s", n, n == 1 ? "" : "s", text,
                   n > 4 ? "; ..." : "");
}

/* Depth-first search along the needs, from each node in the file's order. */
static nn_status sort(sorter *s, uint32_t *order, size_t *first, uint32_t *depth, visit *stack)
{
    size_t done = 0, n = s->g->n_node;
    s->n = sort_unique64(s->needs, s->n);
    for (size_t i = 0, k = 0; i <= n; i++) {
        while (k < s->n && s->needs[k] >> 32 < i)
            k++;
        first[i] = k;
    }
    for (uint32_t i = 0; i < n; i++) {
        size_t height = 0;
        if (depth[i] == 0)
            stack[height++] = (visit){i, first[i]};
        while (height > 0) {
            visit *v = &stack[height - 1];
            depth[v->node] = (uint32_t)height;
            if (v->next == first[v->node + 1]) {
                order[done++] = v->node;
                depth[v->node] = UINT32_MAX;
                height--;
                continue;
            }
            uint32_t to = (uint32_t)s->needs[v->next++];
            if (depth[to] == 0)
                stack[height++] = (visit){to, first[to]};
            else if (depth[to] != UINT32_MAX)
                return tell_cycle(s, stack + depth[to] - 1, height - depth[to] + 1);
        }
    }
    return NN_OK;
}

nn_status onnx_order(uint32_t *order, const Onnx__GraphProto *g, const onnx_scope *scope, const char *file, nn_error *err)
{
    sorter s = {.g = g, .scope = scope, .in_order = true, .file = file, .err = err};
    size_t n = g->n_node;
    nn_status status = n < UINT32_MAX - 1 ? NN_OK : onnx_wrong(file, "has too many nodes", NULL, err);
    for (size_t i = 0; i < n && status == NN_OK; i++) {
        order[i] = (uint32_t)i;
        user u = {&s, (uint32_t)i};
        status = onnx_node_uses(g->node[i], take, &u, file, err);
    }
    if (status == NN_OK && !s.in_order) {
        size_t *first = nn_malloc((n + 1) * sizeof *first);
        uint32_t *depth = nn_calloc(n, sizeof *depth); /* in the stack, from 1; 0: not visited; UINT32_MAX: done */
        visit *stack = nn_malloc(n * sizeof *stack);
        status = first != NULL && depth != NULL && stack != NULL ? sort(&s, order, first, depth, stack) : nn_nomem(err);
        nn_free(first);
        nn_free(depth);
        nn_free(stack);
    }
    nn_free(s.needs);
    return status;
}
