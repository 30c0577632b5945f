#include "build/motif_feed.h"
#include "build/build_group.h"
#include "build/build_input.h"
#include "build/build_pick.h"
#include "build/build_refuse.h"

#define FEED_TRIES 24

/* Solves the operator on a tensor. */
static lower_result solve(builder *b, const op_model *op, int input, int32_t t, const tensor_desc *want, int output)
{
    lower_request r = {.op = op, .target = want, .target_output = output, .target_inside = true};
    size_t at = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        r.arity[i] = in->min_arity < 1 ? 1 : in->min_arity;
        for (int k = 0; k < r.arity[i] && at < OP_MAX_SLOTS; k++, at++) {
            bool given = (int)i == input && k == 0;
            r.slots[at] = (lower_slot){.kind = given ? SLOT_TENSOR : op_input_must(in) ? SLOT_OPEN : SLOT_AUTO, .rank = -1};
            r.slots[at].tensor = given ? &b->s.tensors[t].desc : NULL;
            b->group.tensor[0][at] = given ? t : -1;
        }
    }
    int frame;
    lower_begin(b->lower, b->t);
    lower_result res = lower_add(b->lower, &r, &frame);
    return res == LOWER_OK ? lower_close(b->lower, b->group.inst) : res;
}

static bool opens_inputs(const op_instance *x)
{
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].kind == INST_NEW_INPUT)
            return true;
    return false;
}

lower_result motif_feed(builder *b, const tensor_desc *want, int *output)
{
    const op_list *l = &b->index->bridges;
    size_t n = b->ops->n_ops;
    const bool data = build_is_data(b, want->type);
    if (!data)
        l = &b->index->producers[want->type];
    n = l->n;
    for (int k = 0; k < FEED_TRIES && n > 0; k++) {
        const op_model *op = build_op_at(b, l, build_draw(b, "feed", n) + (size_t)k);
        int input = build_input_any(b, op, -1);
        if (input < 0 || !(b->index->facts[op->index].gives >> want->type & 1))
            continue;
        int32_t t = build_pick_either(b, op, (size_t)input, b->ops->data);
        if (t < 0 || b->s.notes[t].constant != VARIES)
            continue;
        *output = build_output_of(op, want->type);
        lower_result res = solve(b, op, input, t, want, *output);
        if (res == LOWER_OK && !opens_inputs(&b->group.inst[0])) {
            b->group.n = 1;
            return LOWER_OK;
        }
        if (res == LOWER_NOMEM)
            return res;
    }
    return build_refuse(b, BUILD_NO_PRODUCER, NULL, -1);
}
