/* Functions of one number: our own against libm in long double, and that bounds hold what the function does near the argument. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reference/ref_fn.h"
#include "reference/ref_functions.h"
#include "splitmix.h"

static double between(double lo, double hi)
{
    return lo + (hi - lo) * (double)(splitmix() >> 11) * 0x1p-53;
}

static void own_functions_are_accurate(void **state)
{
    (void)state;
    splitmix_state = 1;
    for (int i = 0; i < 20000; i++) {
        double x = between(-40, 40), t = between(0, 1), small = t * t * t * t * 1e-2;
        assert_true(fabsl((long double)ref_softplus(x) / log1pl(expl((long double)x)) - 1) < 0x1p-52L);
        assert_true(fabsl((long double)ref_sigmoid(x) * (1 + expl(-(long double)x)) - 1) < 0x1p-52L);
        assert_true(small == 0 || fabsl((long double)ref_log1p(small) / log1pl((long double)small) - 1) < 0x1p-52L);
        double b = between(0.01, 50), y = between(-5, 5);
        assert_true(fabsl((long double)ref_power(b, y) / powl((long double)b, (long double)y) - 1) < 0x1p-52L);
        assert_true(ref_remainder(x * 1e3, b) == fmod(x * 1e3, b));
    }
    assert_true(ref_power(0, 2) == 0 && ref_power(0, 0) == 1 && ref_power(-2, 3) == -8);
    assert_true(isnan(ref_remainder(1, 0)));
}

static const struct {
    ref_fn fn;
    double (*f)(double);
    double lo, hi;
} functions[] = {
    {RF_EXP, exp, -20, 20},   {RF_LOG, log, 1e-3, 100}, {RF_SQRT, sqrt, 0, 100},  {RF_SIN, sin, -50, 50},   {RF_COS, cos, -50, 50},
    {RF_TAN, tan, -1.5, 1.5}, {RF_ASIN, asin, -1, 1},   {RF_ACOS, acos, -1, 1},   {RF_ATAN, atan, -9, 9},   {RF_SINH, sinh, -9, 9},
    {RF_COSH, cosh, -9, 9},   {RF_TANH, tanh, -9, 9},   {RF_ERF, erf, -4, 4},     {RF_FLOOR, floor, -9, 9}, {RF_CEIL, ceil, -9, 9},
    {RF_ASINH, asinh, -9, 9}, {RF_ACOSH, acosh, 1, 50}, {RF_ATANH, atanh, -1, 1}, {RF_TRUNC, trunc, -9, 9}, {RF_ROUND, rint, -9, 9},
    {RF_ABS, fabs, -9, 9},
};

/* The function at any point within e of x, rounded to float32, lies within the bound; the bound is no more than some times as wide
 * as that. */
static void bounds_hold_neighbours(void **state)
{
    (void)state;
    static const ref_accuracy exact = {.ulp = 1, .abs = 0};
    double spare[2 * REF_LANES];
    arena a;
    arena_init(&a, 0);
    ref_unit unit = ref_unit_of(DT_FLOAT32);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    splitmix_state = 2;
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        for (int i = 0; i < 2000; i++) {
            arena_reset(&a);
            double x = between(functions[k].lo, functions[k].hi), e = i % 4 == 0 ? 0 : pow(10, between(-9, -0.5));
            ref_value y = ref_unary(&r, functions[k].fn, &exact, ref_real(&r, x, e));
            for (int j = 0; j < 5; j++) {
                double near = e * (1 - 1e-6),
                       z = j == 0   ? x - near
                           : j == 1 ? x + near
                                    : between(x - near, x + near),
                       f = (double)(float)functions[k].f(z);
                if (z < functions[k].lo || z > functions[k].hi)
                    continue;
                if (functions[k].fn >= RF_FLOOR) /* the argument of a step is a float32, or it has an error */
                    f = functions[k].f(z);
                if (!(fabs(f - y.v[0]) <= y.e[0]))
                    fail_msg("function %zu at %.17g +- %g: %.17g is not %.17g +- %g", k, x, e, f, y.v[0], y.e[0]);
            }
        }
    }
    ref_value nan = ref_unary(&r, RF_LOG, &exact, ref_real(&r, -1, 0));
    assert_true(nan.e[0] == (double)INFINITY);
    const double at = 0x1.921fb54442d18p+0; /* a pole of the tangent */
    const double poles[][2] = {{1.57, 0.01}, {at, 0x1p-52}, {-at, 1e-9}, {1e15 * at, 2},
                               {0, 1.6},     {0.9, 0.8},    {5, 1},      {1e300, 1e285}};
    for (size_t i = 0; i < sizeof poles / sizeof poles[0]; i++)
        assert_true(ref_unary(&r, RF_TAN, &exact, ref_real(&r, poles[i][0], poles[i][1])).e[0] == (double)INFINITY);
    assert_true(ref_unary(&r, RF_TAN, &exact, ref_real(&r, 0, 1.5)).e[0] < 15);
    assert_true(ref_unary(&r, RF_TAN, &exact, ref_real(&r, 1e22, 0)).e[0] < 1e-6);
    assert_true(ref_unary(&r, RF_SIN, &exact, ref_real(&r, 1e300, 0)).e[0] < 1e-6);
    arena_free(&a);
}

