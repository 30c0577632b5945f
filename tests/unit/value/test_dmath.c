/* Elementary functions: against reference values, by their properties, and to the bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "value/dmath.h"
#include "value/dmath_reference.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INF __builtin_inf()

static double absolute(double x)
{
    return x < 0 ? -x : x;
}

static uint64_t bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static bool same(double x, double y)
{
    return bits(x) == bits(y);
}

static uint32_t next(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*s >> 32);
}

static double uniform(uint64_t *s, double lo, double hi)
{
    return lo + (hi - lo) * ((double)next(s) * 0x1p-32);
}

static void reference_values(void **state)
{
    (void)state;
    for (size_t f = 0; f < COUNT(REFERENCE); f++) {
        assert_true(REFERENCE[f].count >= 30);
        for (int i = 0; i < REFERENCE[f].count; i++) {
            double x = REFERENCE[f].points[i].x, y = REFERENCE[f].points[i].y, got = REFERENCE[f].f(x);
            /* measured: at most 12e-16 (erf); near zeros of sin, cos and tan the argument's reduction counts */
            if (!(absolute(got - y) <= 2e-15 * absolute(y) + 1e-22))
                fail_msg("%s(%a) is %a, expected %a", REFERENCE[f].name, x, got, y);
        }
    }
    assert_true(COUNT(REFERENCE_POW) >= 30);
    for (size_t i = 0; i < COUNT(REFERENCE_POW); i++) {
        double x = REFERENCE_POW[i].x, y = REFERENCE_POW[i].y, z = REFERENCE_POW[i].z, got = dm_pow(x, y);
        if (!(absolute(got - z) <= 5e-13 * absolute(z)))
            fail_msg("pow(%a, %a) is %a, expected %a", x, y, got, z);
    }
}

/* sqrt is correctly rounded: the exact square of the midpoint to either neighbour lies beyond x. Compared by integers. */
static void sqrt_is_correctly_rounded(void **state)
{
    (void)state;
    uint64_t s = 1;
    for (int i = 0; i < 100000; i++) {
        uint64_t m = ((uint64_t)1 << 52) | ((uint64_t)next(&s) << 20) | (next(&s) >> 12);
        if (i < 2000)
            m = ((uint64_t)1 << 52) + (uint64_t)i; /* just above a power of two */
        int odd = i & 1;
        double x = (double)m * (odd ? 2.0 : 1.0); /* m * 2^odd; root in [2^26, 2^27) */
        double r = dm_sqrt(x);
        uint64_t root = (uint64_t)(r * 0x1p26); /* 53 bits, exact */
        assert_true((double)root == r * 0x1p26);
        /* (root - 1/2)^2 < m * 2^(52 + odd) < (root + 1/2)^2: times 4, in 128 bits by parts modulo 2^64 (the difference is small)
         */
        uint64_t target = m << (52 + odd) << 2;
        int64_t above = (int64_t)((2 * root + 1) * (2 * root + 1) - target),
                below = (int64_t)(target - (2 * root - 1) * (2 * root - 1));
        assert_true(above > 0 && below > 0);
    }
    assert_true(same(dm_sqrt(0.0), 0.0) && same(dm_sqrt(-0.0), -0.0));
    assert_true(dm_sqrt(INF) == INF);
    assert_true(dm_sqrt(0x1p-1074) == 0x1p-537 && dm_sqrt(0x1p1022) == 0x1p511);
}

static void rounding_is_exact(void **state)
{
    (void)state;
    for (int k = -4000; k <= 4000; k++) {
        double x = k / 8.0;
        int64_t down = (k - (((k % 8) + 8) % 8)) / 8, up = down + (k % 8 != 0), part = ((k % 8) + 8) % 8;
        int64_t even = part < 4 || (part == 4 && down % 2 == 0) ? down : down + 1;
        assert_true(dm_floor(x) == (double)down);
        assert_true(dm_ceil(x) == (double)up);
        assert_true(dm_round_even(x) == (double)even);
    }
    const double whole[] = {0x1p52, 0x1p52 + 1, 0x1p53, -0x1p52 - 1, 1e300, -1e300};
    for (size_t i = 0; i < COUNT(whole); i++) {
        assert_true(dm_floor(whole[i]) == whole[i]);
        assert_true(dm_ceil(whole[i]) == whole[i]);
        assert_true(dm_round_even(whole[i]) == whole[i]);
    }
    assert_true(dm_floor(0x1p51 + 0.5) == 0x1p51 && dm_ceil(0x1p51 + 0.5) == 0x1p51 + 1 && dm_round_even(0x1p51 + 0.5) == 0x1p51);
    assert_true(dm_round_even(0.49999999999999994) == 0 && dm_floor(0.99999999999999989) == 0);
    assert_true(same(dm_ceil(-0.3), -0.0) && same(dm_floor(-0.0), -0.0) && same(dm_round_even(-0.5), -0.0));
    assert_true(dm_floor(-0x1p-1074) == -1 && dm_ceil(0x1p-1074) == 1);
    assert_true(dm_floor(INF) == INF && dm_ceil(-INF) == -INF && dm_floor(-INF) == -INF);
}

