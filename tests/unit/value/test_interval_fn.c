/* Functions of one argument on intervals: soundness against libm's float functions and naive formulas, tightness, extrema. */
#include "value/interval_sampling.h"

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}
static float sigmoid_by_tanh(float x)
{
    return 0.5f + 0.5f * tanhf(0.5f * x);
}
static float softplus(float x)
{
    return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
}
static float softplus_naive(float x)
{
    return x > 80 ? x : logf(1 + expf(x));
}
static float tanh_by_exp(float x)
{
    return 1 - 2 / (expf(2 * x) + 1);
}
static float sinh_by_exp(float x)
{
    return 0.5f * (expf(x) - expf(-x));
}
static float cosh_by_exp(float x)
{
    return 0.5f * (expf(x) + expf(-x));
}
static float tan_by_quotient(float x)
{
    return (float)(sin(x * (1 + 0x1p-24)) / cos(x * (1 + 0x1p-24)));
}
static float exp_by_two(float x)
{
    return exp2f(x * 1.44269504f);
}
static float acos_by_asin(float x)
{
    return 1.57079633f - asinf(x);
}
static float atanh_by_log(float x)
{
    return 0.5f * logf((1 + x) / (1 - x));
}
static float clamped_exp(float x)
{
    return expf(x > 88.37f ? 88.37f : x < -88.37f ? -88.37f : x);
}
static double d_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double d_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static const struct {
    iv_function which;
    float (*f[3])(float);
    double (*exact)(double);
    double lo, hi, limit; /* domain; magnitude of the tried arguments */
} KERNELS[] = {
    {IV_EXP, {expf, exp_by_two, clamped_exp}, exp, -INF, INF, 88.3},
    {IV_LOG, {logf}, log, FLT_MIN, INF, FLT_MAX},
    {IV_SIN, {sinf}, sin, -INF, INF, 1e6},
    {IV_COS, {cosf}, cos, -INF, INF, 1e6},
    {IV_TAN, {tanf, tan_by_quotient}, tan, -INF, INF, 1e4},
    {IV_ASIN, {asinf}, asin, -1, 1, 1},
    {IV_ACOS, {acosf, acos_by_asin}, acos, -1, 1, 1},
    {IV_ATAN, {atanf}, atan, -INF, INF, FLT_MAX},
    {IV_SINH, {sinhf, sinh_by_exp}, sinh, -INF, INF, 88.3},
    {IV_COSH, {coshf, cosh_by_exp}, cosh, -INF, INF, 88.3},
    {IV_TANH, {tanhf, tanh_by_exp}, tanh, -INF, INF, FLT_MAX},
    {IV_ASINH, {asinhf}, asinh, -INF, INF, FLT_MAX},
    {IV_ACOSH, {acoshf}, acosh, 1, INF, FLT_MAX},
    {IV_ATANH, {atanhf, atanh_by_log}, atanh, -1 + 0x1p-24, 1 - 0x1p-24, 1},
    {IV_ERF, {erff}, erf, -INF, INF, FLT_MAX},
    {IV_SIGMOID, {sigmoid, sigmoid_by_tanh}, d_sigmoid, -INF, INF, FLT_MAX},
    {IV_SOFTPLUS, {softplus, softplus_naive}, d_softplus, -INF, INF, FLT_MAX},
};

static void functions_are_sound(void **state)
{
    (void)state;
    assert_int_equal(COUNT(KERNELS), IV_FUNCTIONS);
    seed = 5;
    for (size_t k = 0; k < COUNT(KERNELS); k++) {
        int finite = 0;
        const char *name = iv_function_name(KERNELS[k].which);
        for (int i = 0; i < 20000; i++) {
            double limit = KERNELS[k].limit;
            interval a = any_interval(i % 2 && limit > 100 ? 100 : limit);
            if (KERNELS[k].which == IV_ACOSH)
                a = iv(1 + fabs(a.lo), 1 + fabs(a.hi)).lo < 1 + fabs(a.hi) ? iv((float)(1 + fabs(a.lo)), (float)(1 + fabs(a.hi)))
                                                                           : iv((float)(1 + fabs(a.hi)), (float)(1 + fabs(a.lo)));
            if (KERNELS[k].which == IV_LOG)
                a = iv_abs(a);
            interval r = iv_apply(KERNELS[k].which, a);
            if (a.lo < KERNELS[k].lo || a.hi > KERNELS[k].hi)
                continue;
            if (KERNELS[k].which != IV_TAN && !iv_valid(r))
                fail_msg("%s of [%a, %a] is invalid", name, a.lo, a.hi);
            finite += iv_finite(r);
            for (int j = 0; j < 8; j++) {
                float x = sample(a);
                for (int v = 0; v < 3 && KERNELS[k].f[v]; v++) {
                    assert_inside(KERNELS[k].f[v](x), r, name, x, v);
                    assert_inside(flushed(KERNELS[k].f[v](flushed(x))), r, name, x, v);
                }
            }
        }
        assert_true(finite > 4000);
    }
}

