/* Intervals: soundness against float32 arithmetic by sampling (with values flushed to zero, and naive formulas beside libm's),
 * exactness, tightness, inclusion, domains, signs, and the bits. */
#include "value/interval_sampling.h"

static void validity(void **state)
{
    (void)state;
    assert_true(iv_valid(iv(1, 1)) && iv_valid(iv(-INF, INF)) && !iv_valid(iv(2, 1)) && !iv_valid(iv_invalid()));
    assert_true(!iv_valid(iv(NAN, 1)) && !iv_valid(iv(1, NAN)) && !iv_finite(iv(0, INF)) && iv_finite(iv_point(3)));
    assert_true(iv_inside(iv(1, 2), iv(1, 3)) && !iv_inside(iv(0, 2), iv(1, 3)) && !iv_inside(iv_invalid(), iv(0, 1)));
    assert_true(!iv_inside(iv(0, 1), iv_invalid()) && iv_contains(iv(1, 2), 2) && !iv_contains(iv(1, 2), 2.5) &&
                !iv_contains(iv_invalid(), 0));
    assert_true(!iv_contains(iv(-INF, INF), NAN));
    assert_true(iv_mag(iv(-3, 2)) == 3 && iv_mig(iv(-3, 2)) == 0 && iv_mig(iv(-3, -2)) == 2 && iv_width(iv(-3, 2)) == 5 &&
                iv_width(iv(INF, INF)) == 0);
    assert_true(isnan(iv_mag(iv_invalid())) && isnan(iv_mig(iv(1, NAN))) && isnan(iv_width(iv(2, 1))));
    interval w = iv_widen(iv(1, 2), 0.5);
    assert_true(w.lo == 0.5 && w.hi == 2.5 && !iv_valid(iv_widen(iv(1, 2), -1)) && !iv_valid(iv_widen(iv(1, 2), NAN)));
    assert_string_equal(iv_function_name(IV_EXP), "exp");
    assert_string_equal(iv_function_name(IV_SOFTPLUS), "softplus");
    assert_string_equal(iv_function_name(IV_ERF), "erf");
    assert_string_equal(iv_function_name(IV_FUNCTIONS), "?");
    for (int f = 0; f < IV_FUNCTIONS; f++)
        for (int g = 0; g < f; g++)
            assert_string_not_equal(iv_function_name((iv_function)f), iv_function_name((iv_function)g));
}

typedef interval unary(interval);
typedef interval binary(interval, interval);

static void invalid_stays_invalid(void **state)
{
    (void)state;
    unary *const one[] = {iv_neg, iv_abs, iv_floor, iv_ceil, iv_round, iv_sign, iv_relu, iv_sqr, iv_sqrt};
    binary *const two[] = {iv_hull, iv_meet, iv_min, iv_max, iv_add, iv_sub, iv_mul, iv_div, iv_pow};
    const interval bad[] = {iv_invalid(), iv(2, 1), iv(NAN, 1), iv(1, NAN)};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (size_t i = 0; i < COUNT(one); i++)
            assert_false(iv_valid(one[i](bad[b])));
        for (size_t i = 0; i < COUNT(two); i++) {
            assert_false(iv_valid(two[i](bad[b], iv(1, 2))));
            assert_false(iv_valid(two[i](iv(1, 2), bad[b])));
        }
        for (int f = 0; f < IV_FUNCTIONS; f++)
            assert_false(iv_valid(iv_apply((iv_function)f, bad[b])));
        assert_false(iv_valid(iv_widen(bad[b], 1)) || iv_valid(iv_sum_of(3, bad[b])) || iv_valid(iv_mean_of(3, bad[b])));
    }
    assert_false(iv_valid(iv_apply(IV_FUNCTIONS, iv(0, 1))));
    assert_false(iv_valid(iv_sum_of(-1, iv(0, 1))) || iv_valid(iv_sum_of(NAN, iv(0, 1))) || iv_valid(iv_mean_of(0, iv(0, 1))));
}

