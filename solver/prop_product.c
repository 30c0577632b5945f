/* z = k * x[0] * ... * x[n-1].
 *
 * Enforced: bounds of z from the product of the ranges; bounds of each x from z divided by the product of the others; once z is
 * fixed, each free x divides the quotient of z and the fixed factors (domains become sets of divisors if that is cheap).
 *
 * Entailed: when all variables are fixed.
 *
 * Partial products may exceed +-CSP_BOUND although the whole product does not (because of a zero factor). Therefore a product is
 * one propagator, not a chain.
 *
 * Overflow: non-negative factors use saturating 64-bit products. Others use 128-bit intervals cut to +-2^126; a cut end acts as
 * infinity, because an integer factor keeps it, changes its sign or makes it 0.
 *
 * See Apt, Principles of Constraint Programming (2003), chapter 6 (multiplication and division of integer intervals). */
#include "internal.h"

#define FAR ((wide)1 << 126)

typedef struct {
    wide lo, hi;
} span;

/* ---- factors >= 0 ---- */

static inline int64_t mul_up(int64_t a, int64_t b)
{
    int64_t r;
    return __builtin_mul_overflow(a, b, &r) ? INT64_MAX : r;
}

static bool product_positive(csp *s, const prop_t *p)
{
    const csp_var *x = s->pool + p->args2, z = p->v[0];
    uint32_t n = p->n2;
    int64_t least = p->k2, most = p->k2;
    for (uint32_t i = 0; i < n; i++) {
        least = mul_up(least, lo_of(s, x[i]));
        most = mul_up(most, hi_of(s, x[i]));
    }
    if (!dom_lo(s, z, least) || !dom_hi(s, z, most))
        return false;
    int64_t zlo = lo_of(s, z), zhi = hi_of(s, z);
    if (zlo <= least && zhi >= most)
        return true; /* no x can be narrowed */
    for (uint32_t i = 0; i < n; i++) {
        int64_t lo = lo_of(s, x[i]), hi = hi_of(s, x[i]), rest = p->k2;
        if (lo == hi)
            continue;
        if (zhi < most) {
            for (uint32_t j = 0; j < n; j++)
                if (j != i)
                    rest = mul_up(rest, lo_of(s, x[j]));
            if (mul_up(rest, hi) > zhi && !dom_hi(s, x[i], zhi / rest)) /* so rest > 0 */
                return false;
        }
        if (zlo > least && zlo > lo) {
            rest = p->k2;
            for (uint32_t j = 0; j < n; j++)
                if (j != i)
                    rest = mul_up(rest, hi_of(s, x[j]));
            if (rest == 0)
                return dom_fail(s);
            if (mul_up(rest, lo) < zlo && !dom_lo(s, x[i], nn_ceildiv(zlo, rest)))
                return false;
        }
    }
    return true;
}

/* ---- any factors ---- */

static inline wide cut(wide a)
{
    return a > FAR ? FAR : a < -FAR ? -FAR : a;
}

static inline wide mul_cut(wide a, int64_t b)
{
    wide r;
    if (__builtin_mul_overflow(a, (wide)b, &r))
        return (a < 0) != (b < 0) ? -FAR : FAR;
    return cut(r);
}

static span span_mul(span a, int64_t lo, int64_t hi)
{
    wide p = mul_cut(a.lo, lo), q = mul_cut(a.lo, hi), u = mul_cut(a.hi, lo), v = mul_cut(a.hi, hi);
    wide pq0 = p < q ? p : q, pq1 = p < q ? q : p, uv0 = u < v ? u : v, uv1 = u < v ? v : u;
    return (span){pq0 < uv0 ? pq0 : uv0, pq1 < uv1 ? uv1 : pq1};
}

/* The integers x with x * y = z for a y in [ylo, yhi], which does not contain 0: those between the extreme quotients. */
static span quotient(span z, wide ylo, wide yhi)
{
    span r = {FAR, -FAR};
    const wide zs[2] = {z.lo, z.hi}, ys[2] = {ylo, yhi};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            wide up = wide_ceildiv(zs[i], ys[j]), down = wide_floordiv(zs[i], ys[j]);
            r.lo = up < r.lo ? up : r.lo;
            r.hi = down > r.hi ? down : r.hi;
        }
    return r;
}

/* Narrows *x to the hull of its integers with x * y in z for a y in `y`; false if there are none. */
static bool divide(span *x, span z, span y)
{
    bool zero_z = z.lo <= 0 && z.hi >= 0, zero_y = y.lo <= 0 && y.hi >= 0;
    if (zero_z && zero_y)
        return true;
    span r = {FAR, -FAR};
    if (y.lo < 0) {
        span q = quotient(z, y.lo, y.hi < -1 ? y.hi : -1);
        if (q.lo <= q.hi)
            r = q;
    }
    if (y.hi > 0) {
        span q = quotient(z, y.lo > 1 ? y.lo : 1, y.hi);
        if (q.lo <= q.hi)
            r = (span){q.lo < r.lo ? q.lo : r.lo, q.hi > r.hi ? q.hi : r.hi};
    }
    x->lo = r.lo > x->lo ? r.lo : x->lo;
    x->hi = r.hi < x->hi ? r.hi : x->hi;
    if (!zero_z) {
        x->lo += x->lo == 0;
        x->hi -= x->hi == 0;
    }
    return x->lo <= x->hi;
}

