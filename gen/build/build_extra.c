#include "build/build_extra.h"
#include "build/build_budget.h"
#include "build/build_draw.h"
#include "build/build_log.h"
#include "rules/opmodel_rules.h"

#include <string.h>

#define ROOM_SHARE 4      /* at most one in so many of the nodes that nothing due needs */
#define PATH_COST 2       /* nodes for an operator of a required path, or of a motif that is due, at most */
#define MOST_NUMBERS 64   /* of a list in an attribute */
#define MOST_HELD 4096    /* elements of a constant */
#define FRACTIONS 1048576 /* numbers that are drawn from an interval */

/* ---- how many ---- */

/* Nodes that what is due may need. */
static uint64_t needed(const builder *b, const build_request *r)
{
    uint64_t n = 1;
    for (size_t i = 0; i < r->n_due; i++)
        n += b->index->facts[r->due[i]].cost < OP_COST_NONE ? (uint64_t)b->index->facts[r->due[i]].cost : 0;
    for (size_t i = 0; i < r->n_paths; i++)
        n += r->paths[i].firmness == PATH_WISH ? 0 : PATH_COST * r->paths[i].n;
    for (size_t i = 0; i < r->motifs.n_due; i++)
        n += PATH_COST * motif_nodes(r->motifs.set, r->motifs.due[i].motif);
    return n;
}

/* A share of the nodes. A fraction of a node is rounded up in as many graphs. */
static size_t share_of(builder *b, manner_key key, size_t nodes)
{
    if (!manner_says(b->manner, key))
        return 0;
    const uint64_t x = (uint64_t)b->manner->value[key] * nodes;
    return (size_t)((x + tape_draw(b->t, "extra nodes", 1000)) / 1000);
}

const op_model *build_extra_holder(const builder *b, const build_request *r)
{
    if (!b->manner)
        return NULL;
    const op_model *op = b->manner->of->holder;
    bool left_out = !op || r->avoid || (r->guided && r->weights->ops[op->index] == 0);
    return left_out ? NULL : op;
}

void build_extra_draw(builder *b, const build_request *r)
{
    extra_nodes *x = &b->extra;
    b->nodes = r->nodes;
    *x = (extra_nodes){0};
    if (!b->manner || b->ops->common[0] > 0) /* opsets differ in which values are initializers */
        return;
    const uint64_t due = needed(b, r);
    const size_t room = due < r->nodes ? (size_t)(r->nodes - due) / ROOM_SHARE : 0;
    x->holder = build_extra_holder(b, r);
    x->equal = share_of(b, MANNER_equal_nodes, r->nodes);
    x->held = x->holder ? share_of(b, MANNER_constant_nodes, r->nodes) : 0;
    x->equal = x->equal < room ? x->equal : room;
    x->held = x->held < room - x->equal ? x->held : room - x->equal;
    b->nodes -= x->equal + x->held;
}

/* ---- one node ---- */

/* Adds a node without outputs yet; NULL: out of memory. */
static graph_node *add_node(build_state *s, const graph_node *like, size_t n_outputs)
{
    void *p = s->nodes;
    const graph_node copy = *like; /* the array may move */
    bool ok = nn_grow(&p, &s->cap_nodes, s->n_nodes + 1, sizeof *s->nodes);
    s->nodes = p;
    int32_t *ids = arena_alloc(s->memory, (copy.n_inputs + n_outputs) * sizeof *ids);
    if (!ok || !ids)
        return NULL;
    graph_node *n = &s->nodes[s->n_nodes++];
    *n = copy;
    n->inputs = ids;
    n->outputs = ids + copy.n_inputs;
    n->n_outputs = n_outputs;
    if (copy.n_inputs > 0)
        memcpy(n->inputs, copy.inputs, copy.n_inputs * sizeof *ids);
    s->op_counts[n->op]++;
    return n;
}

/* ---- equal nodes ---- */

