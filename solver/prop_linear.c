/* Linear relations, sum c*x REL k, and their reification.
 *
 * Enforced: bounds consistency over the reals rounded to integers (each x against the extremes of the rest) for EQ and LE; a single
 * free variable loses exactly the excluded value for NE. Entailed: LE when the largest sum is <= k, EQ when all is fixed,
 * NE when the sums cannot meet k or the excluded value has gone. A reified relation narrows b once the relation or its opposite is
 * entailed, and enforces the one that b names.
 *
 * Overflow: `narrow` propagators, whose sums fit in 63 bits whatever the variables are, use 64-bit arithmetic; the others
 * sum in 192 bits and cut slacks to +-2^126, beyond which no slack can narrow a domain.
 *
 * See Apt, Principles of Constraint Programming (2003), chapter 6; Schulte and Stuckey, TOPLAS 27(3), 2005. */
#include "internal.h"

#define SLACK_MAX ((wide)1 << 126)

/* h * 2^64 + l */
typedef struct {
    wide h, l;
} sum192;

static inline void sum_add(sum192 *a, wide p)
{
    a->h += p >> 64;
    a->l += (uint64_t)p;
}

static wide sum_cut(sum192 a)
{
    a.h += a.l >> 64;
    a.l = (uint64_t)a.l;
    if (a.h >= (wide)1 << 62)
        return SLACK_MAX;
    if (a.h < -((wide)1 << 62))
        return -SLACK_MAX;
    return a.h * ((wide)1 << 64) + a.l;
}

/* What a linear propagator is made of. */
typedef struct {
    const int64_t *c;
    const csp_var *x;
    uint32_t n;
    bool narrow;
} linear_t;

static inline linear_t linear_of(const csp *s, const prop_t *p)
{
    return (linear_t){s->data + p->data2, s->pool + p->args2, p->n2, p->narrow};
}

/* *below = k - min(sum), *above = max(sum) - k, cut. */
static void slacks(const csp *s, const linear_t *t, wide k, wide *below, wide *above)
{
    if (t->narrow) {
        int64_t lo = 0, hi = 0;
        for (uint32_t i = 0; i < t->n; i++) {
            const var_t *d = &s->var[t->x[i]];
            int64_t c = t->c[i];
            lo += c * (c > 0 ? d->lo : d->hi);
            hi += c * (c > 0 ? d->hi : d->lo);
        }
        *below = k - lo;
        *above = hi - k;
        return;
    }
    sum192 lo = {0, 0}, hi = {0, 0};
    sum_add(&lo, k);
    sum_add(&hi, -k);
    for (uint32_t i = 0; i < t->n; i++) {
        const var_t *d = &s->var[t->x[i]];
        wide c = t->c[i];
        sum_add(&lo, -(c * (c > 0 ? d->lo : d->hi)));
        sum_add(&hi, c * (c > 0 ? d->hi : d->lo));
    }
    *below = sum_cut(lo);
    *above = sum_cut(hi);
}

/* below: sum <= min(sum) + slack, each term may exceed its least value by the slack at most. Else sum >= max(sum) - slack,
 * and each term may fall short of its greatest value by the slack at most. */
static bool prune(csp *s, const linear_t *t, wide slack, bool below)
{
    for (uint32_t i = 0; i < t->n; i++) {
        int64_t c = t->c[i]; /* not 0 */
        csp_var x = t->x[i];
        int64_t lo = lo_of(s, x), hi = hi_of(s, x), step;
        if (lo == hi)
            continue;
        if (t->narrow) {
            int64_t sl = (int64_t)slack, a = c < 0 ? -c : c;
            if (a * (hi - lo) <= sl)
                continue;
            step = sl / a;
        } else {
            wide a = c < 0 ? -(wide)c : c;
            if (a * ((wide)hi - lo) <= slack)
                continue;
            /* below the width, so at most 2^63 - 1 for a width of 2^63 */
            step = (int64_t)(slack / a);
        }
        /* in unsigned arithmetic: the step alone may be larger than either end */
        if (!((c < 0) != below ? dom_hi(s, x, (int64_t)((uint64_t)lo + (uint64_t)step))
                               : dom_lo(s, x, (int64_t)((uint64_t)hi - (uint64_t)step))))
            return false;
    }
    return true;
}