static float f_neg(float x)
{
    return -x;
}
static float f_sign(float x)
{
    return (float)((x > 0) - (x < 0));
}
static float f_relu(float x)
{
    return x > 0 ? x : 0;
}
static float f_sqr(float x)
{
    return x * x;
}

/* The ends are values of the operation (no widening), and no value lies outside. */
static void exact_operations_are_exact(void **state)
{
    (void)state;
    const struct {
        unary *op;
        float (*f)(float);
        const char *name;
    } ops[] = {{iv_neg, f_neg, "neg"},     {iv_abs, fabsf, "abs"},    {iv_floor, floorf, "floor"}, {iv_ceil, ceilf, "ceil"},
               {iv_round, rintf, "round"}, {iv_sign, f_sign, "sign"}, {iv_relu, f_relu, "relu"}};
    seed = 1;
    for (int i = 0; i < 20000; i++) {
        interval a = any_interval(FLT_MAX), b = any_interval(FLT_MAX);
        for (size_t k = 0; k < COUNT(ops); k++) {
            interval r = ops[k].op(a);
            assert_true(iv_valid(r));
            for (int j = 0; j < 5; j++) {
                float x = sample(a);
                assert_inside(ops[k].f(x), r, ops[k].name, x, 0);
            }
            double p = ops[k].f((float)a.lo), q = ops[k].f((float)a.hi), zero = a.lo <= 0 && a.hi >= 0 ? 0 : p;
            assert_true((r.lo == p || r.lo == q || r.lo == zero) && (r.hi == p || r.hi == q));
        }
        interval h = iv_hull(a, b), m = iv_meet(a, b), least = iv_min(a, b), most = iv_max(a, b);
        assert_true(h.lo == fmin(a.lo, b.lo) && h.hi == fmax(a.hi, b.hi));
        assert_true(iv_valid(m) ? m.lo == fmax(a.lo, b.lo) && m.hi == fmin(a.hi, b.hi) : a.hi < b.lo || b.hi < a.lo);
        assert_true(least.lo == fmin(a.lo, b.lo) && least.hi == fmin(a.hi, b.hi));
        assert_true(most.lo == fmax(a.lo, b.lo) && most.hi == fmax(a.hi, b.hi));
    }
    interval r = iv_floor(iv(-INF, INF));
    assert_true(r.lo == -INF && r.hi == INF);
}

static float add(float x, float y)
{
    return x + y;
}
static float sub(float x, float y)
{
    return x - y;
}
static float mul(float x, float y)
{
    return x * y;
}
static float divide(float x, float y)
{
    return x / y;
}
static float times_reciprocal(float x, float y)
{
    return x * (1 / y);
}

static void arithmetic_is_sound(void **state)
{
    (void)state;
    const struct {
        binary *op;
        float (*f)(float, float);
        const char *name;
    } ops[] = {{iv_add, add, "add"},
               {iv_sub, sub, "sub"},
               {iv_mul, mul, "mul"},
               {iv_div, divide, "div"},
               {iv_div, times_reciprocal, "reciprocal"}};
    seed = 2;
    int valid[COUNT(ops)] = {0}, finite[COUNT(ops)] = {0};
    for (int i = 0; i < 40000; i++) {
        double limit = i % 2 ? FLT_MAX : 1000;
        interval a = any_interval(limit), b = any_interval(limit);
        for (size_t k = 0; k < COUNT(ops); k++) {
            interval r = ops[k].op(a, b);
            if (ops[k].op != iv_div)
                assert_true(iv_valid(r));
            if (!iv_valid(r))
                continue;
            valid[k]++;
            finite[k] += iv_finite(r);
            for (int j = 0; j < 6; j++) {
                float x = sample(a), y = sample(b);
                assert_inside(ops[k].f(x, y), r, ops[k].name, x, y);
                assert_inside(flushed(ops[k].f(flushed(x), flushed(y))), r, ops[k].name, x, y);
            }
        }
        for (int j = 0; j < 6; j++) {
            float x = sample(a);
            assert_inside(f_sqr(x), iv_sqr(a), "sqr", x, 0);
            assert_inside(flushed(f_sqr(flushed(x))), iv_sqr(a), "sqr", x, 0);
            if (a.lo >= 0) {
                assert_true(iv_valid(iv_sqrt(a)));
                assert_inside(sqrtf(x), iv_sqrt(a), "sqrt", x, 0);
                assert_inside(sqrtf(flushed(x)), iv_sqrt(a), "sqrt", x, 0);
                assert_inside(x < FLT_MIN ? 0 : x * (1 / sqrtf(x)), iv_sqrt(a), "rsqrt", x, 0);
            }
        }
    }
    for (size_t k = 0; k < COUNT(ops); k++)
        assert_true(valid[k] > 10000 && finite[k] > 10000);
}