/* Adds a node that computes what the given one computes. false: out of memory. */
static bool add_equal(builder *b, int32_t of)
{
    build_state *s = &b->s;
    const int32_t node = (int32_t)s->n_nodes;
    graph_node *n = add_node(s, &s->nodes[of], s->nodes[of].n_outputs);
    if (!n)
        return false;
    n->motif = false;
    for (size_t i = 0; i < n->n_inputs; i++)
        if (n->inputs[i] >= 0)
            s->tensors[n->inputs[i]].consumers++;
    for (size_t o = 0; o < n->n_outputs; o++) {
        const int32_t from = s->nodes[of].outputs[o];
        n->outputs[o] = -1;
        if (from < 0)
            continue;
        const graph_tensor x = s->tensors[from];
        const int32_t t = state_add_tensor(s, TENSOR_NODE, &x.desc, of);
        if (t < 0)
            return false;
        s->tensors[t].producer = node;
        n->outputs[o] = t;
    }
    return true;
}

/* Whether a node may get an equal one. Those that can be folded do not, so that they stay few. A tensor that both take keeps the
 * graph connected. */
static bool repeatable(const builder *b, int32_t node)
{
    const graph_node *n = &b->s.nodes[node];
    bool takes = false;
    for (size_t i = 0; i < n->n_inputs && !takes; i++)
        takes = n->inputs[i] >= 0 && b->s.tensors[n->inputs[i]].kind != TENSOR_INIT;
    return takes && !n->motif && !n->folded && !(b->ops->ops[n->op].flags & OP_NONDETERMINISTIC);
}

/* Whether an input of a node can take the output of an equal node, while the first one is still used. */
static bool splits(const builder *b, const graph_node *n, size_t input)
{
    const int32_t t = n->inputs[input];
    if (t < 0 || n->motif)
        return false;
    const graph_tensor *x = &b->s.tensors[t];
    return x->kind == TENSOR_NODE && x->consumers + x->output >= 2 && repeatable(b, x->producer);
}

/* The k-th of these inputs, or their number if there are at most k. */
static size_t find_split(const builder *b, size_t k, size_t *node, size_t *input)
{
    size_t found = 0;
    for (size_t v = 0; v < b->s.n_nodes; v++)
        for (size_t i = 0; i < b->s.nodes[v].n_inputs; i++)
            if (splits(b, &b->s.nodes[v], i) && found++ == k) {
                *node = v;
                *input = i;
                return k;
            }
    return found;
}

/* Adds a node beside one whose output has several uses, and moves one of them. */
static lower_result split(builder *b)
{
    build_state *s = &b->s;
    size_t node, input;
    const size_t n = find_split(b, SIZE_MAX, &node, &input);
    uint32_t *names;
    if (n == 0)
        return LOWER_FAIL;
    if (!log_names(b, n, &names))
        return LOWER_NOMEM;
    for (size_t k = 0; k < n && names; k++) {
        (void)find_split(b, k, &node, &input);
        names[k] = log_name(b, s->nodes[node].outputs[0]) + (uint32_t)input;
    }
    (void)find_split(b, log_draw_named(b, "use", n, names), &node, &input);
    const int32_t t = s->nodes[node].inputs[input], of = s->tensors[t].producer;
    if (!add_equal(b, of))
        return LOWER_NOMEM;
    const graph_node *added = &s->nodes[s->n_nodes - 1];
    for (size_t o = 0; o < added->n_outputs; o++)
        if (s->nodes[of].outputs[o] == t) {
            s->nodes[node].inputs[input] = added->outputs[o];
            s->tensors[added->outputs[o]].consumers = 1;
        }
    s->tensors[t].consumers--;
    return LOWER_OK;
}

/* Adds a node equal to one that makes a graph output, and another graph output, if there may be one more. */
static lower_result repeat_output(builder *b, int32_t *outputs, size_t *n_outputs)
{
    build_state *s = &b->s;
    const size_t n = *n_outputs;
    uint32_t *names;
    if (!log_names(b, n, &names))
        return LOWER_NOMEM;
    for (size_t k = 0; k < n && names; k++)
        names[k] = log_name(b, outputs[k]);
    const size_t first = log_draw_named(b, "output", n, names);
    for (size_t k = 0; k < n && n < build_most_outputs(s->n_nodes); k++) {
        const int32_t t = outputs[(first + k) % n], of = s->tensors[t].producer;
        if (!repeatable(b, of))
            continue;
        if (!add_equal(b, of))
            return LOWER_NOMEM;
        const graph_node *added = &s->nodes[s->n_nodes - 1];
        for (size_t o = 0; o < added->n_outputs; o++)
            if (s->nodes[of].outputs[o] == t) {
                s->tensors[added->outputs[o]].output = true;
                outputs[(*n_outputs)++] = added->outputs[o];
            }
        return LOWER_OK;
    }
    return LOWER_FAIL;
}

