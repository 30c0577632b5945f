#include "build/build_lineage.h"
#include <string.h>

bool id_push(id_list *l, int32_t id)
{
    if (l->n == l->capacity) {
        void *p = l->items;
        if (!nn_grow(&p, &l->capacity, l->n + 1, sizeof *l->items))
            return false;
        l->items = p;
    }
    l->items[l->n++] = id;
    return true;
}

/* Removes the item at a place: the last one moves there. Returns the id that moved (or the removed one, if it was last). */
static int32_t id_remove(id_list *l, int32_t at)
{
    int32_t moved = l->items[--l->n];
    l->items[at] = moved;
    return moved;
}

nn_status state_init(build_state *s, const op_index *index, arena *memory, nn_error *err)
{
    memset(s, 0, sizeof *s);
    s->index = index;
    s->memory = memory;
    s->op_counts = nn_calloc(index->ops->n_ops + 1, sizeof *s->op_counts);
    return s->op_counts ? NN_OK : nn_nomem(err);
}

void state_free(build_state *s)
{
    nn_free(s->tensors);
    nn_free(s->notes);
    nn_free(s->nodes);
    nn_free(s->node_notes);
    nn_free(s->live.items);
    nn_free(s->sinks.items);
    nn_free(s->inputs.items);
    for (int t = 0; t < DT_COUNT; t++)
        for (int r = 0; r < STATE_RANKS; r++) {
            nn_free(s->free[t][r].items);
            nn_free(s->taken[t][r].items);
        }
    nn_free(s->heads);
    nn_free(s->op_counts);
    nn_free(s->masks);
    memset(s, 0, sizeof *s);
}

bool state_reset(build_state *s, size_t nodes)
{
    size_t heads = 64;
    while (heads < 2 * nodes)
        heads *= 2;
    if (heads != s->n_heads) {
        nn_free(s->heads);
        s->n_heads = 0;
        s->heads = nn_malloc(heads * sizeof *s->heads);
        if (!s->heads)
            return false;
        s->n_heads = heads;
    }
    for (size_t i = 0; i < heads; i++)
        s->heads[i] = -1;
    s->n_tensors = s->n_nodes = s->live.n = s->sinks.n = s->inputs.n = 0;
    for (int t = 0; t < DT_COUNT; t++)
        for (int r = 0; r < STATE_RANKS; r++)
            s->free[t][r].n = s->taken[t][r].n = 0;
    s->components = s->joins = s->reused = s->initializers = 0;
    s->sink_need = 0;
    memset(s->op_counts, 0, s->index->ops->n_ops * sizeof *s->op_counts);
    return true;
}

int32_t state_root(build_state *s, int32_t node)
{
    while (s->node_notes[node].parent != node) {
        int32_t up = s->node_notes[node].parent;
        s->node_notes[node].parent = s->node_notes[up].parent; /* path halving */
        node = up;
    }
    return node;
}

/* ---- shapes ---- */

static size_t shape_hash(const tensor_desc *d)
{
    uint64_t h = (uint64_t)d->type * 31 + (uint64_t)d->rank;
    for (int i = 0; i < d->rank; i++)
        h = (h ^ (uint64_t)d->dims[i]) * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ h >> 29);
}

int32_t state_same_shape(const build_state *s, const tensor_desc *d)
{
    return s->heads[shape_hash(d) & (s->n_heads - 1)];
}

/* ---- what a group would do ---- */

#define MAX_TOUCHED (LOWER_MAX_FRAMES * OP_MAX_SLOTS + 1)

/* Small union-find over the group's operators (0..n-1) and the components that they touch (from LOWER_MAX_FRAMES on). */
typedef struct {
    int parent[LOWER_MAX_FRAMES + MAX_TOUCHED];
    int32_t roots[MAX_TOUCHED];
    int n_roots;
} touched;

static int touched_find(touched *c, int i)
{
    while (c->parent[i] != i)
        i = c->parent[i];
    return i;
}

static void touched_root(touched *c, int frame, int32_t root)
{
    int k = 0;
    while (k < c->n_roots && c->roots[k] != root)
        k++;
    if (k == c->n_roots) {
        c->roots[c->n_roots++] = root;
        c->parent[LOWER_MAX_FRAMES + k] = LOWER_MAX_FRAMES + k;
    }
    c->parent[touched_find(c, LOWER_MAX_FRAMES + k)] = touched_find(c, frame);
}

