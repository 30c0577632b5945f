/* Intervals of values: new graph inputs keep the domains of operators and the limits of their type. */
#include "lower/entry_bench.h"
#include "lower/typed_bench.h"

#include <stdio.h>

static void values_keep_domains(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        interval parts[2];
    } domains[] = {{"\"[0.001, inf]\"", {{0.001, 1e30}, {0.001, 1e30}}},
                   {"\"[-0.9, 0.9]\"", {{-0.9, 0.9}, {-0.9, 0.9}}},
                   {"[\"[-100, -3]\", \"[3, 100]\"]", {{-100, -3}, {3, 100}}},
                   {"\"[50, 60]\"", {{50, 60}, {50, 60}}},
                   {"\"[-inf, -20]\"", {{-1e30, -20}, {-1e30, -20}}}};
    for (size_t d = 0; d < sizeof domains / sizeof *domains; d++) {
        char table[600];
        snprintf(table, sizeof table, ENTRY(SAME "    domain: {X: %s}\n"), domains[d].text);
        bench b;
        open_bench(&b, table, (lower_limits){0}, 19);
        lower_request r = request(&b.set->ops[0]);
        bool reached[2] = {false};
        for (int i = 0; i < 200; i++) {
            assert_int_equal(solve(&b, &r), LOWER_OK);
            interval x = b.inst[0].inputs[0].desc.range;
            bool first = iv_inside(x, domains[d].parts[0]), second = iv_inside(x, domains[d].parts[1]);
            assert_true(first || second);
            assert_true(x.lo < x.hi && (double)(float)x.lo == x.lo && (double)(float)x.hi == x.hi);
            reached[0] |= first;
            reached[1] |= second;
            arena_reset(&b.memory);
        }
        assert_true(reached[0] && reached[1]);
        tensor_desc outside = tensor(1, 3, 0, 0);
        outside.range = iv(-1e20, 1e20);
        assert_false(lower_may_take(b.l, &b.set->ops[0], 0, &outside));
        r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &outside, .rank = -1};
        assert_int_equal(solve(&b, &r), LOWER_FAIL);
        close_bench(&b);
    }
}

static void graph_inputs_have_each_type_of_data(void **state)
{
    (void)state;
    bench b;
    open_typed(&b, TYPED("X"));
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
        if (dtype_format_of(d->type) != NULL)
            assert_true(dtype_nearest(d->type, d->range.lo) == d->range.lo && dtype_nearest(d->type, d->range.hi) == d->range.hi);
        seen[d->type]++;
    }
    for (int t = 1; t < DT_COUNT; t++)
        assert_true(dtype_group("all") >> t & 1 && t != DT_BOOL ? seen[t] >= 20 : seen[t] == 0);
    assert_true(seen[DT_FLOAT32] > 400);
    close_bench(&b);
}

/* bool is no data: it is an input's type only if the request allows it. */
static void requests_choose_types_and_values_of_inputs(void **state)
{
    (void)state;
    bench b;
    open_typed(&b, TYPED("X"));
    dtype types[] = {DT_BOOL};
    const interval values = {20, 25}, nowhere = {1e9, 2e9};
    lower_request r = {.op = &b.set->ops[0], .arity = {1}, .types = types};
    r.slots[0] = (lower_slot){.kind = SLOT_OPEN, .rank = -1};
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    assert_int_equal(lower_last_failure(b.l).reason, WHY_INPUT_TYPE);
    r.any_input = true;
    for (int t = 1; t < DT_COUNT; t++) {
        if (!(dtype_group("all") >> t & 1))
            continue;
        types[0] = (dtype)t;
        r.slots[0].range = NULL;
        assert_int_equal(solve(&b, &r), LOWER_OK);
        assert_int_equal(b.inst[0].inputs[0].desc.type, t);
        if (t == DT_BOOL)
            continue;
        r.slots[0].range = &values;
        assert_int_equal(solve(&b, &r), LOWER_OK);
        assert_true(result(&b).lo == 20 && result(&b).hi == 25);
    }
    types[0] = DT_INT8;
    r.slots[0].range = &nowhere; /* outside the type, so that it is drawn */
    assert_int_equal(solve(&b, &r), LOWER_OK);
    types[0] = DT_STRING;
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    assert_int_equal(lower_last_failure(b.l).reason, WHY_TYPE);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_domains),
        cmocka_unit_test(graph_inputs_have_each_type_of_data),
        cmocka_unit_test(requests_choose_types_and_values_of_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
