#include "build/build_moves.h"
#include "build/build_input.h"
#include "build/build_pick.h"

#define CONVERT_TRIES 16
#define BRIDGES 8 /* samples that are examined */

lower_result move_start(builder *b, const op_model *op)
{
    return build_try_one(b, spec_of(op));
}

lower_result move_extend(builder *b, const op_model *op, bool taken, int partners)
{
    int input = build_input_any(b, op, -1);
    int32_t t = input < 0 ? -1 : build_pick(b, op, (size_t)input, taken, 0);
    if (t < 0)
        return LOWER_FAIL;
    op_spec sp = spec_of(op);
    spec_give(&sp, 0, t, input);
    sp.partners = partners;
    return build_try_one(b, sp);
}

/* ---- bridges ---- */

/* A tensor of the type and rank of the sample's input, for the operator of the sample; -1: none. */
static int32_t pick_like(builder *b, const op_model *op, const probe_sample *x, bool taken)
{
    const id_list *l = taken ? &b->s.taken[x->in_type][x->in_rank] : &b->s.free[x->in_type][x->in_rank];
    size_t first = l->n ? build_draw(b, "place", l->n) : 0;
    for (size_t k = 0; k < l->n && k < 4; k++) {
        int32_t t = l->items[l->n - 1 - (first + k) % l->n];
        if (lower_may_take(b->lower, op, x->in_input, &b->s.tensors[t].desc))
            return t;
    }
    return -1;
}

lower_result move_bridge(builder *b, const op_model *op)
{
    int input = build_input_any(b, op, -1);
    size_t n = 0, n_samples;
    if (input < 0)
        return LOWER_FAIL;
    const uint32_t *list = op_probe_bridges(b->probe, op, (size_t)input, &n);
    if (!list)
        return LOWER_NOMEM;
    const probe_sample *samples = op_probe_samples(b->probe, &n_samples);
    size_t first = n ? build_draw(b, "bridge", n) : 0;
    bool branch = b->s.live.n < b->limit;
    for (size_t k = 0; k < n && k < BRIDGES; k++) {
        const probe_sample *x = &samples[list[(first + k) % n]];
        const op_model *between = &b->ops->ops[x->op];
        int32_t t = pick_like(b, between, x, false);
        if (t < 0 && branch)
            t = pick_like(b, between, x, true);
        if (t < 0)
            continue;
        op_spec sp[2] = {spec_of(between), spec_of(op)};
        sp[0].output_type = build_many_types(b) ? x->out.type : DT_NONE;
        spec_give(&sp[0], 0, t, x->in_input);
        spec_link(&sp[1], 0, x->output, input);
        sp[1].partners = b->index->facts[op->index].most_data >= 2 && build_partners(b, tape_chance(b->t, "join", 2, 3));
        return build_try(b, sp, 2);
    }
    return LOWER_FAIL;
}

/* ---- graph inputs ---- */

lower_result move_backward(builder *b, const op_model *op)
{
    if (b->s.inputs.n == 0 || !(b->index->facts[op->index].gives & b->ops->data) || op->flags & OP_SOURCE)
        return LOWER_FAIL;
    op_spec sp = spec_of(op);
    sp.target = b->s.inputs.items[build_draw(b, "target", b->s.inputs.n)];
    if (b->s.strict && !b->s.notes[sp.target].passed)
        return LOWER_FAIL;
    sp.partners = tape_chance(b->t, "join", 1, 4);
    return build_try_one(b, sp);
}

/* Draws one of these types that some operator accepts: float32 or, more often, another one of them. */
static dtype draw_taken_type(builder *b, dtype_mask types)
{
    dtype_mask others = types & b->index->taken & ~((dtype_mask)1 << DT_FLOAT32);
    if (!others || (types >> DT_FLOAT32 & 1 && !tape_chance(b->t, "other type", 2, 3)))
        return DT_FLOAT32;
    return build_draw_type(b, others);
}

lower_result move_start_and_join(builder *b, const op_model *op)
{
    int output = build_output_of(op, DT_FLOAT32);
    dtype type = draw_taken_type(b, op->outputs[output].types);
    const op_list *joins = type != DT_FLOAT32                    ? &b->index->takers[type]
                           : tape_chance(b->t, "any join", 1, 4) ? &b->index->joins
                                                                 : build_joins(b);
    if (joins->n == 0)
        return LOWER_FAIL;
    const op_model *join = build_op_at(b, joins, build_draw(b, "join", joins->n));
    int link = type == DT_FLOAT32 ? build_input_any(b, join, -1) : build_input_taking(join, type);
    int other = link < 0 ? -1 : build_input_any(b, join, link);
    int32_t t = other < 0 ? -1 : build_pick_either(b, join, (size_t)other, b->ops->data);
    if (t < 0)
        return LOWER_FAIL;
    op_spec sp[2] = {spec_of(op), spec_of(join)};
    sp[0].output_type = type;
    spec_link(&sp[1], 0, output, link);
    spec_give(&sp[1], 0, t, other);
    return build_try(b, sp, 2);
}

/* ---- types other than those of data ---- */

