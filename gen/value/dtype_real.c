/* Floating-point types: values and bits.
 *
 * A type is a row of `formats`. Bits are a sign, an exponent with its bias, and a fraction (IEEE 754); the kinds of float8 and
 * float4 differ in what the largest exponent and -0 mean (Open Compute Project, "OCP 8-bit Floating Point Specification" and "OCP
 * Microscaling Formats"; for FNUZ, B. Noune et al., "8-bit Numerical Formats for Deep Neural Networks", 2022). */
#include "value/dmath.h"
#include "value/dtype_impl.h"

static const dtype_format formats[DT_COUNT] = {
    /* bits of the fraction, least exponent, bias; unit, least, normal, largest; infinite, has_nan, minus_zero */
    [DT_FLOAT16] = {10, -14, 15, 0x1p-11, 0x1p-24, 0x1p-14, HALF_LARGEST, true, true, true},
    [DT_BFLOAT16] = {7, -126, 127, 0x1p-8, 0x1p-133, 0x1p-126, 0x1.fep127, true, true, true},
    [DT_FLOAT8E4M3FN] = {3, -6, 7, 0x1p-4, 0x1p-9, 0x1p-6, 448, false, true, true},
    [DT_FLOAT8E4M3FNUZ] = {3, -7, 8, 0x1p-4, 0x1p-10, 0x1p-7, 240, false, true, false},
    [DT_FLOAT8E5M2] = {2, -14, 15, 0x1p-3, 0x1p-16, 0x1p-14, 57344, true, true, true},
    [DT_FLOAT8E5M2FNUZ] = {2, -15, 16, 0x1p-3, 0x1p-17, 0x1p-15, 57344, false, true, false},
    [DT_FLOAT4E2M1] = {1, 0, 1, 0x1p-2, 0.5, 1, 6, false, false, true},
};

const dtype_format *dtype_format_of(dtype t)
{
    return (unsigned)t < DT_COUNT && formats[t].bias > 0 ? &formats[t] : NULL;
}

/* 2^e as a double, for normal doubles. */
static double power(int e)
{
    uint64_t bits = (uint64_t)(e + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* e of 2^e <= |x| < 2^(e + 1); less than -1022 if x is subnormal or 0. */
static int exponent_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (int)(bits >> 52 & 0x7ff) - 1023;
}

double dtype_step(const dtype_format *f, double x)
{
    int e = exponent_of(x);
    return power((e < f->least_exponent ? f->least_exponent : e) - f->fraction);
}

double dtype_unit(dtype t)
{
    const dtype_format *f = dtype_format_of(t);
    return f != NULL ? f->unit : t == DT_FLOAT32 ? 0x1p-24 : 0x1p-53;
}

double dtype_least_normal(dtype t)
{
    const dtype_format *f = dtype_format_of(t);
    return f != NULL ? f->normal : t == DT_FLOAT32 ? 0x1p-126 : 0x1p-1022;
}

double dtype_least_subnormal(dtype t)
{
    const dtype_format *f = dtype_format_of(t);
    return f != NULL ? f->least : t == DT_FLOAT32 ? 0x1p-149 : 0x1p-1074;
}

/* ---- rounding ---- */

/* What a number that does not fit becomes. */
static double beyond(const dtype_format *f, double x)
{
    double most = f->infinite ? (double)__builtin_inff() : f->has_nan ? (double)__builtin_nanf("") : f->largest;
    return most != most || x > 0 ? most : -most;
}

static double format_nearest(const dtype_format *f, double x)
{
    if (x != x)
        return f->has_nan ? x : f->largest;
    if (x - x != 0)
        return beyond(f, x);
    double step = dtype_step(f, x), r = dm_round_even(x / step) * step;
    if (!(r >= -f->largest && r <= f->largest))
        return beyond(f, x);
    if (r == 0)
        return __builtin_signbit(x) && f->minus_zero ? -0.0 : 0;
    return r;
}

double dtype_nearest(dtype t, double x)
{
    const dtype_format *f = dtype_format_of(t);
    return f != NULL ? format_nearest(f, x) : t == DT_FLOAT32 ? (double)(float)x : x;
}

double half_nearest(double x)
{
    return dtype_nearest(DT_FLOAT16, x);
}

/* ---- bits ---- */

/* Of all types with NaN: the greatest exponent and a fraction, or -0 where there is none. */
static uint64_t nan_bits(dtype t)
{
    const dtype_format *f = &formats[t];
    unsigned sign = dtype_bits(t) - 1;
    if (!f->minus_zero)
        return UINT64_C(1) << sign;
    uint64_t ones = (UINT64_C(1) << sign) - (UINT64_C(1) << f->fraction);
    return f->infinite ? ones | UINT64_C(1) << (f->fraction - 1) : (UINT64_C(1) << sign) - 1;
}

static uint64_t format_bits(dtype t, double x)
{
    const dtype_format *f = &formats[t];
    unsigned sign = dtype_bits(t) - 1;
    double r = format_nearest(f, x), a = __builtin_fabs(r);
    if (r != r)
        return nan_bits(t);
    uint64_t bits = __builtin_signbit(r) ? UINT64_C(1) << sign : 0;
    if (a > f->largest)
        return bits | ((UINT64_C(1) << sign) - (UINT64_C(1) << f->fraction));
    /* in steps of the binade, of which the leading one is the lowest bit of the exponent's field */
    uint64_t steps = (uint64_t)(a / dtype_step(f, a));
    int e = exponent_of(a);
    return bits | (e < f->least_exponent ? steps : steps + ((uint64_t)(e + f->bias - 1) << f->fraction));
}

uint64_t dtype_real_bits(dtype t, double x)
{
    uint64_t bits = 0;
    if (dtype_format_of(t) != NULL)
        return format_bits(t, x);
    if (t == DT_FLOAT32) {
        float f = (float)x;
        uint32_t low;
        memcpy(&low, &f, sizeof low);
        return x != x ? 0x7fc00000 : low;
    }
    memcpy(&bits, &x, sizeof bits);
    return x != x ? UINT64_C(0x7ff8) << 48 : bits;
}

static double format_value(dtype t, uint64_t bits)
{
    const dtype_format *f = &formats[t];
    unsigned sign = dtype_bits(t) - 1;
    uint64_t magnitude = bits & ((UINT64_C(1) << sign) - 1), ones = (UINT64_C(1) << sign) - (UINT64_C(1) << f->fraction);
    bool negative = bits >> sign & 1;
    bool none = f->infinite     ? magnitude > ones
                : f->minus_zero ? magnitude == (UINT64_C(1) << sign) - 1
                                : negative && magnitude == 0;
    if (f->has_nan && none)
        return (double)__builtin_nanf("");
    if (f->infinite && magnitude == ones)
        return negative ? -(double)__builtin_inff() : (double)__builtin_inff();
    uint64_t field = magnitude >> f->fraction, fraction = magnitude & ((UINT64_C(1) << f->fraction) - 1);
    double x = field == 0 ? (double)fraction * power(f->least_exponent - f->fraction)
                          : (double)(fraction + (UINT64_C(1) << f->fraction)) * power((int)field - f->bias - f->fraction);
    return negative ? -x : x;
}

double dtype_real(dtype t, uint64_t bits)
{
    if (dtype_format_of(t) != NULL)
        return format_value(t, bits);
    if (t == DT_FLOAT32) {
        uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
