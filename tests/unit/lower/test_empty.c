/* Tensors without elements: which operators take and give them, what is 0 in their instances, and which values they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lower/lower_bench.h"

#define ENTRY(in, body) "operators:\n  A:\n    since: [1]\n    in: {" in "}\n    out: {Y: float32}\n" body
#define SAME "    shape: {Y: shape(X)}\n    range: {Y: X}\n"
#define RUNS 300

static const lower_limits some = {.empty = 1000};
static const tensor_desc none = {.type = DT_FLOAT32, .rank = 2, .dims = {2, 0}, .range = {0, 1}};
static const tensor_desc full = {.type = DT_FLOAT32, .rank = 2, .dims = {2, 3}, .range = {-1, 1}};

static lower_request request(const bench *b, lower_slot x, lower_slot y)
{
    return (lower_request){.op = &b->set->ops[0], .arity = {1, 1}, .slots = {x, y}};
}

static lower_slot given(const tensor_desc *t)
{
    return (lower_slot){.kind = SLOT_TENSOR, .tensor = t, .rank = -1};
}

static lower_slot fresh(int rank)
{
    return (lower_slot){.kind = SLOT_OPEN, .rank = rank};
}

static void open_bench(bench *b, const char *table, lower_limits limits)
{
    open_bench_typed(b, table, dtype_bit(DT_FLOAT32), limits, 1);
}

static void only_entries_that_say_so_take_them(void **state)
{
    (void)state;
    bench b;
    for (int says = 0; says < 2; says++) {
        open_bench(&b, says ? ENTRY("X: float32", SAME "    empty: any\n") : ENTRY("X: float32", SAME), some);
        lower_request r = request(&b, given(&none), fresh(2));
        assert_true(lower_may_take(b.l, r.op, 0, &none) == (says == 1));
        assert_int_equal(solve(&b, &r), says ? LOWER_OK : LOWER_FAIL);
        if (says) {
            assert_true(b.inst[0].empty);
            assert_int_equal(b.inst[0].outputs[0].desc.dims[1], 0);
        } else {
            assert_int_equal(lower_last_failure(b.l).reason, WHY_EMPTY);
        }
        close_bench(&b);
    }
}

/* New inputs have a dimension of 0 if the limits ask for it, and never otherwise. */
static void new_inputs_are_empty_where_the_limits_say_so(void **state)
{
    (void)state;
    bench b;
    for (uint32_t share = 0; share <= 1000; share += 500) {
        int empty = 0;
        open_bench(&b, ENTRY("X: float32", SAME "    empty: any\n"), (lower_limits){.empty = share});
        for (int i = 0; i < RUNS; i++) {
            lower_request r = request(&b, fresh(3), fresh(3));
            assert_int_equal(solve(&b, &r), LOWER_OK);
            empty += tensor_is_empty(&b.inst[0].inputs[0].desc);
        }
        assert_in_range(empty, share * RUNS * 8 / 10000, share * RUNS * 12 / 10000);
        close_bench(&b);
    }
}

static void conditions_of_empty_hold_and_min_dim_is_0(void **state)
{
    (void)state;
    bench b;
    open_bench(&b,
               ENTRY("X: float32", "    rank: {X: 2}\n    choose: {k: min_dim..4}\n    shape: {Y: \"[X[0], k]\"}\n"
                                   "    range: {Y: X}\n    empty: [\"X[1] > 0\"]\n"),
               some);
    int batch = 0, chosen = 0;
    for (int i = 0; i < RUNS; i++) {
        lower_request r = request(&b, fresh(2), fresh(2));
        assert_int_equal(solve(&b, &r), LOWER_OK);
        const tensor_desc *x = &b.inst[0].inputs[0].desc, *y = &b.inst[0].outputs[0].desc;
        assert_true(x->dims[1] > 0);
        batch += x->dims[0] == 0;
        chosen += y->dims[1] == 0;
    }
    assert_in_range(batch, RUNS / 5, RUNS);
    assert_in_range(chosen, RUNS / 5, RUNS);
    lower_request r = request(&b, given(&none), fresh(2)); /* X[1] is 0 */
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    assert_int_equal(lower_last_failure(b.l).section, AT_EMPTY);
    close_bench(&b);
    open_bench(&b, ENTRY("X: float32", "    choose: {k: min_dim..4}\n    shape: {Y: \"[k]\"}\n    range: {Y: X}\n    empty: any\n"),
               (lower_limits){0});
    for (int i = 0; i < RUNS; i++) {
        r = request(&b, fresh(1), fresh(1));
        assert_int_equal(solve(&b, &r), LOWER_OK);
        assert_true(b.inst[0].outputs[0].desc.dims[0] > 0);
    }
    close_bench(&b);
}