size_t build_feed(builder *b, const op_model *op, op_spec *sp)
{
    int input = build_input_of(b, op, ~b->ops->data);
    if (input < 0)
        return 0;
    dtype_mask types = op->inputs[input].types & ~b->ops->data;
    sp[0] = sp[1] = spec_of(op);
    int32_t t = tape_chance(b->t, "made at once", 1, 2) ? -1 : build_pick(b, op, (size_t)input, false, types);
    if (t >= 0) {
        spec_give(&sp[0], 0, t, input);
        return 1;
    }
    dtype type = build_draw_type(b, types & b->index->produced);
    if (type == DT_NONE)
        return 0;
    const op_list *l = &b->index->producers[type];
    const op_model *producer = build_op_at(b, l, build_draw_op(b, "producer", l, SIZE_MAX));
    sp[0] = spec_of(producer);
    sp[0].output_type = type;
    int from = build_input_any(b, producer, -1);
    if (from >= 0)
        spec_give(&sp[0], 0, build_pick(b, producer, (size_t)from, false, b->ops->data), from);
    spec_link(&sp[1], 0, build_output_of(producer, type), input);
    return 2;
}

lower_result move_produce(builder *b, const op_model *op)
{
    if (b->index->facts[op->index].inputs_cost > 0)
        return move_start(b, op);
    op_spec sp[2];
    size_t n = build_feed(b, op, sp);
    return n > 0 ? build_try(b, sp, n) : LOWER_FAIL;
}

/* The operator before a conversion: one whose values are suitable, or another conversion, so that conversions follow one another.
 */
static op_spec before_convert(builder *b, const op_model *op, dtype_mask types)
{
    const op_list *bridges = &b->index->bridges;
    bool chain = bridges->n == 0 || tape_chance(b->t, "chain", 1, 2);
    op_spec sp = spec_of(chain ? op : build_op_at(b, bridges, build_draw(b, "operator", bridges->n)));
    if (chain)
        sp.output_type = build_draw_type(b, types);
    return sp;
}

/* Converts a tensor directly, or what another operator makes of it. */
lower_result move_convert(builder *b)
{
    const op_list *l = &b->index->converters;
    const op_model *op = build_op_at(b, l, build_draw(b, "converter", l->n));
    dtype_mask types = op->outputs[0].types & ~b->ops->data & b->index->sinkable;
    dtype type = build_draw_type(b, types);
    if (type == DT_NONE)
        return LOWER_FAIL;
    lower_result res = LOWER_FAIL;
    size_t start = build_draw(b, "two operators", 2);
    for (int k = 0; k < CONVERT_TRIES && res == LOWER_FAIL; k++) {
        op_spec sp[2] = {spec_of(op), spec_of(op)};
        size_t last = ((size_t)k + start) % 2;
        sp[last].output_type = type;
        if (last) {
            sp[0] = before_convert(b, op, types);
            spec_link(&sp[1], 0, build_output_of(sp[0].op, sp[0].output_type != DT_NONE ? sp[0].output_type : DT_FLOAT32),
                      build_input_any(b, op, -1));
        }
        int input = build_input_any(b, sp[0].op, -1);
        int32_t t = input < 0 ? -1 : build_pick(b, sp[0].op, (size_t)input, false, b->ops->data);
        spec_give(&sp[0], 0, t, input);
        if (t >= 0 && (!last || sp[1].link_input >= 0))
            res = build_try(b, sp, 1 + last);
    }
    return res;
}

/* ---- any move ---- */

static lower_result extend_free(builder *b, const op_model *op)
{
    return move_extend(b, op, false, tape_chance(b->t, "join", 1, 2));
}

static lower_result extend_taken(builder *b, const op_model *op)
{
    if (b->s.live.n + b->s.shown >= b->limit) /* a join with a live tensor keeps the number of live nodes */
        return b->index->facts[op->index].most_data >= 2 ? move_extend(b, op, true, 1) : LOWER_FAIL;
    return move_extend(b, op, true, tape_chance(b->t, "join", 1, 2));
}

typedef struct {
    lower_result (*move)(builder *b, const op_model *op);
    int tries, patient; /* patient: the operator must be placed now */
    bool inputs;        /* graph inputs may be made without limit */
} placing_row;

static const placing_row placing[] = {
    {extend_free, 3, 6, false},   {extend_taken, 3, 6, false}, {move_produce, 3, 10, false},       {move_bridge, 3, 10, false},
    {move_backward, 2, 6, false}, {extend_free, 2, 4, true},   {extend_taken, 2, 4, true},         {move_bridge, 2, 6, true},
    {move_backward, 2, 4, true},  {move_produce, 2, 4, true},  {move_start_and_join, 4, 16, true}, {move_start, 1, 3, true},
};

lower_result build_place(builder *b, const op_model *op, bool patient)
{
    bool before = b->free_inputs;
    lower_result res = LOWER_FAIL;
    for (size_t k = 0; k < sizeof placing / sizeof *placing && res == LOWER_FAIL; k++) {
        const placing_row *row = &placing[k];
        b->free_inputs = before || row->inputs;
        int tries = patient ? row->patient : row->tries;
        for (int i = 0; i < tries && res == LOWER_FAIL; i++)
            res = row->move(b, op);
    }
    b->free_inputs = before;
    return res;
}
