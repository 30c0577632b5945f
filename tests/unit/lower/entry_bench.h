/* Benches of one small operator of float32, as the text of a table entry. */
#ifndef TEST_ENTRY_BENCH_H
#define TEST_ENTRY_BENCH_H

#include "lower/lower_bench.h"

#define ENTRY(body) "operators:\n  A:\n    since: [1]\n    in: {X: float32}\n    out: {Y: float32}\n" body "\n"
#define SAME "    shape: {Y: \"shape(X)\"}\n    range: {Y: \"X\"}\n"

static inline void open_bench(bench *b, const char *table, lower_limits limits, uint64_t seed)
{
    open_bench_typed(b, table, dtype_bit(DT_FLOAT32), limits, seed);
}

static inline lower_request request(const op_model *op)
{
    lower_request r = {.op = op};
    size_t slot = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        r.arity[i] = op->inputs[i].min_arity;
        for (int k = 0; k < r.arity[i]; k++)
            r.slots[slot++] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
    }
    return r;
}

static inline const attr_value *attr(const op_instance *x, const char *name)
{
    for (size_t i = 0; i < x->n_attrs; i++)
        if (strcmp(x->attrs[i].name, name) == 0)
            return &x->attrs[i];
    return NULL;
}

static inline tensor_desc tensor(int rank, int64_t a, int64_t b, int64_t c)
{
    return (tensor_desc){.type = DT_FLOAT32, .rank = rank, .dims = {a, b, c}, .range = {-1, 1}};
}

/* How often each value below 64 of an int attribute came up. */
static inline int sample_ints(const char *table, int tries, int counts[64])
{
    bench b;
    int found = 0;
    open_bench(&b, table, (lower_limits){0}, 7);
    lower_request r = request(&b.set->ops[0]);
    memset(counts, 0, 64 * sizeof *counts);
    for (int i = 0; i < tries; i++) {
        if (solve(&b, &r) == LOWER_OK) {
            const attr_value *a = attr(&b.inst[0], "a");
            assert_non_null(a);
            assert_in_range(a->i, 0, 63);
            counts[a->i]++;
            found++;
        }
        arena_reset(&b.memory);
    }
    close_bench(&b);
    return found;
}

#endif