static bool linear_le(csp *s, prop_t *p, const linear_t *t, wide k)
{
    wide below, above;
    slacks(s, t, k, &below, &above);
    if (below < 0)
        return dom_fail(s);
    return above <= 0 ? prop_kill(s, p) : prune(s, t, below, true);
}

static bool linear_ge(csp *s, prop_t *p, const linear_t *t, wide k)
{
    wide below, above;
    slacks(s, t, k, &below, &above);
    if (above < 0)
        return dom_fail(s);
    return below <= 0 ? prop_kill(s, p) : prune(s, t, above, false);
}

static bool linear_eq(csp *s, prop_t *p, const linear_t *t, wide k)
{
    wide below, above;
    slacks(s, t, k, &below, &above);
    if (below < 0 || above < 0)
        return dom_fail(s);
    if (below == 0 && above == 0)
        return prop_kill(s, p);
    if (!prune(s, t, below, true))
        return false;
    /* The other side sees what the first has changed. */
    slacks(s, t, k, &below, &above);
    if (above < 0)
        return dom_fail(s);
    return prune(s, t, above, false);
}

/* The value that the only free variable must not have (if it is a whole number); false if more than one is free or none of these.
 */
static bool linear_ne(csp *s, prop_t *p, const linear_t *t, wide k)
{
    uint32_t at = t->n;
    sum192 rest = {0, 0};
    sum_add(&rest, k);
    for (uint32_t i = 0; i < t->n; i++) {
        if (dom_fixed(s, t->x[i])) {
            sum_add(&rest, -((wide)t->c[i] * lo_of(s, t->x[i])));
        } else if (at == t->n) {
            at = i;
        } else {
            return true; /* two free: nothing to say */
        }
    }
    wide r = sum_cut(rest);
    if (at == t->n)
        return r == 0 ? dom_fail(s) : prop_kill(s, p);
    wide c = t->c[at], v = r / c;
    csp_var x = t->x[at];
    if (v * c != r || v < lo_of(s, x) || v > hi_of(s, x))
        return prop_kill(s, p);
    if (!dom_remove(s, x, (int64_t)v))
        return false;
    return dom_has(s, x, (int64_t)v) ? true : prop_kill(s, p);
}

bool prop_linear(csp *s, prop_t *p)
{
    linear_t t = linear_of(s, p);
    switch ((csp_rel)p->rel) {
    case CSP_EQ:
        return linear_eq(s, p, &t, p->k2);
    case CSP_LE:
        return linear_le(s, p, &t, p->k2);
    case CSP_NE:
        return linear_ne(s, p, &t, p->k2);
    }
    return dom_fail(s);
}

bool prop_reify(csp *s, prop_t *p)
{
    linear_t t = linear_of(s, p);
    csp_var b = p->v[0];
    wide k = p->k2;
    if (dom_fixed(s, b)) {
        bool yes = lo_of(s, b) == 1;
        switch ((csp_rel)p->rel) {
        case CSP_EQ:
            return yes ? linear_eq(s, p, &t, k) : linear_ne(s, p, &t, k);
        case CSP_NE:
            return yes ? linear_ne(s, p, &t, k) : linear_eq(s, p, &t, k);
        case CSP_LE:
            return yes ? linear_le(s, p, &t, k) : linear_ge(s, p, &t, k + 1);
        }
    }
    wide below, above;
    slacks(s, &t, k, &below, &above);
    int truth = -1;
    if (p->rel == CSP_LE) {
        truth = above <= 0 ? 1 : below < 0 ? 0 : -1;
    } else {
        if (below < 0 || above < 0)
            truth = 0;
        else if (below == 0 && above == 0)
            truth = 1;
        else if (t.n == 1 && (k % t.c[0] != 0 || !dom_has(s, t.x[0], (int64_t)(k / t.c[0]))))
            truth = 0; /* k / c lies within the bounds here */
        if (p->rel == CSP_NE && truth >= 0)
            truth = 1 - truth;
    }
    if (truth < 0)
        return true;
    return prop_kill(s, p) && dom_fix(s, b, truth);
}

