/* Intervals of functions of one argument.
 *
 * A function is evaluated in double at the points that bound it (its ends, or extrema inside), then moved outward by the error that
 * a float32 kernel may make: absolute, for kernels are polynomials and rational functions that are accurate on the scale of the
 * function's range, plus relative. Kernels that reach exp through 2^k and a reduced argument add |x| ulp. */
#include "value/interval.h"

#include <float.h>
#include <stddef.h>

#include "value/dmath.h"
#include "value/interval_impl.h"

static double sigmoid(double x)
{
    return 1 / (1 + dm_exp(-x));
}

static double softplus(double x)
{
    return x > 0 ? x + dm_log(1 + dm_exp(-x)) : dm_log(1 + dm_exp(x));
}

typedef struct {
    const char *name;
    double (*f)(double);   /* increasing, or decreasing if `falls`, or even if `even` (and then increasing from 0) */
    double from, to;       /* domain, ends included */
    double absolute;       /* error of a kernel */
    double least, largest; /* bounds of the results of every kernel */
    bool falls, even;
    bool exponential; /* relative error grows with |x| */
} function;

#define UNIT 1.000001 /* the bound of functions that are bounded by 1: kernels without a clamp exceed it by an ulp or two */
#define ALL -IV_INF, IV_INF
#define LARGEST_EXP 88.3 /* kernels clamp the argument of exp from 88.37 on */

/* In the order of iv_function. */
static const function FUNCTIONS[IV_FUNCTIONS] = {
    {.name = "exp", .f = dm_exp, ALL, 2 * IV_TINY, 0, IV_INF, .exponential = true},
    {.name = "log", .f = dm_log, IV_TINY, IV_INF, 0x1p-20, ALL},
    {.name = "sin", .f = dm_sin, -DBL_MAX, DBL_MAX, 0x1p-20, -UNIT, UNIT},
    {.name = "cos", .f = dm_cos, -DBL_MAX, DBL_MAX, 0x1p-20, -UNIT, UNIT},
    {.name = "tan", .f = dm_tan, -1e6, 1e6, 0x1p-20, ALL},
    {.name = "asin", .f = dm_asin, -1, 1, 0x1p-19, ALL},
    {.name = "acos", .f = dm_acos, -1, 1, 0x1p-19, ALL, .falls = true},
    {.name = "atan", .f = dm_atan, ALL, 0x1p-20, ALL},
    {.name = "sinh", .f = dm_sinh, ALL, 0x1p-20, ALL, .exponential = true},
    {.name = "cosh", .f = dm_cosh, ALL, 0x1p-20, 0, IV_INF, .even = true, .exponential = true},
    {.name = "tanh", .f = dm_tanh, ALL, 2e-6, -UNIT, UNIT},
    {.name = "asinh", .f = dm_asinh, ALL, 0x1p-20, ALL},
    {.name = "acosh", .f = dm_acosh, 1, IV_INF, 0x1p-20, ALL},
    {.name = "atanh", .f = dm_atanh, -1, 1, 0x1p-20, ALL},
    {.name = "erf", .f = dm_erf, ALL, 2e-6, -UNIT, UNIT},
    {.name = "sigmoid", .f = sigmoid, ALL, 2e-6, 0, UNIT},
    {.name = "softplus", .f = softplus, ALL, 2e-6, 0, IV_INF},
};

const char *iv_function_name(iv_function f)
{
    return (unsigned)f < IV_FUNCTIONS ? FUNCTIONS[f].name : "?";
}

static const double PI = 0x1.921fb54442d18p+1, LARGEST_ANGLE = 1e6;

/* Whether a point offset + k * period, k an integer, lies in a or nearer to it than slack. */
static bool meets(interval a, double offset, double period, double slack)
{
    double k = dm_ceil((a.lo - slack - offset) / period);
    return offset + k * period <= a.hi + slack;
}

/* sin (phase pi/2) or cos (phase 0): the maximum is at phase + 2 k pi. */
static interval wave(const function *f, interval a, double phase)
{
    double mag = iv_mag(a);
    if (mag > LARGEST_ANGLE)
        return iv(f->least, f->largest);
    double slack = 1e-6 + mag * 0x1p-40;
    double at_lo = f->f(a.lo), at_hi = f->f(a.hi);
    double lo = iv_min1(at_lo, at_hi), hi = iv_max1(at_lo, at_hi);
    if (meets(a, phase, 2 * PI, slack))
        hi = 1;
    if (meets(a, phase + PI, 2 * PI, slack))
        lo = -1;
    double error = f->absolute + mag * 0x1p-23; /* reduction of the argument in float32 */
    return iv_meet(iv_outward(lo, hi, error, error), iv(f->least, f->largest));
}

static interval tangent(const function *f, interval a)
{
    double error = 0x1p-21 * (1 + iv_mag(a)); /* of the argument */
    if (meets(a, PI / 2, PI, 1e-3 + error))
        return iv_invalid();
    double lo = f->f(a.lo - error), hi = f->f(a.hi + error);
    return iv_outward(lo, hi, IV_REL * iv_abs1(lo) + f->absolute, IV_REL * iv_abs1(hi) + f->absolute);
}

/* The relative error of a kernel. It grows from |x| = 1 on, more slowly than exp, sinh and cosh do, so that the ends of an interval
 * bound everything between them. */
static double relative_error(const function *f, double x)
{
    double excess = iv_abs1(x) - 1;
    return IV_REL + (f->exponential && excess > 0 && excess < IV_INF ? excess * 0x1p-22 : 0);
}

interval iv_apply(iv_function which, interval a)
{
    if ((unsigned)which >= IV_FUNCTIONS || !iv_valid(a))
        return iv_invalid();
    const function *f = &FUNCTIONS[which];
    if (a.lo < f->from || a.hi > f->to)
        return iv_invalid();
    if (which == IV_SIN)
        return wave(f, a, PI / 2);
    if (which == IV_COS)
        return wave(f, a, 0);
    if (which == IV_TAN)
        return tangent(f, a);
    if (which == IV_ATANH && (a.lo == -1 || a.hi == 1)) /* the domain is open */
        return iv_invalid();
    if (f->even)
        a = iv_abs(a);
    double x = f->falls ? a.hi : a.lo, y = f->falls ? a.lo : a.hi;
    bool overflows = f->exponential && y > LARGEST_EXP, underflows = f->exponential && f->least < 0 && x < -LARGEST_EXP;
    if (f->exponential) { /* as a clamping kernel does */
        x = iv_min1(x, LARGEST_EXP);
        y = f->least < 0 ? iv_max1(y, -LARGEST_EXP) : y;
    }
    double lo = f->f(x), hi = f->f(y);
    double below = f->absolute + relative_error(f, x) * iv_abs1(lo), above = f->absolute + relative_error(f, y) * iv_abs1(hi);
    if (overflows)
        hi = IV_INF;
    if (underflows)
        lo = -IV_INF;
    interval r = iv_outward(lo, hi, below, above);
    r.lo = iv_max1(r.lo, f->least);
    r.hi = iv_min1(r.hi, f->largest);
    return iv_valid(r) ? r : iv_invalid();
}
