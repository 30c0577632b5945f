#include "build/build_constants.h"
#include "build/build_log.h"

#define FOLDED_ONE_IN 20 /* the nodes that become constant: at most one in so many, but at least one */

typedef struct {
    const builder *b;
    const uint32_t *order;
    const int32_t *outputs;
    size_t n_outputs;
    bool *varies;    /* for each tensor: it depends on the values of a graph input */
    bool *below;     /* for each tensor: a graph input is among its ancestors */
    int32_t *parent; /* union-find over nodes */
    int32_t *user;   /* for each tensor: a node that makes or takes it; -1: none yet */
    size_t still;    /* nodes whose outputs do not vary */
    size_t folded;   /* nodes that have inputs, none of which is below a graph input */
    size_t parts;    /* components of the graph, initializers aside */
} view;

static int32_t root(const view *v, int32_t i)
{
    while (v->parent[i] != i)
        i = v->parent[i] = v->parent[v->parent[i]];
    return i;
}

static void link(view *v, int32_t t, int32_t node)
{
    if (t < 0 || v->b->s.tensors[t].kind == TENSOR_INIT)
        return;
    int32_t a = root(v, node), z = v->user[t] < 0 ? a : root(v, v->user[t]);
    v->user[t] = node;
    v->parent[a] = z;
    v->parts -= a != z;
}

static bool takes_one_of(const bool *set, const graph_node *n)
{
    for (size_t i = 0; i < n->n_inputs; i++)
        if (n->inputs[i] >= 0 && set[n->inputs[i]])
            return true;
    return false;
}

/* What depends on graph inputs, and how many components there are. Weak tensors and those of sources do not vary. */
static void look(view *v)
{
    const build_state *s = &v->b->s;
    v->still = v->folded = 0;
    v->parts = s->n_nodes;
    for (size_t t = 0; t < s->n_tensors; t++) {
        v->varies[t] = v->below[t] = s->tensors[t].kind == TENSOR_INPUT;
        v->user[t] = -1;
    }
    for (size_t i = 0; i < s->n_nodes; i++)
        v->parent[i] = (int32_t)i;
    for (size_t k = 0; k < s->n_nodes; k++) {
        const graph_node *n = &s->nodes[v->order[k]];
        bool moves = !(v->b->ops->ops[n->op].flags & OP_SOURCE) && takes_one_of(v->varies, n);
        bool below = takes_one_of(v->below, n);
        v->still += !moves;
        v->folded += !below && n->n_inputs > 0;
        for (size_t i = 0; i < n->n_inputs; i++)
            link(v, n->inputs[i], (int32_t)v->order[k]);
        for (size_t o = 0; o < n->n_outputs; o++) {
            link(v, n->outputs[o], (int32_t)v->order[k]);
            if (n->outputs[o] < 0)
                continue;
            v->varies[n->outputs[o]] = moves && !s->notes[n->outputs[o]].weak;
            v->below[n->outputs[o]] = below;
        }
    }
}

/* The graph outputs that vary. */
static size_t moving_outputs(const view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_outputs; i++)
        n += v->varies[v->outputs[i]];
    return n;
}

static content content_of(const tensor_desc *d)
{
    return (content){.kind = dtype_is_float(d->type) ? CONTENT_UNIFORM : CONTENT_INTEGERS, .lo = d->range.lo, .hi = d->range.hi};
}

bool build_constants(builder *b, const uint32_t *order, const int32_t *outputs, size_t n_outputs)
{
    build_state *s = &b->s;
    if (b->constants == 0)
        return true;
    view v = {.b = b, .order = order, .outputs = outputs, .n_outputs = n_outputs};
    v.varies = arena_alloc(&b->memory, s->n_tensors * sizeof *v.varies);
    v.below = arena_alloc(&b->memory, s->n_tensors * sizeof *v.below);
    v.user = arena_alloc(&b->memory, s->n_tensors * sizeof *v.user);
    v.parent = arena_alloc(&b->memory, s->n_nodes * sizeof *v.parent);
    if (!v.varies || !v.below || !v.user || !v.parent)
        return false;
    look(&v);
    const view before = v;
    const size_t moving = moving_outputs(&v), share = s->n_nodes / FOLDED_ONE_IN, most = share > 1 ? share : 1;
    size_t kept = 0;
    for (size_t i = 0; i < s->inputs.n; i++) {
        int32_t t = s->inputs.items[i];
        log_about(b, t);
        bool becomes = tape_draw(b->t, "constant", 100) >= 100 - b->constants && !tensor_sizes(&s->tensors[t].desc);
        if (becomes) {
            s->tensors[t].kind = TENSOR_INIT;
            look(&v);
            becomes = v.still - before.still <= most && v.folded - before.folded <= most && moving_outputs(&v) == moving &&
                      v.parts == before.parts;
        }
        s->tensors[t].kind = becomes ? TENSOR_INIT : TENSOR_INPUT;
        if (becomes) {
            s->tensors[t].init = content_of(&s->tensors[t].desc);
            s->tensors[t].serial = (uint32_t)s->initializers++;
        } else {
            s->inputs.items[kept++] = t;
        }
    }
    s->inputs.n = kept;
    log_about(b, -1);
    return true;
}
