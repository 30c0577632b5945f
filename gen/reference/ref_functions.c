/* Elementary functions with errors below 1 unit in the last place (J.-M. Muller, "Elementary Functions", 3rd ed.).
 *
 * The method is the same throughout. A table brings the argument near a point at which the function is known to 106 bits; a short
 * series does the rest. The leading terms are pairs of doubles (ref_double.h), the others doubles, which are so small that their
 * roundings count less than 2^-58 of the result. The sum is rounded once, so that results err by little more than half a unit,
 * and are exact where exact results exist. Arguments below 2^-28 give the leading term alone: the next one is below 2^-57 of it. */
#include "reference/ref_functions.h"

#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "reference/ref_double.h"
#include "reference/ref_tables.h"
#include "value/dmath.h"

#define INFINITE ((double)__builtin_inff())
#define COUNT(array) (sizeof(array) / sizeof *(array))
static const double SMALL = 0x1p-28;

static const dd one = {1, 0};

static inline uint64_t to_bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double from_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static inline double magnitude(double x)
{
    return __builtin_fabs(x);
}

static inline double with_sign(double x, double sign)
{
    return __builtin_copysign(x, sign);
}

static inline double quiet_nan(void)
{
    return from_bits((uint64_t)0x7ff8 << 48);
}

/* 2^k for -1022 <= k <= 1023. */
static inline double power_of_two(int k)
{
    return from_bits((uint64_t)(k + 1023) << 52);
}