static bool is_data(const build_state *s, dtype t)
{
    return s->index->ops->data >> t & 1;
}

static dtype_mask output_types(const op_instance *in)
{
    dtype_mask m = 0;
    for (size_t o = 0; o < in->n_outputs; o++)
        if (in->outputs[o].present)
            m |= (dtype_mask)1 << in->outputs[o].desc.type;
    return m;
}

/* Nodes that a live node asks for: to bring it back to a type of data, and to join it with what depends on a graph input. */
static int node_sink(const build_state *s, const op_instance *in, bool weak)
{
    return op_index_sink(s->index, output_types(in)) + weak;
}

static bool all_weak(const build_state *s, const op_instance *in, constancy constant)
{
    bool weak = s->strict;
    for (size_t o = 0; o < in->n_outputs && weak; o++)
        weak = !in->outputs[o].present || in->outputs[o].desc.likely.weak;
    return weak || constant != VARIES;
}

/* Whether weights of an operator do not reach an output, but reach the first one. */
static bool is_aside(const build_state *s, const op_instance *in, size_t o)
{
    uint32_t m = s->index->facts[in->op->index].aside;
    if (!s->strict || m == 0)
        return false;
    size_t output = o < in->op->n_outputs ? o : in->op->n_outputs - 1;
    if (!(m >> output & 1) || !in->outputs[0].present || in->outputs[0].desc.likely.weak)
        return false;
    for (size_t i = 0; i < in->n_inputs; i++)
        if (in->inputs[i].kind == INST_INIT && in->op->inputs[in->inputs[i].input].roles & ROLE_WEIGHT)
            return true;
    return false;
}

/* Whether what a producer knows goes on where a consumer takes its tensor. */
static bool passes(const build_state *s, bool producer_weak, bool tensor_weak, bool consumer_weak)
{
    return !s->strict || producer_weak || (!tensor_weak && !consumer_weak);
}

/* Whether a tensor or linked output stands twice among an operator's inputs. */
static bool repeats(const build_group *g, size_t f)
{
    const op_instance *in = &g->inst[f];
    for (size_t i = 0; i < in->n_inputs; i++)
        for (size_t j = 0; j < i; j++) {
            const inst_input *a = &in->inputs[i], *b = &in->inputs[j];
            if (a->kind != b->kind)
                continue;
            if (a->kind == INST_TENSOR && g->tensor[f][i] == g->tensor[f][j])
                return true;
            if (a->kind == INST_LINK && a->frame == b->frame && a->output == b->output)
                return true;
        }
    return false;
}

/* Whether an operator's outputs would be constant: a source, or one that sees constants only. */
static constancy frame_constant(const build_state *s, const build_group *g, size_t f, const constancy *constant)
{
    const op_instance *in = &g->inst[f];
    constancy least = CONSTANT_BARE;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        constancy c = x->kind == INST_NEW_INPUT ? VARIES
                      : x->kind == INST_TENSOR  ? s->notes[g->tensor[f][i]].constant
                      : x->kind == INST_LINK    ? constant[x->frame]
                                                : CONSTANT_BARE;
        least = c < least ? c : least;
    }
    return least == VARIES && in->op->flags & OP_SOURCE ? CONSTANT_OF_SHAPES : least;
}

/* A constant that is not made by a source may stand only where it brings a source's integers back to data and nothing else could
 * have come in. Nothing but a source without inputs may be a bare one. */
static bool constant_allowed(const build_state *s, const op_instance *in, constancy constant, size_t data)
{
    if (constant == CONSTANT_BARE && data > 0)
        return false;
    if (in->op->flags & OP_SOURCE)
        return true;
    bool other = false;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        if ((x->kind == INST_INIT || slot_data(x->kind)) && is_data(s, x->desc.type) && op_input_data(&in->op->inputs[x->input]))
            return false;
        other |= slot_data(x->kind) && !is_data(s, x->desc.type);
    }
    return other;
}

/* Whether an operator sees weak values of data alone: they are to be joined with others, not led on. */
static bool idle(const build_state *s, const op_instance *in)
{
    bool any = false;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        if (x->kind == INST_NEW_INPUT || (slot_data(x->kind) && (!is_data(s, x->desc.type) || !x->desc.likely.weak)))
            return false;
        any |= slot_data(x->kind);
    }
    return any && s->strict;
}

