/* Equality, broadcasting, disjunction and conjunction. */
#include "internal.h"

/* ---- x == y ----
 * Enforced: domain consistency. Entailed: when both are fixed. */
bool prop_eq(csp *s, prop_t *p)
{
    return dom_equal(s, p->v[0], p->v[1]) && (dom_fixed(s, p->v[0]) ? prop_kill(s, p) : true);
}

csp_result csp_eq(csp *s, csp_var x, csp_var y)
{
    prop_t *p = post_new(s, PROP_EQ, NULL, 0);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = x;
    p->v[1] = y;
    if (x == y) {
        p->dead = true;
        return post_result(s);
    }
    return post_watch(s, p, x, EV_ANY) && post_watch(s, p, y, EV_ANY) ? post_done(s, p) : CSP_NOMEM;
}

/* ---- z = broadcast(x, y): (x = 1 and z = y) or (y = 1 and z = x) or x = y = z ---- Enforced: bounds; an operand that cannot be
 * 1, or whose partner is 1, equals z (domain consistent); an operand whose largest value is below z is 1. Entailed: when all
 * variables are fixed. */

/* x is one operand, y the other. */
static bool broadcast_side(csp *s, csp_var z, csp_var x, csp_var y)
{
    if (lo_of(s, x) > 1 || hi_of(s, y) == 1)
        return dom_equal(s, x, z);
    if (hi_of(s, x) < lo_of(s, z) && hi_of(s, x) > 1) /* lo is 1 */
        return dom_hi(s, x, 1);
    if (dom_fixed(s, z) && lo_of(s, z) > 1)
        return dom_keep(s, x, (const int64_t[]){1, lo_of(s, z)}, 2);
    return true;
}

bool prop_broadcast(csp *s, prop_t *p)
{
    csp_var z = p->v[0], x = p->v[1], y = p->v[2];
    int64_t xlo = lo_of(s, x), ylo = lo_of(s, y), xhi = hi_of(s, x), yhi = hi_of(s, y);
    if (!dom_range(s, z, xlo > ylo ? xlo : ylo, xhi > yhi ? xhi : yhi) || !dom_hi(s, x, hi_of(s, z)) ||
        !dom_hi(s, y, hi_of(s, z)) || !broadcast_side(s, z, x, y) || !broadcast_side(s, z, y, x))
        return false;
    return dom_fixed(s, x) && dom_fixed(s, y) && dom_fixed(s, z) && xlo == xhi && ylo == yhi ? prop_kill(s, p) : true;
}

/* z is made of the sizes x and y; none is below `least`. */
static csp_result post_sizes(csp *s, prop_kind kind, csp_var z, csp_var x, csp_var y, int64_t least)
{
    prop_t *p = post_new(s, kind, NULL, 0);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = z;
    p->v[1] = x;
    p->v[2] = y;
    if (dom_lo(s, x, least) && dom_lo(s, y, least))
        dom_lo(s, z, least);
    return post_watch(s, p, z, EV_ANY) && post_watch(s, p, x, EV_ANY) && post_watch(s, p, y, EV_ANY) ? post_done(s, p) : CSP_NOMEM;
}

csp_result csp_broadcast(csp *s, csp_var z, csp_var x, csp_var y)
{
    return post_sizes(s, PROP_BROADCAST, z, x, y, 1);
}

/* ---- z = spread(x, y): as broadcast, where 0 is a size too, so that z may be less than x or y ---- Enforced: bounds; an operand
 * that cannot be 1, or whose partner is 1, equals z; once z is fixed, each operand is 1 or z. Entailed: when all variables are
 * fixed. */

/* x is one operand, y the other. */
static bool spread_side(csp *s, csp_var z, csp_var x, csp_var y)
{
    if (lo_of(s, x) > 1 || hi_of(s, x) < 1 || (dom_fixed(s, y) && lo_of(s, y) == 1))
        return dom_equal(s, x, z);
    int64_t zlo = lo_of(s, z), zhi = hi_of(s, z);
    if (zlo == zhi && zlo != 1)
        return dom_keep(s, x, zlo < 1 ? (const int64_t[]){zlo, 1} : (const int64_t[]){1, zlo}, 2);
    return dom_range(s, x, zlo < 1 ? zlo : 1, zhi > 1 ? zhi : 1);
}

bool prop_spread(csp *s, prop_t *p)
{
    csp_var z = p->v[0], x = p->v[1], y = p->v[2];
    int64_t xlo = lo_of(s, x), ylo = lo_of(s, y), xhi = hi_of(s, x), yhi = hi_of(s, y);
    if (!dom_range(s, z, xlo < ylo ? xlo : ylo, xhi > yhi ? xhi : yhi) || !spread_side(s, z, x, y) || !spread_side(s, z, y, x))
        return false;
    return dom_fixed(s, x) && dom_fixed(s, y) && dom_fixed(s, z) && xlo == xhi && ylo == yhi ? prop_kill(s, p) : true;
}

csp_result csp_spread(csp *s, csp_var z, csp_var x, csp_var y)
{
    return post_sizes(s, PROP_SPREAD, z, x, y, 0);
}

/* ---- b = or(x), b = and(x) ---- Enforced: domain consistency. Entailed: when one x decides, or all x have the value that b
 * implies. */
bool prop_orand(csp *s, prop_t *p)
{
    const csp_var *x = s->pool + p->args;
    csp_var b = p->v[0];
    int64_t decides = p->kind == PROP_OR, other = 1 - decides;
    uint32_t free = 0, at = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!dom_fixed(s, x[i])) {
            free++;
            at = i;
        } else if (lo_of(s, x[i]) == decides) {
            return dom_fix(s, b, decides) && prop_kill(s, p);
        }
    }
    if (free == 0)
        return dom_fix(s, b, other) && prop_kill(s, p);
    if (!dom_fixed(s, b))
        return true;
    if (lo_of(s, b) == other) {
        for (uint32_t i = 0; i < p->n; i++)
            if (!dom_fix(s, x[i], other))
                return false;
        return prop_kill(s, p);
    }
    return free > 1 || (dom_fix(s, x[at], decides) && prop_kill(s, p));
}

static csp_result post_orand(csp *s, prop_kind kind, csp_var b, const csp_var *x, size_t n)
{
    prop_t *p = post_new(s, kind, x, n);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = b;
    bool ok = dom_range(s, b, 0, 1);
    for (uint32_t i = 0; ok && i < n; i++)
        ok = dom_range(s, s->pool[p->args + i], 0, 1);
    ok = post_watch(s, p, b, EV_FIX);
    for (uint32_t i = 0; ok && i < n; i++)
        ok = post_watch(s, p, s->pool[p->args + i], EV_FIX);
    return ok ? post_done(s, p) : CSP_NOMEM;
}

csp_result csp_or(csp *s, csp_var b, const csp_var *x, size_t n)
{
    return post_orand(s, PROP_OR, b, x, n);
}
csp_result csp_and(csp *s, csp_var b, const csp_var *x, size_t n)
{
    return post_orand(s, PROP_AND, b, x, n);
}
