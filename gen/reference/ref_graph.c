/* Nodes in the order of the graph, and conversions from and to the bytes of files. */
#include "reference/ref_graph.h"

#include <string.h>

#define INFINITE ((double)__builtin_inff())
#define MOST_ELEMENTS ((size_t)1 << 28) /* of a tensor whose size data decide */

/* ---- bytes ---- */

nn_status ref_from_raw(ref_tensor *t, const void *bytes, arena *a, nn_error *err)
{
    bool real = dtype_is_float(t->type);
    size_t size = dtype_size(t->type);
    const uint8_t *p = bytes;
    t->whole = !real;
    t->w = real ? NULL : arena_alloc(a, (t->n + 1) * sizeof *t->w);
    t->v = real ? arena_calloc(a, 2 * t->n + 1, sizeof *t->v) : NULL;
    t->e = real ? t->v + t->n : NULL;
    if (t->w == NULL && t->v == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < t->n; i++, p += size) {
        uint64_t bits = 0;
        for (size_t k = size; k-- > 0;)
            bits = bits << 8 | p[k];
        if (real)
            t->v[i] = dtype_real(t->type, bits);
        else
            t->w[i] = dtype_whole(t->type, bits);
    }
    return NN_OK;
}

static double limited(dtype t, double v)
{
    double least = -INFINITE, largest = INFINITE;
    dtype_limits(t, &least, &largest);
    return v < least ? least : v > largest ? largest : v;
}

/* The bits of v rounded to the type, and the value that they stand for. Infinities stay. Processors differ in the sign of the NaN
 * that an operation gives, and so in what a copy of it is; ours is positive. */
static uint64_t bits_of(dtype t, double v, double *stored)
{
    if (dtype_is_float(t)) {
        uint64_t bits = dtype_real_bits(t, v);
        *stored = v != v ? v : dtype_real(t, bits);
        return bits;
    }
    double whole = limited(t, v == v ? v : 0);
    int64_t w = whole >= 0x1p63   ? (int64_t)(whole >= 0x1p64 ? UINT64_MAX : (uint64_t)whole)
                : whole < -0x1p63 ? INT64_MIN
                                  : (int64_t)whole;
    *stored = t == DT_UINT64 ? (double)(uint64_t)w : (double)w;
    return (uint64_t)w;
}

/* A float32 that is not below the bound. */
static float upward(double e)
{
    float f = (float)e;
    if ((double)f >= e || f != f)
        return f != f ? __builtin_inff() : f;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    bits++; /* f >= 0 and finite */
    memcpy(&f, &bits, sizeof f);
    return f;
}

void ref_to_raw(const ref_tensor *t, void *values, float *bounds)
{
    size_t size = dtype_size(t->type);
    uint8_t *p = values;
    for (size_t i = 0; i < t->n; i++, p += size) {
        double stored = 0, e = 0;
        uint64_t bits;
        if (t->w != NULL) {
            bits = (uint64_t)t->w[i];
        } else {
            bits = bits_of(t->type, t->v[i], &stored);
            double moved = stored == t->v[i] || (stored != stored && t->v[i] != t->v[i]) ? 0 : __builtin_fabs(stored - t->v[i]);
            e = stored != stored && t->e[i] > 0 ? INFINITE : t->e[i] + moved;
            e += e > 0 ? e * 0x1p-40 : 0; /* the roundings of this sum and of a comparison in double */
        }
        for (size_t k = 0; k < size; k++)
            p[k] = (uint8_t)(bits >> 8 * k);
        bounds[i] = upward(e);
    }
}

nn_status ref_unknown(ref_tensor *t, arena *a, nn_error *err)
{
    t->w = NULL;
    t->whole = !dtype_is_float(t->type);
    t->v = arena_calloc(a, 2 * t->n + 1, sizeof *t->v);
    if (t->v == NULL)
        return nn_nomem(err);
    t->e = t->v + t->n;
    for (size_t i = 0; i < t->n; i++)
        t->e[i] = INFINITE;
    return NN_OK;
}