static void powers_are_sound(void **state)
{
    (void)state;
    seed = 3;
    int whole = 0, real = 0;
    for (int i = 0; i < 60000; i++) {
        interval a = any_interval(i % 3 ? 8 : 1e30), b;
        if (i % 2) {
            b = iv_point((int)below(21) - 10);
        } else {
            a = iv_abs(a);
            b = any_interval(20);
        }
        interval r = iv_pow(a, b);
        if (!iv_valid(r))
            continue;
        whole += i % 2 && iv_finite(r);
        real += i % 2 == 0 && iv_finite(r);
        for (int j = 0; j < 6; j++) {
            float x = sample(a), y = sample(b);
            assert_inside(powf(x, y), r, "pow", x, y);
            assert_inside(flushed(powf(flushed(x), y)), r, "pow", x, y);
            if (x >= FLT_MIN)
                assert_inside(expf(y * logf(x)), r, "exp(y log x)", x, y);
            if (i % 2 && fabsf(y) > 0) { /* by repeated multiplication, with the inverse first or last */
                float p = 1, q = 1;
                for (int k = 0; k < (int)fabsf(y); k++) {
                    p = flushed(p * x);
                    q = q * (1 / x);
                }
                assert_inside(y < 0 ? 1 / p : p, r, "product", x, y);
                if (y < 0 && fabsf(q) < 1e38f)
                    assert_inside(q, r, "product of inverses", x, y);
            }
        }
    }
    assert_true(whole > 10000 && real > 10000);
    interval r = iv_pow(iv(-2, 3), iv_point(2));
    assert_true(r.lo == 0 && r.hi >= 9 && r.hi < 9.001);
    r = iv_pow(iv(-2, 3), iv_point(3));
    assert_true(r.lo <= -8 && r.lo > -8.001 && r.hi >= 27 && r.hi < 27.001);
    r = iv_pow(iv(-4, -2), iv_point(-1));
    assert_true(r.lo <= -0.5 && r.lo > -0.5001 && r.hi >= -0.25 && r.hi < -0.2499);
    r = iv_pow(iv(-4, -2), iv_point(-2));
    assert_true(r.lo <= 1.0 / 16 && r.lo > 0.0624 && r.hi >= 0.25 && r.hi < 0.2501);
    r = iv_pow(iv(-4, 4), iv_point(0));
    assert_true(r.lo == 1 && r.hi == 1);
    r = iv_pow(iv(0.5, 2), iv(-1, 3));
    assert_true(r.lo <= 0.125 && r.lo > 0.1249 && r.hi >= 8 && r.hi < 8.001);
    assert_false(iv_valid(iv_pow(iv(-1, 1), iv_point(-1))) || iv_valid(iv_pow(iv(-1, 1), iv_point(0.5))) ||
                 iv_valid(iv_pow(iv(-1, 1), iv(1, 2))));
    assert_false(iv_valid(iv_pow(iv(0, 1), iv(0.5, 0.5))) || iv_valid(iv_pow(iv(1, 2), iv(0, 1e9))) ||
                 iv_valid(iv_pow(iv(1, 2), iv(0, INF))));
}

