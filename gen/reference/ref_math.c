/* Functions of one number: where the argument may lie anywhere within e of x, how far from f(x) may the result lie?
 *
 * Monotone functions have their extreme values at the ends. The errors of our own functions are added, and those of
 * implementations, as specs/compute/accuracy.yaml states them. */
#include "reference/ref_form.h"

#include "reference/ref_double.h"
#include "reference/ref_functions.h"
#include "value/dmath.h"

#define INFINITE ((double)__builtin_inff())

double ref_growth(double x)
{
    return x < 0x1p-10 ? x * (1 + x) : ref_exp(x) - 1 + 0x1p-40;
}

double ref_remainder(double a, double b)
{
    double x = __builtin_fabs(a), y = __builtin_fabs(b);
    if (!(y > 0) || !(x < INFINITE))
        return __builtin_nan("");
    while (x >= y) {
        double step = y; /* the largest y * 2^k that is at most x; the difference is exact (Sterbenz) */
        while (step <= x / 2)
            step *= 2;
        x -= step;
    }
    return a < 0 ? -x : x;
}

/* ---- real functions ---- */

typedef enum { INCREASING, DECREASING, EVEN, BOUNDED_SLOPE, TANGENT } shape_of;

typedef struct {
    double (*f)(double);
    shape_of shape;
    double lo, hi; /* its domain */
} real_function;

static const real_function reals[RF_COUNT_] = {
    [RF_EXP] = {ref_exp, INCREASING, -INFINITE, INFINITE},
    [RF_LOG] = {ref_log, INCREASING, 0, INFINITE},
    [RF_SQRT] = {ref_sqrt, INCREASING, 0, INFINITE},
    [RF_SIN] = {ref_sin, BOUNDED_SLOPE, -INFINITE, INFINITE},
    [RF_COS] = {ref_cos, BOUNDED_SLOPE, -INFINITE, INFINITE},
    [RF_TAN] = {ref_tan, TANGENT, -INFINITE, INFINITE},
    [RF_ASIN] = {ref_asin, INCREASING, -1, 1},
    [RF_ACOS] = {ref_acos, DECREASING, -1, 1},
    [RF_ATAN] = {ref_atan, INCREASING, -INFINITE, INFINITE},
    [RF_SINH] = {ref_sinh, INCREASING, -INFINITE, INFINITE},
    [RF_COSH] = {ref_cosh, EVEN, -INFINITE, INFINITE},
    [RF_TANH] = {ref_tanh, INCREASING, -INFINITE, INFINITE},
    [RF_ASINH] = {ref_asinh, INCREASING, -INFINITE, INFINITE},
    [RF_ACOSH] = {ref_acosh, INCREASING, 1, INFINITE},
    [RF_ATANH] = {ref_atanh, INCREASING, -1, 1},
    [RF_ERF] = {ref_erf, INCREASING, -INFINITE, INFINITE},
    [RF_SIGMOID] = {ref_sigmoid, INCREASING, -INFINITE, INFINITE},
    [RF_SOFTSIGN] = {ref_softsign, INCREASING, -INFINITE, INFINITE},
    [RF_SOFTPLUS] = {ref_softplus, INCREASING, -INFINITE, INFINITE},
};

/* How far from y = f(x) the function may go within e of x. */
static double propagated(const real_function *g, double x, double e, double y)
{
    double lo = dd_down(x, e), hi = dd_up(x, e);
    if (!(lo >= g->lo && hi <= g->hi) || !(e < INFINITE))
        return INFINITE;
    switch (g->shape) {
    case BOUNDED_SLOPE:
        return e < 2 ? e : 2;
    case EVEN: {
        double far = g->f(lo) > g->f(hi) ? g->f(lo) : g->f(hi);
        return ref_hull_error(y, lo < 0 && hi > 0 ? g->f(0) : far == g->f(lo) ? g->f(hi) : g->f(lo), far);
    }
    case TANGENT: {
        double left = g->f(lo), right = g->f(hi);
        bool pole = hi - lo < 1 ? left > 0 && right < 0 : hi - lo > 3 || left > right;
        return pole ? INFINITE : ref_hull_error(y, left, right);
    }
    case DECREASING:
        return ref_hull_error(y, g->f(hi), g->f(lo));
    default:
        return ref_hull_error(y, g->f(lo), g->f(hi));
    }
}

