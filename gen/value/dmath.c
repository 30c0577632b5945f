/* Elementary functions from + - * /, comparisons and bit casts alone: no libm, no fused multiply-add, one order of evaluation.
 *
 * The method is the same throughout: reduce the argument to a small range (W. J. Cody, W. Waite, "Software Manual for the
 * Elementary Functions", 1980; J.-M. Muller, "Elementary Functions", 3rd ed.), then sum the Taylor series there by Horner's rule.
 * Largest relative errors measured against 200-bit arithmetic, in units of 1e-16 (dmath.h promises 1e-12):
 *   exp 2  log 2  sin 3  cos 3  tan 4  asin 4  acos 4  atan 3  sinh 4  cosh 4  tanh 3  asinh 4  acosh 4  atanh 4  erf 12  pow 1300
 * (sin, cos and tan near their zeros: 1e-22 absolute, for the reduction keeps 99 bits of pi/2; results below 2^-1022: 2^-1074
 * absolute). */
#include "value/dmath.h"

#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD < 0 || FLT_EVAL_METHOD == 2
#error "dmath needs IEEE doubles without excess precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

#define SIGN ((uint64_t)1 << 63)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const double LN2 = 0x1.62e42fefa39efp-1, LN2_HI = 0x1.62e42fefp-1, LN2_LO = 0x1.473de6af278edp-34;
static const double PI_2 = 0x1.921fb54442d18p+0, PI_2_LO = 0x1.1a62633145c07p-54;

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

static inline double quiet_nan(void)
{
    return from_bits((uint64_t)0x7ff8 << 48);
}
static inline double infinity(void)
{
    return from_bits((uint64_t)0x7ff0 << 48);
}
static inline double magnitude(double x)
{
    return from_bits(to_bits(x) & ~SIGN);
}
static inline double with_sign(double x, double sign)
{
    return from_bits((to_bits(x) & ~SIGN) | (to_bits(sign) & SIGN));
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

/* x > 0 and finite as m * 2^k with m in [1, 2). */
static double split(double x, int *k)
{
    int shift = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        shift = 54;
    }
    uint64_t u = to_bits(x);
    *k = (int)(u >> 52) - 1023 - shift;
    return from_bits((u & (((uint64_t)1 << 52) - 1)) | (uint64_t)1023 << 52);
}

double dm_round_even(double x)
{
    double a = magnitude(x);
    if (!(a < 0x1p52))
        return x;
    return with_sign((a + 0x1p52) - 0x1p52, x);
}

double dm_floor(double x)
{
    double r = dm_round_even(x);
    return r > x ? with_sign(r - 1, x) : r;
}

double dm_ceil(double x)
{
    double r = dm_round_even(x);
    return r < x ? with_sign(r + 1, x) : r;
}

/* Heron's steps give the root of the significand to within a few units; whole numbers make it exact. Correctly rounded: 53 bits and
 * one more decide, a tie cannot happen. */