/* ---- constants ---- */

/* Marks the initializers that a node of a motif takes. false: out of memory. */
static bool motif_tensors(builder *b, bool **taken)
{
    const build_state *s = &b->s;
    *taken = arena_calloc(&b->memory, s->n_tensors + 1, sizeof **taken);
    for (size_t v = 0; *taken && v < s->n_nodes; v++)
        for (size_t i = 0; s->nodes[v].motif && i < s->nodes[v].n_inputs; i++)
            if (s->nodes[v].inputs[i] >= 0)
                (*taken)[s->nodes[v].inputs[i]] = true;
    return *taken != NULL;
}

/* The number of an attribute of this type; -1: the operator has none. */
static int attribute_of(const op_model *op, attr_type type)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (op->rules->vars[i].origin == VAR_ATTR && op->rules->vars[i].attr == type)
            return (int)i;
    return -1;
}

/* The attribute that can hold the tensor as a number or a list of numbers; ATTR_TYPE_NONE: there is none. */
static attr_type plain_type(const graph_tensor *x)
{
    const tensor_desc *d = &x->desc;
    const bool real = d->type == DT_FLOAT32, whole = d->type == DT_INT64;
    const content_kind drawn = real ? CONTENT_UNIFORM : CONTENT_INTEGERS;
    if ((!real && !whole) || d->rank > 1 || tensor_elements(d) > MOST_NUMBERS ||
        (x->init.kind != CONTENT_LIST && x->init.kind != drawn))
        return ATTR_TYPE_NONE;
    return d->rank == 0 ? (real ? ATTR_TYPE_FLOAT : ATTR_TYPE_INT) : (real ? ATTR_TYPE_FLOATS : ATTR_TYPE_INTS);
}

/* Element k of the contents, drawn if they are. */
static double element(builder *b, const graph_tensor *x, size_t k)
{
    const content *c = &x->init;
    if (c->kind == CONTENT_LIST)
        return c->list[c->n_list == 1 ? 0 : k];
    if (c->kind == CONTENT_INTEGERS)
        return c->lo + (double)tape_draw(b->t, "element", (uint64_t)(c->hi - c->lo) + 1);
    const double lo = dtype_toward(DT_FLOAT32, c->lo, true), hi = dtype_toward(DT_FLOAT32, c->hi, false);
    const double v = lo + (hi - lo) * ((double)tape_draw(b->t, "element", FRACTIONS + 1) / FRACTIONS);
    return dtype_toward(DT_FLOAT32, v < hi ? v : hi, false);
}

/* Whether the contents can be written as numbers here: the bounds of integers are exact and hold at least one. */
static bool has_elements(const graph_tensor *x)
{
    const content *c = &x->init;
    if (c->kind == CONTENT_UNIFORM)
        return dtype_toward(DT_FLOAT32, c->lo, true) <= dtype_toward(DT_FLOAT32, c->hi, false);
    return c->kind != CONTENT_INTEGERS || (!c->negative && c->lo >= -1e15 && c->hi <= 1e15 && c->lo <= c->hi);
}

/* The integer, where both ends of int64 stand for all beyond them, as in the contents of an initializer. */
static int64_t whole(double x)
{
    const double end = 0x1p63;
    return x >= end ? INT64_MAX : x <= -end ? INT64_MIN : (int64_t)x;
}