/* Never against the direction by more than a few ulp, on dense grids that cross every seam of the implementations. */
static void monotone_on_dense_grids(void **state)
{
    (void)state;
    const struct {
        double (*f)(double);
        double from, to;
        int sign;
    } grids[] = {
        {dm_exp, -745, 709, 1},   {dm_exp, -1, 1, 1},       {dm_log, 1e-9, 10, 1},       {dm_log, 0.999, 1.001, 1},
        {dm_sin, -1.57, 1.57, 1}, {dm_cos, 0.01, 3.13, -1}, {dm_tan, -1.57, 1.57, 1},    {dm_asin, -1, 1, 1},
        {dm_acos, -1, 1, -1},     {dm_atan, -20, 20, 1},    {dm_sinh, -50, 50, 1},       {dm_sinh, 0.999, 1.001, 1},
        {dm_cosh, 0.01, 50, 1},   {dm_tanh, -23, 23, 1},    {dm_tanh, 0.999, 1.001, 1},  {dm_asinh, -20, 20, 1},
        {dm_acosh, 1, 20, 1},     {dm_atanh, -1, 1, 1},     {dm_erf, -6.5, 6.5, 1},      {dm_erf, 2.499, 2.501, 1},
        {dm_sqrt, 0, 100, 1},     {dm_floor, -9, 9, 1},     {dm_acosh, 2.6e8, 2.7e8, 1},
    };
    for (size_t g = 0; g < COUNT(grids); g++) {
        enum { N = 20000 };
        double before = grids[g].f(grids[g].from);
        for (int i = 1; i <= N; i++) {
            double y = grids[g].f(grids[g].from + (grids[g].to - grids[g].from) * i / N);
            double step = (y - before) * grids[g].sign;
            if (!(step >= -2e-15 * absolute(y)))
                fail_msg("grid %zu, point %d: %a after %a", g, i, y, before);
            before = y;
        }
    }
}

static bool near(double x, double y)
{
    return absolute(x - y) <= 4e-14 * (1 + absolute(y));
}

static void identities(void **state)
{
    (void)state;
    uint64_t s = 5;
    for (int i = 0; i < 20000; i++) {
        double x = uniform(&s, -5, 5), y = uniform(&s, -5, 5), u = uniform(&s, -1, 1), p = uniform(&s, 0.01, 50);
        assert_true(near(dm_log(dm_exp(x)), x));
        assert_true(near(dm_exp(x) * dm_exp(y) / dm_exp(x + y), 1));
        assert_true(near(dm_sin(x) * dm_sin(x) + dm_cos(x) * dm_cos(x), 1));
        assert_true(near(dm_sin(x + y), dm_sin(x) * dm_cos(y) + dm_cos(x) * dm_sin(y)));
        assert_true(near(dm_sin(dm_asin(u)), u) && near(dm_cos(dm_acos(u)), u));
        assert_true(near(dm_tan(dm_atan(x)), x));
        assert_true(near(dm_cosh(x) * dm_cosh(x) / (1 + dm_sinh(x) * dm_sinh(x)), 1));
        assert_true(near(dm_sinh(dm_asinh(x)), x) && near(dm_cosh(dm_acosh(p + 1)), p + 1) &&
                    near(dm_tanh(dm_atanh(u * 0.99)), u * 0.99));
        assert_true(near(dm_pow(p, x) * dm_pow(p, y) / dm_pow(p, x + y), 1));
        assert_true(same(dm_sin(-x), -dm_sin(x)) && same(dm_cos(-x), dm_cos(x)) && same(dm_tanh(-x), -dm_tanh(x)) &&
                    same(dm_erf(-x), -dm_erf(x)));
    }
    for (int n = -20; n <= 20; n++) {
        double exact = 1;
        for (int k = 0; k < (n < 0 ? -n : n); k++)
            exact *= 3;
        assert_true(dm_pow(3, n) == (n < 0 ? 1 / exact : exact));
        assert_true(dm_pow(-3, n) == (n % 2 ? -dm_pow(3, n) : dm_pow(3, n)));
    }
}

static bool is_nan(double x)
{
    return x != x;
}

