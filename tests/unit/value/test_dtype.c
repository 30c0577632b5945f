/* Element types: groups of them, limits, rounding, bits, and how files hold them. */
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
                {DT_FLOAT16, -65504, 65504},
                {DT_BFLOAT16, -0x1.fep127, 0x1.fep127},
                {DT_FLOAT8E4M3FN, -448, 448},
                {DT_FLOAT8E4M3FNUZ, -240, 240},
                {DT_FLOAT8E5M2, -57344, 57344},
                {DT_FLOAT8E5M2FNUZ, -57344, 57344},
                {DT_FLOAT4E2M1, -6, 6},
                {DT_INT4, -8, 7},
                {DT_UINT4, 0, 15},
                {DT_INT2, -2, 1},
                {DT_UINT2, 0, 3}};
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
    assert_int_equal(dtype_group("sub8"), dtype_bit(DT_INT4) | dtype_bit(DT_UINT4) | dtype_bit(DT_INT2) | dtype_bit(DT_UINT2) |
                                              dtype_bit(DT_FLOAT4E2M1));
    assert_int_equal(dtype_group("narrow"), dtype_group("float8") | dtype_group("sub8") | dtype_bit(DT_BFLOAT16));
    assert_int_equal(dtype_group("narrow") & dtype_group("all"), 0);
    assert_int_equal(dtype_group("none"), 0);
    assert_int_equal(dtype_group(""), 0);
    assert_true(dtype_is_whole(DT_UINT64) && !dtype_is_whole(DT_BOOL) && !dtype_is_whole(DT_FLOAT16) && !dtype_is_whole(DT_STRING));
}

/* ---- formats ---- */

static const struct {
    dtype t;
    int exponent_bits, fraction_bits, bias;
    enum { IEEE, FN, FNUZ, FINITE } rest; /* what the largest exponent and -0 stand for */
} formats[] = {{DT_FLOAT16, 5, 10, 15, IEEE},      {DT_BFLOAT16, 8, 7, 127, IEEE},  {DT_FLOAT8E4M3FN, 4, 3, 7, FN},
               {DT_FLOAT8E4M3FNUZ, 4, 3, 8, FNUZ}, {DT_FLOAT8E5M2, 5, 2, 15, IEEE}, {DT_FLOAT8E5M2FNUZ, 5, 2, 16, FNUZ},
               {DT_FLOAT4E2M1, 2, 1, 1, FINITE}};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* By the definition; NaN for a code that stands for none. */
static double by_definition(int f, unsigned code)
{
    int m = formats[f].fraction_bits, w = formats[f].exponent_bits;
    unsigned e = code >> m & ((1u << w) - 1), fraction = code & ((1u << m) - 1), ones = (1u << w) - 1;
    bool negative = code >> (w + m) & 1;
    if ((formats[f].rest == IEEE && e == ones && fraction != 0) ||
        (formats[f].rest == FN && e == ones && fraction == (1u << m) - 1) || (formats[f].rest == FNUZ && code == 1u << (w + m)))
        return (double)__builtin_nanf("");
    double x = e > 0 ? (1u << m) + fraction : fraction;
    for (int k = (e > 0 ? (int)e : 1) - formats[f].bias - m; k != 0; k += k > 0 ? -1 : 1)
        x = k > 0 ? x * 2 : x / 2;
    if (formats[f].rest == IEEE && e == ones)
        x = (double)__builtin_inff();
    return negative ? -x : x;
}

static void every_code_has_its_value(void **state)
{
    (void)state;
    for (int f = 0; f < FORMATS; f++)
        for (unsigned code = 0; code < 1u << (1 + formats[f].exponent_bits + formats[f].fraction_bits); code++) {
            double x = by_definition(f, code), y = dtype_real(formats[f].t, code);
            assert_true(x != x ? y != y : x == y && __builtin_signbit(x) == __builtin_signbit(y));
            if (x == x) {
                assert_int_equal(dtype_real_bits(formats[f].t, x), code);
                assert_true(dtype_nearest(formats[f].t, x) == x);
            } else {
                assert_true(dtype_real(formats[f].t, dtype_real_bits(formats[f].t, x)) != 0); /* NaN again */
            }
        }
}