static void sums_are_sound(void **state)
{
    (void)state;
    seed = 4;
    for (int i = 0; i < 6000; i++) {
        interval a = any_interval(i % 2 ? 1000 : 1e30);
        int n = 1 + (int)below(i % 10 ? 60 : 3000);
        float sum = 0, back = 0, lanes[8] = {0};
        bool ends = next() & 1; /* all at one end: the worst */
        static float v[3001];
        for (int k = 0; k < n; k++)
            v[k] = ends ? (float)(i & 1 ? a.lo : a.hi) : sample(a);
        for (int k = 0; k < n; k++) {
            sum = flushed(sum + v[k]);
            back += v[n - 1 - k];
            lanes[k % 8] += v[k];
        }
        float tree = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
        interval total = iv_sum_of(n, a), mean = iv_mean_of(n, a);
        assert_true(iv_valid(total) && iv_valid(mean));
        assert_inside(sum, total, "sum", a.lo, a.hi);
        assert_inside(back, total, "sum backwards", a.lo, a.hi);
        assert_inside(tree, total, "sum in lanes", a.lo, a.hi);
        assert_inside(sum / (float)n, mean, "mean", a.lo, a.hi);
        assert_inside(tree * (1 / (float)n), mean, "mean", a.lo, a.hi);
    }
    interval r = iv_sum_of(1000, iv(-1, 2));
    assert_true(r.lo <= -1000 && r.lo > -1000.3 && r.hi >= 2000 && r.hi < 2000.3);
    r = iv_mean_of(1000, iv(1, 2));
    assert_true(r.lo <= 1 && r.lo > 0.999 && r.hi >= 2 && r.hi < 2.001);
    r = iv_sum_of(0, iv(1, 2));
    assert_true(r.lo == 0 && r.hi == 0);
    assert_true(iv_sum_of(1000, iv(0, 1e36)).hi == INF && iv_mean_of(1000, iv(0, 1e36)).hi == INF);
}

/* The interval is not wider than the exact range (found by sampling, so from inside) by more than a small multiple of a float32 ulp
 * at the largest magnitude involved, and 3e-6 where a kernel's error is absolute. */
static void results_are_tight(void **state)
{
    (void)state;
    seed = 6;
    for (int i = 0; i < 20000; i++) {
        interval a = any_interval(1e15), b = any_interval(1e15);
        double mag = iv_mag(a) + iv_mag(b), tiny = 1e-37 + 0x1p-126 * mag; /* subnormal operands count as 0, too */
        interval r = iv_add(a, b);
        assert_true(iv_width(r) <= iv_width(a) + iv_width(b) + 3e-6 * mag + tiny);
        r = iv_mul(a, b);
        double c[4] = {a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi};
        double lo = fmin(fmin(c[0], c[1]), fmin(c[2], c[3])), hi = fmax(fmax(c[0], c[1]), fmax(c[2], c[3]));
        assert_true(r.lo >= lo - 1e-6 * fabs(lo) - tiny && r.hi <= hi + 1e-6 * fabs(hi) + tiny);
        r = iv_sqr(a);
        assert_true(r.hi <= iv_mag(a) * iv_mag(a) * 1.000001 + tiny);
        if (iv_mig(b) > 1e-15) {
            r = iv_div(a, b);
            assert_true(iv_mag(r) <= iv_mag(a) / iv_mig(b) * 1.000001 + tiny);
        }
    }
}

static void assert_included(interval part, interval whole, const char *name)
{
    if (iv_valid(whole) && !iv_inside(part, whole))
        fail_msg("%s: [%a, %a] is not in [%a, %a]", name, part.lo, part.hi, whole.lo, whole.hi);
}

