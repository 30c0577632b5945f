#include "build/build_effect.h"
#include "build/build_frame.h"
#include "build/build_lineage.h"

#define MAX_TOUCHED (GROUP_MAX_FRAMES * OP_MAX_SLOTS + 1)

/* Union-find over the group's frames (0..n-1) and the components of the graph that they touch (from GROUP_MAX_FRAMES on). */
typedef struct {
    int parent[GROUP_MAX_FRAMES + MAX_TOUCHED];
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
        c->parent[GROUP_MAX_FRAMES + k] = GROUP_MAX_FRAMES + k;
    }
    c->parent[touched_find(c, GROUP_MAX_FRAMES + k)] = touched_find(c, frame);
}

/* ---- faults of an operator ---- */

static const char twice[] = "an operator would take the same tensor twice";
static const char wrong_input[] = "it takes a type that graph inputs cannot have";
static const char left_out[] = "the operator leaves the output out";
static const char cancels[] = "its inputs are functions of one tensor";
static const char equal_axis[] = "all elements of its input are equal along an axis";
static const char idles[] = "its values may be the same for all inputs";
static const char single_value[] = "its output can have only one value";
static const char unwanted[] = "it would complete a forbidden path";
static const char shows_constant[] = "a graph output would not be a value of a type of data that depends on graph inputs";
static const char constant_result[] = "its result would not depend on graph inputs";

/* A constant that a source did not make is allowed only if it converts a source's integers back to data, and no tensor of data
 * could also be an input. A constant that depends on nothing is allowed only as the output of a source without inputs. */
static bool constant_allowed(const build_state *s, const op_instance *in, constancy constant, size_t data)
{
    if (constant == CONSTANT_BARE && data > 0)
        return false;
    if (in->op->flags & OP_SOURCE)
        return true;
    bool other = false;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        if ((x->kind == INST_INIT || slot_data(x->kind)) && state_is_data(s, x->desc.type) &&
            op_input_data(&in->op->inputs[x->input]))
            return false;
        other |= slot_data(x->kind) && !state_is_data(s, x->desc.type);
    }
    return other;
}

/* Whether all the data that an operator takes are weak; they should first be joined with others. */
static bool idle(const build_state *s, const op_instance *in)
{
    bool any = false;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        if (x->kind == INST_NEW_INPUT || (slot_data(x->kind) && (!state_is_data(s, x->desc.type) || !x->desc.likely.weak)))
            return false;
        any |= slot_data(x->kind);
    }
    return any && s->strict;
}

/* Whether the interval of an output is a single value. */
static bool one_value(const op_instance *in)
{
    for (size_t o = 0; o < in->n_outputs; o++)
        if (in->outputs[o].present && !(in->outputs[o].desc.range.lo < in->outputs[o].desc.range.hi))
            return true;
    return false;
}

/* The fault of an operator of a group; NULL: none. */
static const char *frame_fault(const build_state *s, const op_group *g, size_t f, constancy constant, size_t data)
{
    const op_instance *in = &g->inst[f];
    if (constant != VARIES && !constant_allowed(s, in, constant, data))
        return constant_result;
    if (constant == VARIES && !s->leads && idle(s, in))
        return idles;
    if (constant == VARIES && one_value(in))
        return single_value;
    return data > 1 && !g->twice && op_group_repeats(g, f) ? twice : NULL;
}

static bool group_avoids(const build_state *s, const op_group *g)
{
    avoid_mask frames[GROUP_MAX_FRAMES];
    for (size_t f = 0; f < g->n; f++)
        if (!frame_mask(s, g, f, frames, &frames[f]))
            return false;
    /* the operator that replaces a graph input already has consumers, whose masks would change */
    return g->target < 0 || !s->avoid->inner[g->inst[g->n - 1].op->index];
}

/* The same for a frame of a motif, whose output may be a constant that others in it consume. */
static const char *pinned_fault(const build_state *s, const op_group *g, size_t f, constancy constant)
{
    const inst_output *out = &g->inst[f].outputs[0];
    bool shown = g->shown >> f & 1;
    return shown && (constant != VARIES || !out->present || !state_is_data(s, out->desc.type)) ? shows_constant : NULL;
}

/* Keeps the first fault. NULL: no fault. */
static void note_fault(build_effect *e, const char *fault)
{
    if (!e->fault)
        e->fault = fault;
}

/* ---- the effect ---- */

/* The frames examined so far. */
typedef struct {
    build_state *s;
    const op_group *g;
    build_effect *e;
    touched c;
    int32_t ended[MAX_TOUCHED]; /* live nodes that get their first consumer */
    size_t n_ended;
    bool used[GROUP_MAX_FRAMES]; /* the frame has a consumer in the group, so it will not be live */
    bool weak[GROUP_MAX_FRAMES];
    constancy constant[GROUP_MAX_FRAMES];
    int first_use[GROUP_MAX_SHARED + 1]; /* pinned: the first frame with the shared tensor of this number; -1: none yet */
    int32_t origins[GROUP_MAX_FRAMES];
    uint32_t equal_axes[GROUP_MAX_FRAMES][OP_MAX_OUTPUTS];
    copy_set copied[GROUP_MAX_FRAMES][OP_MAX_OUTPUTS];
} foresight;

static void begin(foresight *v, build_state *s, const op_group *g, build_effect *e)
{
    v->s = s;
    v->g = g;
    v->e = e;
    v->n_ended = 0;
    v->c.n_roots = 0;
    for (int f = 0; f < (int)g->n; f++) {
        v->c.parent[f] = f;
        v->used[f] = false;
    }
    for (int k = 0; k <= GROUP_MAX_SHARED && g->pinned; k++)
        v->first_use[k] = -1;
    *e = (build_effect){.nodes = s->n_nodes + g->n, .sink_need = s->sink_need, .joins = s->joins, .shown = s->shown};
}

