#include "family/tolerance.h"

/* 0, then 2^-51, 2^-49, ... 2^-7. */
static double choice(size_t k)
{
    return k == 0 ? 0 : 0x1p-53 * (double)(UINT64_C(1) << 2 * k);
}

static double element(dtype t, const uint8_t *p)
{
    uint64_t bits = 0;
    for (size_t i = dtype_size(t); i-- > 0;)
        bits = bits << 8 | p[i];
    if (dtype_is_float(t))
        return dtype_real(t, bits);
    return dtype_is_signed(t) ? (double)dtype_whole(t, bits) : (double)bits;
}

void tolerance_add(tolerance *t, dtype type, const void *values, const float *bounds, size_t n)
{
    double largest = 0, widest = 0;
    size_t size = dtype_size(type);
    for (size_t i = 0; i < n; i++) {
        double m = __builtin_fabs(element(type, (const uint8_t *)values + i * size)), b = (double)bounds[i];
        if (!(b <= (double)__FLT_MAX__)) {
            t->wide = true;
            t->unbounded++;
            continue;
        }
        widest = b > widest ? b : widest;
        if (!(m <= __DBL_MAX__)) /* the same infinity is expected, or NaN */
            continue;
        largest = m > largest ? m : largest;
        t->magnitudes += m;
        t->n++;
        m = m > b ? m - b : 0; /* the least that |y| can be */
        for (size_t k = 0; k < TOLERANCE_CHOICES; k++) {
            double rest = b - choice(k) * m;
            t->atol[k] = rest > t->atol[k] ? rest : t->atol[k];
        }
    }
    t->wide = t->wide || widest > TOLERANCE_WIDE * largest;
}

void tolerance_join(tolerance *into, const tolerance *from)
{
    for (size_t k = 0; k < TOLERANCE_CHOICES; k++)
        into->atol[k] = from->atol[k] > into->atol[k] ? from->atol[k] : into->atol[k];
    into->magnitudes += from->magnitudes;
    into->n += from->n;
    into->unbounded += from->unbounded;
    into->wide = into->wide || from->wide;
}

void tolerance_pair(const tolerance *t, dtype type, double *atol, double *rtol)
{
    double mean = t->n > 0 ? t->magnitudes / (double)t->n : 0, least = t->atol[0];
    size_t best = 0;
    for (size_t k = 1; k < TOLERANCE_CHOICES; k++)
        if (t->atol[k] + choice(k) * mean < least) {
            least = t->atol[k] + choice(k) * mean;
            best = k;
        }
    /* Room for the roundings of a comparison in the type: a few in the operations, and one of the smallest number each. */
    double u = dtype_unit(type), tiny = dtype_is_float(type) ? dtype_least_subnormal(type) : 0;
    *rtol = choice(best) * (1 + 16 * u);
    *atol = t->atol[0] > 0 ? t->atol[best] * (1 + 16 * u) + 4 * tiny : 0;
}