/* A part of an interval gives a part of the result. */
static void inclusion_is_kept(void **state)
{
    (void)state;
    unary *const one[] = {iv_neg, iv_abs, iv_floor, iv_ceil, iv_round, iv_sign, iv_relu, iv_sqr, iv_sqrt};
    binary *const two[] = {iv_hull, iv_min, iv_max, iv_add, iv_sub, iv_mul, iv_div, iv_pow};
    seed = 7;
    for (int i = 0; i < 30000; i++) {
        double limit = i % 3 == 0 ? FLT_MAX : i % 3 == 1 ? 30 : 1;
        interval a = any_interval(limit), b = any_interval(limit);
        double p = sample(a), q = sample(a), r = sample(b), s = sample(b);
        interval c = iv(fmin(p, q), fmax(p, q)), d = iv(fmin(r, s), fmax(r, s));
        for (size_t k = 0; k < COUNT(one); k++)
            assert_included(one[k](c), one[k](a), "unary");
        for (size_t k = 0; k < COUNT(two); k++)
            assert_included(two[k](c, d), two[k](a, b), "binary");
        for (int f = 0; f < IV_FUNCTIONS; f++)
            if (f != IV_TAN && f != IV_SIN && f != IV_COS) /* their error depends on the magnitude of the argument */
                assert_included(iv_apply((iv_function)f, c), iv_apply((iv_function)f, a), iv_function_name((iv_function)f));
        assert_included(iv_sum_of(77, c), iv_sum_of(77, a), "sum");
        assert_included(iv_mean_of(77, c), iv_mean_of(77, a), "mean");
    }
}

static void signs_and_limits_hold(void **state)
{
    (void)state;
    seed = 8;
    for (int i = 0; i < 30000; i++) {
        interval a = any_interval(FLT_MAX), b = iv_abs(any_interval(FLT_MAX)), p = iv_abs(a);
        const iv_function positive[] = {IV_EXP, IV_COSH, IV_SIGMOID, IV_SOFTPLUS},
                          bounded[] = {IV_SIN, IV_COS, IV_TANH, IV_ERF, IV_SIGMOID};
        for (size_t k = 0; k < COUNT(positive); k++)
            assert_true(iv_apply(positive[k], a).lo >= 0);
        for (size_t k = 0; k < COUNT(bounded); k++)
            assert_true(iv_mag(iv_apply(bounded[k], a)) <= 1.0000011);
        assert_true(iv_sqr(a).lo >= 0 && iv_sqrt(p).lo >= 0 && iv_add(p, b).lo >= 0 && iv_mul(p, b).lo >= 0);
        assert_true(iv_add(iv_neg(p), iv_neg(b)).hi <= 0 && iv_mul(iv_neg(p), b).hi <= 0 && iv_sum_of(100, p).lo >= 0 &&
                    iv_mean_of(9, iv_neg(p)).hi <= 0);
        if (b.lo > 1e-30)
            assert_true(iv_div(p, b).lo >= 0 && iv_pow(b, iv_point(-2)).lo >= 0);
    }
    interval zero = iv_point(0), r = iv_mul(zero, iv(-5, 5));
    assert_true(r.lo == 0 && r.hi == 0);
    r = iv_add(zero, zero);
    assert_true(r.lo == 0 && r.hi == 0);
    assert_true(iv_apply(IV_TANH, iv(-INF, INF)).hi > 1 && iv_apply(IV_ERF, iv(5, 9)).hi > 1); /* room for a kernel's last ulp */
    assert_true(iv_apply(IV_EXP, iv(-200, -150)).hi > 0 && iv_apply(IV_EXP, iv(-200, -150)).hi < 1e-37);
    assert_true(iv_mul(iv_point(1e-30), iv_point(1e-8)).lo == 0); /* subnormal: may be flushed */
}

