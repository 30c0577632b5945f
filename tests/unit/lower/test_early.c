/* Conditions on values that are judged before the search: where a tensor is given, where one is bound, and where they must wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lower/lower_bench.h"

#define ENTRY(in, body) "operators:\n  A:\n    since: [1]\n    in: {" in "}\n    out: {Y: float32}\n" body
#define SUM "    shape: {Y: \"broadcast(X, B)\"}\n    range: {Y: \"X + B\"}\n"

static const tensor_desc low = {.type = DT_FLOAT32, .rank = 1, .dims = {3}, .range = {-2, -1}};
static const tensor_desc high = {.type = DT_FLOAT32, .rank = 1, .dims = {3}, .range = {4, 6}};
static const tensor_desc higher = {.type = DT_FLOAT32, .rank = 1, .dims = {3}, .range = {5, 7}};

static lower_slot given(const tensor_desc *t)
{
    return (lower_slot){.kind = SLOT_TENSOR, .tensor = t, .rank = -1};
}

static lower_request request(const bench *b, lower_slot x, lower_slot y)
{
    return (lower_request){.op = &b->set->ops[0], .arity = {1, 1}, .slots = {x, y}};
}

static lower_result add(bench *b, const lower_request *r)
{
    int frame;
    lower_begin(b->l, b->t);
    return lower_add(b->l, r, &frame);
}

static void given_tensors_are_judged_at_once(void **state)
{
    (void)state;
    bench b;
    open_bench_typed(&b, ENTRY("X: float32, B: float32", SUM "    require: [\"lo(B) > hi(X)\"]\n"), dtype_bit(DT_FLOAT32),
                     (lower_limits){0}, 1);
    lower_request r = request(&b, given(&low), given(&high));
    assert_int_equal(add(&b, &r), LOWER_OK);
    assert_int_equal(lower_close(b.l, b.inst), LOWER_OK);
    r = request(&b, given(&high), given(&low));
    assert_int_equal(add(&b, &r), LOWER_FAIL); /* before lower_close */
    lower_why why = lower_last_failure(b.l);
    assert_int_equal(why.reason, WHY_CONDITION);
    assert_int_equal(why.section, AT_REQUIRE);
    assert_int_equal(lower_propagations(b.l), 0);
    close_bench(&b);
}

static void a_partner_that_violates_a_condition_is_not_bound(void **state)
{
    (void)state;
    bench b;
    int frame;
    open_bench_typed(&b, ENTRY("X: float32, B: float32", SUM "    rank: {B: 1}\n    require: [\"lo(B) > hi(X)\"]\n"),
                     dtype_bit(DT_FLOAT32), (lower_limits){0}, 1);
    lower_request r = request(&b, given(&high), (lower_slot){.kind = SLOT_OPEN, .rank = 1});
    tensor_desc above = higher;
    above.range = iv(8, 9);
    lower_begin(b.l, b.t);
    assert_int_equal(lower_add(b.l, &r, &frame), LOWER_OK);
    assert_int_equal(lower_bind(b.l, frame, 1, &higher), LOWER_FAIL);
    assert_int_equal(lower_open_rank(b.l, frame, 1), 1); /* still open */
    assert_int_equal(lower_bind(b.l, frame, 1, &above), LOWER_OK);
    assert_int_equal(lower_close(b.l, b.inst), LOWER_OK);
    assert_int_equal(b.inst[0].inputs[1].kind, INST_TENSOR);
    assert_true(b.inst[0].inputs[1].desc.range.lo == 8);
    close_bench(&b);
}

