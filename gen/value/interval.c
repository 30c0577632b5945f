/* Intervals: construction, exact operations, arithmetic. Functions of one argument are in interval_fn.c.
 *
 * The model of a float32 evaluation (interval_impl.h): a result is off by at most IV_REL of the magnitudes involved, and values
 * below the smallest normal number may be flushed to zero, on the way in and on the way out. */
#include "value/interval.h"

#include <float.h>

#include "value/dmath.h"
#include "value/interval_impl.h"

interval iv(double lo, double hi)
{
    return (interval){lo, hi};
}
interval iv_point(double x)
{
    return (interval){x, x};
}
interval iv_invalid(void)
{
    return (interval){IV_NAN, IV_NAN};
}
bool iv_valid(interval a)
{
    return a.lo <= a.hi;
}
bool iv_finite(interval a)
{
    return iv_valid(a) && a.lo >= -DBL_MAX && a.hi <= DBL_MAX;
}
bool iv_inside(interval a, interval b)
{
    return iv_valid(a) && iv_valid(b) && b.lo <= a.lo && a.hi <= b.hi;
}
bool iv_contains(interval a, double x)
{
    return a.lo <= x && x <= a.hi;
}

double iv_mag(interval a)
{
    return iv_valid(a) ? iv_max1(iv_abs1(a.lo), iv_abs1(a.hi)) : IV_NAN;
}

double iv_mig(interval a)
{
    if (!iv_valid(a))
        return IV_NAN;
    return a.lo <= 0 && a.hi >= 0 ? 0 : iv_min1(iv_abs1(a.lo), iv_abs1(a.hi));
}

double iv_width(interval a)
{
    if (!iv_valid(a))
        return IV_NAN;
    return a.lo == a.hi ? 0 : a.hi - a.lo; /* 0 for a point at infinity, too */
}

interval iv_widen(interval a, double r)
{
    if (!iv_valid(a) || !(r >= 0))
        return iv_invalid();
    return iv_outward(a.lo, a.hi, r, r);
}

interval iv_hull(interval a, interval b)
{
    if (!iv_valid(a) || !iv_valid(b))
        return iv_invalid();
    return iv(iv_min1(a.lo, b.lo), iv_max1(a.hi, b.hi));
}

interval iv_meet(interval a, interval b)
{
    if (!iv_valid(a) || !iv_valid(b))
        return iv_invalid();
    interval r = iv(iv_max1(a.lo, b.lo), iv_min1(a.hi, b.hi));
    return iv_valid(r) ? r : iv_invalid();
}

interval iv_min(interval a, interval b)
{
    if (!iv_valid(a) || !iv_valid(b))
        return iv_invalid();
    return iv(iv_min1(a.lo, b.lo), iv_min1(a.hi, b.hi));
}

interval iv_max(interval a, interval b)
{
    if (!iv_valid(a) || !iv_valid(b))
        return iv_invalid();
    return iv(iv_max1(a.lo, b.lo), iv_max1(a.hi, b.hi));
}

/* 0 - x, not -x: -0 equals 0, but would be printed differently. */
interval iv_neg(interval a)
{
    return iv_valid(a) ? iv(0 - a.hi, 0 - a.lo) : iv_invalid();
}

interval iv_abs(interval a)
{
    return iv_valid(a) ? iv(iv_mig(a), iv_mag(a)) : iv_invalid();
}

interval iv_floor(interval a)
{
    return iv_valid(a) ? iv(dm_floor(a.lo), dm_floor(a.hi)) : iv_invalid();
}

interval iv_ceil(interval a)
{
    return iv_valid(a) ? iv(dm_ceil(a.lo), dm_ceil(a.hi)) : iv_invalid();
}

interval iv_round(interval a)
{
    return iv_valid(a) ? iv(dm_round_even(a.lo), dm_round_even(a.hi)) : iv_invalid();
}