/* Whether the interval of an output leaves it one value only. */
static bool one_value(const op_instance *in)
{
    for (size_t o = 0; o < in->n_outputs; o++)
        if (in->outputs[o].present && !(in->outputs[o].desc.range.lo < in->outputs[o].desc.range.hi))
            return true;
    return false;
}

static const char twice[] = "an operator would take the same tensor twice";
static const char wrong_input[] = "it takes a type that no graph input has";
static const char left_out[] = "the output is left out";
static const char cancels[] = "its inputs are functions of one tensor";
static const char level[] = "its input is the same all along an axis";
static const char idles[] = "its values may well be the same for all inputs";
static const char single_value[] = "its output has one value only";
static const char unwanted[] = "a path that is to be avoided would be complete";
static const char constant_result[] = "its result would not depend on graph inputs";

/* What speaks against an operator of a group; NULL: nothing. */
static const char *frame_fault(const build_state *s, const build_group *g, size_t f, constancy constant, size_t data)
{
    const op_instance *in = &g->inst[f];
    if (constant != VARIES && !constant_allowed(s, in, constant, data))
        return constant_result;
    if (constant == VARIES && !s->leads && idle(s, in))
        return idles;
    if (constant == VARIES && one_value(in))
        return single_value;
    return data > 1 && repeats(g, f) ? twice : NULL;
}

/* The mask of an operator of a group. False: a path that is to be avoided would be complete. */
static bool frame_mask(const build_state *s, const build_group *g, size_t f, const avoid_mask *frames, avoid_mask *m)
{
    const op_instance *in = &g->inst[f];
    *m = (avoid_mask){0};
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        int32_t from = x->kind == INST_TENSOR ? s->tensors[g->tensor[f][i]].producer : -1;
        if (x->kind == INST_LINK)
            avoid_pass(m, &frames[x->frame]);
        else if (from >= 0)
            avoid_pass(m, &s->masks[from]);
    }
    return avoid_enter(s->avoid, m, in->op->index);
}

static bool group_avoids(const build_state *s, const build_group *g)
{
    avoid_mask frames[LOWER_MAX_FRAMES];
    for (size_t f = 0; f < g->n; f++)
        if (!frame_mask(s, g, f, frames, &frames[f]))
            return false;
    /* What takes the place of a graph input has consumers already, whose masks it would change. */
    return g->target < 0 || !s->avoid->inner[g->inst[g->n - 1].op->index];
}

static void note_fault(build_effect *e, const char *fault)
{
    if (!e->fault)
        e->fault = fault;
}