/* ---- graphs ---- */

/* The memory of what a node makes, if none of it is a graph output: freed when the last consumer is computed. */
typedef struct {
    arena memory;
    size_t uses; /* that are still to come */
    bool keeps;  /* a graph output, in `results` */
} producer;

typedef struct {
    const ref_table *table;
    const op_set *ops;
    const graph *g;
    ref_contents *contents;
    void *data; /* for contents */
    ref_tensor *tensors;
    bool *lost; /* of tensors: its shape does not follow, so that it has no contents */
    arena *results, *scratch;
    producer *producers; /* by node */
    const char *problem;
    nn_error *err;
} walk;

static nn_status read_contents(const walk *w, ref_tensor *t, int32_t tensor)
{
    const void *bytes = NULL;
    nn_status s = w->contents(w->data, w->g, tensor, &bytes, w->err);
    return s == NN_OK ? ref_from_raw(t, bytes, w->results, w->err) : s;
}

/* The tensor that an attribute of the node holds; NULL: there is none. */
static nn_status read_held(const walk *w, const graph_node *n, const ref_tensor **held)
{
    *held = NULL;
    for (size_t i = 0; i < n->n_attrs; i++) {
        if (n->attrs[i].kind != ATTR_HELD)
            continue;
        const int32_t tensor = (int32_t)n->attrs[i].i;
        ref_tensor *t = arena_alloc(w->results, sizeof *t);
        if (t == NULL)
            return nn_nomem(w->err);
        *t = w->tensors[tensor];
        t->rank = 1;
        t->dims[0] = (int64_t)t->n;
        *held = t;
        return read_contents(w, t, tensor);
    }
    return NN_OK;
}

/* Finds the shapes of the outputs where data decide one. NN_ERR_TABLE: they do not follow. */
static nn_status find_shapes(const walk *w, const graph_node *n, const ref_node *node, nn_error *why)
{
    bool open = false;
    for (size_t i = 0; i < n->n_inputs; i++)
        if (n->inputs[i] >= 0 && w->lost[n->inputs[i]])
            return NN_ERR_TABLE;
    for (size_t i = 0; i < n->n_outputs; i++)
        open |= n->outputs[i] >= 0 && w->g->tensors[n->outputs[i]].desc.open != 0;
    return open ? ref_infer_shapes(w->table, node, MOST_ELEMENTS, w->scratch, why) : NN_OK;
}

/* Nothing is known of the node's outputs. */
static nn_status give_up(walk *w, const graph_node *n, ref_tensor *const *out, arena *memory)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n->n_outputs; i++) {
        if (out[i] == NULL)
            continue;
        w->lost[n->outputs[i]] = w->g->tensors[n->outputs[i]].desc.open != 0;
        if (!w->lost[n->outputs[i]])
            s = ref_unknown(out[i], memory, w->err);
    }
    return s;
}

static nn_status compute_node(walk *w, const graph_node *n, arena *memory)
{
    const ref_tensor **in = arena_alloc(w->results, (n->n_inputs + 1) * sizeof *in);
    ref_tensor **out = arena_alloc(w->results, (n->n_outputs + 1) * sizeof *out);
    nn_error inner = {.message = ""};
    if (in == NULL || out == NULL)
        return nn_nomem(w->err);
    for (size_t i = 0; i < n->n_inputs; i++)
        in[i] = n->inputs[i] >= 0 ? &w->tensors[n->inputs[i]] : NULL;
    for (size_t i = 0; i < n->n_outputs; i++)
        out[i] = n->outputs[i] >= 0 ? &w->tensors[n->outputs[i]] : NULL;
    ref_node node = {.op = op_find(w->ops, n->op_type),
                     .attrs = n->attrs,
                     .n_attrs = n->n_attrs,
                     .inputs = in,
                     .n_inputs = n->n_inputs,
                     .outputs = out,
                     .n_outputs = n->n_outputs};
    nn_status s = read_held(w, n, &node.held);
    if (s != NN_OK)
        return s;
    s = find_shapes(w, n, &node, &inner);
    if (s == NN_OK)
        s = ref_compute(w->table, &node, memory, w->scratch, &inner);
    if (s == NN_OK)
        return NN_OK;
    if (s == NN_ERR_NOMEM)
        return nn_nomem(w->err);
    if (w->problem == NULL && inner.message[0] != '\0')
        w->problem = arena_printf(w->results, "%s: %s", n->op_type, inner.message);
    return give_up(w, n, out, memory);
}

