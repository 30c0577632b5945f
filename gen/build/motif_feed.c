#include "build/motif_feed.h"
#include "build/build_group.h"
#include "build/build_input.h"
#include "build/build_log.h"
#include "build/build_pick.h"
#include "build/build_refuse.h"

#define PROBED_DRAWS 24 /* operators that made a tensor of the wanted rank when they were probed */
#define PROBED_TRIES 5  /* those of them that are solved */
#define FEED_TRIES 2    /* any others */
#define SAME_SCAN 16    /* tensors of the wanted shape among which one is drawn */

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
    log_put(b, ITEM_OPERATOR, SCOPE_FEED, segment_hash(op->name));
    log_put(b, ITEM_FEED, SCOPE_FEED, (uint32_t)input | (uint32_t)output << 8);
    log_tensor(b, SCOPE_FEED, t);
    int frame;
    log_scope(b, SCOPE_FEED);
    lower_begin(b->lower, b->t);
    lower_result res = lower_add(b->lower, &r, &frame);
    res = res == LOWER_OK ? lower_close(b->lower, b->group.inst) : res;
    log_pause(b);
    return res;
}

static bool opens_inputs(const op_instance *x)
{
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].kind == INST_NEW_INPUT)
            return true;
    return false;
}

/* Takes the operator if it makes the wanted tensor of t. */
static lower_result feed(builder *b, const op_model *op, int input, int32_t t, const tensor_desc *want, int output)
{
    log_mark before;
    log_get_mark(b, &before);
    lower_result res = solve(b, op, input, t, want, output);
    if (res == LOWER_OK && opens_inputs(&b->group.inst[0]))
        res = LOWER_FAIL;
    if (res == LOWER_FAIL)
        log_rewind(b, &before);
    b->group.n = res == LOWER_OK;
    return res;
}

lower_result motif_feed_again(builder *b, const op_model *op, int input, int32_t t, const tensor_desc *want, int output)
{
    const lower_result res = feed(b, op, input, t, want, output);
    return res == LOWER_FAIL ? build_refuse(b, BUILD_NO_PRODUCER, NULL, -1) : res;
}

/* ---- what the probe has seen ---- */

/* Whether the operator made a tensor of the wanted type and rank, from one of a type and rank that the graph has. */
static bool leads_to(const builder *b, const probe_sample *x, const tensor_desc *want)
{
    return x->out.type == want->type && x->out.rank == want->rank && b->index->facts[x->op].least_data < 2 &&
           b->s.free[x->in_type][x->in_rank].n + b->s.taken[x->in_type][x->in_rank].n > 0;
}

/* Lists the samples that lead to the wanted tensor. */
static size_t list_leading(const builder *b, const tensor_desc *want, uint32_t *list)
{
    size_t all, n = 0;
    const probe_sample *samples = op_probe_samples(b->probe, &all);
    for (size_t i = 0; i < all; i++)
        if (leads_to(b, &samples[i], want))
            list[n++] = (uint32_t)i;
    return n;
}

/* One of the newest tensors of this type and shape; -1: there is none. */
static int32_t draw_same(builder *b, const tensor_desc *d)
{
    int32_t found[SAME_SCAN];
    size_t n = 0;
    int32_t t = state_same_shape(&b->s, d);
    for (int k = 0; t >= 0 && k < SAME_SCAN; k++, t = b->s.notes[t].same_shape)
        if (!b->s.notes[t].inner && tensor_shape_equal(&b->s.tensors[t].desc, d))
            found[n++] = t;
    return n > 0 ? found[build_draw(b, "tensor", n)] : -1;
}

/* A tensor of the sample's type and rank. Most operators that keep the rank keep the shape. */
static int32_t draw_tensor(builder *b, const probe_sample *x, const tensor_desc *want)
{
    tensor_desc same = *want;
    same.type = x->in_type;
    int32_t t = x->in_rank == want->rank && tape_chance(b->t, "same shape", 3, 4) ? draw_same(b, &same) : -1;
    if (t >= 0)
        return t;
    const id_list *open = &b->s.free[x->in_type][x->in_rank], *taken = &b->s.taken[x->in_type][x->in_rank];
    size_t k = build_draw(b, "tensor", open->n + taken->n);
    return k < open->n ? open->items[k] : taken->items[k - open->n];
}

/* Whether an operator that kept the dimensions of its sample may make the wanted ones of d: if they are the same, or if d can be
 * broadcast with another operand. */
static bool may_keep(const builder *b, const op_model *op, const tensor_desc *d, const tensor_desc *want)
{
    bool joins = b->index->facts[op->index].most_data >= 2;
    for (int i = 0; i < d->rank; i++)
        if (d->dims[i] != want->dims[i] && !(joins && d->dims[i] == 1))
            return false;
    return true;
}

/* Operators that the probe has seen make such a tensor. *none: there are none. */
static lower_result feed_probed(builder *b, const tensor_desc *want, int *output, bool *none)
{
    lower_result res = LOWER_FAIL;
    size_t all;
    const probe_sample *samples = op_probe_samples(b->probe, &all);
    uint32_t *leading = op_probe_room(b->probe);
    const size_t n = list_leading(b, want, leading);
    *none = n == 0;
    for (int k = 0, tries = 0; k < PROBED_DRAWS && tries < PROBED_TRIES && n > 0 && res == LOWER_FAIL; k++) {
        const uint32_t sample = leading[build_draw(b, "feed", n)];
        const probe_sample *x = &samples[sample];
        const op_model *op = &b->ops->ops[x->op];
        int32_t t = draw_tensor(b, x, want);
        if (b->s.notes[t].constant != VARIES || !build_suits(b, op, x->in_input, t) ||
            (x->keeps && !may_keep(b, op, &b->s.tensors[t].desc, want)) ||
            op_probe_makes(b->probe, sample, &b->s.tensors[t].desc, want) == FITS_NEVER)
            continue;
        tries++;
        *output = x->output;
        res = feed(b, op, x->in_input, t, want, *output);
    }
    return res;
}

/* Any operator and tensor, which rarely suit. */
static lower_result feed_any(builder *b, const tensor_desc *want, int *output)
{
    const op_list *l = build_is_data(b, want->type) ? &b->index->bridges : &b->index->producers[want->type];
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < FEED_TRIES && l->n > 0 && res == LOWER_FAIL; k++) {
        const op_model *op = build_op_at(b, l, build_draw(b, "feed", l->n));
        if (b->index->facts[op->index].least_data > 1 || !(b->index->facts[op->index].gives >> want->type & 1))
            continue;
        int input = build_input_any(b, op, -1);
        int32_t t = input >= 0 ? build_pick_either(b, op, (size_t)input, b->ops->data) : -1;
        if (t < 0 || b->s.notes[t].constant != VARIES)
            continue;
        *output = build_output_of(op, want->type);
        res = feed(b, op, input, t, want, *output);
    }
    return res;
}

lower_result motif_feed(builder *b, const tensor_desc *want, int *output)
{
    bool none;
    lower_result res = feed_probed(b, want, output, &none);
    if (res == LOWER_FAIL && none)
        res = feed_any(b, want, output);
    return res == LOWER_FAIL ? build_refuse(b, BUILD_NO_PRODUCER, NULL, -1) : res;
}
