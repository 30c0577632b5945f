/* A state and groups made by hand, so that what becomes of a group is tested without solving one. */
#ifndef HAND_GROUP_H
#define HAND_GROUP_H

#include "build/build_commit.h"
#include "build/build_effect.h"
#include "small_table.h"

static const char group_table[] =
    "operators:\n"
    "  Give: {since: [1], out: {Y: float32}, choose: {n: 1..8}, shape: {Y: \"[n]\"}, range: {Y: \"[0, 1]\"}, flags: [source]}\n"
    "  Join: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {B: shape(A), C: shape(A)}, range: {C: A + B}}\n"
    "  Less: {since: [1], in: {A: float32}, out: {C: bool}, shape: {C: shape(A)}, range: {C: \"[0, 1]\"}}\n"
    "  Look: {since: [1], in: {X: float32}, out: {Y: int64}, rank: {X: 1..3}, shape: {Y: \"[rank(X)]\"}, range: {Y: \"[0, 9]\"},\n"
    "    flags: [source]}\n"
    "  Move: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Norm: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}, flags: [contrast]}\n"
    "  Scale: {since: [1], in: {X: float32, W: float32 weight}, out: {Y: float32, Z: float32},\n"
    "    shape: {W: shape(X), Y: shape(X), Z: shape(X)}, range: {Y: X + W, Z: X}}\n"
    "  Sub: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {B: shape(A), C: shape(A)}, range: {C: A - B},\n"
    "    flags: [unlike]}\n"
    "  Turn: {since: [1], in: {X: int64}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Undo: {since: [1], in: {X: bool}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n";

typedef struct {
    op_set *ops;
    op_index *index;
    arena memory;
    build_state s;
    op_group g;
    inst_input inputs[LOWER_MAX_FRAMES][OP_MAX_SLOTS];
    inst_output outputs[LOWER_MAX_FRAMES][OP_MAX_OUTPUTS];
} hand_group;

static inline void hand_open(hand_group *h, bool strict)
{
    memset(h, 0, sizeof *h);
    arena_init(&h->memory, 0);
    h->ops = small_table(group_table);
    assert_int_equal(op_index_new(&h->index, h->ops, NULL), NN_OK);
    assert_int_equal(state_init(&h->s, h->index, &h->memory, NULL), NN_OK);
    assert_true(state_reset(&h->s, 100));
    h->s.strict = strict;
    h->g.target = -1;
}

static inline void hand_close(hand_group *h)
{
    state_free(&h->s);
    op_index_free(h->index);
    op_set_free(h->ops);
    arena_free(&h->memory);
}

static inline tensor_desc hand_desc(dtype type, double lo, double hi)
{
    return (tensor_desc){.type = type, .rank = 2, .dims = {2, 3}, .range = {lo, hi}};
}

/* A group without operators. */
static inline void hand_begin(hand_group *h)
{
    h->g.n = 0;
    h->g.target = -1;
}

/* One operator more; all its outputs are there, of their first type and from -1 to 1. The number of its frame. */
static inline size_t hand_op(hand_group *h, const char *name)
{
    const op_model *op = named(h->ops, name);
    size_t f = h->g.n++;
    h->g.inst[f] = (op_instance){.op = op, .inputs = h->inputs[f], .outputs = h->outputs[f], .n_outputs = op->n_outputs};
    for (size_t o = 0; o < op->n_outputs; o++) {
        dtype type = DT_NONE;
        while (!(op->outputs[o].types >> type & 1))
            type++;
        h->outputs[f][o] = (inst_output){.present = true, .desc = hand_desc(type, -1, 1)};
    }
    return f;
}

/* What the last operator takes next. */
static inline inst_input *hand_input(hand_group *h, inst_kind kind, tensor_desc d)
{
    op_instance *in = &h->g.inst[h->g.n - 1];
    size_t i = in->n_inputs++;
    h->g.tensor[h->g.n - 1][i] = -1;
    in->inputs[i] = (inst_input){.kind = kind, .input = (int)(i < in->op->n_inputs ? i : in->op->n_inputs - 1), .desc = d};
    return &in->inputs[i];
}

static inline void hand_tensor(hand_group *h, int32_t t)
{
    (void)hand_input(h, INST_TENSOR, h->s.tensors[t].desc);
    h->g.tensor[h->g.n - 1][h->g.inst[h->g.n - 1].n_inputs - 1] = t;
}

static inline void hand_link(hand_group *h, size_t frame, size_t output)
{
    inst_input *x = hand_input(h, INST_LINK, h->outputs[frame][output].desc);
    x->frame = (int)frame;
    x->output = (int)output;
}

/* Commits the group; the first output of its last node. */
static inline int32_t hand_commit(hand_group *h)
{
    assert_true(state_commit(&h->s, &h->g));
    return h->s.nodes[h->s.n_nodes - 1].outputs[0];
}

/* An operator on one tensor, committed; its first output. */
static inline int32_t hand_on(hand_group *h, const char *name, int32_t t)
{
    hand_begin(h);
    hand_op(h, name);
    hand_tensor(h, t);
    return hand_commit(h);
}

/* A Move on a new graph input, committed; its output. */
static inline int32_t hand_start(hand_group *h)
{
    hand_begin(h);
    hand_op(h, "Move");
    (void)hand_input(h, INST_NEW_INPUT, hand_desc(DT_FLOAT32, -1, 1));
    return hand_commit(h);
}

#endif
