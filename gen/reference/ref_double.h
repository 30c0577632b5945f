/* Pairs of doubles: unevaluated sums hi + lo with |lo| <= ulp(hi), about 100 bits (T. J. Dekker, "A Floating-Point Technique for
 * Extending the Available Precision", 1971; J.-M. Muller, "Handbook of Floating-Point Arithmetic", 2nd ed., chapters 4 and 14).
 * No fused multiply-add: the same bits on every machine. Factors must lie between 2^-480 and 2^480, or be 0. */
#ifndef NN_REF_DOUBLE_H
#define NN_REF_DOUBLE_H

typedef struct {
    double hi, lo;
} dd;

/* Exact for |a| >= |b|, or a = 0. */
static inline dd dd_fast(double a, double b)
{
    double s = a + b;
    return (dd){s, b - (s - a)};
}

/* Exact. */
static inline dd dd_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return (dd){s, (a - (s - t)) + (b - t)};
}

/* Exact: halves of 26 bits. */
static inline dd dd_product(double a, double b)
{
    double p = a * b, s = a * 0x1.0000002p+27, t = b * 0x1.0000002p+27;
    double ah = s - (s - a), bh = t - (t - b), al = a - ah, bl = b - bh;
    return (dd){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static inline dd dd_add(dd a, dd b)
{
    dd s = dd_sum(a.hi, b.hi);
    return dd_fast(s.hi, s.lo + (a.lo + b.lo));
}

static inline dd dd_negate(dd a)
{
    return (dd){-a.hi, -a.lo};
}

/* A factor that is a power of two. */
static inline dd dd_scale(dd a, double by)
{
    return (dd){a.hi * by, a.lo * by};
}

static inline dd dd_multiply(dd a, dd b)
{
    dd p = dd_product(a.hi, b.hi);
    return dd_fast(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline dd dd_divide(dd a, dd b)
{
    double q = a.hi / b.hi;
    dd p = dd_product(q, b.hi);
    return dd_fast(q, (((a.hi - p.hi) - p.lo) + (a.lo - q * b.lo)) / b.hi);
}

/* The largest double that is not above x - e, and the smallest that is not below x + e, for finite normal results. */
static inline double dd_down(double x, double e)
{
    dd s = dd_sum(x, -e);
    return s.lo < 0 ? s.hi - __builtin_fabs(s.hi) * 0x1.0000000000001p-53 : s.hi;
}

static inline double dd_up(double x, double e)
{
    return -dd_down(-x, e);
}

#endif