/* Between neighbours of one sign: nearer, and in the middle the one whose last bit is 0. */
static void values_between_are_rounded(void **state)
{
    (void)state;
    for (int f = 0; f < FORMATS; f++)
        for (unsigned code = 0;; code++) {
            dtype t = formats[f].t;
            double a = by_definition(f, code), b = by_definition(f, code + 1), middle = (a + b) / 2;
            if (b != b || b - b != 0)
                break;
            if (formats[f].rest == FINITE && code + 1 == 8)
                break;
            assert_int_equal(dtype_real_bits(t, middle), code % 2 == 0 ? code : code + 1);
            assert_int_equal(dtype_real_bits(t, a + (b - a) * 0.49), code);
            assert_int_equal(dtype_real_bits(t, a + (b - a) * 0.51), code + 1);
            assert_true(dtype_toward(t, middle, false) == a && dtype_toward(t, middle, true) == b);
            assert_true(dtype_nearest(t, -middle) == -dtype_nearest(t, middle));
            assert_true(b - a >= dtype_least_subnormal(t) && (a < dtype_least_normal(t) || middle - a <= dtype_unit(t) * b));
        }
}

static void what_does_not_fit(void **state)
{
    (void)state;
    const double inf = (double)__builtin_inff();
    assert_true(dtype_nearest(DT_FLOAT8E4M3FN, 464) == 448); /* the middle to the next that there would be */
    assert_true(dtype_nearest(DT_FLOAT8E4M3FN, 464.001) != dtype_nearest(DT_FLOAT8E4M3FN, 464.001));
    assert_true(dtype_nearest(DT_FLOAT8E5M2, 61440) == inf && dtype_nearest(DT_FLOAT8E5M2, -61439) == -57344);
    assert_true(dtype_nearest(DT_BFLOAT16, -0x1.ffp127) == -inf);
    assert_true(dtype_nearest(DT_FLOAT4E2M1, 100) == 6 && dtype_nearest(DT_FLOAT4E2M1, -inf) == -6);
    assert_int_equal(dtype_real_bits(DT_FLOAT8E4M3FNUZ, inf), 0x80);
    assert_int_equal(dtype_real_bits(DT_FLOAT8E5M2FNUZ, -1e-30), 0); /* it has no -0 */
    assert_int_equal(dtype_real_bits(DT_FLOAT8E5M2, -1e-30), 0x80);
    assert_int_equal(dtype_real_bits(DT_BFLOAT16, -(double)__builtin_nanf("")), 0x7fc0);
}

/* ---- bytes of files ---- */

static void elements_share_bytes(void **state)
{
    (void)state;
    const int8_t four[] = {-8, 7, -1, 0, 3}, two[] = {-2, 1, -1, 0, 1};
    uint8_t bytes[5];
    int8_t back[5];
    assert_int_equal(dtype_stored(DT_INT4, 5), 3);
    dtype_pack(DT_INT4, 5, four, bytes);
    assert_memory_equal(bytes, ((uint8_t[]){0x78, 0x0f, 0x03}), 3);
    dtype_unpack(DT_INT4, 5, bytes, back);
    assert_memory_equal(back, four, 5);
    assert_int_equal(dtype_stored(DT_INT2, 5), 2);
    dtype_pack(DT_INT2, 5, two, bytes);
    assert_memory_equal(bytes, ((uint8_t[]){0x36, 0x01}), 2);
    dtype_unpack(DT_INT2, 5, bytes, back);
    assert_memory_equal(back, two, 5);
    uint8_t same[] = {15, 1, 2, 14, 9};
    dtype_pack(DT_UINT4, 5, same, same); /* in place */
    dtype_unpack(DT_UINT4, 5, same, same);
    assert_memory_equal(same, ((uint8_t[]){15, 1, 2, 14, 9}), 5);
    assert_int_equal(dtype_stored(DT_UINT4, 0), 0);
    assert_int_equal(dtype_stored(DT_BFLOAT16, 3), 6);
    assert_int_equal(dtype_stored(DT_INT64, 3), 24);
}

static void numbers_of_files(void **state)
{
    (void)state;
    assert_int_equal(dtype_of_number(22), DT_INT4);
    assert_int_equal(dtype_of_number(14), DT_NONE); /* complex64 */
    assert_int_equal(dtype_of_number(24), DT_NONE); /* float8e8m0 */
    assert_int_equal(dtype_of_number(27), DT_NONE);
    assert_int_equal(dtype_of_number(-1), DT_NONE);
    assert_int_equal(dtype_whole(DT_INT4, 15), -1);
    assert_int_equal(dtype_whole(DT_UINT4, 15), 15);
    assert_int_equal(dtype_since(DT_INT4), 21);
    assert_int_equal(dtype_since(DT_FLOAT16), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_is_kept),         cmocka_unit_test(halves_between_are_rounded),
        cmocka_unit_test(floats_are_rounded),         cmocka_unit_test(limits_are_those_of_the_types),
        cmocka_unit_test(words_stand_for_groups),     cmocka_unit_test(every_code_has_its_value),
        cmocka_unit_test(values_between_are_rounded), cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(elements_share_bytes),       cmocka_unit_test(numbers_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