/* Fills in the value of a number or list. false: out of memory. */
static bool set_numbers(builder *b, attr_value *v, const graph_tensor *x)
{
    const bool real = x->desc.type == DT_FLOAT32;
    v->n = (size_t)tensor_elements(&x->desc);
    double *floats = arena_alloc(&b->memory, v->n * sizeof *floats);
    int64_t *ints = arena_alloc(&b->memory, v->n * sizeof *ints);
    if (!floats || !ints)
        return false;
    for (size_t k = 0; k < v->n; k++) {
        floats[k] = element(b, x, k);
        ints[k] = real ? 0 : whole(floats[k]);
    }
    v->kind = x->desc.rank == 0 ? (real ? ATTR_FLOAT : ATTR_INT) : (real ? ATTR_FLOATS : ATTR_INTS);
    v->f = floats[0];
    v->i = ints[0];
    v->floats = floats;
    v->ints = ints;
    return true;
}

/* Makes an initializer the output of a node. */
static lower_result hold(builder *b, int32_t t)
{
    build_state *s = &b->s;
    const op_model *op = b->extra.holder;
    graph_tensor *x = &s->tensors[t];
    int as = -1;
    attr_type plain = has_elements(x) ? plain_type(x) : ATTR_TYPE_NONE;
    if (plain != ATTR_TYPE_NONE && tape_chance(b->t, "plain form", 1, 2))
        as = attribute_of(op, plain);
    attr_value *v = arena_calloc(&b->memory, 1, sizeof *v);
    if (!v)
        return LOWER_NOMEM;
    *v = (attr_value){.kind = ATTR_HELD, .i = t};
    if (as >= 0 && !set_numbers(b, v, x))
        return LOWER_NOMEM;
    v->name = op->rules->vars[as >= 0 ? as : attribute_of(op, ATTR_TYPE_TENSOR)].name;
    const graph_node like = {.op = op->index, .op_type = op->type, .attrs = v, .n_attrs = 1};
    graph_node *n = add_node(s, &like, 1);
    if (!n)
        return LOWER_NOMEM;
    n->outputs[0] = t;
    x->kind = TENSOR_NODE;
    x->producer = (int32_t)s->n_nodes - 1;
    return LOWER_OK;
}

/* Whether an initializer may become the output of a node. */
static bool holdable(const graph_tensor *x)
{
    return x->kind == TENSOR_INIT && iv_finite(x->desc.range) && tensor_elements(&x->desc) <= MOST_HELD;
}

/* Makes one of the initializers the output of a node. Motifs keep theirs. */
static lower_result hold_one(builder *b)
{
    const build_state *s = &b->s;
    bool *taken;
    const arena_mark mark = arena_get_mark(&b->memory);
    if (!b->extra.holder)
        return LOWER_FAIL;
    if (!motif_tensors(b, &taken))
        return LOWER_NOMEM;
    size_t n = 0;
    int32_t found = -1;
    uint32_t *names;
    for (size_t t = 0; t < s->n_tensors; t++)
        n += holdable(&s->tensors[t]) && !taken[t];
    if (!log_names(b, n, &names))
        return LOWER_NOMEM;
    for (size_t t = 0, k = 0; t < s->n_tensors && names; t++)
        if (holdable(&s->tensors[t]) && !taken[t])
            names[k++] = log_name(b, (int32_t)t);
    for (size_t t = 0, k = n > 0 ? log_draw_named(b, "initializer", n, names) : 0; n > 0 && found < 0; t++)
        if (holdable(&s->tensors[t]) && !taken[t] && k-- == 0)
            found = (int32_t)t;
    arena_release(&b->memory, mark);
    return found < 0 ? LOWER_FAIL : hold(b, found);
}

/* ---- all ---- */

static lower_result repeat_one(builder *b, int32_t *outputs, size_t *n_outputs)
{
    lower_result res = split(b);
    return res == LOWER_FAIL ? repeat_output(b, outputs, n_outputs) : res;
}

lower_result build_extra_add(builder *b, int32_t *outputs, size_t *n_outputs)
{
    lower_result res = LOWER_OK;
    const extra_nodes *x = &b->extra;
    for (size_t k = 0; k < x->equal + x->held && res == LOWER_OK; k++) {
        const bool held = k >= x->equal;
        res = held ? hold_one(b) : split(b);
        if (res == LOWER_FAIL)
            res = held ? repeat_one(b, outputs, n_outputs) : hold_one(b);
        if (res == LOWER_FAIL)
            res = repeat_output(b, outputs, n_outputs);
    }
    if (res == LOWER_FAIL)
        b->complaint = "no node could be repeated";
    return res;
}
