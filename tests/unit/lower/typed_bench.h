/* Benches of one operator on tensors of any element type. */
#ifndef TEST_TYPED_BENCH_H
#define TEST_TYPED_BENCH_H

#include "lower/lower_bench.h"

static inline void open_typed(bench *b, const char *table)
{
    open_bench_typed(b, table, dtype_group("all"), (lower_limits){.max_magnitude = 1e9}, 3);
}

/* The operator on a vector of the type with values in [lo, hi]; type DT_NONE: on a new graph input. */
static inline lower_result on(bench *b, dtype type, double lo, double hi)
{
    tensor_desc d = {.type = type, .rank = 1, .dims = {4}, .range = {lo, hi}};
    lower_request r = {.op = &b->set->ops[0], .arity = {1, 1}};
    r.slots[0] = (lower_slot){.kind = type != DT_NONE ? SLOT_TENSOR : SLOT_OPEN, .tensor = &d, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
    return solve(b, &r);
}

static inline interval result(const bench *b)
{
    return b->inst[0].outputs[0].desc.range;
}

#define TYPED(range)                                                                                                          \
    "operators:\n  A:\n    since: [1]\n    wide: {T: [all]}\n    in: {X: T}\n    out: {Y: T}\n    shape: {Y: shape(X)}\n    " \
    "range: "                                                                                                                 \
    "{Y: \"" range "\"}\n"

#endif