static void overflow_gives_infinite_ends(void **state)
{
    (void)state;
    interval big = iv(3e38, 3.3e38);
    assert_true(iv_add(big, big).hi == INF && iv_add(big, big).lo <= FLT_MAX && iv_sub(iv_neg(big), big).lo == -INF);
    assert_true(iv_mul(big, iv(-2, 2)).hi == INF && iv_mul(big, iv(-2, 2)).lo == -INF && iv_sqr(iv(0, 2e19)).hi == INF);
    assert_true(iv_div(iv_point(1), iv(1e-37, 1)).hi < INF && iv_div(iv_point(100), iv(1e-37, 1)).hi == INF);
    assert_true(iv_finite(iv_apply(IV_EXP, iv(0, 88))) && iv_apply(IV_EXP, iv(0, 88.5)).hi == INF);
    assert_true(iv_apply(IV_SINH, iv(-90, 1)).lo == -INF && iv_apply(IV_SINH, iv(-1, 90)).hi == INF &&
                iv_apply(IV_COSH, iv(-90, 1)).hi == INF);
    assert_true(iv_pow(iv(1, 10), iv_point(39)).hi == INF && iv_pow(iv(1e-13, 1), iv_point(-3)).hi == INF &&
                iv_finite(iv_pow(iv(1, 10), iv_point(37))));
    assert_true(iv_widen(iv(0, 3e38), 1e38).hi == INF);
    for (int i = 0; i < 2; i++) { /* infinite operands */
        interval inf = i ? iv(0, INF) : iv(-INF, INF);
        assert_false(iv_finite(iv_add(inf, iv(0, 1))) || iv_finite(iv_sub(inf, inf)) || iv_finite(iv_mul(inf, iv(1, 2))) ||
                     iv_finite(iv_mul(inf, iv(0, 1))));
        assert_false(iv_finite(iv_div(inf, iv(1, 2))) || iv_finite(iv_sqr(inf)) || iv_finite(iv_sum_of(5, inf)) ||
                     iv_finite(iv_mean_of(5, inf)));
        assert_false(iv_finite(iv_pow(inf, iv_point(3))) || iv_finite(iv_apply(IV_EXP, inf)) ||
                     iv_finite(iv_apply(IV_SOFTPLUS, inf)));
        assert_false(iv_valid(iv_apply(IV_SIN, inf)) || iv_valid(iv_apply(IV_COS, inf)) || iv_valid(iv_apply(IV_TAN, inf)));
    }
}