/* ---- posting ---- */

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

/* Writes the propagated form: fixed variables moved to the right, repeated ones merged. The constraint keeps what was posted for
 * the checker. */
static bool compact(csp *s, prop_t *p)
{
    uint32_t n = p->n, k = 0;
    bool same = true;
    for (uint32_t i = 0; i < n && same; i++) {
        csp_var x = s->pool[p->args + i];
        same = s->data[p->data + i] != 0 && !dom_fixed(s, x);
        for (uint32_t j = 0; j < i && same && n <= 16; j++)
            same = s->pool[p->args + j] != x;
    }
    p->args2 = p->args;
    p->data2 = p->data;
    p->n2 = n;
    p->k2 = p->k;
    if (same)
        return true;
    if (!store_room(s, (void **)&s->pool, &s->pool_cap, (size_t)s->n_pool + n, sizeof *s->pool) ||
        !store_room(s, (void **)&s->data, &s->data_cap, (size_t)s->n_data + n, sizeof *s->data))
        return false;
    csp_var *x2 = s->pool + s->n_pool;
    int64_t *c2 = s->data + s->n_data, rhs = p->k;
    for (uint32_t i = 0; i < n; i++) {
        csp_var x = s->pool[p->args + i];
        int64_t c = s->data[p->data + i], prod, sum = 0;
        if (c == 0)
            continue;
        if (dom_fixed(s, x) && nn_mul64(c, lo_of(s, x), &prod) && nn_sub64(rhs, prod, &sum)) {
            rhs = sum;
            continue;
        }
        uint32_t j = 0;
        if (n <= 16)
            while (j < k && !(x2[j] == x && nn_add64(c2[j], c, &sum)))
                j++;
        else
            j = k;
        if (j < k) {
            c2[j] = sum;
        } else {
            x2[k] = x;
            c2[k++] = c;
        }
    }
    uint32_t m = 0;
    for (uint32_t i = 0; i < k; i++)
        if (c2[i] != 0) {
            x2[m] = x2[i];
            c2[m++] = c2[i];
        }
    p->args2 = s->n_pool;
    p->data2 = s->n_data;
    p->n2 = m;
    p->k2 = rhs;
    s->n_pool += m;
    s->n_data += m;
    return true;
}

/* Divides by the greatest common divisor where that is exact or rounds soundly; false in *possible if EQ cannot hold at all. */
static bool reduce(csp *s, prop_t *p, bool *possible)
{
    uint64_t g = 0;
    *possible = true;
    for (uint32_t i = 0; i < p->n2 && g != 1; i++)
        g = gcd(magnitude(s->data[p->data2 + i]), g);
    if (g <= 1)
        return true;
    if (p->rel != CSP_LE && p->k2 % (wide)g != 0) {
        *possible = false;
        return true;
    }
    if (p->data2 == p->data) { /* the form is shared with what was posted: divide a copy */
        if (!store_room(s, (void **)&s->data, &s->data_cap, (size_t)s->n_data + p->n2, sizeof *s->data))
            return false;
        p->data2 = s->n_data;
        for (uint32_t i = 0; i < p->n2; i++)
            s->data[s->n_data++] = s->data[p->data + i];
    }
    for (uint32_t i = 0; i < p->n2; i++)
        s->data[p->data2 + i] = (int64_t)(s->data[p->data2 + i] / (wide)g);
    p->k2 = (int64_t)wide_floordiv(p->k2, (wide)g);
    return true;
}

static bool fits_narrow(const csp *s, const prop_t *p)
{
    const uint64_t most = (uint64_t)1 << 61;
    uint64_t sum = magnitude(p->k2);
    for (uint32_t i = 0; i < p->n2; i++) {
        const var_t *d = &s->var[s->pool[p->args2 + i]];
        uint64_t a = magnitude(d->lo), b = magnitude(d->hi), t;
        if (__builtin_mul_overflow(a > b ? a : b, magnitude(s->data[p->data2 + i]), &t) || t > most || sum > most)
            return false;
        sum += t;
    }
    return sum <= most;
}