/* Not wider than the exact range (found by sampling, so from inside) by more than the errors that kernels make. */
static void functions_are_tight(void **state)
{
    (void)state;
    seed = 6;
    for (size_t k = 0; k < COUNT(KERNELS); k++) {
        for (int i = 0; i < 3000; i++) {
            double limit = fmin(KERNELS[k].limit, 50);
            interval a = any_interval(limit);
            if (KERNELS[k].which == IV_ACOSH || KERNELS[k].which == IV_LOG)
                a = iv(1 + iv_mig(a), 1 + iv_mag(a));
            interval r = iv_apply(KERNELS[k].which, a);
            if (!iv_valid(r))
                continue;
            bool waves = KERNELS[k].which == IV_SIN || KERNELS[k].which == IV_COS;
            double around = KERNELS[k].which == IV_TAN ? 1e-6 * (1 + iv_mag(a)) : 0; /* tan's error is one of the argument */
            double lo = INF, hi = -INF;
            for (int j = -1; j <= 200; j++) {
                double x = fmin(a.lo - around + (a.hi - a.lo + 2 * around) * j / 200, a.hi + around);
                if (j < 0) /* the least point of cosh */
                    x = iv_contains(a, 0) ? 0 : a.lo;
                double y = KERNELS[k].exact(x);
                lo = fmin(lo, y);
                hi = fmax(hi, y);
            }
            double slack = waves ? 0.05 * fmin(1, iv_width(a)) + 1e-5 : 4e-6, relative = 3e-5; /* the grid misses the extrema */
            if (!(r.lo >= lo - slack - relative * fabs(lo)) || !(r.hi <= hi + slack + relative * fabs(hi)))
                fail_msg("%s of [%a, %a] is [%a, %a], true [%a, %a]", iv_function_name(KERNELS[k].which), a.lo, a.hi, r.lo, r.hi,
                         lo, hi);
        }
    }
}

static void waves_find_their_extrema(void **state)
{
    (void)state;
    const double pi = 3.14159265358979312;
    for (int k = -40; k <= 40; k++) {
        double top = pi / 2 + 2 * pi * k, bottom = top + pi;
        interval r = iv_apply(IV_SIN, iv(top - 0.1, top + 0.1));
        assert_true(r.hi >= 1 && r.lo > 0.99 && r.lo <= sin(top - 0.1) + 1e-9);
        r = iv_apply(IV_SIN, iv(bottom - 0.1, bottom + 0.2));
        assert_true(r.lo <= -1 && r.hi < -0.98 && r.hi >= -cos(0.2));
        r = iv_apply(IV_SIN, iv(top + 0.1, bottom - 0.1));
        assert_true(r.hi < 0.9951 && r.lo > -0.9951);
        r = iv_apply(IV_COS, iv(2 * pi * k - 0.1, 2 * pi * k + 0.3));
        assert_true(r.hi >= 1 && r.lo > 0.95 && r.lo <= cos(0.3));
        r = iv_apply(IV_COS, iv(2 * pi * k + 0.1, 2 * pi * k + 0.3));
        assert_true(r.hi < 0.9951 && r.lo > 0.95);
        r = iv_apply(IV_COS, iv(2 * pi * k, 2 * pi * k + 2 * pi));
        assert_true(r.hi >= 1 && r.lo <= -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_sound),
        cmocka_unit_test(functions_are_tight),
        cmocka_unit_test(waves_find_their_extrema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
