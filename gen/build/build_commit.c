#include "build/build_commit.h"
#include "build/build_frame.h"
#include "build/build_lineage.h"

static id_list *bucket(id_list lists[DT_COUNT][STATE_RANKS], const tensor_desc *d)
{
    return &lists[d->type][d->rank];
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

static void end_live(build_state *s, int32_t node)
{
    node_note *n = &s->node_notes[node];
    if (n->live_at < 0)
        return;
    s->node_notes[id_remove(&s->live, n->live_at)].live_at = n->live_at;
    n->live_at = -1;
    s->sink_need -= n->sink;
    if (n->sink_at >= 0)
        state_leave_sinks(s, n);
}

/* within: the consumer belongs to the motif of the producer. inner: other operators may not take it. */
static bool consume(build_state *s, int32_t t, bool weak, bool within, bool inner)
{
    graph_tensor *x = &s->tensors[t];
    x->consumers++;
    s->notes[t].passed |= !weak;
    s->reused += x->consumers == 2;
    if (s->notes[t].free_at < 0 || (!within && !state_passes(s, s->node_notes[x->producer].weak, s->notes[t].weak, weak)))
        return true;
    int32_t at = s->notes[t].free_at;
    s->notes[id_remove(bucket(s->free, &x->desc), at)].free_at = at;
    s->notes[t].free_at = -1;
    if (within || !s->notes[t].aside || s->node_notes[x->producer].weak)
        end_live(s, x->producer);
    s->notes[t].inner |= inner;
    return inner || id_push(bucket(s->taken, &x->desc), t);
}

static void unite(build_state *s, int32_t a, int32_t b)
{
    a = state_root(s, a);
    b = state_root(s, b);
    if (a == b)
        return;
    /* The older root wins, so that the result does not depend on the order; path halving keeps the trees flat. */
    if (a < b)
        s->node_notes[b].parent = a;
    else
        s->node_notes[a].parent = b;
    s->components--;
}

static int32_t add_node(build_state *s, const op_instance *in, bool pinned, bool twice)
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
                                  .op_type = in->op->type,
                                  .inputs = ids,
                                  .n_inputs = in->n_inputs,
                                  .outputs = ids + in->n_inputs,
                                  .n_outputs = in->n_outputs,
                                  .attrs = in->attrs,
                                  .n_attrs = in->n_attrs,
                                  .motif = pinned,
                                  .random = in->op->flags & OP_NONDETERMINISTIC,
                                  .twice = twice};
    s->node_notes[node] = (node_note){.parent = node, .live_at = -1, .sink_at = -1};
    s->components++;
    s->op_counts[in->op->index]++;
    return node;
}

/* The nodes and shared tensors of the group's frames so far. */
typedef struct {
    int32_t nodes[GROUP_MAX_FRAMES];
    int32_t shared[GROUP_MAX_SHARED + 1]; /* pinned: by number; -1: not made yet */
} committed;

/* Makes an initializer or a graph input of a node a tensor; -1: out of memory. */
static int32_t commit_new(build_state *s, const inst_input *x, int32_t node, bool weak)
{
    bool init = x->kind == INST_INIT;
    int32_t t = state_add_tensor(s, init ? TENSOR_INIT : TENSOR_INPUT, &x->desc, node);
    if (t < 0)
        return -1;
    s->tensors[t].consumers = 1;
    if (!init) {
        s->notes[t].passed = !weak;
        return make_input(s, t) && id_push(bucket(s->taken, &x->desc), t) ? t : -1;
    }
    s->tensors[t].init = x->init;
    if (x->init.kind != CONTENT_LIST) /* a list draws nothing when it is written */
        s->tensors[t].serial = (uint32_t)s->initializers++;
    s->notes[t].constant = CONSTANT_BARE;
    return t;
}

/* The tensor of an input; -1: out of memory. */
static int32_t commit_input(build_state *s, const op_group *g, size_t f, size_t i, int32_t node, committed *c, bool weak)
{
    const inst_input *x = &g->inst[f].inputs[i];
    int32_t t = x->kind == INST_TENSOR ? g->tensor[f][i]
                : x->kind == INST_LINK ? s->nodes[c->nodes[x->frame]].outputs[x->output]
                                       : -1;
    if (t < 0) {
        bool shares = g->pinned && x->share > 0;
        if (!shares || c->shared[x->share] < 0) {
            t = commit_new(s, x, node, weak);
            if (shares)
                c->shared[x->share] = t;
            return t;
        }
        t = c->shared[x->share];
    }
    unite(s, s->notes[t].node, node);
    bool within = g->pinned && x->kind == INST_LINK && (size_t)x->frame >= g->first;
    bool inner = within && !(g->outs[x->frame] >> x->output & 1);
    return consume(s, t, weak, within, inner) ? t : -1;
}