/* c[0] + c[1] x + ... */
static inline double horner(const double *c, size_t n, double x)
{
    double sum = c[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        sum = sum * x + c[i];
    return sum;
}

static inline dd pair(const double *p)
{
    return (dd){p[0], p[1]};
}

/* ---- exponentials ---- */

/* exp(x) = result * 2^*k, 1 <= result < 2, for |x| <= 750. x = n log(2)/64 + r, |r| <= 0.0055. Relative error below 2^-59. */
static inline dd exp_scaled(dd x, int *k)
{
    static const double c[] = {1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040};
    double n = dm_round_even(x.hi * 0x1.71547652b82fep+6), m = n * 0x1p-6; /* m times a part of 34 bits is exact */
    int i = (int)n;
    dd r = dd_sum(x.hi - m * ln2_parts[0], -(m * ln2_parts[1]));
    r = dd_fast(r.hi, r.lo + (x.lo - m * ln2_parts[2]));
    const double *at = exp_at[i & 63];
    *k = (i - (i & 63)) / 64;
    return dd_fast(at[0], at[1] + at[0] * (r.hi + (r.lo + r.hi * r.hi * horner(c, COUNT(c), r.hi))));
}

/* x 2^k, rounded once more where it is subnormal. */
static double scaled(double x, int k)
{
    int half = k / 2; /* 2^k itself may be out of range */
    return x * power_of_two(half) * power_of_two(k - half);
}

static double exp_rounded(dd x)
{
    int k;
    if (x.hi > 710)
        return INFINITE;
    if (x.hi < -746)
        return 0;
    dd y = exp_scaled(x, &k);
    return scaled(y.hi, k);
}

/* exp(x) for |x| <= 100. */
static dd exp_pair(double x)
{
    int k;
    dd y = exp_scaled((dd){x, 0}, &k);
    return dd_scale(y, power_of_two(k));
}

double ref_exp(double x)
{
    return x == x ? exp_rounded((dd){x, 0}) : x;
}

/* ---- logarithms ---- */

/* k log(2) + log(1/c) + log(1 + r), with at = {c, high and low part of log(1/c)}, |r| <= 0.008. Relative error below 2^-65. */
static dd log_sum(int k, const double *at, dd r)
{
    static const double c[] = {1.0 / 3, -1.0 / 4, 1.0 / 5, -1.0 / 6, 1.0 / 7, -1.0 / 8, 1.0 / 9, -1.0 / 10};
    dd square = dd_product(r.hi, r.hi);
    double low = r.lo - (0.5 * square.lo + r.hi * r.lo) + square.hi * r.hi * horner(c, COUNT(c), r.hi);
    dd s = dd_fast(r.hi, -0.5 * square.hi), t = dd_fast(k * ln2_parts[0], at[1]);
    if (k == 0)
        t = (dd){at[1], 0};
    low += s.lo + at[2] + k * ln2_parts[2];
    dd u = dd_sum(t.hi, s.hi), v = dd_sum(u.hi, k * ln2_parts[1]);
    return dd_fast(v.hi, (u.lo + v.lo) + (t.lo + low));
}

/* log(x) for x > 0 and finite. */
static dd log_pair(dd x)
{
    int shift = 0;
    if (x.hi < 0x1p-1022) {
        x = dd_scale(x, 0x1p54);
        shift = 54;
    }
    uint64_t u = to_bits(x.hi);
    int k = (int)(u >> 52) - 1023;
    double m = from_bits((u & (((uint64_t)1 << 52) - 1)) | (uint64_t)1023 << 52);
    if (m > 0x1.6a09e667f3bcdp+0) { /* sqrt(2) */
        m *= 0.5;
        k++;
    }
    double low = x.lo == 0 ? 0 : x.lo * power_of_two(-k / 2) * power_of_two(-k - -k / 2);
    const double *at = log_at[(int)(m * 128 + 0.5) - 90];
    double coarse = (m + 0x1p+26) - 0x1p+26; /* m in 27 bits */
    dd r = dd_sum(at[0] * coarse - 1, at[0] * (m - coarse));
    return log_sum(k - shift, at, dd_fast(r.hi, r.lo + at[0] * low));
}

/* log(1 + x), x > -1. */
static dd log1p_pair(dd x)
{
    static const double nothing[] = {1, 0, 0};
    if (magnitude(x.hi) < 0x1p-8)
        return log_sum(0, nothing, x);
    dd s = dd_sum(1, x.hi);
    return log_pair(dd_fast(s.hi, s.lo + x.lo));
}

double ref_log(double x)
{
    if (!(x >= 0))
        return quiet_nan();
    return x == 0 ? -INFINITE : x > DBL_MAX ? x : log_pair((dd){x, 0}).hi;
}

double ref_log1p(double x)
{
    if (!(x >= -1))
        return quiet_nan();
    if (magnitude(x) < 0x1p-60 || x > DBL_MAX)
        return x;
    return x == -1 ? -INFINITE : log1p_pair((dd){x, 0}).hi;
}

/* exp(y log(x)): the logarithm errs by 2^-65, times at most 746. Beyond |y| = 2^65 the power of any x but 1 leaves the range. */
static double power_of_positive(double x, double y)
{
    if (x == 1)
        return 1;
    if (x > DBL_MAX || magnitude(y) > 0x1p65)
        return (x > 1) == (y > 0) ? INFINITE : 0;
    if (magnitude(y) < 0x1p-65) /* |log(x)| <= 746 */
        return 1;
    dd l = log_pair((dd){x, 0}), p = dd_product(y, l.hi);
    return exp_rounded(dd_fast(p.hi, p.lo + y * l.lo));
}

double ref_power(double x, double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (y == 1)
        return x;
    if (y == 2)
        return x * x;
    if (x == 0)
        return y > 0 ? 0 : y < 0 ? INFINITE : quiet_nan();
    if (!(x == x) || !(y == y))
        return quiet_nan();
    bool whole = dm_floor(y) == y;
    if (x < 0 && !whole)
        return quiet_nan();
    double p = power_of_positive(magnitude(x), y);
    return x < 0 && magnitude(y) < 0x1p53 && dm_floor(y * 0.5) != y * 0.5 ? -p : p;
}

/* ---- circular functions ---- */

/* The n-th word of 64 bits of 2/pi that begins at that bit; bits below 0 are 0. */
static inline uint64_t bits_from(int bit, int n)
{
    int at = bit + 64 + 64 * n, word = at / 64, shift = at % 64;
    return shift == 0 ? two_over_pi[word] : two_over_pi[word] << shift | two_over_pi[word + 1] >> (64 - shift);
}

/* x = n pi/2 + r, |r| <= pi/4, *quadrant = n mod 4, for finite x (M. Payne, R. Hanek, "Radian Reduction for Trigonometric
 * Functions", 1983). x = m 2^e with a whole m. 192 bits of 2/pi decide: those before give multiples of 4, those behind less than
 * 2^-137. No double is nearer to a multiple of pi/2 than 2^-62. */
static dd reduce_quadrant(double x, int *quadrant)
{
    double a = magnitude(x);
    if (a <= 0x1.921fb54442d18p-1) {
        *quadrant = 0;
        return (dd){x, 0};
    }
    uint64_t u = to_bits(a), m = (u & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
    int bit = (int)(u >> 52) - 1023 - 52 - 2; /* of weight 2 once it is multiplied by 2^e */
    unsigned __int128 low = (unsigned __int128)m * bits_from(bit, 2), mid = (unsigned __int128)m * bits_from(bit, 1) + (low >> 64);
    uint64_t top = m * bits_from(bit, 0) + (uint64_t)(mid >> 64);
    uint64_t words[3] = {top, (uint64_t)mid, (uint64_t)low};
    int q = (int)(top >> 62);
    bool beyond = (top >> 61 & 1) != 0;
    words[0] = top << 2 | words[1] >> 62; /* the fraction of a quadrant */
    words[1] = words[1] << 2 | words[2] >> 62;
    words[2] <<= 2;
    if (beyond) { /* it is nearer to the next one */
        q++;
        words[0] = ~words[0];
        words[1] = ~words[1];
        words[2] = ~words[2];
    }
    int zeros = 0; /* before the fraction's first bit, of which there are at most 62 */
    if (words[0] == 0) {
        zeros = 64;
        words[0] = words[1];
        words[1] = words[2];
        words[2] = 0;
    }
    int shift = __builtin_clzll(words[0] | 1);
    if (shift > 0) {
        words[0] = words[0] << shift | words[1] >> (64 - shift);
        words[1] = words[1] << shift | words[2] >> (64 - shift);
    }
    double unit = power_of_two(-64 - zeros - shift);
    uint64_t head = words[0] & ~(uint64_t)0x7ff, tail = words[0] << 53 | words[1] >> 11;
    dd fraction = {(double)head * unit, (double)(tail & ~(uint64_t)0x7ff) * unit * 0x1p-53};
    dd r = dd_multiply(fraction, pair(pi_2_parts));
    *quadrant = (x < 0 ? -q : q) & 3;
    return beyond != (x < 0) ? dd_negate(r) : r;
}

/* |r| <= pi/4: r - r^3/6 + r^5/120 ... The first two terms are pairs. */
static dd sin_series(dd r)
{
    static const dd sixth = {-0x1.5555555555555p-3, -0x1.5555555555555p-57};
    static const double c[] = {1.0 / 120,
                               -1.0 / 5040,
                               1.0 / 362880,
                               -1.0 / 39916800,
                               1.0 / 6227020800.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 355687428096000.0,
                               -1.0 / 121645100408832000.0};
    dd z = dd_multiply(r, r), t = dd_fast(sixth.hi, z.hi * horner(c, COUNT(c), z.hi));
    t.lo += sixth.lo;
    return dd_add(r, dd_multiply(r, dd_multiply(z, t)));
}

static dd cos_series(dd r)
{
    static const double c[] = {1.0 / 24,
                               -1.0 / 720,
                               1.0 / 40320,
                               -1.0 / 3628800,
                               1.0 / 479001600,
                               -1.0 / 87178291200.0,
                               1.0 / 20922789888000.0,
                               -1.0 / 6402373705728000.0,
                               1.0 / 2432902008176640000.0};
    dd z = dd_multiply(r, r), s = dd_fast(1, -0.5 * z.hi);
    return dd_fast(s.hi, s.lo + (z.hi * z.hi * horner(c, COUNT(c), z.hi) - 0.5 * z.lo));
}

double ref_sin(double x)
{
    int q;
    if (magnitude(x) < SMALL)
        return x;
    if (!(magnitude(x) <= DBL_MAX))
        return quiet_nan();
    dd r = reduce_quadrant(x, &q), y = q & 1 ? cos_series(r) : sin_series(r);
    return q & 2 ? -y.hi : y.hi;
}

double ref_cos(double x)
{
    int q;
    if (magnitude(x) < SMALL)
        return 1;
    if (!(magnitude(x) <= DBL_MAX))
        return quiet_nan();
    dd r = reduce_quadrant(x, &q), y = q & 1 ? sin_series(r) : cos_series(r);
    return (q + 1) & 2 ? -y.hi : y.hi;
}

double ref_tan(double x)
{
    int q;
    if (magnitude(x) < SMALL)
        return x;
    if (!(magnitude(x) <= DBL_MAX))
        return quiet_nan();
    dd r = reduce_quadrant(x, &q), s = sin_series(r), c = cos_series(r);
    return q & 1 ? -dd_divide(c, s).hi : dd_divide(s, c).hi;
}

/* ---- their inverses ---- */

/* The root of a > 0: one of Newton's steps from the rounded root. */
static dd sqrt_pair(dd a)
{
    double s = dm_sqrt(a.hi);
    dd p = dd_product(s, s);
    return dd_fast(s, (((a.hi - p.hi) - p.lo) + a.lo) / (2 * s));
}

double ref_sqrt(double x)
{
    return dm_sqrt(x);
}

/* atan(n / d), n >= 0, d > 0. With n <= d it is atan(k/16) + atan(z), z = (n - d k/16) / (d + n k/16), |z| <= 1/32; otherwise
 * pi/2 - atan(d / n). */
static dd atan_pair(dd n, dd d)
{
    static const double c[] = {-1.0 / 3, 1.0 / 5, -1.0 / 7, 1.0 / 9, -1.0 / 11, 1.0 / 13};
    bool inverted = n.hi > d.hi;
    if (inverted) {
        dd t = n;
        n = d;
        d = t;
    }
    int k = (int)(16 * (n.hi / d.hi) + 0.5);
    dd node = {k * 0.0625, 0},
       z = k == 0 ? dd_divide(n, d) : dd_divide(dd_add(n, dd_negate(dd_multiply(d, node))), dd_add(d, dd_multiply(n, node)));
    double square = z.hi * z.hi;
    dd y = dd_add(pair(atan_at[k]), dd_fast(z.hi, z.lo + z.hi * square * horner(c, COUNT(c), square)));
    return inverted ? dd_add(pair(pi_2_parts), dd_negate(y)) : y;
}

double ref_atan(double x)
{
    double a = magnitude(x);
    if (a < SMALL || !(x == x))
        return x;
    return with_sign(a > 0x1p60 ? pi_2_parts[0] : atan_pair((dd){a, 0}, one).hi, x);
}

/* sqrt(1 - x^2), |x| < 1. */
static dd other_leg(double x)
{
    return sqrt_pair(dd_multiply(dd_sum(1, -x), dd_sum(1, x)));
}

double ref_asin(double x)
{
    double a = magnitude(x);
    if (a < SMALL)
        return x;
    if (!(a <= 1))
        return quiet_nan();
    return with_sign(a == 1 ? pi_2_parts[0] : atan_pair((dd){a, 0}, other_leg(a)).hi, x);
}

double ref_acos(double x)
{
    double a = magnitude(x);
    if (!(a <= 1))
        return quiet_nan();
    if (a == 1)
        return x > 0 ? 0 : 2 * pi_2_parts[0];
    if (a < 0x1p-60)
        return pi_2_parts[0];
    dd y = atan_pair(other_leg(a), (dd){a, 0});
    return x > 0 ? y.hi : dd_add(dd_scale(pair(pi_2_parts), 2), dd_negate(y)).hi;
}

/* ---- hyperbolic functions and their inverses ---- */

/* |x| <= 1/4. */
static dd sinh_series(double x)
{
    static const double c[] = {1.0 / 6,        1.0 / 120,          1.0 / 5040,           1.0 / 362880,
                               1.0 / 39916800, 1.0 / 6227020800.0, 1.0 / 1307674368000.0};
    double z = x * x;
    return dd_fast(x, x * z * horner(c, COUNT(c), z));
}

/* exp(a)/2 for a >= 40: exp(a) alone overflows too early. */
static double half_exp(double a)
{
    int k;
    if (!(a < 711))
        return a == a ? INFINITE : a;
    dd y = exp_scaled((dd){a, 0}, &k);
    return scaled(y.hi, k - 1);
}

/* (exp(a) + sign exp(-a)) / 2 for a < 40. */
static dd half_sum(double a, double sign)
{
    dd e = exp_pair(a);
    return dd_scale(dd_add(e, dd_scale(dd_divide(one, e), sign)), 0.5);
}

double ref_sinh(double x)
{
    double a = magnitude(x);
    if (a < SMALL)
        return x;
    if (a <= 0.25)
        return sinh_series(x).hi;
    return with_sign(a < 40 ? half_sum(a, -1).hi : half_exp(a), x);
}

double ref_cosh(double x)
{
    double a = magnitude(x);
    return a < 40 ? half_sum(a, 1).hi : half_exp(a);
}

double ref_tanh(double x)
{
    double a = magnitude(x);
    if (a < SMALL || !(x == x))
        return x;
    if (a <= 0.25)
        return dd_divide(sinh_series(x), half_sum(a, 1)).hi;
    if (a > 22)
        return with_sign(1, x);
    dd e = exp_pair(2 * a);
    return with_sign(dd_divide(dd_add(e, (dd){-1, 0}), dd_add(e, one)).hi, x);
}

/* log(2 a) for a >= 2^60, where a^2 is all that a^2 + 1 and a^2 - 1 hold. */
static double log_twice(double a)
{
    return a > DBL_MAX ? a : dd_add(log_pair((dd){a, 0}), (dd){ln2_parts[0], ln2_parts[1]}).hi;
}

/* log(1 + a + (sqrt(1 + a^2) - 1)) */
double ref_asinh(double x)
{
    double a = magnitude(x);
    if (a < SMALL || !(x == x))
        return x;
    if (a >= 0x1p60)
        return with_sign(log_twice(a), x);
    dd square = dd_product(a, a), root = sqrt_pair(dd_add(one, square));
    return with_sign(log1p_pair(dd_add((dd){a, 0}, dd_divide(square, dd_add(one, root)))).hi, x);
}

/* log(1 + t + sqrt(t (x + 1))), t = x - 1. */
double ref_acosh(double x)
{
    if (!(x >= 1))
        return quiet_nan();
    if (x == 1)
        return 0;
    if (x >= 0x1p60)
        return log_twice(x);
    dd t = dd_sum(x, -1);
    return log1p_pair(dd_add(t, sqrt_pair(dd_multiply(t, dd_sum(x, 1))))).hi;
}

/* log(1 + 2 a / (1 - a)) / 2 */
double ref_atanh(double x)
{
    double a = magnitude(x);
    if (a < SMALL)
        return x;
    if (!(a <= 1))
        return quiet_nan();
    if (a == 1)
        return with_sign(INFINITE, x);
    return with_sign(0.5 * log1p_pair(dd_divide((dd){2 * a, 0}, dd_sum(1, -a))).hi, x);
}

/* ---- functions of neural networks ---- */

/* erf(x + h) = erf(x) + 2/sqrt(pi) exp(-x^2) (h + a[1] h^2/2 + a[2] h^3/3 ...), x = k/16, |h| <= 1/32, where a are the coefficients
 * of exp(-2 x h - h^2): (n + 1) a[n + 1] = -2 (x a[n] + a[n - 1]). */
double ref_erf(double x)
{
    static const double inverse[] = {1,       1.0 / 2, 1.0 / 3, 1.0 / 4,  1.0 / 5,  1.0 / 6,
                                     1.0 / 7, 1.0 / 8, 1.0 / 9, 1.0 / 10, 1.0 / 11, 1.0 / 12};
    double a = magnitude(x);
    if (!(x == x))
        return x;
    if (a >= 6)
        return with_sign(1, x);
    if (a < SMALL) { /* far from the smallest numbers the product is a pair */
        double up = a < 0x1p-400 ? 0x1p300 : 1;
        return dd_multiply(pair(erf_at[0] + 2), (dd){x * up, 0}).hi / up;
    }
    int k = (int)(a * 16 + 0.5);
    double node = k * 0.0625, h = a - node, before = 1, c = -2 * node, power = h * h, tail = 0;
    for (size_t n = 1; n < COUNT(inverse); n++) {
        tail += c * inverse[n] * power;
        double next = -2 * (node * c + before) * inverse[n];
        before = c;
        c = next;
        power *= h;
    }
    const double *at = erf_at[k];
    dd y = dd_multiply(pair(at + 2), dd_fast(h, tail));
    return with_sign(dd_add(pair(at), y).hi, x);
}

/* Beyond 40 the other term is below 2^-57 of the result. */
double ref_softplus(double x)
{
    if (!(x <= 40))
        return x;
    if (x < -40)
        return ref_exp(x);
    dd y = log1p_pair(exp_pair(-magnitude(x)));
    return x > 0 ? dd_add((dd){x, 0}, y).hi : y.hi;
}

double ref_sigmoid(double x)
{
    if (!(x <= 40))
        return x == x ? 1 : x;
    if (x < -40)
        return ref_exp(x);
    dd t = exp_pair(-magnitude(x));
    return dd_divide(x > 0 ? one : t, dd_add(one, t)).hi;
}

double ref_softsign(double x)
{
    double m = magnitude(x);
    if (m < 0x1p-60 || !(x == x))
        return x;
    return m > 0x1p60 ? with_sign(1, x) : dd_divide((dd){x, 0}, dd_sum(1, m)).hi;
}