static bool product_any(csp *s, const prop_t *p)
{
    const csp_var *x = s->pool + p->args2, z = p->v[0];
    uint32_t n = p->n2;
    span all = {p->k2, p->k2};
    for (uint32_t i = 0; i < n; i++)
        all = span_mul(all, lo_of(s, x[i]), hi_of(s, x[i]));
    if (!dom_range_wide(s, z, all.lo, all.hi))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (dom_fixed(s, x[i]))
            continue;
        span rest = {p->k2, p->k2}, to = {lo_of(s, x[i]), hi_of(s, x[i])};
        for (uint32_t j = 0; j < n; j++)
            if (j != i)
                rest = span_mul(rest, lo_of(s, x[j]), hi_of(s, x[j]));
        if (!divide(&to, (span){lo_of(s, z), hi_of(s, z)}, rest))
            return dom_fail(s);
        if (!dom_range_wide(s, x[i], to.lo, to.hi))
            return false;
    }
    return true;
}

/* ---- divisors ---- */

/* Removes values of x that do not divide v (v != 0), if that is cheap. */
static bool keep_divisors(csp *s, csp_var x, int64_t v)
{
    const var_t *d = &s->var[x];
    uint64_t size = dom_size(s, x), keep = 0;
    int64_t a = v < 0 ? -v : v;
    if (size <= DOM_SMALL) {
        for (uint64_t i = 0; i < size; i++) {
            int64_t w = dom_value(s, x, i);
            if (w != 0 && a % w == 0)
                keep |= (uint64_t)1 << i;
        }
        return keep ? dom_filter(s, x, keep) : dom_fail(s);
    }
    if (d->lo < 1)
        return true;
    uint32_t n;
    const int64_t *divisors = store_divisors(s, a, &n);
    return !divisors || dom_keep(s, x, divisors, n);
}

/* z is fixed: divide it by the fixed factors; each free factor divides the rest. */
static bool product_fixed(csp *s, prop_t *p)
{
    const csp_var *x = s->pool + p->args2;
    int64_t left = lo_of(s, p->v[0]);
    uint32_t free = 0, at = 0;
    if (left == 0)
        return true; /* z is 0: bounds are enough */
    if (p->k2 == 0 || left % p->k2 != 0)
        return dom_fail(s);
    left /= p->k2;
    for (uint32_t i = 0; i < p->n2; i++) {
        int64_t v = lo_of(s, x[i]);
        if (!dom_fixed(s, x[i])) {
            free++;
            at = i;
        } else {
            if (v == 0 || left % v != 0)
                return dom_fail(s);
            left /= v;
        }
    }
    if (free == 0)
        return left == 1 ? prop_kill(s, p) : dom_fail(s);
    if (free == 1)
        return dom_fix(s, x[at], left) && prop_kill(s, p);
    for (uint32_t i = 0; i < p->n2; i++)
        if (!dom_fixed(s, x[i]) && !keep_divisors(s, x[i], left))
            return false;
    return true;
}

bool prop_product(csp *s, prop_t *p)
{
    const csp_var *x = s->pool + p->args2;
    bool positive = p->k2 >= 0;
    for (uint32_t i = 0; i < p->n2 && positive; i++)
        positive = lo_of(s, x[i]) >= 0;
    if (!(positive ? product_positive(s, p) : product_any(s, p)))
        return false;
    return !dom_fixed(s, p->v[0]) || product_fixed(s, p);
}

/* ---- posting ---- */

csp_result csp_product(csp *s, csp_var z, const csp_var *x, size_t n)
{
    prop_t *p = post_new(s, PROP_PRODUCT, x, n);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = z;
    p->k2 = 1;
    /* fixed factors go into k2 as long as the product fits */
    bool fixed = false;
    for (size_t i = 0; i < n; i++)
        fixed = fixed || dom_fixed(s, x[i]);
    if (fixed) {
        if (!store_room(s, (void **)&s->pool, &s->pool_cap, (size_t)s->n_pool + n, sizeof *s->pool))
            return CSP_NOMEM;
        p->args2 = s->n_pool;
        p->n2 = 0;
        for (uint32_t i = 0; i < n; i++) {
            csp_var y = s->pool[p->args + i];
            int64_t k;
            if (dom_fixed(s, y) && nn_mul64(p->k2, lo_of(s, y), &k)) {
                p->k2 = k;
            } else {
                s->pool[s->n_pool++] = y;
                p->n2++;
            }
        }
    }
    bool ok = post_watch(s, p, z, EV_BOUNDS);
    for (uint32_t i = 0; ok && i < p->n2; i++)
        ok = post_watch(s, p, s->pool[p->args2 + i], EV_BOUNDS);
    return ok ? post_done(s, p) : CSP_NOMEM;
}

csp_result csp_mul(csp *s, csp_var z, csp_var x, csp_var y)
{
    return csp_product(s, z, (csp_var[]){x, y}, 2);
}
