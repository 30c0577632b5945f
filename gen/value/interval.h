/* Intervals of doubles that bound every value a float32 runtime can compute.
 *
 * Bounds are the same bits on every machine: only IEEE basic operations and sqrt are used; transcendental functions come from
 * dmath.h, never from libm. Exact functions (hull, meet, min, max, abs, neg, floor, ceil, round, sign, relu) do not widen. The
 * others round outward by the error that a float32 evaluation of the operation can make: relative 2^-20 of the largest operand or
 * intermediate magnitude for + - *, the same plus a few ULP of the function for the rest, n * 2^-23 times the sum of magnitudes for
 * sum_of. Soundness: for x in a and y in b (float32 values), any reasonable float32 evaluation of op(x, y) lies in the result.
 * Subnormal values may be flushed to zero by the runtime. If all exact results of an operation have the same sign, so does the
 * interval. An interval with lo > hi or a NaN end is invalid: operations on it give invalid. Ends beyond float32's range become
 * infinite. */
#ifndef NN_INTERVAL_H
#define NN_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    double lo, hi;
} interval;

interval iv(double lo, double hi);
interval iv_point(double x);
interval iv_invalid(void);
bool iv_valid(interval a);
bool iv_finite(interval a); /* valid and both ends finite */
bool iv_inside(interval a, interval b);
bool iv_contains(interval a, double x);
double iv_mag(interval a); /* max(|lo|, |hi|); NaN if invalid, as iv_mig and iv_width: no comparison with it holds */
double iv_mig(interval a); /* smallest magnitude, 0 if 0 is inside */
double iv_width(interval a);
interval iv_widen(interval a, double r); /* by r >= 0 on both sides; invalid for another r */

interval iv_hull(interval a, interval b);
interval iv_meet(interval a, interval b);
interval iv_min(interval a, interval b);
interval iv_max(interval a, interval b);
interval iv_neg(interval a);
interval iv_abs(interval a);
interval iv_floor(interval a);
interval iv_ceil(interval a);
interval iv_round(interval a); /* half to even */
interval iv_sign(interval a);
interval iv_relu(interval a);

interval iv_add(interval a, interval b);
interval iv_sub(interval a, interval b);
interval iv_mul(interval a, interval b);
interval iv_div(interval a, interval b); /* b contains 0 (or subnormals, which may be flushed to 0): invalid */
interval iv_sqr(interval a);
interval iv_sqrt(interval a); /* a.lo < 0: invalid */
interval iv_pow(interval a,
                interval b); /* a > 0, or b a single integer (if negative, a without 0); |b| <= 2^20; otherwise invalid */
interval iv_sum_of(double n, interval a);
interval iv_mean_of(double n, interval a); /* infinite if the sum would be */

/* Functions of one argument by number; names in iv_function_name, in the order of the enum. Arguments outside the function's
 * domain: invalid. Results are limited to values that kernels return: exp, cosh, sigmoid and softplus >= 0 (and sqr, sqrt above),
 * sin, cos, tanh, erf and sigmoid at most 1 + 1e-6 in magnitude. Domains: log from 2^-126 on, acosh [1, inf], asin and acos [-1,
 * 1], atanh (-1, 1); tan is invalid within 1e-3 of a pole, sin, cos and tan for infinite arguments. exp, sinh and cosh overflow
 * from 88.3 on, where kernels start to clamp. */
typedef enum {
    IV_EXP,
    IV_LOG,
    IV_SIN,
    IV_COS,
    IV_TAN,
    IV_ASIN,
    IV_ACOS,
    IV_ATAN,
    IV_SINH,
    IV_COSH,
    IV_TANH,
    IV_ASINH,
    IV_ACOSH,
    IV_ATANH,
    IV_ERF,
    IV_SIGMOID,
    IV_SOFTPLUS,
    IV_FUNCTIONS
} iv_function;
const char *iv_function_name(iv_function f); /* "exp", ... */
interval iv_apply(iv_function f, interval a);

/* Scale for weights: a bound s > 0 such that sums of n products (weights in [-s, s]) with values of magnitude `mag` keep useful
 * magnitudes. s = f / sqrt(n) with f between 1/sqrt(n) and 1, times a power of two in [2^-10, 2^10] that brings mag towards 1; n *
 * s * mag <= 256 where possible. */
double iv_scale_for(double n, double mag);

#endif