static double sign_of(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

interval iv_sign(interval a)
{
    return iv_valid(a) ? iv(sign_of(a.lo), sign_of(a.hi)) : iv_invalid();
}

interval iv_relu(interval a)
{
    return iv_max(a, iv_point(0));
}

interval iv_add(interval a, interval b)
{
    if (!iv_valid(a) || !iv_valid(b))
        return iv_invalid();
    a = iv_operand(a);
    b = iv_operand(b);
    double lo = a.lo + b.lo, hi = a.hi + b.hi;
    double error = IV_REL * iv_max1(iv_mag(a), iv_mag(b)) + IV_TINY;
    interval r = iv_outward(lo, hi, error, error);
    /* without cancellation the error is relative to the sum itself */
    interval relative = iv_outward_relative(lo, hi, IV_REL, IV_REL);
    if (a.lo >= 0 && b.lo >= 0)
        r.lo = iv_max1(r.lo, relative.lo);
    if (a.hi <= 0 && b.hi <= 0)
        r.hi = iv_min1(r.hi, relative.hi);
    return iv_valid(r) ? r : iv_invalid();
}

interval iv_sub(interval a, interval b)
{
    return iv_add(a, iv_neg(b));
}

/* Smallest and largest of four corner values; invalid if one is NaN. */
static interval corners(double p, double q, double r, double s)
{
    if (!(p == p) || !(q == q) || !(r == r) || !(s == s))
        return iv_invalid();
    return iv(iv_min1(iv_min1(p, q), iv_min1(r, s)), iv_max1(iv_max1(p, q), iv_max1(r, s)));
}

interval iv_mul(interval a, interval b)
{
    if (!iv_valid(a) || !iv_valid(b))
        return iv_invalid();
    a = iv_operand(a);
    b = iv_operand(b);
    interval c = corners(a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi); /* 0 * inf is NaN, so invalid */
    return iv_valid(c) ? iv_outward_relative(c.lo, c.hi, IV_REL, IV_REL) : c;
}

interval iv_div(interval a, interval b)
{
    /* a subnormal divisor may be flushed to zero */
    if (!iv_valid(a) || !(iv_mig(b) >= IV_TINY))
        return iv_invalid();
    a = iv_operand(a);
    interval c = corners(a.lo / b.lo, a.lo / b.hi, a.hi / b.lo, a.hi / b.hi);
    if (!iv_valid(c))
        return c;
    if (iv_mag(b) > 0x1p125) /* multiplying by the reciprocal, which is subnormal, may give 0 */
        c = iv_hull(c, iv_point(0));
    return iv_outward_relative(c.lo, c.hi, IV_REL, IV_REL);
}

interval iv_sqr(interval a)
{
    if (!iv_valid(a))
        return iv_invalid();
    double lo = iv_mig(a), hi = iv_mag(a);
    return iv_outward_relative(lo * lo, hi * hi, IV_REL, IV_REL);
}

interval iv_sqrt(interval a)
{
    if (!iv_valid(a) || a.lo < 0)
        return iv_invalid();
    a = iv_operand(a);
    return iv_outward_relative(dm_sqrt(a.lo), dm_sqrt(a.hi), IV_REL, IV_REL);
}

/* Relative error of z = x^y: by |y| multiplications, or by exp(y log x) where y log x = log z. It grows with |log z| more slowly
 * than z does, so that it is enough to know it at the ends. */
static double power_error(double z, double y)
{
    double magnitude = iv_min1(iv_abs1(z), IV_LARGEST); /* beyond, the end is infinite anyway */
    double exponent = magnitude > 0 ? iv_abs1(dm_log(magnitude)) : 0;
    return IV_REL + y * 0x1p-23 + exponent * 0x1p-22;
}

interval iv_pow(interval a, interval b)
{
    enum { LARGEST_EXPONENT = 1 << 20 }; /* beyond, the error bound above says nothing */
    if (!iv_valid(a) || !(iv_mag(b) <= LARGEST_EXPONENT))
        return iv_invalid();
    a = iv_operand(a);
    double n = b.lo, mig = iv_mig(a), mag = iv_mag(a);
    interval c;
    if (b.lo == b.hi && dm_floor(n) == n) {
        if (n == 0)
            return iv_point(1);
        if (n < 0 && mig < IV_TINY)
            return iv_invalid();
        if (dm_floor(n / 2) * 2 == n)
            c = n > 0 ? iv(dm_pow(mig, n), dm_pow(mag, n)) : iv(dm_pow(mag, n), dm_pow(mig, n));
        else
            c = n > 0 ? iv(dm_pow(a.lo, n), dm_pow(a.hi, n)) : iv(dm_pow(a.hi, n), dm_pow(a.lo, n));
    } else {
        if (!(a.lo >= IV_TINY))
            return iv_invalid();
        c = corners(dm_pow(a.lo, b.lo), dm_pow(a.lo, b.hi), dm_pow(a.hi, b.lo), dm_pow(a.hi, b.hi));
    }
    if (!iv_valid(c))
        return iv_invalid();
    double y = iv_mag(b);
    interval r = iv_outward_relative(c.lo, c.hi, power_error(c.lo, y), power_error(c.hi, y));
    if (b.lo < 0 && iv_mag(r) > 0x1p125) { /* the inverse of a subnormal power, which may be flushed to zero */
        if (r.lo < -0x1p125)
            r.lo = -IV_INF;
        if (r.hi > 0x1p125)
            r.hi = IV_INF;
    }
    return r;
}

/* The sum of n values, or their mean if divisor is n, with the error of a sum in any order and of flushing each partial sum. */
static interval sum_over(double n, interval a, double divisor)
{
    if (!iv_valid(a) || !(n >= 0) || n == IV_INF)
        return iv_invalid();
    if (n == 0)
        return iv_point(0);
    a = iv_operand(a);
    double rel = iv_max1(n * 0x1p-23, IV_REL);
    interval total = iv(n * a.lo, n * a.hi);
    interval r = iv_widen(total, rel * iv_mag(total) + n * IV_TINY);
    /* without cancellation the error is relative to the sum itself */
    if (a.lo >= 0)
        r.lo = iv_max1(total.lo * (1 - iv_min1(rel, 1)) - n * IV_TINY, 0);
    if (a.hi <= 0)
        r.hi = iv_min1(total.hi * (1 - iv_min1(rel, 1)) + n * IV_TINY, 0);
    return divisor == 1 ? r : iv_div(r, iv_point(divisor));
}

interval iv_sum_of(double n, interval a)
{
    return sum_over(n, a, 1);
}

interval iv_mean_of(double n, interval a)
{
    if (!(n >= 1)) /* the mean of no values does not exist */
        return iv_invalid();
    return sum_over(n, a, n);
}

double iv_scale_for(double n, double mag)
{
    if (!(n >= 1))
        n = 1;
    n = iv_min1(n, 0x1p60);
    double power = 1;
    while (mag * power > 1.5 && power > 0x1p-10)
        power *= 0.5;
    while (mag > 0 && mag * power < 0.75 && power < 0x1p10)
        power *= 2;
    double root = dm_sqrt(n), reach = root * mag * power; /* of the sum with f = 1 */
    double f = 1;
    if (reach > 256)
        f = iv_max1(256 / reach, 1 / root);
    return (double)(float)(f / root * power);
}
