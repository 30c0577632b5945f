#include "build/build_lineage.h"

/* Whether an input is a weight: floats that are drawn. */
static bool drawn(const inst_input *x)
{
    return x->kind == INST_INIT && x->init.kind != CONTENT_LIST && dtype_is_float(x->desc.type);
}

int32_t lineage_frame_origin(const build_state *s, const op_group *g, size_t f, const int32_t *origins, int32_t fresh)
{
    const op_instance *in = &g->inst[f];
    int32_t origin = -1;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        if (drawn(x))
            return -1;
        if (!slot_data(x->kind))
            continue;
        int32_t t = x->kind == INST_TENSOR ? s->notes[g->tensor[f][i]].origin : x->kind == INST_LINK ? origins[x->frame] : fresh;
        if (t == -1 || (origin != -1 && origin != t))
            return -1;
        origin = t;
    }
    return origin;
}

static bool near(double x, double y)
{
    double d = x - y;
    return (d < 0 ? -d : d) <= 1e-5 * (y < 0 ? -y : y);
}

/* Whether an interval shares an end with another, or with the negative of the other. */
static bool shares_end(interval a, interval b)
{
    return near(a.lo, b.lo) || near(a.hi, b.hi) || near(a.lo, -b.hi) || near(a.hi, -b.lo);
}

static bool holds(const copy_set *a, int32_t t)
{
    for (int32_t k = 0; k < a->n; k++)
        if (a->id[k] == t)
            return true;
    return false;
}

static void unite(copy_set *a, const copy_set *b)
{
    for (int32_t k = 0; k < b->n && a->n < COPY_SET; k++)
        if (!holds(a, b->id[k]))
            a->id[a->n++] = b->id[k];
}

static bool meet(const copy_set *a, const copy_set *b)
{
    for (int32_t k = 0; k < b->n; k++)
        if (holds(a, b->id[k]))
            return true;
    return false;
}

copy_set lineage_copied(const op_instance *in, const tensor_desc *out, const copy_set *copied)
{
    copy_set m = {0};
    size_t moving = 0, last = 0;
    double width = 0;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        if (slot_data(x->kind) && !x->desc.likely.weak) {
            moving++;
            last = i;
            if (shares_end(out->range, x->desc.range))
                unite(&m, &copied[i]);
        }
        width += slot_data(x->kind) || x->kind == INST_INIT ? iv_width(x->desc.range) : 0;
    }
    return moving == 1 && near(width, iv_width(out->range)) ? copied[last] : m; /* equal widths: a sum with constants */
}

bool lineage_alike(const build_state *s, const op_group *g, size_t f, const int32_t *origins, copy_set copied[][OP_MAX_OUTPUTS])
{
    const op_instance *in = &g->inst[f];
    int32_t from[OP_MAX_SLOTS];
    copy_set copies[OP_MAX_SLOTS];
    bool alike = false, unlike = in->op->flags & OP_UNLIKE;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        int32_t t = x->kind == INST_TENSOR ? g->tensor[f][i] : -1;
        from[i] = t >= 0 ? s->notes[t].origin : x->kind == INST_LINK ? origins[x->frame] : -1;
        copies[i] = t >= 0 ? s->notes[t].copied : x->kind == INST_LINK ? copied[x->frame][x->output] : (copy_set){0};
        for (size_t j = 0; j < i && unlike; j++)
            alike |= (in->n_inputs == 2 && meet(&copies[i], &copies[j])) ||
                     (from[i] != -1 && from[i] == from[j] && lineage_copies(&x->desc, &in->inputs[j].desc));
    }
    for (size_t o = 0; o < in->n_outputs && (f + 1 < g->n || g->target >= 0); o++)
        copied[f][o] = in->outputs[o].present ? lineage_copied(in, &in->outputs[o].desc, copies) : (copy_set){0};
    return alike;
}

int32_t lineage_node_origin(const build_state *s, const op_instance *in, int32_t node)
{
    int32_t origin = -1;
    for (size_t i = 0; i < in->n_inputs; i++) {
        if (drawn(&in->inputs[i]))
            return -1;
        if (!slot_data(in->inputs[i].kind))
            continue;
        int32_t t = s->notes[s->nodes[node].inputs[i]].origin;
        if (origin >= 0 && origin != t)
            return -1;
        origin = t;
    }
    return origin;
}

uint32_t lineage_axes_seen(const tensor_desc *d, uint32_t axes)
{
    return d->likely.weak ? UINT32_MAX : axes;
}

/* Whether an output has the rank of a tensor and no dimension larger than the tensor's. */
static bool narrows(const tensor_desc *d, const tensor_desc *out)
{
    bool fits = d->rank == out->rank;
    for (int k = 0; k < out->rank && fits; k++)
        fits = out->dims[k] <= d->dims[k];
    return fits;
}

/* Axes longer than 1, counted from the last. */
static uint32_t wide_axes(const tensor_desc *d)
{
    uint32_t m = 0;
    for (int k = 0; k < d->rank; k++)
        m |= d->dims[d->rank - 1 - k] > 1 ? (uint32_t)1 << k : 0;
    return m;
}

uint32_t lineage_equal_axes(const op_instance *in, const tensor_desc *out, const uint32_t *axes)
{
    uint32_t all = wide_axes(out), m = all;
    int64_t total = 0;
    bool shaped = false, even = true;
    for (size_t i = 0; i < in->n_inputs && all; i++) {
        const inst_input *x = &in->inputs[i];
        even &= !drawn(x);
        if (!slot_data(x->kind))
            continue;
        total += tensor_elements(&x->desc);
        shaped |= narrows(&x->desc, out);
        uint32_t uneven = wide_axes(&x->desc) & ~axes[i];
        even &= !uneven;
        m &= ~uneven;
    }
    return even ? all : shaped || tensor_elements(out) > total ? m : 0;
}

/* Fills axes with the equal axes of a frame's inputs. False: the operator needs contrasts and an input has such an axis. */
static bool input_axes(const build_state *s, const op_group *g, size_t f, uint32_t equal[][OP_MAX_OUTPUTS], uint32_t *axes)
{
    const op_instance *in = &g->inst[f];
    uint32_t any = 0;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        uint32_t own = x->kind == INST_TENSOR ? s->notes[g->tensor[f][i]].equal_axes
                       : x->kind == INST_LINK ? equal[x->frame][x->output]
                                              : 0;
        any |= own;
        axes[i] = lineage_axes_seen(&x->desc, own);
    }
    return !any || !(in->op->flags & OP_CONTRAST);
}

bool lineage_contrasts(const build_state *s, const op_group *g, size_t f, uint32_t equal[][OP_MAX_OUTPUTS])
{
    uint32_t axes[OP_MAX_SLOTS];
    const op_instance *in = &g->inst[f];
    bool fit = input_axes(s, g, f, equal, axes);
    for (size_t o = 0; o < in->n_outputs && (f + 1 < g->n || g->target >= 0); o++)
        equal[f][o] = in->outputs[o].present ? lineage_equal_axes(in, &in->outputs[o].desc, axes) : 0;
    return fit;
}
