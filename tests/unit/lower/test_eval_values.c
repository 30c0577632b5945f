/* Intervals by element type: float16 is rounded and does not overflow, whole numbers are exact and do not wrap. */
#include "lower/typed_bench.h"

static void float16_is_rounded_outward_once_an_operation(void **state)
{
    (void)state;
    bench b;
    open_typed(&b, TYPED("X * X"));
    assert_int_equal(on(&b, DT_FLOAT16, 1.5, 3.001953125), LOWER_OK);
    interval r = result(&b);
    assert_true(r.lo <= 2.25 * (1 - 0x1p-11) && r.lo >= 2.24 && r.hi >= 9.0117225646972656 * (1 + 0x1p-11) && r.hi <= 9.03);
    assert_true(half_nearest(r.lo) == r.lo && half_nearest(r.hi) == r.hi);
    assert_int_equal(on(&b, DT_FLOAT32, 1.5, 3.001953125), LOWER_OK);
    assert_true(result(&b).lo > 2.2499 && result(&b).hi < 9.0118);
    assert_int_equal(on(&b, DT_DOUBLE, 1.5, 3), LOWER_OK);
    close_bench(&b);
    open_typed(&b, TYPED("relu(X)")); /* exact: nothing is added */
    assert_int_equal(on(&b, DT_FLOAT16, -1.5, 3), LOWER_OK);
    assert_true(result(&b).lo == 0 && result(&b).hi == 3);
    close_bench(&b);
}

static void float16_does_not_overflow(void **state)
{
    (void)state;
    bench b;
    open_typed(&b, TYPED("X * X"));
    assert_int_equal(on(&b, DT_FLOAT16, 0, 255), LOWER_OK);
    assert_int_equal(on(&b, DT_FLOAT16, 0, 256), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT32, 0, 256), LOWER_OK);
    close_bench(&b);
    open_typed(&b, TYPED("sqrt(X * X)")); /* nor on the way */
    assert_int_equal(on(&b, DT_FLOAT16, 0, 300), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT32, 0, 300), LOWER_OK);
    close_bench(&b);
    open_typed(&b, TYPED("mean_of(1000, X)"));
    assert_int_equal(on(&b, DT_FLOAT16, 0, 100), LOWER_FAIL);
    assert_int_equal(on(&b, DT_FLOAT16, 0, 30), LOWER_OK);
    close_bench(&b);
    open_typed(&b, TYPED("softplus(X)"));
    assert_int_equal(on(&b, DT_FLOAT16, -5, 11), LOWER_OK);
    assert_int_equal(on(&b, DT_FLOAT16, -5, 12), LOWER_FAIL);
    close_bench(&b);
}

static void whole_numbers_are_exact_and_do_not_wrap(void **state)
{
    (void)state;
    bench b;
    open_typed(&b, TYPED("X + X"));
    assert_int_equal(on(&b, DT_INT8, -64, 63), LOWER_OK);
    assert_true(result(&b).lo == -128 && result(&b).hi == 126);
    assert_int_equal(on(&b, DT_INT8, -64, 64), LOWER_FAIL);
    assert_int_equal(on(&b, DT_UINT8, 0, 127), LOWER_OK);
    assert_int_equal(on(&b, DT_UINT8, 0, 128), LOWER_FAIL);
    assert_int_equal(on(&b, DT_INT32, -1073741824, 1000), LOWER_FAIL); /* nothing to spare for the rounding of large numbers */
    assert_int_equal(on(&b, DT_INT32, -1000000, 1000000), LOWER_OK);
    close_bench(&b);
    open_typed(&b, TYPED("-X"));
    assert_int_equal(on(&b, DT_UINT16, 0, 5), LOWER_FAIL);
    assert_int_equal(on(&b, DT_INT16, 0, 5), LOWER_OK);
    assert_int_equal(on(&b, DT_INT16, -32768, 5), LOWER_FAIL);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float16_is_rounded_outward_once_an_operation),
        cmocka_unit_test(float16_does_not_overflow),
        cmocka_unit_test(whole_numbers_are_exact_and_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