static void count_uses(walk *w)
{
    const graph *g = w->g;
    for (size_t i = 0; i < g->n_nodes; i++) {
        arena_init(&w->producers[i].memory, 4096);
        for (size_t k = 0; k < g->nodes[i].n_outputs; k++)
            w->producers[i].keeps |= g->nodes[i].outputs[k] >= 0 && g->tensors[g->nodes[i].outputs[k]].output;
    }
    for (size_t i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; k < g->nodes[i].n_inputs; k++) {
            int32_t tensor = g->nodes[i].inputs[k];
            if (tensor >= 0 && g->tensors[tensor].kind == TENSOR_NODE)
                w->producers[g->tensors[tensor].producer].uses++;
        }
}

/* Frees what the node made. Its tensors then have no contents. */
static void forget(walk *w, size_t node)
{
    const graph_node *n = &w->g->nodes[node];
    if (w->producers[node].keeps || w->producers[node].uses > 0)
        return;
    for (size_t i = 0; i < n->n_outputs; i++)
        if (n->outputs[i] >= 0) {
            ref_tensor *t = &w->tensors[n->outputs[i]];
            t->w = NULL;
            t->v = t->e = NULL;
        }
    arena_free(&w->producers[node].memory);
}

static nn_status compute_nodes(walk *w)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < w->g->n_nodes; i++) {
        size_t at = w->g->order[i];
        const graph_node *n = &w->g->nodes[at];
        producer *own = &w->producers[at];
        s = compute_node(w, n, own->keeps ? w->results : &own->memory);
        for (size_t k = 0; k < n->n_inputs; k++) {
            if (n->inputs[k] < 0 || w->g->tensors[n->inputs[k]].kind != TENSOR_NODE)
                continue;
            size_t maker = (size_t)w->g->tensors[n->inputs[k]].producer;
            w->producers[maker].uses--;
            forget(w, maker);
        }
        forget(w, at);
    }
    for (size_t i = 0; i < w->g->n_nodes; i++)
        arena_free(&w->producers[i].memory);
    return s;
}

nn_status ref_graph_compute(const ref_table *t, const op_set *ops, const graph *g, ref_contents *contents, void *data,
                            ref_tensor **tensors, const char **problem, arena *results, arena *scratch, nn_error *err)
{
    walk w = {
        .table = t, .ops = ops, .g = g, .contents = contents, .data = data, .results = results, .scratch = scratch, .err = err};
    nn_status s = NN_OK;
    w.tensors = arena_calloc(results, g->n_tensors + 1, sizeof *w.tensors);
    w.lost = arena_calloc(results, g->n_tensors + 1, sizeof *w.lost);
    w.producers = arena_calloc(results, g->n_nodes + 1, sizeof *w.producers);
    if (w.tensors == NULL || w.lost == NULL || w.producers == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < g->n_tensors; i++) {
        const tensor_desc *d = &g->tensors[i].desc;
        ref_tensor *x = &w.tensors[i];
        *x = (ref_tensor){.type = d->type, .rank = d->rank, .n = (size_t)tensor_elements(d)};
        memcpy(x->dims, d->dims, sizeof x->dims);
        if (g->tensors[i].kind != TENSOR_NODE)
            s = read_contents(&w, x, (int32_t)i);
    }
    if (s == NN_OK) {
        count_uses(&w);
        s = compute_nodes(&w);
    }
    *tensors = w.tensors;
    if (problem != NULL)
        *problem = w.problem;
    return s;
}
