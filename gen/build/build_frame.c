#include "build/build_frame.h"

constancy frame_constant(const build_state *s, const op_group *g, size_t f, const constancy *constant)
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

bool frame_weak(const build_state *s, const op_instance *in, constancy constant)
{
    bool weak = s->strict;
    for (size_t o = 0; o < in->n_outputs && weak; o++)
        weak = !in->outputs[o].present || in->outputs[o].desc.likely.weak;
    return weak || constant != VARIES;
}

static dtype_mask output_types(const op_instance *in)
{
    dtype_mask m = 0;
    for (size_t o = 0; o < in->n_outputs; o++)
        if (in->outputs[o].present)
            m |= (dtype_mask)1 << in->outputs[o].desc.type;
    return m;
}

int frame_sink(const build_state *s, const op_instance *in, bool weak)
{
    return op_index_sink(s->index, output_types(in)) + weak;
}

bool frame_aside(const build_state *s, const op_instance *in, size_t o)
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

bool frame_mask(const build_state *s, const op_group *g, size_t f, const avoid_mask *frames, avoid_mask *m)
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
