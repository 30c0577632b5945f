/* Element types: groups of them, limits, and the rounding of float16. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value/dtype.h"

/* By the definition of the format, apart from the code under test. */
static double half_by_definition(unsigned h)
{
    unsigned e = h >> 10 & 31, m = h & 1023;
    double x = e > 0 ? 1024 + m : m;
    for (unsigned k = e > 0 ? e : 1; k < 25; k++)
        x /= 2;
    for (unsigned k = 25; k < e; k++)
        x *= 2;
    return h >> 15 ? -x : x;
}

static void every_half_is_kept(void **state)
{
    (void)state;
    for (unsigned h = 0; h < 0x10000; h++) {
        if ((h >> 10 & 31) == 31)
            continue;
        double x = half_by_definition(h);
        assert_int_equal(half_bits(x), h);
        assert_true(half_value((uint16_t)h) == x);
        assert_true(half_nearest(x) == x);
        assert_true(dtype_toward(DT_FLOAT16, x, true) == x && dtype_toward(DT_FLOAT16, x, false) == x);
    }
}

static void halves_between_are_rounded(void **state)
{
    (void)state;
    for (unsigned h = 0; h + 1 < 0x7c00; h++) {
        double a = half_by_definition(h), b = half_by_definition(h + 1), middle = a + (b - a) / 2, even = h % 2 == 0 ? a : b;
        assert_true(half_nearest(middle) == even && half_nearest(-middle) == -even);
        assert_true(half_nearest(a + (b - a) * 0.49) == a && half_nearest(a + (b - a) * 0.51) == b);
        assert_true(dtype_toward(DT_FLOAT16, middle, true) == b && dtype_toward(DT_FLOAT16, middle, false) == a);
        assert_true(dtype_toward(DT_FLOAT16, -middle, true) == -a && dtype_toward(DT_FLOAT16, -middle, false) == -b);
    }
    assert_true(half_nearest(65519.99) == 65504 && half_nearest(65520) > 1e300 && half_nearest(-65520) < -1e300);
    assert_true(dtype_toward(DT_FLOAT16, 65505, false) == 65504 && dtype_toward(DT_FLOAT16, 65505, true) > 1e300);
    assert_true(dtype_toward(DT_FLOAT16, -1e9, true) == -65504 && dtype_toward(DT_FLOAT16, -1e9, false) < -1e300);
}

static void floats_are_rounded(void **state)
{
    (void)state;
    float up = (float)dtype_toward(DT_FLOAT32, 0.1, true), down = (float)dtype_toward(DT_FLOAT32, 0.1, false);
    assert_true((double)down < 0.1 && 0.1 < (double)up && (double)up - (double)down < 1e-8);
    assert_true(dtype_toward(DT_FLOAT32, -0.0, true) == 0 && dtype_toward(DT_DOUBLE, 0.1, true) == 0.1);
    assert_true(dtype_toward(DT_FLOAT32, 1e-50, true) > 0 && dtype_toward(DT_FLOAT32, -1e-50, false) < 0);
}

static void limits_are_those_of_the_types(void **state)
{
    (void)state;
    static const struct {
        dtype t;
        double least, largest;
    } rows[] = {{DT_BOOL, 0, 1},
                {DT_INT8, -128, 127},
                {DT_UINT8, 0, 255},
                {DT_INT16, -32768, 32767},
                {DT_UINT16, 0, 65535},
                {DT_INT32, -2147483648.0, 2147483647},
                {DT_UINT32, 0, 4294967295},
                {DT_INT64, -9223372036854775808.0, 9223372036854774784.0},
                {DT_UINT64, 0, 18446744073709549568.0},
                {DT_FLOAT16, -65504, 65504}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double least, largest;
        assert_true(dtype_limits(rows[i].t, &least, &largest));
        assert_true(least == rows[i].least && largest == rows[i].largest);
    }
    double x, y;
    assert_false(dtype_limits(DT_STRING, &x, &y));
    assert_false(dtype_limits(DT_NONE, &x, &y));
}

static void words_stand_for_groups(void **state)
{
    (void)state;
    assert_int_equal(dtype_group("int8"), dtype_bit(DT_INT8));
    assert_int_equal(dtype_group("floats"), dtype_bit(DT_FLOAT32) | dtype_bit(DT_FLOAT16) | dtype_bit(DT_DOUBLE));
    assert_int_equal(dtype_group("whole"), dtype_group("signed") | dtype_group("unsigned"));
    assert_int_equal(dtype_group("unsigned"),
                     dtype_bit(DT_UINT8) | dtype_bit(DT_UINT16) | dtype_bit(DT_UINT32) | dtype_bit(DT_UINT64));
    assert_int_equal(dtype_group("all"), dtype_group("floats") | dtype_group("whole") | dtype_bit(DT_BOOL));
    assert_int_equal(dtype_group("none"), 0);
    assert_int_equal(dtype_group(""), 0);
    assert_true(dtype_is_whole(DT_UINT64) && !dtype_is_whole(DT_BOOL) && !dtype_is_whole(DT_FLOAT16) && !dtype_is_whole(DT_STRING));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_is_kept),     cmocka_unit_test(halves_between_are_rounded),
        cmocka_unit_test(floats_are_rounded),     cmocka_unit_test(limits_are_those_of_the_types),
        cmocka_unit_test(words_stand_for_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
