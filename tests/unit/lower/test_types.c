/* Instances in types other than float32: intervals by type, limits, contents, the types of new graph inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lower/lower_bench.h"

static void open_bench(bench *b, const char *table)
{
    open_bench_typed(b, table, dtype_group("all"), (lower_limits){.max_magnitude = 1e9}, 3);
}

/* The operator on a vector of the type with values in [lo, hi]; type DT_NONE: on a new graph input. */
static lower_result on(bench *b, dtype type, double lo, double hi)
{
    tensor_desc d = {.type = type, .rank = 1, .dims = {4}, .range = {lo, hi}};
    lower_request r = {.op = &b->set->ops[0], .arity = {1, 1}};
    r.slots[0] = (lower_slot){.kind = type != DT_NONE ? SLOT_TENSOR : SLOT_OPEN, .tensor = &d, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
    return solve(b, &r);
}

static interval result(const bench *b)
{
    return b->inst[0].outputs[0].desc.range;
}

#define ENTRY(range)                                                                                                          \
    "operators:\n  A:\n    since: [1]\n    wide: {T: [all]}\n    in: {X: T}\n    out: {Y: T}\n    shape: {Y: shape(X)}\n    " \
    "range: "                                                                                                                 \
    "{Y: \"" range "\"}\n"

static void float16_is_rounded_outward_once_an_operation(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, ENTRY("X * X"));
    assert_int_equal(on(&b, DT_FLOAT16, 1.5, 3.001953125), LOWER_OK);
    interval r = result(&b);
    assert_true(r.lo <= 2.25 * (1 - 0x1p-11) && r.lo >= 2.24 && r.hi >= 9.0117225646972656 * (1 + 0x1p-11) && r.hi <= 9.03);
    assert_true(half_nearest(r.lo) == r.lo && half_nearest(r.hi) == r.hi);
    assert_int_equal(on(&b, DT_FLOAT32, 1.5, 3.001953125), LOWER_OK);
    assert_true(result(&b).lo > 2.2499 && result(&b).hi < 9.0118);
    assert_int_equal(on(&b, DT_DOUBLE, 1.5, 3), LOWER_OK);
    close_bench(&b);
    open_bench(&b, ENTRY("relu(X)")); /* exact: nothing is added */
    assert_int_equal(on(&b, DT_FLOAT16, -1.5, 3), LOWER_OK);
    assert_true(result(&b).lo == 0 && result(&b).hi == 3);
    close_bench(&b);
}

static void float16_does_not_overflow(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, ENTRY("X * X"));
    assert_int_equal(on(&b, DT_FLOAT16, 0, 255), LOWER_OK);
    assert_int_equal(on(&b, DT_FLOAT16, 0, 256), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT32, 0, 256), LOWER_OK);
    close_bench(&b);
    open_bench(&b, ENTRY("sqrt(X * X)")); /* nor on the way */
    assert_int_equal(on(&b, DT_FLOAT16, 0, 300), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT32, 0, 300), LOWER_OK);
    close_bench(&b);
    open_bench(&b, ENTRY("mean_of(1000, X)"));
    assert_int_equal(on(&b, DT_FLOAT16, 0, 100), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT16, 0, 30), LOWER_OK);
    close_bench(&b);
    open_bench(&b, ENTRY("softplus(X)"));
    assert_int_equal(on(&b, DT_FLOAT16, -5, 11), LOWER_OK);
    assert_int_equal(on(&b, DT_FLOAT16, -5, 12), LOWER_FAIL);
    close_bench(&b);
}

static void whole_numbers_are_exact_and_do_not_wrap(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, ENTRY("X + X"));
    assert_int_equal(on(&b, DT_INT8, -64, 63), LOWER_OK);
    assert_true(result(&b).lo == -128 && result(&b).hi == 126);
    assert_int_equal(on(&b, DT_INT8, -64, 64), LOWER_FAIL);
    assert_int_equal(on(&b, DT_UINT8, 0, 127), LOWER_OK);
    assert_int_equal(on(&b, DT_UINT8, 0, 128), LOWER_FAIL);
    assert_int_equal(on(&b, DT_INT32, -1073741824, 1000), LOWER_FAIL); /* nothing to spare for the rounding of large numbers */
    assert_int_equal(on(&b, DT_INT32, -1000000, 1000000), LOWER_OK);
    close_bench(&b);
    open_bench(&b, ENTRY("-X"));
    assert_int_equal(on(&b, DT_UINT16, 0, 5), LOWER_FAIL);
    assert_int_equal(on(&b, DT_INT16, 0, 5), LOWER_OK);
    assert_int_equal(on(&b, DT_INT16, -32768, 5), LOWER_FAIL);
    close_bench(&b);
}