/* Sets the node's inputs. New graph inputs and initializers become tensors. */
static bool commit_inputs(build_state *s, const op_group *g, size_t f, int32_t node, committed *c, bool weak)
{
    const op_instance *in = &g->inst[f];
    size_t data = 0, last = 0;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        int32_t t = -1;
        if (x->kind != INST_ABSENT) {
            t = commit_input(s, g, f, i, node, c, weak);
            if (t < 0)
                return false;
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

/* Turns a graph input into an output of the node. */
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

/* What the outputs of a node were computed from, for build_lineage.h. */
typedef struct {
    int32_t origin;
    uint32_t axes[OP_MAX_SLOTS];
    copy_set copied[OP_MAX_SLOTS];
} parentage;

static void gather_parentage(const build_state *s, const op_instance *in, int32_t node, parentage *p)
{
    p->origin = lineage_node_origin(s, in, node);
    for (size_t i = 0; i < in->n_inputs; i++) {
        int32_t t = i < s->nodes[node].n_inputs ? s->nodes[node].inputs[i] : -1;
        p->axes[i] = t >= 0 ? lineage_axes_seen(&s->tensors[t].desc, s->notes[t].equal_axes) : 0;
        p->copied[i] = t >= 0 ? s->notes[t].copied : (copy_set){0};
    }
}

/* Adds an output as a new tensor; -1: out of memory. */
static int32_t commit_output(build_state *s, const op_instance *in, size_t o, int32_t node, constancy constant, const parentage *p)
{
    const tensor_desc *d = &in->outputs[o].desc;
    int32_t t = state_add_tensor(s, TENSOR_NODE, d, node);
    if (t < 0 || !make_free(s, t))
        return -1;
    tensor_note *n = &s->notes[t];
    copy_set copies = lineage_copied(in, d, p->copied);
    s->tensors[t].producer = node;
    n->constant = constant;
    n->equal_axes = lineage_equal_axes(in, d, p->axes);
    if (copies.n > 0)
        n->copied = copies;
    n->aside = frame_aside(s, in, o);
    n->origin = p->origin >= 0 ? p->origin : t;
    n->weak = constant || (s->strict && d->likely.weak);
    return t;
}

static bool make_live(build_state *s, int32_t node, int sink)
{
    node_note *n = &s->node_notes[node];
    n->sink = sink;
    n->live_at = (int32_t)s->live.n;
    s->sink_need += sink;
    if (sink > 0) {
        n->sink_at = (int32_t)s->sinks.n;
        if (!id_push(&s->sinks, node))
            return false;
    }
    return id_push(&s->live, node);
}

static bool commit_outputs(build_state *s, const op_group *g, size_t f, int32_t node, constancy constant, bool weak)
{
    const op_instance *in = &g->inst[f];
    bool replaces = f + 1 == g->n && g->target >= 0;
    size_t n = 0;
    parentage p;
    gather_parentage(s, in, node, &p);
    for (size_t o = 0; o < in->n_outputs; o++) {
        int32_t t = -1;
        if (replaces && (int)o == g->target_output) {
            t = g->target;
            commit_target(s, t, node, &in->outputs[o].desc);
        } else if (in->outputs[o].present) {
            t = commit_output(s, in, o, node, constant, &p);
            if (t < 0)
                return false;
        }
        s->nodes[node].outputs[o] = t;
        if (t >= 0)
            n = o + 1;
    }
    s->nodes[node].n_outputs = n;
    s->node_notes[node].weak = weak;
    return replaces || make_live(s, node, frame_sink(s, in, weak));
}

static bool commit_masks(build_state *s, const op_group *g)
{
    void *p = s->masks;
    bool ok = nn_grow(&p, &s->cap_masks, s->n_nodes + g->n, sizeof *s->masks);
    s->masks = p;
    for (size_t f = 0; f < g->n && ok; f++)
        (void)frame_mask(s, g, f, &s->masks[s->n_nodes], &s->masks[s->n_nodes + f]);
    return ok;
}

/* Takes back the offer of tensors of which data decide dims, and which nothing consumes. */
static void withdraw_open(build_state *s, int32_t node)
{
    for (size_t o = 0; o < s->nodes[node].n_outputs; o++) {
        const int32_t t = s->nodes[node].outputs[o];
        if (t < 0 || s->tensors[t].desc.open == 0)
            continue;
        const int32_t at = s->notes[t].free_at;
        if (at >= 0)
            s->notes[id_remove(bucket(s->free, &s->tensors[t].desc), at)].free_at = at;
        s->notes[t].free_at = -1;
        s->notes[t].inner = true;
    }
}

bool state_commit(build_state *s, const op_group *g)
{
    if (s->avoid && !commit_masks(s, g))
        return false;
    committed c;
    constancy constant[GROUP_MAX_FRAMES];
    for (int k = 0; k <= GROUP_MAX_SHARED && g->pinned; k++)
        c.shared[k] = -1;
    for (size_t f = 0; f < g->n; f++) {
        constant[f] = frame_constant(s, g, f, constant);
        bool weak = frame_weak(s, &g->inst[f], constant[f]);
        c.nodes[f] = add_node(s, &g->inst[f], g->pinned && f >= g->first, g->twice && op_group_repeats(g, f));
        if (c.nodes[f] < 0 || !commit_inputs(s, g, f, c.nodes[f], &c, weak) ||
            !commit_outputs(s, g, f, c.nodes[f], constant[f], weak))
            return false;
        if (g->pinned && g->shown >> f & 1) {
            s->notes[s->nodes[c.nodes[f]].outputs[0]].shown = true;
            s->shown++;
        }
    }
    for (size_t f = 0; f < g->n; f++)
        withdraw_open(s, c.nodes[f]);
    return true;
}
