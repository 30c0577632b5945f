/* Floor and ceiling division, remainder, minimum, maximum, absolute value.
 *
 * Division and remainder are stated for y >= 1. For y <= -1 the same rules apply with signs changed; the result is the hull of
 * both parts. Values are at most 2^62 in magnitude, so a product of two fits in 128 bits. */
#include "internal.h"

typedef struct {
    wide lo, hi;
} span;

static inline span span_of(const csp *s, csp_var x)
{
    return (span){lo_of(s, x), hi_of(s, x)};
}
static inline span turned(span a)
{
    return (span){-a.hi, -a.lo};
}
static inline span hull(span a, span b)
{
    return (span){a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}
static inline bool meet(span *a, wide lo, wide hi)
{
    if (lo > a->lo)
        a->lo = lo;
    if (hi < a->hi)
        a->hi = hi;
    return a->lo <= a->hi;
}

/* Narrows y by q * y in [lo, hi], y >= 1. */
static bool meet_factor(span *y, wide q, wide lo, wide hi)
{
    if (q > 0)
        return meet(y, wide_ceildiv(lo, q), wide_floordiv(hi, q));
    if (q < 0)
        return meet(y, wide_ceildiv(hi, q), wide_floordiv(lo, q));
    return lo <= 0 && hi >= 0;
}

/* ---- z = floor(x / y), ceil(x / y) ---- Enforced: bounds consistency of z * y <= x < (z + 1) * y for each sign of y; y != 0.
 * Entailed: when all variables are fixed. */

static bool div_part(span *x, span *y, span *z)
{
    if (!meet(z, wide_floordiv(x->lo, x->lo >= 0 ? y->hi : y->lo), wide_floordiv(x->hi, x->hi >= 0 ? y->lo : y->hi)))
        return false;
    wide above = z->hi + 1;
    if (!meet(x, z->lo * (z->lo >= 0 ? y->lo : y->hi), above * (above >= 0 ? y->hi : y->lo) - 1))
        return false;
    /* z.lo * y <= x.hi and (z.hi + 1) * y >= x.lo + 1 */
    const wide far = (wide)1 << 64;
    if (z->lo != 0 ? !(z->lo > 0 ? meet(y, 1, wide_floordiv(x->hi, z->lo)) : meet(y, wide_ceildiv(x->hi, z->lo), far)) : x->hi < 0)
        return false;
    return above != 0 ? (above > 0 ? meet(y, wide_ceildiv(x->lo + 1, above), far) : meet(y, 1, wide_floordiv(x->lo + 1, above)))
                      : x->lo + 1 <= 0;
}

bool prop_div(csp *s, prop_t *p)
{
    csp_var z = p->v[0], x = p->v[1], y = p->v[2];
    bool ceil = p->kind == PROP_CEILDIV; /* ceil(x / y) = -floor(-x / y) */
    span X = span_of(s, x), Y = span_of(s, y), Z = span_of(s, z);
    if (ceil) {
        X = turned(X);
        Z = turned(Z);
    }
    span x1 = X, y1 = {Y.lo > 1 ? Y.lo : 1, Y.hi}, z1 = Z;
    bool some = y1.lo <= y1.hi && div_part(&x1, &y1, &z1);
    if (Y.lo < 0) {
        span x2 = turned(X), y2 = turned((span){Y.lo, Y.hi < -1 ? Y.hi : -1}), z2 = Z;
        if (div_part(&x2, &y2, &z2)) {
            x2 = turned(x2);
            y2 = turned(y2);
            x1 = some ? hull(x1, x2) : x2;
            y1 = some ? hull(y1, y2) : y2;
            z1 = some ? hull(z1, z2) : z2;
            some = true;
        }
    }
    if (!some)
        return dom_fail(s);
    if (ceil) {
        x1 = turned(x1);
        z1 = turned(z1);
    }
    if (!dom_range_wide(s, z, z1.lo, z1.hi) || !dom_range_wide(s, x, x1.lo, x1.hi) || !dom_range_wide(s, y, y1.lo, y1.hi))
        return false;
    if (Y.lo <= 0 && Y.hi >= 0 && !dom_remove(s, y, 0))
        return false;
    return X.lo == X.hi && Y.lo == Y.hi && Z.lo == Z.hi ? prop_kill(s, p) : true;
}

/* ---- z = x mod y, the remainder of floor division ---- Enforced: z in [0, |y|) with the sign of y; bounds of x = q * y + z
 * while the quotient q is a single number; multiples of y at the ends of x when y is fixed; with two variables fixed, exactly the
 * right values of the third if its domain is small (or if y is a divisor of a small x - z). Entailed: when all variables are
 * fixed. */

static bool mod_part(span *x, span *y, span *r)
{
    if (!meet(r, 0, y->hi - 1) || !meet(y, r->lo + 1, y->hi))
        return false;
    wide q0 = wide_floordiv(x->lo, x->lo >= 0 ? y->hi : y->lo), q1 = wide_floordiv(x->hi, x->hi >= 0 ? y->lo : y->hi);
    if (q0 == q1) {
        wide t0 = q0 * (q0 >= 0 ? y->lo : y->hi), t1 = q0 * (q0 >= 0 ? y->hi : y->lo);
        return meet(r, x->lo - t1, x->hi - t0) && meet(x, t0 + r->lo, t1 + r->hi) &&
               meet_factor(y, q0, x->lo - r->hi, x->hi - r->lo);
    }
    if (y->lo == y->hi) {
        wide m = x->lo - q0 * y->lo; /* remainder of the lower end, then of the upper */
        if (m > r->hi)
            x->lo += y->lo - m + r->lo;
        else if (m < r->lo)
            x->lo += r->lo - m;
        m = x->hi - q1 * y->lo;
        if (m < r->lo)
            x->hi -= m + y->lo - r->hi;
        else if (m > r->hi)
            x->hi -= m - r->hi;
        return x->lo <= x->hi;
    }
    if (x->lo >= 0) {
        if (!meet(r, 0, x->hi))
            return false;
        if (r->hi < x->lo) /* the quotient is at least 1 */
            return meet(y, 1, x->hi - r->lo) && meet(x, y->lo + r->lo, x->hi);
    }
    return true;
}

/* The only free variable has few values or must be a divisor: keep the right values. */
static bool mod_filter(csp *s, csp_var z, csp_var x, csp_var y)
{
    bool fx = dom_fixed(s, x), fy = dom_fixed(s, y), fz = dom_fixed(s, z);
    if (!fz || fx == fy || x == y || (x == z && !fx) || (y == z && !fy))
        return true;
    csp_var free = fx ? y : x;
    int64_t r = lo_of(s, z);
    uint64_t size = dom_size(s, free), keep = 0;
    if (size <= DOM_SMALL) {
        for (uint64_t i = 0; i < size; i++) {
            int64_t v = dom_value(s, free, i), a = fx ? lo_of(s, x) : v, b = fx ? v : lo_of(s, y);
            if (b != 0 && nn_floormod(a, b) == r)
                keep |= (uint64_t)1 << i;
        }
        return keep ? dom_filter(s, free, keep) : dom_fail(s);
    }
    int64_t multiple = fx ? lo_of(s, x) - r : 0;
    if (fx && lo_of(s, y) >= 1 && multiple != 0) {
        uint32_t n;
        const int64_t *divisors = store_divisors(s, multiple < 0 ? -multiple : multiple, &n);
        return !divisors || dom_keep(s, y, divisors, n);
    }
    return true;
}

bool prop_mod(csp *s, prop_t *p)
{
    csp_var z = p->v[0], x = p->v[1], y = p->v[2];
    span X = span_of(s, x), Y = span_of(s, y), Z = span_of(s, z);
    span x1 = X, y1 = {Y.lo > 1 ? Y.lo : 1, Y.hi}, z1 = Z;
    bool some = y1.lo <= y1.hi && mod_part(&x1, &y1, &z1);
    if (Y.lo < 0) { /* x mod y = -(-x mod -y) */
        span x2 = turned(X), y2 = turned((span){Y.lo, Y.hi < -1 ? Y.hi : -1}), z2 = turned(Z);
        if (mod_part(&x2, &y2, &z2)) {
            x2 = turned(x2);
            y2 = turned(y2);
            z2 = turned(z2);
            x1 = some ? hull(x1, x2) : x2;
            y1 = some ? hull(y1, y2) : y2;
            z1 = some ? hull(z1, z2) : z2;
            some = true;
        }
    }
    if (!some)
        return dom_fail(s);
    if (!dom_range_wide(s, z, z1.lo, z1.hi) || !dom_range_wide(s, x, x1.lo, x1.hi) || !dom_range_wide(s, y, y1.lo, y1.hi))
        return false;
    if (Y.lo <= 0 && Y.hi >= 0 && !dom_remove(s, y, 0))
        return false;
    if (X.lo == X.hi && Y.lo == Y.hi && Z.lo == Z.hi)
        return prop_kill(s, p);
    return mod_filter(s, z, x, y);
}

static csp_result post_ternary(csp *s, prop_kind kind, csp_var z, csp_var x, csp_var y)
{
    prop_t *p = post_new(s, kind, NULL, 0);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = z;
    p->v[1] = x;
    p->v[2] = y;
    dom_remove(s, y, 0);
    return post_watch(s, p, z, EV_BOUNDS) && post_watch(s, p, x, EV_BOUNDS) && post_watch(s, p, y, EV_BOUNDS) ? post_done(s, p)
                                                                                                              : CSP_NOMEM;
}

csp_result csp_div(csp *s, csp_var z, csp_var x, csp_var y)
{
    return post_ternary(s, PROP_DIV, z, x, y);
}
csp_result csp_ceildiv(csp *s, csp_var z, csp_var x, csp_var y)
{
    return post_ternary(s, PROP_CEILDIV, z, x, y);
}
csp_result csp_mod(csp *s, csp_var z, csp_var x, csp_var y)
{
    return post_ternary(s, PROP_MOD, z, x, y);
}

/* ---- z = min(x), z = max(x) ---- Enforced: bounds consistency: each x on the right side of z; z between the extremes; if only
 * one x can reach z, it equals z. Entailed: when all variables are fixed. */

/* max is min with the order reversed: these functions read and write a domain with its sign changed. */
static inline int64_t low(const csp *s, csp_var x, bool max)
{
    return max ? -hi_of(s, x) : lo_of(s, x);
}
static inline int64_t high(const csp *s, csp_var x, bool max)
{
    return max ? -lo_of(s, x) : hi_of(s, x);
}
static inline bool raise(csp *s, csp_var x, bool max, int64_t v)
{
    return max ? dom_hi(s, x, -v) : dom_lo(s, x, v);
}
static inline bool lower(csp *s, csp_var x, bool max, int64_t v)
{
    return max ? dom_lo(s, x, -v) : dom_hi(s, x, v);
}

bool prop_minmax(csp *s, prop_t *p)
{
    bool max = p->kind == PROP_MAX, fixed = true;
    const csp_var *x = s->pool + p->args;
    csp_var z = p->v[0];
    int64_t lo = INT64_MAX, hi = INT64_MAX;
    for (uint32_t i = 0; i < p->n; i++) {
        int64_t a = low(s, x[i], max), b = high(s, x[i], max);
        lo = a < lo ? a : lo;
        hi = b < hi ? b : hi;
    }
    if (!raise(s, z, max, lo) || !lower(s, z, max, hi))
        return false;
    uint32_t reach = 0, at = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!raise(s, x[i], max, low(s, z, max)))
            return false;
        if (low(s, x[i], max) <= high(s, z, max)) {
            reach++;
            at = i;
        }
        fixed = fixed && dom_fixed(s, x[i]);
    }
    if (reach == 0)
        return dom_fail(s);
    if (reach == 1)
        return fixed && dom_fixed(s, z) ? lower(s, x[at], max, high(s, z, max)) && prop_kill(s, p) : dom_equal(s, x[at], z);
    return fixed && dom_fixed(s, z) && lo == low(s, z, max) ? prop_kill(s, p) : true;
}