static void graph_inputs_have_each_type_of_data(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, ENTRY("X"));
    int seen[DT_COUNT] = {0};
    for (int i = 0; i < 1500; i++) {
        if (on(&b, DT_NONE, 0, 0) != LOWER_OK)
            continue;
        const tensor_desc *d = &b.inst[0].inputs[0].desc;
        double least, largest;
        assert_true(dtype_limits(d->type, &least, &largest));
        assert_true(least <= d->range.lo && d->range.lo < d->range.hi && d->range.hi <= largest);
        if (!dtype_is_float(d->type))
            assert_true((double)(int64_t)d->range.lo == d->range.lo && (double)(int64_t)d->range.hi == d->range.hi);
        if (d->type == DT_FLOAT16)
            assert_true(half_nearest(d->range.lo) == d->range.lo && half_nearest(d->range.hi) == d->range.hi);
        seen[d->type]++;
    }
    for (int t = 1; t < DT_COUNT; t++)
        assert_true(t == DT_STRING || t == DT_BOOL ? seen[t] == 0 : seen[t] >= 20);
    assert_true(seen[DT_FLOAT32] > 400);
    close_bench(&b);
}

/* W beside X, with these contents. */
#define WITH(values)                                                                                                        \
    "operators:\n  A:\n    since: [1]\n    wide: {T: [all]}\n    in: {X: T, W: T weight}\n    out: {Y: T}\n    shape: {W: " \
    "\"[8]\", Y: shape(X)}\n    values: {W: \"" values "\"}\n    range: {Y: \"hull(X, W)\"}\n"

static void contents_are_of_the_type(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, WITH("uniform(-2.5, 2.5)"));
    const inst_input *w;
    assert_int_equal(on(&b, DT_UINT8, 0, 9), LOWER_OK);
    w = &b.inst[0].inputs[1];
    assert_true(w->init.kind == CONTENT_INTEGERS && w->init.lo == 0 && w->init.hi == 2);
    assert_int_equal(on(&b, DT_INT32, 0, 9), LOWER_OK);
    w = &b.inst[0].inputs[1];
    assert_true(w->init.kind == CONTENT_INTEGERS && w->init.lo == -2 && w->init.hi == 2);
    assert_int_equal(on(&b, DT_BOOL, 0, 1), LOWER_OK);
    w = &b.inst[0].inputs[1];
    assert_true(w->init.kind == CONTENT_MASK && w->desc.range.lo == 0 && w->desc.range.hi == 1);
    close_bench(&b);
    open_bench(&b, WITH("0.3"));
    assert_int_equal(on(&b, DT_FLOAT16, 0, 1), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == half_nearest(0.3));
    assert_int_equal(on(&b, DT_DOUBLE, 0, 1), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == 0.3);
    assert_int_equal(on(&b, DT_INT8, 0, 5), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == 0);
    close_bench(&b);
    open_bench(&b, WITH("-1.7"));
    assert_int_equal(on(&b, DT_INT8, 0, 5), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == -2);
    assert_int_equal(on(&b, DT_UINT8, 0, 5), LOWER_FAIL); /* no such number */
    close_bench(&b);
    open_bench(&b, WITH("uniform(0.2, 0.8)"));
    assert_int_equal(on(&b, DT_INT8, 0, 5), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT16, 0, 5), LOWER_OK);
    w = &b.inst[0].inputs[1];
    assert_true(w->init.lo >= 0.2 && w->init.hi <= 0.8 && half_nearest(w->init.lo) == w->init.lo);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float16_is_rounded_outward_once_an_operation),
        cmocka_unit_test(float16_does_not_overflow),
        cmocka_unit_test(whole_numbers_are_exact_and_do_not_wrap),
        cmocka_unit_test(graph_inputs_have_each_type_of_data),
        cmocka_unit_test(contents_are_of_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