static ref_value real_unary(ref_vectors *r, ref_fn fn, const ref_accuracy *accuracy, ref_value x)
{
    const real_function *g = &reals[fn];
    size_t n = ref_count(r, &x);
    double ulp = 2 * r->unit->u;
    x = ref_as_real(r, x);
    ref_value y = ref_new(r, REF_REAL, x.uniform);
    for (size_t i = 0; i < n; i++) {
        double v = g->f(x.v[i]), m = __builtin_fabs(v), e = x.e[i] > 0 ? propagated(g, x.v[i], x.e[i], v) : 0;
        e += REF_OWN * m + ulp * accuracy->ulp * (m + e) + ulp * accuracy->abs + r->unit->tiny;
        y.v[i] = v;
        y.e[i] = x.v[i] >= g->lo && x.v[i] <= g->hi && x.v[i] - x.v[i] == 0 && e >= 0 ? e : INFINITE;
        y.e[i] = ref_sure_nan(x.v[i], x.e[i]) ? 0 : y.e[i];
    }
    ref_form_unary(r, &y, fn, accuracy, &x);
    return y;
}

/* ---- steps: the hull of both ends ---- */

static double sign_of(double x)
{
    if (x != x)
        return x;
    return (double)(x > 0) - (double)(x < 0);
}

/* The others give NaN and infinities as they are; the sign of NaN is not defined. */
static bool is_open(double (*f)(double), ref_kind kind, double v)
{
    return kind != REF_REAL || (f == sign_of && v != v);
}

static double trunc_of(double x)
{
    return x < 0 ? dm_ceil(x) : dm_floor(x);
}

static ref_value step_unary(ref_vectors *r, double (*f)(double), ref_value x)
{
    size_t n = ref_count(r, &x);
    ref_value y = ref_new(r, x.kind, x.uniform);
    for (size_t i = 0; i < n; i++) {
        double v = x.v[i], e = x.e[i], wide = e > 0 ? e + 0x1p-51 * (__builtin_fabs(v) + e) : 0;
        y.v[i] = f(v);
        if (wide == 0)
            y.e[i] = v - v != 0 && is_open(f, x.kind, v) ? INFINITE : 0;
        else
            y.e[i] = v - v != 0 ? INFINITE : ref_hull_error(y.v[i], f(v - wide), f(v + wide));
    }
    return y;
}

static ref_value absolute(ref_vectors *r, ref_value x)
{
    size_t n = ref_count(r, &x);
    ref_value y = ref_new(r, x.kind, x.uniform);
    for (size_t i = 0; i < n; i++) {
        if (x.kind == REF_INT) {
            y.w[i] = x.w[i] < 0 ? (int64_t)(0 - (uint64_t)x.w[i]) : x.w[i];
        } else {
            y.v[i] = __builtin_fabs(x.v[i]);
            y.e[i] = x.e[i];
        }
    }
    return y;
}

/* isnan, isinf: certain for numbers without error, and where the bound is finite. */
static ref_value is_special(ref_vectors *r, ref_fn fn, ref_value x)
{
    if (x.kind == REF_INT)
        return ref_int(r, 0);
    size_t n = ref_count(r, &x);
    ref_value y = ref_new(r, REF_WHOLE, x.uniform);
    for (size_t i = 0; i < n; i++) {
        double v = x.v[i];
        y.v[i] = fn == RF_ISNAN ? v != v : v - v != v - v && v == v;
        y.e[i] = x.e[i] < INFINITE ? 0 : 1;
    }
    return ref_settle(r, y);
}

ref_value ref_unary(ref_vectors *r, ref_fn fn, const ref_accuracy *accuracy, ref_value x)
{
    if (reals[fn].f != NULL)
        return real_unary(r, fn, accuracy, x);
    if (fn == RF_ABS)
        return absolute(r, x);
    if (fn == RF_ISNAN || fn == RF_ISINF)
        return is_special(r, fn, x);
    if (x.kind == REF_INT && fn != RF_SIGN)
        return x;
    if (x.kind == REF_INT) {
        ref_value y = ref_new(r, REF_INT, x.uniform);
        for (size_t i = 0; i < ref_count(r, &x); i++)
            y.w[i] = (x.w[i] > 0) - (x.w[i] < 0);
        return y;
    }
    switch (fn) {
    case RF_FLOOR:
        return step_unary(r, dm_floor, x);
    case RF_CEIL:
        return step_unary(r, dm_ceil, x);
    case RF_ROUND:
        return step_unary(r, dm_round_even, x);
    case RF_TRUNC:
        return step_unary(r, trunc_of, x);
    default:
        return step_unary(r, sign_of, x);
    }
}