static void domains_are_checked(void **state)
{
    (void)state;
    assert_false(iv_valid(iv_div(iv(1, 2), iv(-1, 1))) || iv_valid(iv_div(iv(1, 2), iv(0, 1))) ||
                 iv_valid(iv_div(iv(1, 2), iv(1e-39, 1))));
    assert_false(iv_valid(iv_sqrt(iv(-1e-30, 1))));
    assert_true(iv_valid(iv_sqrt(iv(0, 1))) && iv_valid(iv_sqrt(iv(-0.0, 1))));
    const struct {
        iv_function f;
        double lo, hi;
        bool valid;
    } cases[] = {
        {IV_LOG, 0, 1, false},         {IV_LOG, -1, 1, false},      {IV_LOG, 1e-39, 1, false},   {IV_LOG, 1e-37, 1, true},
        {IV_ASIN, -1, 1, true},        {IV_ASIN, -1.01, 1, false},  {IV_ACOS, -1, 1.01, false},  {IV_ACOS, -1, 1, true},
        {IV_ACOSH, 1, 2, true},        {IV_ACOSH, 0.99, 2, false},  {IV_ATANH, -1, 0, false},    {IV_ATANH, 0, 1, false},
        {IV_ATANH, -0.99, 0.99, true}, {IV_TAN, 0, 1.5, true},      {IV_TAN, 0, 1.57, false},    {IV_TAN, 1.5, 1.6, false},
        {IV_TAN, 1.58, 4.7, true},     {IV_TAN, 1.58, 4.72, false}, {IV_TAN, -1.56, 1.56, true}, {IV_TAN, -1.5703, 0, false},
        {IV_TAN, 0, 1e7, false},       {IV_TAN, 1e7, 1e7, false},   {IV_SIN, 1e7, 2e7, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (iv_valid(iv_apply(cases[i].f, iv(cases[i].lo, cases[i].hi))) != cases[i].valid)
            fail_msg("%s of [%g, %g]", iv_function_name(cases[i].f), cases[i].lo, cases[i].hi);
}

static void scales_keep_sums_useful(void **state)
{
    (void)state;
    const double counts[] = {1, 2, 9, 27, 256, 4096, 1e6, 1e9}, mags[] = {0, 1e-30, 1e-3, 0.5, 1, 3, 100, 1e6, 1e30};
    for (size_t i = 0; i < COUNT(counts); i++)
        for (size_t k = 0; k < COUNT(mags); k++) {
            double n = counts[i], mag = mags[k], s = iv_scale_for(n, mag);
            assert_true(s > 0 && s == (double)(float)s);
            assert_true(s >= 0x1p-10 / n * 0.999 && s <= 0x1p10 / sqrt(n) * 1.001);
            if (n * mag < 1e5 && mag >= 1e-3 && mag < 1e3)
                assert_true(n * s * mag <= 257 && n * s * mag >= 0.4);
        }
    assert_true(iv_scale_for(16, 1) == 0.25);
    assert_true(iv_scale_for(16, 64) == 0.25 / 64);
    assert_true(iv_scale_for(NAN, 1) > 0 && iv_scale_for(4, INF) > 0 && iv_scale_for(INF, NAN) > 0);
}

/* As in test_dmath.c: bounds decide what models look like, so they are the same bits everywhere. */
static void the_bits_are_pinned(void **state)
{
    (void)state;
    seed = 9;
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < 20000; i++) {
        /* ends from integers alone: sampling above goes through libm's rounding of the platform */
        double lo = (double)((int)below(200001) - 100000) * 0x1p-12, hi = lo + (double)below(100000) * 0x1p-13;
        interval a = iv(lo, hi), b = iv(0.25 + (double)below(1000) * 0x1p-8, 5);
        interval r[] = {iv_add(a, b),
                        iv_sub(a, b),
                        iv_mul(a, b),
                        iv_div(a, b),
                        iv_sqr(a),
                        iv_sqrt(b),
                        iv_pow(a, iv_point((int)below(9))),
                        iv_pow(b, a),
                        iv_sum_of(1 + below(999), a),
                        iv_mean_of(1 + below(999), a),
                        iv_point(iv_scale_for(1 + below(9999), hi))};
        for (size_t k = 0; k < COUNT(r) + IV_FUNCTIONS; k++) {
            interval y = k < COUNT(r) ? r[k] : iv_apply((iv_function)(k - COUNT(r)), a);
            uint64_t u[2] = {0, 0};
            if (iv_valid(y))
                memcpy(u, &y, sizeof u);
            hash = (((hash ^ u[0]) * 1099511628211u) ^ u[1]) * 1099511628211u;
            hash ^= hash >> 29;
        }
    }
    if (hash != UINT64_C(0xf3b106171cc526a7))
        fail_msg("hash is 0x%016llx", (unsigned long long)hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validity),
        cmocka_unit_test(invalid_stays_invalid),
        cmocka_unit_test(exact_operations_are_exact),
        cmocka_unit_test(arithmetic_is_sound),
        cmocka_unit_test(powers_are_sound),
        cmocka_unit_test(sums_are_sound),
        cmocka_unit_test(results_are_tight),
        cmocka_unit_test(inclusion_is_kept),
        cmocka_unit_test(signs_and_limits_hold),
        cmocka_unit_test(overflow_gives_infinite_ends),
        cmocka_unit_test(domains_are_checked),
        cmocka_unit_test(scales_keep_sums_useful),
        cmocka_unit_test(the_bits_are_pinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
