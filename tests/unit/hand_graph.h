/* Graphs made by hand, so that what comes after the builder is tested without it. */
#ifndef HAND_GRAPH_H
#define HAND_GRAPH_H

#include "value/graph.h"

#include <stdarg.h>
#include <string.h>

#define HAND_MAX 256

typedef struct {
    graph g;
    graph_tensor tensors[HAND_MAX];
    graph_node nodes[HAND_MAX];
    uint32_t order[HAND_MAX];
    int32_t inputs[HAND_MAX], outputs[HAND_MAX], slots[4 * HAND_MAX];
    size_t used;
} hand;

static inline void hand_begin(hand *h)
{
    memset(h, 0, sizeof *h);
    h->g = (graph){.tensors = h->tensors, .nodes = h->nodes, .order = h->order, .inputs = h->inputs, .outputs = h->outputs};
}

/* dims end with -1 */
static inline int32_t hand_tensor(hand *h, tensor_kind kind, dtype type, const int64_t *dims, double lo, double hi)
{
    graph_tensor *t = &h->tensors[h->g.n_tensors];
    *t = (graph_tensor){.kind = kind, .producer = -1, .desc = {.type = type, .range = {lo, hi}}};
    for (; dims[t->desc.rank] >= 0; t->desc.rank++)
        t->desc.dims[t->desc.rank] = dims[t->desc.rank];
    if (kind == TENSOR_INPUT) {
        t->serial = (uint32_t)h->g.n_inputs;
        h->inputs[h->g.n_inputs++] = (int32_t)h->g.n_tensors;
    }
    if (kind == TENSOR_INIT)
        t->serial = (uint32_t)h->g.n_tensors;
    return (int32_t)h->g.n_tensors++;
}

#define DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})
#define SCALAR ((const int64_t[]){-1})

static inline int32_t hand_init(hand *h, dtype type, const int64_t *dims, content c)
{
    int32_t t = hand_tensor(h, TENSOR_INIT, type, dims, c.lo, c.hi);
    h->tensors[t].init = c;
    return t;
}

static inline void hand_use(hand *h, int32_t tensor, int32_t **list, size_t *n)
{
    if (*n == 0)
        *list = &h->slots[h->used];
    h->slots[h->used++] = tensor;
    (*n)++;
}

/* A node with one output of the type and dims given; inputs end with -2, -1 is one left out. */
static inline int32_t hand_node(hand *h, const char *op, const attr_value *attrs, size_t n_attrs, dtype type, const int64_t *dims,
                                ...)
{
    graph_node *n = &h->nodes[h->g.n_nodes];
    *n = (graph_node){.op_type = op, .attrs = attrs, .n_attrs = n_attrs};
    va_list ap;
    va_start(ap, dims);
    for (int32_t t; (t = va_arg(ap, int)) != -2;) {
        hand_use(h, t, &n->inputs, &n->n_inputs);
        if (t >= 0)
            h->tensors[t].consumers++;
    }
    va_end(ap);
    int32_t out = hand_tensor(h, TENSOR_NODE, type, dims, -10, 10);
    h->tensors[out].producer = (int32_t)h->g.n_nodes;
    hand_use(h, out, &n->outputs, &n->n_outputs);
    h->order[h->g.n_nodes] = (uint32_t)h->g.n_nodes;
    h->g.n_nodes++;
    return out;
}

static inline void hand_output(hand *h, int32_t tensor)
{
    h->tensors[tensor].output = true;
    h->outputs[h->g.n_outputs++] = tensor;
}

/* conv -> relu -> add(relu, conv) -> clip with its minimum left out -> transpose, and a reshape: joins, an optional input, all
 * attribute kinds but strings. */
static inline void hand_small(hand *h)
{
    static const int64_t kernel[] = {3, 3}, pads[] = {1, 1, 1, 1}, perm[] = {0, 2, 3, 1};
    static const attr_value conv[] = {{.name = "kernel_shape", .kind = ATTR_INTS, .ints = kernel, .n = 2},
                                      {.name = "pads", .kind = ATTR_INTS, .ints = pads, .n = 4},
                                      {.name = "group", .kind = ATTR_INT, .i = 1},
                                      {.name = "auto_pad", .kind = ATTR_STRING, .s = "NOTSET"}};
    static const attr_value leaky[] = {{.name = "alpha", .kind = ATTR_FLOAT, .f = 0.125}};
    static const attr_value transpose[] = {{.name = "perm", .kind = ATTR_INTS, .ints = perm, .n = 4}};
    static const double target[] = {2, -1}, six[] = {6};
    hand_begin(h);
    int32_t x = hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, 3, 8, 8), -1, 1);
    int32_t w = hand_init(h, DT_FLOAT32, DIMS(4, 3, 3, 3), (content){.kind = CONTENT_UNIFORM, .lo = -0.2, .hi = 0.2});
    int32_t max = hand_init(h, DT_FLOAT32, SCALAR, (content){.kind = CONTENT_LIST, .list = six, .n_list = 1});
    int32_t shape = hand_init(h, DT_INT64, DIMS(2), (content){.kind = CONTENT_LIST, .list = target, .n_list = 2});
    int32_t y = hand_node(h, "Conv", conv, 4, DT_FLOAT32, DIMS(2, 4, 8, 8), x, w, -2);
    int32_t z = hand_node(h, "LeakyRelu", leaky, 1, DT_FLOAT32, DIMS(2, 4, 8, 8), y, -2);
    int32_t sum = hand_node(h, "Add", NULL, 0, DT_FLOAT32, DIMS(2, 4, 8, 8), z, y, -2);
    int32_t clip = hand_node(h, "Clip", NULL, 0, DT_FLOAT32, DIMS(2, 4, 8, 8), sum, -1, max, -2);
    int32_t turned = hand_node(h, "Transpose", transpose, 1, DT_FLOAT32, DIMS(2, 8, 8, 4), clip, -2);
    int32_t flat = hand_node(h, "Reshape", NULL, 0, DT_FLOAT32, DIMS(2, 256), sum, shape, -2);
    hand_output(h, turned);
    hand_output(h, flat);
}

#endif