void state_foresee(build_state *s, const build_group *g, build_effect *e)
{
    touched c;
    int32_t ended[MAX_TOUCHED]; /* live nodes that get their first consumer */
    size_t n_ended = 0;
    bool used[LOWER_MAX_FRAMES] = {false}, weak[LOWER_MAX_FRAMES] = {false};
    constancy constant[LOWER_MAX_FRAMES] = {VARIES};
    int32_t origins[LOWER_MAX_FRAMES];
    uint32_t linked[LOWER_MAX_FRAMES][OP_MAX_OUTPUTS];
    copy_set copied[LOWER_MAX_FRAMES][OP_MAX_OUTPUTS];
    c.n_roots = 0;
    for (int f = 0; f < LOWER_MAX_FRAMES; f++)
        c.parent[f] = f;
    *e = (build_effect){.nodes = s->n_nodes + g->n, .sink_need = s->sink_need, .joins = s->joins};
    for (size_t f = 0; f < g->n; f++) {
        const op_instance *in = &g->inst[f];
        size_t data = 0;
        constant[f] = frame_constant(s, g, f, constant);
        weak[f] = all_weak(s, in, constant[f]);
        origins[f] = lineage_frame_origin(s, g, f, origins, -2 - (int32_t)f);
        for (size_t i = 0; i < in->n_inputs; i++) {
            const inst_input *x = &in->inputs[i];
            data += slot_data(x->kind);
            if (x->kind == INST_NEW_INPUT) {
                e->new_inputs++;
                note_fault(e, is_data(s, x->desc.type) ? NULL : wrong_input);
            } else if (x->kind == INST_LINK) {
                const op_instance *from = &g->inst[x->frame];
                note_fault(e, (size_t)x->output < from->n_outputs && from->outputs[x->output].present ? NULL : left_out);
                used[x->frame] |= passes(s, weak[x->frame], x->desc.likely.weak || is_aside(s, from, (size_t)x->output), weak[f]);
                c.parent[touched_find(&c, x->frame)] = touched_find(&c, (int)f);
            } else if (x->kind == INST_TENSOR) {
                int32_t t = g->tensor[f][i], p = s->tensors[t].producer;
                touched_root(&c, (int)f, state_root(s, s->notes[t].node));
                if (!state_node_live(s, p) || !passes(s, s->node_notes[p].weak, s->notes[t].weak || s->notes[t].aside, weak[f]))
                    continue;
                size_t k = 0;
                while (k < n_ended && ended[k] != p)
                    k++;
                if (k == n_ended) {
                    ended[n_ended++] = p;
                    e->sink_need -= s->node_notes[p].sink;
                }
            }
        }
        e->joins += data >= 2;
        note_fault(e, frame_fault(s, g, f, constant[f], data));
        if (lineage_alike(s, g, f, origins, copied))
            note_fault(e, cancels);
        if (!lineage_levels_fit(s, g, f, linked))
            note_fault(e, level);
    }
    if (g->target >= 0) {
        touched_root(&c, (int)g->n - 1, state_root(s, s->notes[g->target].node));
        used[g->n - 1] = true;
        size_t f = g->n - 1, o = (size_t)g->target_output;
        /* Its consumers took it for what is no function or copy of another tensor, and not spread along an axis. */
        bool same = origins[f] < 0 && !linked[f][o] && copied[f][o].n == 0;
        note_fault(e, !weak[f] && (!s->strict || (same && s->notes[g->target].passed)) ? NULL : idles);
    }
    if (s->avoid && !e->fault)
        note_fault(e, group_avoids(s, g) ? NULL : unwanted);
    e->live = s->live.n - n_ended;
    for (size_t f = 0; f < g->n; f++)
        if (!used[f]) {
            e->live++;
            e->sink_need += node_sink(s, &g->inst[f], weak[f]);
        }
    size_t groups = 0;
    for (int f = 0; f < (int)g->n; f++)
        groups += touched_find(&c, f) == f;
    for (int k = 0; k < c.n_roots; k++)
        groups += c.parent[LOWER_MAX_FRAMES + k] == LOWER_MAX_FRAMES + k;
    e->components = s->components - (size_t)c.n_roots + groups;
}

/* ---- commit ---- */

static id_list *bucket(id_list lists[DT_COUNT][STATE_RANKS], const tensor_desc *d)
{
    return &lists[d->type][d->rank];
}

static int32_t add_tensor(build_state *s, tensor_kind kind, const tensor_desc *d, int32_t node)
{
    void *p = s->tensors, *q = s->notes;
    bool ok = nn_grow(&p, &s->cap_tensors, s->n_tensors + 1, sizeof *s->tensors);
    s->tensors = p;
    ok = ok && nn_grow(&q, &s->cap_notes, s->n_tensors + 1, sizeof *s->notes);
    s->notes = q;
    if (!ok)
        return -1;
    int32_t t = (int32_t)s->n_tensors++;
    s->tensors[t] = (graph_tensor){.kind = kind, .desc = *d, .producer = -1};
    s->notes[t] = (tensor_note){.free_at = -1, .input_at = -1, .same_shape = -1, .node = node, .origin = t, .copied = {1, {t}}};
    if (kind != TENSOR_INIT) {
        int32_t *head = &s->heads[shape_hash(d) & (s->n_heads - 1)];
        s->notes[t].same_shape = *head;
        *head = t;
    }
    return t;
}

static bool make_free(build_state *s, int32_t t)
{
    id_list *l = bucket(s->free, &s->tensors[t].desc);
    s->notes[t].free_at = (int32_t)l->n;
    return id_push(l, t);
}

static bool make_input(build_state *s, int32_t t)
{
    s->notes[t].input_at = (int32_t)s->inputs.n;
    return id_push(&s->inputs, t);
}

static void leave_sinks(build_state *s, node_note *n)
{
    s->node_notes[id_remove(&s->sinks, n->sink_at)].sink_at = n->sink_at;
    n->sink_at = -1;
}

static void end_live(build_state *s, int32_t node)
{
    node_note *n = &s->node_notes[node];
    if (n->live_at < 0)
        return;
    s->node_notes[id_remove(&s->live, n->live_at)].live_at = n->live_at;
    n->live_at = -1;
    s->sink_need -= n->sink;
    if (n->sink_at >= 0)
        leave_sinks(s, n);
}