static csp_result post_minmax(csp *s, prop_kind kind, csp_var z, const csp_var *x, size_t n)
{
    prop_t *p = post_new(s, kind, x, n);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = z;
    if (n == 0) {
        p->dead = true;
        dom_fail(s);
        return post_result(s);
    }
    bool ok = post_watch(s, p, z, EV_BOUNDS);
    for (uint32_t i = 0; ok && i < n; i++)
        ok = post_watch(s, p, s->pool[p->args + i], EV_BOUNDS);
    return ok ? post_done(s, p) : CSP_NOMEM;
}

csp_result csp_min(csp *s, csp_var z, const csp_var *x, size_t n)
{
    return post_minmax(s, PROP_MIN, z, x, n);
}
csp_result csp_max(csp *s, csp_var z, const csp_var *x, size_t n)
{
    return post_minmax(s, PROP_MAX, z, x, n);
}

/* ---- z = |x| ---- Enforced: bounds of z from x; x within +-z and, if its sign is known, at least z.lo in magnitude; the two
 * values of x once z is fixed. Entailed: when both are fixed. */
bool prop_abs(csp *s, prop_t *p)
{
    csp_var z = p->v[0], x = p->v[1];
    int64_t lo = lo_of(s, x), hi = hi_of(s, x);
    if (!dom_range(s, z, lo > 0 ? lo : hi < 0 ? -hi : 0, -lo > hi ? -lo : hi))
        return false;
    int64_t zlo = lo_of(s, z), zhi = hi_of(s, z);
    if (!dom_range(s, x, -zhi, zhi))
        return false;
    if (lo_of(s, x) > -zlo && !dom_lo(s, x, zlo))
        return false;
    if (hi_of(s, x) < zlo && !dom_hi(s, x, -zlo))
        return false;
    if (zlo == zhi && zlo > 0 && !dom_keep(s, x, (const int64_t[]){-zlo, zlo}, 2))
        return false;
    return lo == hi && zlo == zhi ? prop_kill(s, p) : true;
}

csp_result csp_abs(csp *s, csp_var z, csp_var x)
{
    prop_t *p = post_new(s, PROP_ABS, NULL, 0);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = z;
    p->v[1] = x;
    dom_lo(s, z, 0);
    return post_watch(s, p, z, EV_BOUNDS) && post_watch(s, p, x, EV_BOUNDS) ? post_done(s, p) : CSP_NOMEM;
}