static void ends_and_domains(void **state)
{
    (void)state;
    const double nan = __builtin_nan("");
    assert_true(dm_exp(710) == INF && dm_exp(INF) == INF && dm_exp(-INF) == 0 && dm_exp(-750) == 0 && dm_exp(0) == 1);
    assert_true(dm_exp(709.7) < INF && dm_exp(-745) > 0);
    assert_true(dm_log(0) == -INF && dm_log(INF) == INF && is_nan(dm_log(-1)) && same(dm_log(1), 0));
    assert_true(is_nan(dm_sqrt(-1)) && is_nan(dm_asin(1.0000001)) && is_nan(dm_acos(-1.0000001)) && is_nan(dm_acosh(0.999)) &&
                is_nan(dm_atanh(1.01)));
    assert_true(dm_atanh(1) == INF && dm_atanh(-1) == -INF && dm_acosh(1) == 0 && dm_acos(1) == 0);
    assert_true(is_nan(dm_sin(1e7)) && is_nan(dm_cos(INF)) && is_nan(dm_tan(-INF)) && same(dm_sin(0), 0) &&
                same(dm_sin(-0.0), -0.0));
    assert_true(dm_sinh(INF) == INF && dm_sinh(-711) == -INF && dm_cosh(-INF) == INF && dm_tanh(INF) == 1 && dm_tanh(-30) == -1);
    assert_true(dm_asinh(-INF) == -INF && dm_acosh(INF) == INF && dm_erf(INF) == 1 && dm_erf(-7) == -1 && same(dm_erf(-0.0), -0.0));
    assert_true(dm_pow(0, 3) == 0 && same(dm_pow(-0.0, 3), -0.0) && dm_pow(0, -2) == INF && dm_pow(-0.0, -3) == -INF &&
                dm_pow(0, 0.5) == 0);
    assert_true(dm_pow(5, 0) == 1 && dm_pow(nan, 0) == 1 && dm_pow(1, nan) == 1 && is_nan(dm_pow(-2, 0.5)) &&
                is_nan(dm_pow(nan, 2)));
    assert_true(dm_pow(INF, 2) == INF && dm_pow(INF, -2) == 0 && dm_pow(-INF, 3) == -INF && dm_pow(0.5, INF) == 0 &&
                dm_pow(2, INF) == INF);
    assert_true(dm_pow(10, 400) == INF && dm_pow(10, -400) == 0 && dm_pow(2, -1070) > 0 && dm_pow(-10, 401) == -INF);
    double (*const functions[])(double) = {dm_exp,  dm_log,   dm_sin,  dm_cos,        dm_tan,   dm_asin,  dm_acos,
                                           dm_atan, dm_sinh,  dm_cosh, dm_tanh,       dm_asinh, dm_acosh, dm_atanh,
                                           dm_erf,  dm_floor, dm_ceil, dm_round_even, dm_sqrt};
    for (size_t i = 0; i < COUNT(functions); i++)
        assert_true(is_nan(functions[i](nan)));
}

/* The bits of a million results in one number. It holds for every compiler, optimisation and machine: a difference means that
 * intervals, and with them models, would differ. It changes only when an implementation in dmath.c does; then every model's bytes
 * may change. */
static void the_bits_are_pinned(void **state)
{
    (void)state;
    const struct {
        double (*f)(double);
        double lo, hi;
    } ranges[] = {{dm_exp, -745, 709}, {dm_log, 0, 1000},   {dm_sin, -1e6, 1e6},      {dm_cos, -50, 50},  {dm_tan, -50, 50},
                  {dm_asin, -1, 1},    {dm_acos, -1, 1},    {dm_atan, -9, 9},         {dm_sinh, -90, 90}, {dm_cosh, -90, 90},
                  {dm_tanh, -12, 12},  {dm_asinh, -99, 99}, {dm_acosh, 1, 99},        {dm_atanh, -1, 1},  {dm_erf, -7, 7},
                  {dm_floor, -99, 99}, {dm_ceil, -99, 99},  {dm_round_even, -99, 99}, {dm_sqrt, 0, 1e9}};
    uint64_t hash = 14695981039346656037u, s = 2024;
    for (size_t k = 0; k < COUNT(ranges); k++)
        for (int i = 0; i < 50000; i++) {
            double x = uniform(&s, ranges[k].lo, ranges[k].hi);
            if (i % 4 == 0)
                x = ranges[k].lo > 0 ? 1 + (x - 1) * 0x1p-20 : x * 0x1p-20; /* small arguments as well */
            hash = (hash ^ bits(ranges[k].f(x))) * 1099511628211u;
            hash ^= hash >> 29;
        }
    for (int i = 0; i < 50000; i++) {
        double x = dm_exp(uniform(&s, -40, 40)), y = uniform(&s, -15, 15);
        hash = (hash ^ bits(dm_pow(x, i % 4 ? y : dm_round_even(y)))) * 1099511628211u;
        hash ^= hash >> 29;
    }
    if (hash != UINT64_C(0xf9f0ffebf5176430))
        fail_msg("hash is 0x%016llx", (unsigned long long)hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_values),    cmocka_unit_test(sqrt_is_correctly_rounded),
        cmocka_unit_test(rounding_is_exact),   cmocka_unit_test(monotone_on_dense_grids),
        cmocka_unit_test(identities),          cmocka_unit_test(ends_and_domains),
        cmocka_unit_test(the_bits_are_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