/* What a condition names besides tensors must be decided: here a real is, and a whole number is left to the search. */
static void choices_are_waited_for(void **state)
{
    (void)state;
    static const struct {
        const char *table;
        bool early;
    } cases[] = {
        {ENTRY("X: float32, B: float32", SUM "    choose: {r: \"real(100, 200)\"}\n    require: [\"lo(B) > r\"]\n"), true},
        {ENTRY("X: float32, B: float32", SUM "    choose: {n: 100..200}\n    require: [\"lo(B) > n\"]\n"), false},
        {ENTRY("X: float32, B: float32", SUM "    require: [\"lo(B) > hi(Y)\"]\n"), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench b;
        open_bench_typed(&b, cases[i].table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 1);
        lower_request r = request(&b, given(&low), given(&high));
        assert_int_equal(add(&b, &r), cases[i].early ? LOWER_FAIL : LOWER_OK);
        if (!cases[i].early)
            assert_int_equal(lower_close(b.l, b.inst), LOWER_FAIL);
        lower_why why = lower_last_failure(b.l);
        assert_int_equal(why.reason, WHY_CONDITION);
        close_bench(&b);
    }
}

static void domains_by_a_choice_are_judged_at_once(void **state)
{
    (void)state;
    bench b;
    open_bench_typed(&b,
                     ENTRY("X: float32, B: float32",
                           SUM "    choose: {p: \"{5.0}\"}\n    domain: {B: \"if p == 5.0 then hull(0, 5) else hull(0, 9)\"}\n"),
                     dtype_bit(DT_FLOAT32), (lower_limits){0}, 1);
    lower_request r = request(&b, given(&low), given(&high));
    assert_int_equal(add(&b, &r), LOWER_FAIL);
    lower_why why = lower_last_failure(b.l);
    assert_int_equal(why.reason, WHY_DOMAIN);
    assert_string_equal(why.name, "B");
    close_bench(&b);
}

/* A slot for which nothing is found may be left to an initializer, if its roles allow one. */
static void an_open_slot_can_be_left(void **state)
{
    (void)state;
    for (int weight = 0; weight < 2; weight++) {
        bench b;
        int frame;
        open_bench_typed(&b, weight ? ENTRY("X: float32, B: float32 data|weight", SUM) : ENTRY("X: float32, B: float32", SUM),
                         dtype_bit(DT_FLOAT32), (lower_limits){0}, 1);
        lower_request r = request(&b, given(&low), (lower_slot){.kind = SLOT_OPEN, .rank = 1});
        lower_begin(b.l, b.t);
        assert_int_equal(lower_add(b.l, &r, &frame), LOWER_OK);
        assert_int_equal(lower_leave(b.l, frame, 0), false); /* a tensor is there */
        assert_int_equal(lower_leave(b.l, frame, 1), weight);
        assert_int_equal(lower_close(b.l, b.inst), LOWER_OK);
        assert_int_equal(b.inst[0].inputs[1].kind, weight ? INST_INIT : INST_NEW_INPUT);
        close_bench(&b);
    }
}

/* The rank that is wanted for an open slot is given up where a rule says its shape. */
static void a_wanted_rank_gives_way_to_the_shape(void **state)
{
    (void)state;
    bench b;
    int frame;
    open_bench_typed(&b,
                     ENTRY("X: float32, B: float32", "    shape: {B: \"shape(X) ++ [2]\", Y: \"shape(X)\"}\n    range: {Y: X}\n"),
                     dtype_bit(DT_FLOAT32), (lower_limits){0}, 1);
    lower_request r = request(&b, given(&low), (lower_slot){.kind = SLOT_OPEN, .rank = 4});
    lower_begin(b.l, b.t);
    assert_int_equal(lower_add(b.l, &r, &frame), LOWER_OK);
    assert_int_equal(lower_open_rank(b.l, frame, 1), 2);
    close_bench(&b);
}

/* What is computed of all tensors of a variadic leaves out the initializers that have no contents yet. */
static void contents_follow_from_what_is_known(void **state)
{
    (void)state;
    bench b;
    open_bench_typed(&b,
                     "operators:\n  A:\n    since: [1]\n    in: {X: float32 data|weight variadic 3..3}\n    out: {Y: float32}\n"
                     "    shape: {Y: \"broadcast(X)\"}\n    values: {X: \"uniform(lo(hull(X)), hi(hull(X)))\"}\n"
                     "    range: {Y: \"sum(X)\"}\n",
                     dtype_bit(DT_FLOAT32), (lower_limits){0}, 1);
    lower_request r = {.op = &b.set->ops[0], .arity = {3}, .slots = {given(&high), {.kind = SLOT_INIT}, {.kind = SLOT_INIT}}};
    assert_int_equal(solve(&b, &r), LOWER_OK);
    for (int i = 1; i < 3; i++) {
        assert_true(b.inst[0].inputs[i].desc.range.lo == 4);
        assert_true(b.inst[0].inputs[i].desc.range.hi == 6);
    }
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_tensors_are_judged_at_once),
        cmocka_unit_test(a_partner_that_violates_a_condition_is_not_bound),
        cmocka_unit_test(choices_are_waited_for),
        cmocka_unit_test(domains_by_a_choice_are_judged_at_once),
        cmocka_unit_test(an_open_slot_can_be_left),
        cmocka_unit_test(a_wanted_rank_gives_way_to_the_shape),
        cmocka_unit_test(contents_follow_from_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
