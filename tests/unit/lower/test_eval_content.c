/* Contents of initializers have the element type: rounded where they can be, refused where they cannot. */
#include "lower/typed_bench.h"

/* W beside X, with these contents. */
#define WITH(values)                                                                                                        \
    "operators:\n  A:\n    since: [1]\n    wide: {T: [all]}\n    in: {X: T, W: T weight}\n    out: {Y: T}\n    shape: {W: " \
    "\"[8]\", Y: shape(X)}\n    values: {W: \"" values "\"}\n    range: {Y: \"hull(X, W)\"}\n"

static void contents_are_of_the_type(void **state)
{
    (void)state;
    bench b;
    open_typed(&b, WITH("uniform(-2.5, 2.5)"));
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
    open_typed(&b, WITH("0.3"));
    assert_int_equal(on(&b, DT_FLOAT16, 0, 1), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == half_nearest(0.3));
    assert_int_equal(on(&b, DT_DOUBLE, 0, 1), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == 0.3);
    assert_int_equal(on(&b, DT_INT8, 0, 5), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == 0);
    close_bench(&b);
    open_typed(&b, WITH("-1.7"));
    assert_int_equal(on(&b, DT_INT8, 0, 5), LOWER_OK);
    assert_true(b.inst[0].inputs[1].init.list[0] == -2);
    assert_int_equal(on(&b, DT_UINT8, 0, 5), LOWER_FAIL); /* no such number */
    close_bench(&b);
    open_typed(&b, WITH("uniform(0.2, 0.8)"));
    assert_int_equal(on(&b, DT_INT8, 0, 5), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT16, 0, 5), LOWER_OK);
    w = &b.inst[0].inputs[1];
    assert_true(w->init.lo >= 0.2 && w->init.hi <= 0.8 && half_nearest(w->init.lo) == w->init.lo);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_are_of_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