bool state_spare(build_state *s)
{
    for (size_t k = 0; k < s->sinks.n; k++) {
        int32_t v = s->sinks.items[k];
        node_note *n = &s->node_notes[v];
        const graph_node *node = &s->nodes[v];
        bool fit = n->weak && n->sink == 1; /* one: its outputs are data */
        for (size_t o = 0; o < node->n_outputs && fit; o++)
            fit = node->outputs[o] < 0 || s->notes[node->outputs[o]].constant == VARIES;
        if (!fit)
            continue;
        n->weak = false;
        n->sink = 0;
        s->sink_need--;
        leave_sinks(s, n);
        for (size_t o = 0; o < node->n_outputs; o++)
            if (node->outputs[o] >= 0)
                s->notes[node->outputs[o]].weak = false;
        return true;
    }
    return false;
}

static bool consume(build_state *s, int32_t t, bool weak)
{
    graph_tensor *x = &s->tensors[t];
    x->consumers++;
    s->notes[t].passed |= !weak;
    s->reused += x->consumers == 2;
    if (s->notes[t].free_at < 0 || !passes(s, s->node_notes[x->producer].weak, s->notes[t].weak, weak))
        return true;
    int32_t at = s->notes[t].free_at;
    s->notes[id_remove(bucket(s->free, &x->desc), at)].free_at = at;
    s->notes[t].free_at = -1;
    if (!s->notes[t].aside || s->node_notes[x->producer].weak)
        end_live(s, x->producer);
    return id_push(bucket(s->taken, &x->desc), t);
}

static void unite(build_state *s, int32_t a, int32_t b)
{
    a = state_root(s, a);
    b = state_root(s, b);
    if (a == b)
        return;
    /* Older root wins: deterministic, and path halving keeps the trees flat. */
    if (a < b)
        s->node_notes[b].parent = a;
    else
        s->node_notes[a].parent = b;
    s->components--;
}

static int32_t add_node(build_state *s, const op_instance *in)
{
    void *p = s->nodes, *q = s->node_notes;
    bool ok = nn_grow(&p, &s->cap_nodes, s->n_nodes + 1, sizeof *s->nodes);
    s->nodes = p;
    ok = ok && nn_grow(&q, &s->cap_node_notes, s->n_nodes + 1, sizeof *s->node_notes);
    s->node_notes = q;
    int32_t *ids = arena_alloc(s->memory, (in->n_inputs + in->n_outputs) * sizeof *ids);
    if (!ok || !ids)
        return -1;
    int32_t node = (int32_t)s->n_nodes++;
    s->nodes[node] = (graph_node){.op = in->op->index,
                                  .op_type = in->op->name,
                                  .inputs = ids,
                                  .n_inputs = in->n_inputs,
                                  .outputs = ids + in->n_inputs,
                                  .n_outputs = in->n_outputs,
                                  .attrs = in->attrs,
                                  .n_attrs = in->n_attrs};
    s->node_notes[node] = (node_note){.parent = node, .live_at = -1, .sink_at = -1};
    s->components++;
    s->op_counts[in->op->index]++;
    return node;
}

/* Fills the node's inputs; new graph inputs and initializers become tensors. */
static bool commit_inputs(build_state *s, const build_group *g, size_t f, int32_t node, const int32_t *first, bool weak)
{
    const op_instance *in = &g->inst[f];
    size_t data = 0, last = 0;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        int32_t t = -1;
        switch (x->kind) {
        case INST_ABSENT:
            break;
        case INST_INIT:
            t = add_tensor(s, TENSOR_INIT, &x->desc, node);
            if (t < 0)
                return false;
            s->tensors[t].init = x->init;
            if (x->init.kind != CONTENT_LIST) /* which draws nothing */
                s->tensors[t].serial = (uint32_t)s->initializers++;
            s->tensors[t].consumers = 1;
            s->notes[t].constant = CONSTANT_BARE;
            break;
        case INST_NEW_INPUT:
            t = add_tensor(s, TENSOR_INPUT, &x->desc, node);
            if (t < 0 || !make_input(s, t) || !id_push(bucket(s->taken, &x->desc), t))
                return false;
            s->tensors[t].consumers = 1;
            s->notes[t].passed = !weak;
            break;
        case INST_LINK:
            t = s->nodes[first[x->frame]].outputs[x->output];
            break;
        case INST_TENSOR:
            t = g->tensor[f][i];
            break;
        }
        if (x->kind == INST_TENSOR || x->kind == INST_LINK) {
            if (!consume(s, t, weak))
                return false;
            unite(s, s->notes[t].node, node);
        }
        data += slot_data(x->kind);
        s->nodes[node].inputs[i] = t;
        if (t >= 0)
            last = i + 1;
    }
    s->nodes[node].n_inputs = last;
    s->joins += data >= 2;
    return true;
}