/* Whether a frame belongs to a motif. */
static bool within(const op_group *g, size_t f)
{
    return g->pinned && f >= g->first;
}

/* A frame consumes an output of an earlier frame. */
static void foresee_link(foresight *v, size_t f, const inst_input *x)
{
    const op_instance *from = &v->g->inst[x->frame];
    note_fault(v->e, (size_t)x->output < from->n_outputs && from->outputs[x->output].present ? NULL : left_out);
    bool weak = x->desc.likely.weak || frame_aside(v->s, from, (size_t)x->output);
    v->used[x->frame] |= within(v->g, (size_t)x->frame) || state_passes(v->s, v->weak[x->frame], weak, v->weak[f]);
    v->c.parent[touched_find(&v->c, x->frame)] = touched_find(&v->c, (int)f);
}

/* A frame consumes a tensor of the graph; its producer may cease to be live. */
static void foresee_tensor(foresight *v, size_t f, int32_t t)
{
    build_state *s = v->s;
    int32_t p = s->tensors[t].producer;
    touched_root(&v->c, (int)f, state_root(s, s->notes[t].node));
    if (!state_node_live(s, p) || !state_passes(s, s->node_notes[p].weak, s->notes[t].weak || s->notes[t].aside, v->weak[f]))
        return;
    size_t k = 0;
    while (k < v->n_ended && v->ended[k] != p)
        k++;
    if (k == v->n_ended) {
        v->ended[v->n_ended++] = p;
        v->e->sink_need -= s->node_notes[p].sink;
    }
}

/* Whether a new graph input is one that an earlier frame of the motif takes. */
static bool foresee_shared(foresight *v, size_t f, int share)
{
    if (!v->g->pinned || share == 0)
        return false;
    bool before = v->first_use[share] >= 0;
    if (before)
        v->c.parent[touched_find(&v->c, v->first_use[share])] = touched_find(&v->c, (int)f);
    else
        v->first_use[share] = (int)f;
    return before;
}

/* Faults of interest, which give way in a motif. */
static void foresee_interest(foresight *v, size_t f, size_t data)
{
    note_fault(v->e, frame_fault(v->s, v->g, f, v->constant[f], data));
    if (lineage_alike(v->s, v->g, f, v->origins, v->copied))
        note_fault(v->e, cancels);
    if (!lineage_contrasts(v->s, v->g, f, v->equal_axes))
        note_fault(v->e, equal_axis);
}

static void foresee_frame(foresight *v, size_t f)
{
    const op_instance *in = &v->g->inst[f];
    size_t data = 0;
    v->constant[f] = frame_constant(v->s, v->g, f, v->constant);
    v->weak[f] = frame_weak(v->s, in, v->constant[f]);
    v->origins[f] = lineage_frame_origin(v->s, v->g, f, v->origins, -2 - (int32_t)f);
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        data += slot_data(x->kind);
        if (x->kind == INST_NEW_INPUT && !foresee_shared(v, f, x->share)) {
            v->e->new_inputs++;
            note_fault(v->e, state_is_data(v->s, x->desc.type) ? NULL : wrong_input);
        } else if (x->kind == INST_LINK) {
            foresee_link(v, f, x);
        } else if (x->kind == INST_TENSOR) {
            foresee_tensor(v, f, v->g->tensor[f][i]);
        }
    }
    v->e->joins += data >= 2;
    if (!within(v->g, f)) {
        foresee_interest(v, f, data);
    } else {
        note_fault(v->e, pinned_fault(v->s, v->g, f, v->constant[f]));
        v->e->shown += v->g->shown >> f & 1;
    }
}

/* The last frame replaces a graph input. */
static void foresee_target(foresight *v)
{
    const tensor_note *target = &v->s->notes[v->g->target];
    size_t f = v->g->n - 1, o = (size_t)v->g->target_output;
    touched_root(&v->c, (int)f, state_root(v->s, target->node));
    v->used[f] = true;
    /* The consumers of the graph input were placed on the assumption that it is not a function or copy of another tensor and has
     * no equal axes. */
    bool same = v->origins[f] < 0 && !v->equal_axes[f][o] && v->copied[f][o].n == 0;
    note_fault(v->e, !v->weak[f] && (!v->s->strict || (same && target->passed)) ? NULL : idles);
}

/* Counts live nodes and components after all frames. */
static void foresee_totals(foresight *v)
{
    const op_group *g = v->g;
    build_effect *e = v->e;
    e->live = v->s->live.n - v->n_ended;
    for (size_t f = 0; f < g->n; f++)
        if (!v->used[f]) {
            e->live++;
            e->sink_need += frame_sink(v->s, &g->inst[f], v->weak[f]);
        }
    size_t groups = 0;
    for (int f = 0; f < (int)g->n; f++)
        groups += touched_find(&v->c, f) == f;
    for (int k = 0; k < v->c.n_roots; k++)
        groups += v->c.parent[GROUP_MAX_FRAMES + k] == GROUP_MAX_FRAMES + k;
    e->components = v->s->components - (size_t)v->c.n_roots + groups;
}

void state_foresee(build_state *s, const op_group *g, build_effect *e)
{
    foresight v;
    begin(&v, s, g, e);
    for (size_t f = 0; f < g->n; f++)
        foresee_frame(&v, f);
    if (g->target >= 0)
        foresee_target(&v);
    if (s->avoid && !e->fault)
        note_fault(e, group_avoids(s, g) ? NULL : unwanted);
    foresee_totals(&v);
}