/* What has no elements lies in every domain, has no contents, and an interval that bounds nothing. */
static void nothing_has_no_values(void **state)
{
    (void)state;
    bench b;
    open_bench(&b,
               ENTRY("X: float32, B: float32 weight",
                     "    shape: {B: \"[X[1]]\", Y: shape(X)}\n    domain: {X: \"[5, 6]\"}\n"
                     "    values: {B: \"uniform(1 / lo(X), -1)\"}\n    range: {Y: \"log(-X) + B\"}\n"
                     "    rank: {X: 2}\n    require: [\"live(X) > 1e9\"]\n    empty: any\n"),
               some);
    lower_request r = request(&b, given(&none), (lower_slot){.kind = SLOT_AUTO, .rank = -1});
    assert_int_equal(solve(&b, &r), LOWER_OK);
    assert_int_equal(b.inst[0].inputs[1].init.n_list, 0);
    assert_true(b.inst[0].outputs[0].desc.range.lo == 0 && b.inst[0].outputs[0].desc.range.hi == 1);
    r = request(&b, given(&full), (lower_slot){.kind = SLOT_AUTO, .rank = -1});
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    close_bench(&b);
}

/* A sum of nothing is 0 throughout, and says nothing about the inputs. */
static void what_nothing_gives_is_weak(void **state)
{
    (void)state;
    bench b;
    open_bench(
        &b,
        ENTRY("X: float32", "    rank: {X: 2}\n    shape: {Y: \"[X[0]]\"}\n    range: {Y: \"sum_of(X[1], X)\"}\n    empty: any\n"),
        some);
    lower_request r = request(&b, given(&none), fresh(2));
    assert_int_equal(solve(&b, &r), LOWER_OK);
    const tensor_desc *y = &b.inst[0].outputs[0].desc;
    assert_true(y->range.lo == 0 && y->range.hi == 0 && y->likely.weak);
    r = request(&b, given(&full), fresh(2));
    assert_int_equal(solve(&b, &r), LOWER_OK);
    y = &b.inst[0].outputs[0].desc;
    assert_true(y->range.lo < y->range.hi && !y->likely.weak);
    close_bench(&b);
}

/* Operands broadcast: 0 fits 0 and 1, and the result is 0. */
static void empty_operands_broadcast(void **state)
{
    (void)state;
    bench b;
    int empty = 0;
    open_bench(&b,
               ENTRY("X: float32, B: float32", "    shape: {Y: \"broadcast(X, B)\"}\n    range: {Y: \"X + B\"}\n    empty: any\n"),
               some);
    for (int i = 0; i < RUNS; i++) {
        lower_request r = request(&b, given(i % 2 ? &none : &full), fresh(2));
        assert_int_equal(solve(&b, &r), LOWER_OK);
        const tensor_desc *x = &b.inst[0].inputs[0].desc, *w = &b.inst[0].inputs[1].desc, *y = &b.inst[0].outputs[0].desc;
        for (int k = 0; k < 2; k++) {
            assert_true(x->dims[k] == w->dims[k] || x->dims[k] == 1 || w->dims[k] == 1);
            assert_int_equal(y->dims[k], x->dims[k] == 1 ? w->dims[k] : x->dims[k]);
        }
        empty += tensor_is_empty(w);
    }
    assert_in_range(empty, 1, RUNS - 1);
    close_bench(&b);
}

/* An operator that takes none may follow one that can give some: what it takes then has elements. */
static void what_follows_is_not_empty(void **state)
{
    (void)state;
    bench b;
    open_bench(
        &b,
        "operators:\n"
        "  A: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
        "  B: {since: [1], in: {X: float32}, out: {Y: float32}, choose: {k: min_dim..2}, shape: {Y: \"[k]\"}, range: {Y: X}, "
        "empty: any}\n",
        some);
    for (int i = 0; i < RUNS; i++) {
        int frame;
        lower_request first = {.op = &b.set->ops[1], .arity = {1}, .slots = {fresh(1)}};
        lower_request next = {
            .op = &b.set->ops[0], .arity = {1}, .slots = {{.kind = SLOT_LINK, .rank = -1, .frame = 0, .output = 0}}};
        lower_begin(b.l, b.t);
        if (lower_add(b.l, &first, &frame) != LOWER_OK || lower_add(b.l, &next, &frame) != LOWER_OK)
            continue; /* k was drawn to be 0 */
        assert_int_equal(lower_close(b.l, b.inst), LOWER_OK);
        assert_true(b.inst[1].inputs[0].desc.dims[0] > 0 && !b.inst[1].empty);
    }
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_entries_that_say_so_take_them),
                                       cmocka_unit_test(new_inputs_are_empty_where_the_limits_say_so),
                                       cmocka_unit_test(conditions_of_empty_hold_and_min_dim_is_0),
                                       cmocka_unit_test(nothing_has_no_values),
                                       cmocka_unit_test(what_nothing_gives_is_weak),
                                       cmocka_unit_test(empty_operands_broadcast),
                                       cmocka_unit_test(what_follows_is_not_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