/* In double a bound is hardly wider than the roundings of our own functions, which then are not monotone. */
static void narrow_arguments_have_finite_bounds(void **state)
{
    (void)state;
    static const ref_accuracy exact = {.ulp = 1, .abs = 0};
    double spare[2 * REF_LANES];
    arena a;
    arena_init(&a, 0);
    ref_unit unit = ref_unit_of(DT_DOUBLE);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    splitmix_state = 4;
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        for (int i = 0; functions[k].fn < RF_FLOOR && i < 2000; i++) {
            arena_reset(&a);
            double edge = 1e-3 * (functions[k].hi - functions[k].lo), x = between(functions[k].lo + edge, functions[k].hi - edge);
            ref_value y = ref_unary(&r, functions[k].fn, &exact, ref_real(&r, x, fabs(x) * 0x1p-53));
            if (!(y.e[0] <= 1e-10 * (1 + fabs(y.v[0]))))
                fail_msg("function %zu at %.17g: %g +- %g", k, x, y.v[0], y.e[0]);
        }
    }
    arena_free(&a);
}

/* What bounds allow for our own functions alone: the function in long double, at both ends of an argument in double. */
static void own_errors_are_covered(void **state)
{
    (void)state;
    static const ref_accuracy none = {.ulp = 0, .abs = 0};
    static const struct {
        ref_fn fn;
        long double (*f)(long double);
        double lo, hi;
    } cases[] = {
        {RF_EXP, expl, -700, 700},   {RF_LOG, logl, 1e-3, 100},   {RF_SIN, sinl, -1e4, 1e4}, {RF_COS, cosl, -1e4, 1e4},
        {RF_TAN, tanl, -1.5, 1.5},   {RF_ASIN, asinl, -1, 1},     {RF_ACOS, acosl, -1, 1},   {RF_ATAN, atanl, -9, 9},
        {RF_SINH, sinhl, -700, 700}, {RF_COSH, coshl, -700, 700}, {RF_TANH, tanhl, -30, 30}, {RF_ASINH, asinhl, -9, 9},
        {RF_ACOSH, acoshl, 1, 1e9},  {RF_ATANH, atanhl, -1, 1},   {RF_ERF, erfl, -7, 7},
    };
    double spare[2 * REF_LANES];
    arena a;
    arena_init(&a, 0);
    ref_unit unit = ref_unit_of(DT_DOUBLE);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    splitmix_state = 6;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        for (int i = 0; i < 5000; i++) {
            arena_reset(&a);
            double x = between(cases[k].lo, cases[k].hi), e = i % 3 == 0 ? 0 : ldexp(floor(between(0, 512)), ilogb(x) - 60);
            /* x + e and x - e are exact in long double */
            ref_value y = ref_unary(&r, cases[k].fn, &none, ref_real(&r, x, e));
            for (int side = -1; side <= 1; side++) {
                long double z = (long double)x + side * (long double)e, off = fabsl(cases[k].f(z) - y.v[0]);
                if (!(off <= y.e[0]) && y.e[0] - y.e[0] == 0)
                    fail_msg("function %zu at %a +- %a: off by %Lg, beyond %g", k, x, e, off, y.e[0]);
            }
        }
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(own_functions_are_accurate), cmocka_unit_test(bounds_hold_neighbours),
                                       cmocka_unit_test(narrow_arguments_have_finite_bounds),
                                       cmocka_unit_test(own_errors_are_covered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
