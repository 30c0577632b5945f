#include "build/build_chain.h"

/* A connection from an output of one operator to an input of another. */
typedef struct {
    int output, input;
    dtype_mask types; /* types that both allow */
} chain_link;

static dtype_mask shared_types(const op_model *a, const op_model *z, size_t output, size_t input)
{
    const op_input *in = &z->inputs[input];
    return op_input_data(in) && !in->conditional ? a->outputs[output].types & in->types : 0;
}

/* Draws one of the links from a to z, to the slot of z unless it is -1. false: there is none. */
static bool draw_link(builder *b, const op_model *a, const op_model *z, int slot, chain_link *l)
{
    chain_link found[OP_MAX_OUTPUTS * OP_MAX_INPUTS];
    size_t n = 0;
    for (size_t o = 0; o < a->n_outputs; o++)
        for (size_t i = 0; i < z->n_inputs; i++) {
            dtype_mask types = shared_types(a, z, o, i);
            if (types && (slot < 0 || (int)i == spec_input_at(z, slot)))
                found[n++] = (chain_link){(int)o, (int)i, types};
        }
    if (n == 0)
        return false;
    *l = found[build_draw(b, "link", n)];
    return true;
}

bool build_chain_typed(const op_model *a, const op_model *z)
{
    for (size_t o = 0; o < a->n_outputs; o++)
        for (size_t i = 0; i < z->n_inputs; i++)
            if (shared_types(a, z, o, i))
                return true;
    return false;
}

/* Draws a type for the linked output: a type of data if possible. */
static dtype link_type(builder *b, dtype_mask types)
{
    return build_draw_type(b, types & b->ops->data ? types & b->ops->data : types);
}

bool build_chain(builder *b, const uint16_t *ops, const int8_t *operands, size_t n, op_spec *sp)
{
    for (size_t k = 0; k < n; k++) {
        const op_model *op = &b->ops->ops[ops[k]];
        chain_link l;
        sp[k] = spec_of(op);
        if (b->index->facts[op->index].most_data >= 2)
            sp[k].partners = build_partners(b, (int)tape_draw(b->t, "partners", 3));
        if (k == 0)
            continue;
        const int slot = operands ? operands[k] : -1;
        if (!draw_link(b, sp[k - 1].op, op, slot, &l))
            return false;
        spec_link(&sp[k], (int)k - 1, l.output, l.input);
        sp[k].link_slot = slot;
        if (l.output == 0)
            sp[k - 1].output_type = link_type(b, l.types);
    }
    return true;
}
