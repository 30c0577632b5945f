/* Tables of allowed rows, and element, which is a table with variable entries. */
#include "internal.h"

/* ---- (x) is one of the rows ---- Enforced: domain consistency: a scan finds the rows that are still possible; their columns
 * become the domains. Entailed: when one row is left. */
bool prop_table(csp *s, prop_t *p)
{
    const csp_var *x = s->pool + p->args;
    const int64_t *rows = s->data + p->data;
    uint32_t n = p->n, n_rows = p->n2, valid = 0, only = 0;
    uint32_t *alive = (uint32_t *)(void *)(s->scratch + n_rows); /* indices of the rows that are still possible */
    for (uint32_t r = 0; r < n_rows; r++) {
        const int64_t *row = rows + (size_t)r * n;
        uint32_t i = 0;
        while (i < n && dom_has(s, x[i], row[i]))
            i++;
        if (i == n) {
            alive[valid++] = r;
            only = r;
        }
    }
    if (valid == 0)
        return dom_fail(s);
    if (valid == 1) {
        for (uint32_t i = 0; i < n; i++)
            if (!dom_fix(s, x[i], rows[(size_t)only * n + i]))
                return false;
        return prop_kill(s, p);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (dom_fixed(s, x[i]))
            continue;
        for (uint32_t r = 0; r < valid; r++)
            s->scratch[r] = rows[(size_t)alive[r] * n + i];
        if (!dom_keep(s, x[i], s->scratch, store_sort_unique(s->scratch, valid)))
            return false;
    }
    return true;
}

csp_result csp_table(csp *s, const csp_var *x, size_t n, const int64_t *rows, size_t n_rows)
{
    if (s->nomem)
        return CSP_NOMEM;
    size_t cells;
    if (__builtin_mul_overflow(n, n_rows, &cells) || cells > UINT32_MAX / 2 || n_rows > UINT32_MAX / 4) {
        s->nomem = true;
        return CSP_NOMEM;
    }
    prop_t *p = post_new(s, PROP_TABLE, x, n);
    if (!p || !post_data(s, rows, cells, &p->data) || !post_scratch(s, 2 * n_rows))
        return CSP_NOMEM;
    p->n2 = (uint32_t)n_rows;
    p->slow = true;
    for (uint32_t i = 0; i < n; i++)
        if (!post_watch(s, p, s->pool[p->args + i], EV_ANY))
            return CSP_NOMEM;
    if (n_rows == 0)
        dom_fail(s);
    return post_done(s, p);
}

/* ---- z = x[index] ---- Enforced: index loses the positions whose domain does not overlap that of z; z stays within the hull
 * of the others; if one position is left, z equals its entry (domain consistent). Entailed: when index, z and that entry are
 * fixed. */
bool prop_element(csp *s, prop_t *p)
{
    csp_var z = p->v[0], index = p->v[1];
    const csp_var *x = s->pool + p->args;
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    uint64_t size = dom_size(s, index), keep = 0;
    if (size <= DOM_SMALL) {
        for (uint64_t i = 0; i < size; i++) {
            csp_var at = x[dom_value(s, index, i)];
            if (!dom_meet(s, at, z))
                continue;
            keep |= (uint64_t)1 << i;
            lo = lo_of(s, at) < lo ? lo_of(s, at) : lo;
            hi = hi_of(s, at) > hi ? hi_of(s, at) : hi;
        }
        if (!keep)
            return dom_fail(s);
        if (!dom_filter(s, index, keep) || !dom_range(s, z, lo, hi))
            return false;
    } else {
        while (!dom_meet(s, x[lo_of(s, index)], z))
            if (!dom_remove(s, index, lo_of(s, index)))
                return false;
        while (!dom_meet(s, x[hi_of(s, index)], z))
            if (!dom_remove(s, index, hi_of(s, index)))
                return false;
        for (uint64_t i = 0; i < dom_size(s, index); i++) {
            csp_var at = x[dom_value(s, index, i)];
            lo = lo_of(s, at) < lo ? lo_of(s, at) : lo;
            hi = hi_of(s, at) > hi ? hi_of(s, at) : hi;
        }
        if (!dom_range(s, z, lo, hi))
            return false;
    }
    if (!dom_fixed(s, index))
        return true;
    csp_var at = x[lo_of(s, index)];
    return dom_equal(s, at, z) && (dom_fixed(s, z) ? prop_kill(s, p) : true);
}

csp_result csp_element(csp *s, csp_var z, csp_var index, const csp_var *x, size_t n)
{
    prop_t *p = post_new(s, PROP_ELEMENT, x, n);
    if (!p)
        return CSP_NOMEM;
    p->v[0] = z;
    p->v[1] = index;
    p->slow = true;
    if (n == 0)
        dom_fail(s);
    else
        dom_range(s, index, 0, (int64_t)n - 1);
    bool ok = post_watch(s, p, z, EV_ANY) && post_watch(s, p, index, EV_ANY);
    for (uint32_t i = 0; ok && i < n; i++)
        ok = post_watch(s, p, s->pool[p->args + i], EV_ANY);
    return ok ? post_done(s, p) : CSP_NOMEM;
}