/* The graph input that an operator now produces. */
static void commit_target(build_state *s, int32_t t, int32_t node, const tensor_desc *d)
{
    int32_t at = s->notes[t].input_at;
    s->notes[id_remove(&s->inputs, at)].input_at = at;
    s->notes[t].input_at = -1;
    s->tensors[t].kind = TENSOR_NODE;
    s->tensors[t].producer = node;
    s->tensors[t].desc.range = d->range;
    s->tensors[t].desc.likely = d->likely;
    unite(s, s->notes[t].node, node);
    s->notes[t].node = node;
}

static bool commit_outputs(build_state *s, const build_group *g, size_t f, int32_t node, constancy constant, bool weak)
{
    int32_t origin = lineage_node_origin(s, &g->inst[f], node);
    uint32_t levels[OP_MAX_SLOTS];
    copy_set copied[OP_MAX_SLOTS];
    for (size_t i = 0; i < g->inst[f].n_inputs; i++) {
        int32_t t = i < s->nodes[node].n_inputs ? s->nodes[node].inputs[i] : -1;
        levels[i] = t >= 0 ? lineage_level(&s->tensors[t].desc, s->notes[t].level) : 0;
        copied[i] = t >= 0 ? s->notes[t].copied : (copy_set){0};
    }
    const op_instance *in = &g->inst[f];
    bool last = f + 1 == g->n && g->target >= 0;
    size_t n = 0;
    for (size_t o = 0; o < in->n_outputs; o++) {
        int32_t t = -1;
        if (last && (int)o == g->target_output) {
            t = g->target;
            commit_target(s, t, node, &in->outputs[o].desc);
        } else if (in->outputs[o].present) {
            t = add_tensor(s, TENSOR_NODE, &in->outputs[o].desc, node);
            if (t < 0 || !make_free(s, t))
                return false;
            s->tensors[t].producer = node;
            s->notes[t].constant = constant;
            s->notes[t].level = lineage_output_level(in, &in->outputs[o].desc, levels);
            copy_set copies = lineage_copied(in, &in->outputs[o].desc, copied);
            if (copies.n > 0)
                s->notes[t].copied = copies;
            s->notes[t].aside = is_aside(s, in, o);
            s->notes[t].origin = origin >= 0 ? origin : t;
            s->notes[t].weak = constant || (s->strict && in->outputs[o].desc.likely.weak);
        }
        s->nodes[node].outputs[o] = t;
        if (t >= 0)
            n = o + 1;
    }
    s->nodes[node].n_outputs = n;
    node_note *note = &s->node_notes[node];
    note->weak = weak;
    if (last)
        return true;
    note->sink = node_sink(s, in, weak);
    note->live_at = (int32_t)s->live.n;
    s->sink_need += note->sink;
    if (note->sink > 0) {
        note->sink_at = (int32_t)s->sinks.n;
        if (!id_push(&s->sinks, node))
            return false;
    }
    return id_push(&s->live, node);
}

static bool commit_masks(build_state *s, const build_group *g)
{
    void *p = s->masks;
    bool ok = nn_grow(&p, &s->cap_masks, s->n_nodes + g->n, sizeof *s->masks);
    s->masks = p;
    for (size_t f = 0; f < g->n && ok; f++)
        (void)frame_mask(s, g, f, &s->masks[s->n_nodes], &s->masks[s->n_nodes + f]);
    return ok;
}

bool state_commit(build_state *s, const build_group *g)
{
    if (s->avoid && !commit_masks(s, g))
        return false;
    int32_t ids[LOWER_MAX_FRAMES];
    constancy constant[LOWER_MAX_FRAMES];
    for (size_t f = 0; f < g->n; f++) {
        constant[f] = frame_constant(s, g, f, constant);
        bool weak = all_weak(s, &g->inst[f], constant[f]);
        ids[f] = add_node(s, &g->inst[f]);
        if (ids[f] < 0 || !commit_inputs(s, g, f, ids[f], ids, weak) || !commit_outputs(s, g, f, ids[f], constant[f], weak))
            return false;
    }
    return true;
}
