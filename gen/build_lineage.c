/* What a tensor is made of: whether two are functions of one, and where broadcasting made elements equal. */
#include "build_lineage.h"

static bool slot_data(inst_kind k)
{
    return k == INST_TENSOR || k == INST_NEW_INPUT || k == INST_LINK;
}

static bool drawn(const inst_input *x)
{
    return x->kind == INST_INIT && x->init.kind != CONTENT_LIST && dtype_is_float(x->desc.type);
}

/* What an operator's outputs are functions of, if that is one tensor and no weight; -1 else. origins: of the operators before.
 * fresh: what stands for a new graph input. */
int32_t lineage_frame_origin(const build_state *s, const build_group *g, size_t f, const int32_t *origins, int32_t fresh)
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

/* Whether two inputs of one shape are functions of the same tensor. */
bool lineage_alike(const build_state *s, const build_group *g, size_t f, const int32_t *origins)
{
    const op_instance *in = &g->inst[f];
    for (size_t i = 0; i < in->n_inputs; i++)
        for (size_t j = 0; j < i; j++) {
            const inst_input *a = &in->inputs[i], *b = &in->inputs[j];
            int32_t p = a->kind == INST_TENSOR ? s->notes[g->tensor[f][i]].origin : a->kind == INST_LINK ? origins[a->frame] : -1;
            int32_t q = b->kind == INST_TENSOR ? s->notes[g->tensor[f][j]].origin : b->kind == INST_LINK ? origins[b->frame] : -1;
            if (p != -1 && p == q && lineage_copies(&a->desc, &b->desc))
                return true;
        }
    return false;
}

/* Origin of a node's outputs, -1: themselves. */
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

/* Axes of an output along which nothing that it is made of differs. levels: of the inputs. Only broadcasting is seen: an output
 * larger than the inputs together, or of the shape of one. */
uint32_t lineage_output_level(const op_instance *in, const tensor_desc *out, const uint32_t *levels)
{
    uint32_t m = 0;
    int64_t total = 0;
    bool shaped = false;
    for (int k = 0; k < out->rank; k++)
        m |= out->dims[out->rank - 1 - k] > 1 ? (uint32_t)1 << k : 0;
    for (size_t i = 0; i < in->n_inputs && m; i++) {
        const inst_input *x = &in->inputs[i];
        if (!slot_data(x->kind))
            continue;
        total += tensor_elements(&x->desc);
        shaped |= tensor_shape_equal(&x->desc, out);
        for (int k = 0; k < x->desc.rank && k < out->rank; k++)
            if (x->desc.dims[x->desc.rank - 1 - k] > 1 && !(levels[i] >> k & 1))
                m &= ~((uint32_t)1 << k);
    }
    return shaped || tensor_elements(out) > total ? m : 0;
}

/* Levels of an operator's inputs. linked: of outputs of the group. False: one that sees contrasts would have one that is level
 * along some axis. */
static bool input_levels(const build_state *s, const build_group *g, size_t f, uint32_t linked[][OP_MAX_OUTPUTS], uint32_t *levels)
{
    const op_instance *in = &g->inst[f];
    uint32_t any = 0;
    for (size_t i = 0; i < in->n_inputs; i++) {
        const inst_input *x = &in->inputs[i];
        levels[i] = x->kind == INST_TENSOR ? s->notes[g->tensor[f][i]].level
                    : x->kind == INST_LINK ? linked[x->frame][x->output]
                                           : 0;
        any |= levels[i];
    }
    return !any || !(in->op->flags & OP_CONTRAST);
}

bool lineage_levels_fit(const build_state *s, const build_group *g, size_t f, uint32_t linked[][OP_MAX_OUTPUTS])
{
    uint32_t levels[OP_MAX_SLOTS];
    const op_instance *in = &g->inst[f];
    bool fit = input_levels(s, g, f, linked, levels);
    for (size_t o = 0; o < in->n_outputs && f + 1 < g->n; o++)
        linked[f][o] = in->outputs[o].present ? lineage_output_level(in, &in->outputs[o].desc, levels) : 0;
    return fit;
}