static prop_t *post_linear(csp *s, prop_kind kind, csp_rel rel, const int64_t *coef, const csp_var *x, size_t n, int64_t rhs,
                           bool *possible)
{
    prop_t *p = post_new(s, kind, x, n);
    if (!p || !post_data(s, coef, n, &p->data))
        return NULL;
    p->rel = (uint8_t)rel;
    p->k = rhs;
    if (!compact(s, p) || !reduce(s, p, possible))
        return NULL;
    p->narrow = fits_narrow(s, p);
    return p;
}

csp_result csp_linear(csp *s, csp_rel rel, const int64_t *coef, const csp_var *x, size_t n, int64_t rhs)
{
    bool possible;
    prop_t *p = post_linear(s, PROP_LINEAR, rel, coef, x, n, rhs, &possible);
    if (!p)
        return CSP_NOMEM;
    if (!possible) { /* EQ fails, NE always holds */
        p->dead = true;
        if (rel == CSP_EQ)
            dom_fail(s);
        return post_result(s);
    }
    if (p->n2 <= 1 && !(rel == CSP_NE && p->n2 == 1 && dom_size(s, s->pool[p->args2]) > DOM_SMALL)) {
        /* Plain bounds: applied at once, nothing left to do. */
        prop_linear(s, p);
        p->dead = true;
        return post_result(s);
    }
    for (uint32_t i = 0; i < p->n2; i++) {
        bool positive = s->data[p->data2 + i] > 0;
        uint32_t events = rel == CSP_EQ ? EV_BOUNDS : rel == CSP_LE ? (positive ? EV_LO : EV_HI) : p->n2 == 1 ? EV_ANY : EV_FIX;
        if (!post_watch(s, p, s->pool[p->args2 + i], events))
            return CSP_NOMEM;
    }
    return post_done(s, p);
}

csp_result csp_reify(csp *s, csp_var b, csp_rel rel, const int64_t *coef, const csp_var *x, size_t n, int64_t rhs)
{
    bool possible;
    prop_t *p = post_linear(s, PROP_REIFY, rel, coef, x, n, rhs, &possible);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = b;
    if (dom_range(s, b, 0, 1) && !possible) {
        p->dead = true;
        dom_fix(s, b, rel == CSP_NE);
        return post_result(s);
    }
    bool ok = post_watch(s, p, b, EV_FIX);
    for (uint32_t i = 0; ok && i < p->n2; i++)
        ok = post_watch(s, p, s->pool[p->args2 + i], p->n2 == 1 ? EV_ANY : EV_BOUNDS);
    return ok ? post_done(s, p) : CSP_NOMEM;
}

csp_result csp_ne(csp *s, csp_var x, csp_var y)
{
    prop_t *p = post_new(s, PROP_NE, NULL, 0);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = x;
    p->v[1] = y;
    if (x == y) {
        p->dead = true;
        dom_fail(s);
        return post_result(s);
    }
    return post_watch(s, p, x, EV_FIX) && post_watch(s, p, y, EV_FIX) ? post_done(s, p) : CSP_NOMEM;
}

/* x != y. Enforced: a fixed one is taken out of the other. Entailed: when that has been done, or the domains are apart. */
bool prop_ne(csp *s, prop_t *p)
{
    csp_var x = p->v[0], y = p->v[1];
    if (!dom_fixed(s, x)) {
        x = p->v[1];
        y = p->v[0];
    }
    if (lo_of(s, x) > hi_of(s, y) || hi_of(s, x) < lo_of(s, y))
        return prop_kill(s, p);
    if (!dom_fixed(s, x))
        return true;
    int64_t v = lo_of(s, x);
    if (!dom_remove(s, y, v))
        return false;
    return dom_has(s, y, v) ? true : prop_kill(s, p);
}