double dm_sqrt(double x)
{
    if (x == 0)
        return x;
    if (!(x > 0))
        return quiet_nan();
    if (x > DBL_MAX)
        return x;
    int k;
    uint64_t m = (to_bits(split(x, &k)) & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52; /* x = m * 2^(k - 52) */
    if (k & 1) {
        m <<= 1;
        k--;
    }
    double near = (double)m * 0x1p-52, y = 0.5 + 0.4 * near; /* m * 2^-52 is within [1, 4) */
    for (int i = 0; i < 4; i++)
        y = 0.5 * (y + near / y);
    unsigned __int128 square = (unsigned __int128)m << 54;
    uint64_t root = (uint64_t)(y * 0x1p53); /* the largest with root^2 <= m * 2^54 */
    while ((unsigned __int128)root * root > square)
        root--;
    while ((unsigned __int128)(root + 1) * (root + 1) <= square)
        root++;
    return (double)((root + 1) >> 1) * power_of_two(k / 2 - 52);
}

/* exp(r), |r| <= ln(2)/2. */
static double exp_series(double r)
{
    static const double c[] = {1.0 / 6,      1.0 / 24,      1.0 / 120,      1.0 / 720,       1.0 / 5040,        1.0 / 40320,
                               1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
    return 1 + (r + r * r * (0.5 + r * horner(c, COUNT(c), r)));
}

double dm_exp(double x)
{
    if (!(x == x))
        return quiet_nan();
    if (x > 709.782712893384)
        return infinity();
    if (x < -745.2)
        return 0;
    double k = dm_round_even(x * 0x1.71547652b82fep+0);
    double r = (x - k * LN2_HI) - k * LN2_LO;
    double y = exp_series(r);
    int n = (int)k, half = n / 2; /* in two steps: 2^n itself may be out of range */
    return y * power_of_two(half) * power_of_two(n - half);
}

/* log((1 + s) / (1 - s)) - 2 s, |s| <= 0.1716. */
static double atanh_tail(double s)
{
    static const double c[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                               2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
    double z = s * s;
    return s * z * horner(c, COUNT(c), z);
}

double dm_log(double x)
{
    if (!(x >= 0))
        return quiet_nan();
    if (x == 0)
        return -infinity();
    if (x > DBL_MAX)
        return x;
    int k;
    double m = split(x, &k);
    if (m > 0x1.6a09e667f3bcdp+0) { /* sqrt(2) */
        m *= 0.5;
        k++;
    }
    double f = m - 1, s = f / (2 + f);
    /* 2 s = f - s f, and f is exact */
    return k * LN2_HI + (f - (s * f - (atanh_tail(s) + k * LN2_LO)));
}

/* log(1 + u), accurate for small u. */
static double log1p_accurate(double u)
{
    if (u < -0.29 || u > 0.41)
        return dm_log(1 + u);
    double s = u / (2 + u);
    return u - (s * u - atanh_tail(s));
}

/* x = n pi/2 + r, |r| <= pi/4 (and a rounding); returns r, *quadrant = n mod 4. pi/2 in parts of 33 bits: the products are exact.
 */
static double reduce_quadrant(double x, int *quadrant)
{
    double n = dm_round_even(x * 0x1.45f306dc9c883p-1);
    *quadrant = (int)((int64_t)n & 3);
    return ((x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a6p-34) - n * 0x1.3198a2e037073p-69;
}

static double sin_series(double r)
{
    static const double c[] = {-1.0 / 6,
                               1.0 / 120,
                               -1.0 / 5040,
                               1.0 / 362880,
                               -1.0 / 39916800,
                               1.0 / 6227020800.0,
                               -1.0 / 1307674368000.0,
                               1.0 / 355687428096000.0};
    double z = r * r;
    return r + r * z * horner(c, COUNT(c), z);
}

static double cos_series(double r)
{
    static const double c[] = {1.0 / 24,
                               -1.0 / 720,
                               1.0 / 40320,
                               -1.0 / 3628800,
                               1.0 / 479001600,
                               -1.0 / 87178291200.0,
                               1.0 / 20922789888000.0,
                               -1.0 / 6402373705728000.0};
    double z = r * r;
    return 1 - (0.5 * z - z * z * horner(c, COUNT(c), z));
}

double dm_sin(double x)
{
    if (x == 0)
        return x; /* keeps its sign */
    if (!(magnitude(x) <= 1e6))
        return quiet_nan();
    int q;
    double r = reduce_quadrant(x, &q);
    double y = q & 1 ? cos_series(r) : sin_series(r);
    return q & 2 ? -y : y;
}

double dm_cos(double x)
{
    if (!(magnitude(x) <= 1e6))
        return quiet_nan();
    int q;
    double r = reduce_quadrant(x, &q);
    double y = q & 1 ? sin_series(r) : cos_series(r);
    return (q + 1) & 2 ? -y : y;
}

double dm_tan(double x)
{
    if (x == 0)
        return x;
    if (!(magnitude(x) <= 1e6))
        return quiet_nan();
    int q;
    double r = reduce_quadrant(x, &q);
    double s = sin_series(r), c = cos_series(r);
    return q & 1 ? -c / s : s / c;
}

/* a >= 0. atan(a) = atan(k/8) + atan(z), z = (a - k/8) / (1 + a k/8), |z| <= 1/16; beyond 1 by pi/2 - atan(1/a). */
static double atan_positive(double a)
{
    static const double at[] = {0,
                                0x1.fd5ba9aac2f6ep-4,
                                0x1.f5b75f92c80ddp-3,
                                0x1.6f61941e4def1p-2,
                                0x1.dac670561bb4fp-2,
                                0x1.1e00babdefeb4p-1,
                                0x1.4978fa3269ee1p-1,
                                0x1.700a7c5784634p-1,
                                0x1.921fb54442d18p-1};
    static const double c[] = {-1.0 / 3, 1.0 / 5, -1.0 / 7, 1.0 / 9, -1.0 / 11, 1.0 / 13, -1.0 / 15};
    bool inverted = a > 1;
    if (inverted)
        a = 1 / a;
    int k = (int)(a * 8 + 0.5);
    double node = k * 0.125, z = (a - node) / (1 + a * node), zz = z * z;
    double y = at[k] + (z + z * zz * horner(c, COUNT(c), zz));
    return inverted ? PI_2 - (y - PI_2_LO) : y;
}

double dm_atan(double x)
{
    if (!(x == x))
        return quiet_nan();
    return with_sign(atan_positive(magnitude(x)), x);
}

double dm_asin(double x)
{
    double a = magnitude(x);
    if (!(a <= 1))
        return quiet_nan();
    double y = a == 1 ? PI_2 : atan_positive(a / dm_sqrt((1 - a) * (1 + a)));
    return with_sign(y, x);
}

double dm_acos(double x)
{
    if (!(magnitude(x) <= 1))
        return quiet_nan();
    if (x == -1)
        return 2 * PI_2;
    return 2 * atan_positive(dm_sqrt((1 - x) / (1 + x)));
}

/* sinh(x), |x| <= 1. */
static double sinh_series(double x)
{
    static const double c[] = {1.0 / 6,
                               1.0 / 120,
                               1.0 / 5040,
                               1.0 / 362880,
                               1.0 / 39916800,
                               1.0 / 6227020800.0,
                               1.0 / 1307674368000.0,
                               1.0 / 355687428096000.0,
                               1.0 / 121645100408832000.0};
    double z = x * x;
    return x + x * z * horner(c, COUNT(c), z);
}

double dm_sinh(double x)
{
    double a = magnitude(x);
    if (!(x == x))
        return quiet_nan();
    if (a <= 1)
        return sinh_series(x);
    if (a < 40) {
        double e = dm_exp(a);
        return with_sign(0.5 * e - 0.5 / e, x);
    }
    double h = dm_exp(0.5 * a); /* exp(a) alone overflows too early */
    return with_sign(0.5 * h * h, x);
}

double dm_cosh(double x)
{
    double a = magnitude(x);
    if (!(x == x))
        return quiet_nan();
    if (a < 40) {
        double e = dm_exp(a);
        return 0.5 * e + 0.5 / e;
    }
    double h = dm_exp(0.5 * a);
    return 0.5 * h * h;
}

double dm_tanh(double x)
{
    double a = magnitude(x), y;
    if (!(x == x))
        return quiet_nan();
    if (a <= 1)
        y = sinh_series(a) / dm_cosh(a);
    else if (a < 22)
        y = 1 - 2 / (dm_exp(2 * a) + 1);
    else
        y = 1;
    return with_sign(y, x);
}

double dm_asinh(double x)
{
    double a = magnitude(x), y;
    if (!(x == x))
        return quiet_nan();
    if (a > 0x1p28)
        y = dm_log(a) + LN2;
    else
        y = log1p_accurate(a + a * a / (1 + dm_sqrt(1 + a * a)));
    return with_sign(y, x);
}

double dm_acosh(double x)
{
    if (!(x >= 1))
        return quiet_nan();
    if (x > 0x1p28)
        return dm_log(x) + LN2;
    double t = x - 1;
    return log1p_accurate(t + dm_sqrt(t * (x + 1)));
}

double dm_atanh(double x)
{
    double a = magnitude(x);
    if (!(a <= 1))
        return quiet_nan();
    if (a == 1)
        return with_sign(infinity(), x);
    return with_sign(0.5 * log1p_accurate(2 * a / (1 - a)), x);
}

/* M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 7.1.6 (a series of positive terms) up to 2.5, and the
 * continued fraction 7.1.14 of erfc beyond. */
double dm_erf(double x)
{
    double a = magnitude(x), y;
    if (!(x == x))
        return quiet_nan();
    if (a < 2.5) {
        double z = 2 * a * a, term = a, sum = a;
        for (int n = 3; term > sum * 0x1p-56; n += 2) {
            term = term * z / n;
            sum += term;
        }
        y = 0x1.20dd750429b6dp+0 * dm_exp(-a * a) * sum;
    } else if (a < 6) {
        double f = a;
        for (int n = 60; n > 0; n--)
            f = a + 0.5 * n / f;
        y = 1 - 0x1.20dd750429b6dp-1 * dm_exp(-a * a) / f;
    } else {
        y = 1;
    }
    return with_sign(y, x);
}

/* x^n for 0 < n <= 64 by squaring: exact where the power is representable and small. */
static double power_by_squaring(double x, unsigned n)
{
    double y = 1;
    for (; n; n >>= 1) {
        if (n & 1)
            y *= x;
        x *= x;
    }
    return y;
}

double dm_pow(double x, double y)
{
    if (y == 0 || x == 1)
        return 1;
    if (!(x == x) || !(y == y))
        return quiet_nan();
    double a = magnitude(x), ay = magnitude(y);
    bool whole = dm_floor(y) == y;
    bool odd = whole && ay < 0x1p53 && dm_floor(y * 0.5) != y * 0.5;
    if (to_bits(x) & SIGN && a > 0 && !whole)
        return quiet_nan();
    double result;
    if (a == 0 || a > DBL_MAX || ay > DBL_MAX) {
        bool grows = a > 1 ? y > 0 : y < 0;
        result = a == 1 ? 1 : grows ? infinity() : 0;
    } else {
        result = 0;
        if (whole && ay <= 64) {
            result = power_by_squaring(a, (unsigned)ay);
            if (y < 0)
                result = 1 / result;
        }
        if (!(result >= 0x1p-1022 && result <= DBL_MAX)) /* not an integer, or the intermediate result left the range */
            result = dm_exp(y * dm_log(a));
    }
    return odd ? with_sign(result, x) : result;
}
