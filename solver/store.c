/* The store: memory, variables and their domains, trail and marks. */
#include "internal.h"

#include <string.h>

#define DEFAULT_LIMIT 200000

/* ---- memory ---- */

bool store_grow(csp *s, void **ptr, size_t *cap, size_t need, size_t size)
{
    if (need > UINT32_MAX / 2) {
        s->nomem = true;
        return false;
    }
    size_t to = *cap ? *cap : FIRST_ROOM;
    while (to < need)
        to *= 2;
    void *p = nn_realloc(*ptr, to * size);
    if (!p) {
        s->nomem = true;
        return false;
    }
    *ptr = p;
    *cap = to;
    return true;
}

csp *csp_new(void)
{
    csp *s = nn_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->level = &s->level_store;
    csp_reset(s);
    return s;
}

void csp_free(csp *s)
{
    if (!s)
        return;
    nn_free(s->var);
    nn_free(s->prop);
    nn_free(s->pool);
    nn_free(s->data);
    nn_free(s->sets);
    nn_free(s->trail);
    nn_free(s->watch);
    nn_free(s->queue[0].item);
    nn_free(s->queue[1].item);
    nn_free(s->scratch);
    nn_free(s->stack);
    nn_free(s->order);
    nn_free(s->solution);
    nn_free(s);
}

void csp_reset(csp *s)
{
    s->n_var = s->n_prop = s->n_pool = s->n_data = s->n_sets = s->n_trail = s->n_watch = 0;
    s->queue[0].head = s->queue[0].tail = s->queue[1].head = s->queue[1].tail = 0;
    s->level_store++;
    s->count = 0;
    s->stop = DEFAULT_LIMIT;
    s->failed = s->nomem = false;
}

csp_result csp_status(const csp *s)
{
    return s->nomem ? CSP_NOMEM : CSP_OK;
}

/* ---- variables ---- */

static csp_var new_var(csp *s, int64_t lo, int64_t hi)
{
    if (s->nomem || !store_room(s, (void **)&s->var, &s->var_cap, (size_t)s->n_var + 1, sizeof *s->var))
        return -1;
    if (lo > hi) {
        s->failed = true;
        hi = lo;
    }
    s->var[s->n_var] = (var_t){.lo = lo, .hi = hi, .stamp = *s->level, .watch = -1};
    return (csp_var)s->n_var++;
}

csp_var csp_int(csp *s, int64_t lo, int64_t hi)
{
    if (lo > CSP_BOUND || hi < -CSP_BOUND)
        return new_var(s, 0, -1);
    return new_var(s, lo < -CSP_BOUND ? -CSP_BOUND : lo, hi > CSP_BOUND ? CSP_BOUND : hi);
}

csp_var csp_const(csp *s, int64_t value)
{
    return csp_int(s, value, value);
}

/* Shell sort (gaps of Ciura 2001, extended): needs no recursion and no memory, and is fast on nearly sorted input. */
static void sort_values(int64_t *v, size_t n)
{
    static const size_t gaps[] = {1, 4, 10, 23, 57, 132, 301, 701, 1750, 4376, 10940, 27350, 68376, 170940, 427350, 1068374};
    for (size_t g = sizeof gaps / sizeof *gaps; g-- > 0;)
        for (size_t i = gaps[g]; i < n; i++) {
            int64_t t = v[i];
            size_t j = i;
            for (; j >= gaps[g] && v[j - gaps[g]] > t; j -= gaps[g])
                v[j] = v[j - gaps[g]];
            v[j] = t;
        }
}

size_t store_sort_unique(int64_t *v, size_t n)
{
    if (n == 0)
        return 0;
    sort_values(v, n);
    size_t k = 1;
    for (size_t i = 1; i < n; i++)
        if (v[i] != v[k - 1])
            v[k++] = v[i];
    return k;
}

csp_var csp_set(csp *s, const int64_t *values, size_t n)
{
    if (s->nomem || !store_room(s, (void **)&s->sets, &s->sets_cap, s->n_sets + n, sizeof *s->sets))
        return -1;
    int64_t *v = s->sets + s->n_sets;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (values[i] >= -CSP_BOUND && values[i] <= CSP_BOUND)
            v[k++] = values[i];
    k = store_sort_unique(v, k);
    if (k == 0)
        return new_var(s, 0, -1);
    csp_var x = new_var(s, v[0], v[k - 1]);
    if (x >= 0 && (uint64_t)v[k - 1] - (uint64_t)v[0] + 1 != k) {
        s->var[x].off = s->n_sets;
        s->var[x].len = (uint32_t)k;
        s->var[x].set_stamp = *s->level;
        s->n_sets += (uint32_t)k;
    }
    return x;
}

static inline bool known(const csp *s, csp_var x)
{
    return x >= 0 && (uint32_t)x < s->n_var;
}

int64_t csp_lo(const csp *s, csp_var x)
{
    return known(s, x) ? s->var[x].lo : 0;
}
int64_t csp_hi(const csp *s, csp_var x)
{
    return known(s, x) ? s->var[x].hi : 0;
}
int64_t csp_value(const csp *s, csp_var x)
{
    return csp_lo(s, x);
}
bool csp_fixed(const csp *s, csp_var x)
{
    return known(s, x) && dom_fixed(s, x);
}
uint64_t csp_size(const csp *s, csp_var x)
{
    return known(s, x) ? dom_size(s, x) : 0;
}
size_t csp_variables(const csp *s)
{
    return s->n_var;
}

bool csp_contains(const csp *s, csp_var x, int64_t value)
{
    if (!known(s, x) || !dom_has(s, x, value))
        return false;
    /* a value that was removed from a large interval is held by a constraint x != value */
    for (int32_t w = s->var[x].watch; w >= 0; w = s->watch[w].next) {
        const prop_t *p = &s->prop[s->watch[w].prop];
        if (p->kind == PROP_LINEAR && p->rel == CSP_NE && p->n2 == 1 && (wide)s->data[p->data2] * value == p->k2)
            return false;
    }
    return true;
}

csp_result csp_restrict(csp *s, csp_var x, int64_t lo, int64_t hi)
{
    if (s->nomem)
        return CSP_NOMEM;
    if (lo > hi)
        dom_fail(s);
    else
        dom_range(s, x, lo, hi);
    return post_result(s);
}

csp_result csp_remove(csp *s, csp_var x, int64_t value)
{
    if (s->nomem)
        return CSP_NOMEM;
    if (dom_remove(s, x, value) && dom_has(s, x, value))
        return csp_linear(s, CSP_NE, &(int64_t){1}, &x, 1, value);
    return post_result(s);
}

/* ---- domains ---- */

bool dom_fail(csp *s)
{
    s->failed = true;
    return false;
}

/* Saves the domain on the trail unless that was done in this level. */
static inline bool save(csp *s, csp_var x, var_t *d)
{
    if (d->stamp == *s->level)
        return true;
    if (s->n_trail == s->trail_cap && !store_room(s, (void **)&s->trail, &s->trail_cap, (size_t)s->n_trail + 1, sizeof *s->trail))
        return false;
    s->trail[s->n_trail++] = (trail_t){.id = x, .off = d->off, .len = d->len, .lo = d->lo, .hi = d->hi};
    d->stamp = *s->level;
    return true;
}

bool prop_kill(csp *s, prop_t *p)
{
    if (p->dead)
        return true;
    if (!store_room(s, (void **)&s->trail, &s->trail_cap, (size_t)s->n_trail + 1, sizeof *s->trail))
        return false;
    s->trail[s->n_trail++] = (trail_t){.id = ~(int32_t)(p - s->prop)};
    p->dead = true;
    return true;
}

static inline void wake(csp *s, const var_t *d, uint32_t events)
{
    if (d->lo == d->hi)
        events |= EV_FIX;
    for (int32_t w = d->watch; w >= 0; w = s->watch[w].next)
        if (s->watch[w].events & events)
            queue_push(s, s->watch[w].prop);
}

bool dom_has_set(const csp *s, const var_t *d, int64_t v)
{
    const int64_t *a = s->sets + d->off;
    size_t lo = 0, hi = d->len;
    while (lo < hi) {
        size_t m = (lo + hi) / 2;
        if (a[m] < v)
            lo = m + 1;
        else
            hi = m;
    }
    return lo < d->len && a[lo] == v;
}

bool dom_raise(csp *s, csp_var x, int64_t v)
{
    var_t *d = &s->var[x];
    if (v > d->hi)
        return dom_fail(s);
    if (!save(s, x, d))
        return false;
    if (d->len) {
        while (s->sets[d->off] < v) {
            d->off++;
            d->len--;
        }
        v = s->sets[d->off];
    }
    d->lo = v;
    wake(s, d, EV_LO);
    return true;
}

bool dom_lower(csp *s, csp_var x, int64_t v)
{
    var_t *d = &s->var[x];
    if (v < d->lo)
        return dom_fail(s);
    if (!save(s, x, d))
        return false;
    if (d->len) {
        while (s->sets[d->off + d->len - 1] > v)
            d->len--;
        v = s->sets[d->off + d->len - 1];
    }
    d->hi = v;
    wake(s, d, EV_HI);
    return true;
}

/* Makes the k values at the end of `sets` the domain of x, if that changes it. */
static bool adopt(csp *s, csp_var x, size_t k)
{
    var_t *d = &s->var[x];
    const int64_t *v = s->sets + s->n_sets;
    if (k == 0)
        return dom_fail(s);
    if (k == dom_size(s, x))
        return true;
    if (!save(s, x, d))
        return false;
    uint32_t events = EV_HOLE | (v[0] != d->lo ? EV_LO : 0u) | (v[k - 1] != d->hi ? EV_HI : 0u);
    d->lo = v[0];
    d->hi = v[k - 1];
    if ((uint64_t)d->hi - (uint64_t)d->lo + 1 == k) {
        d->len = 0;
    } else {
        d->off = s->n_sets;
        d->len = (uint32_t)k;
        d->set_stamp = *s->level;
        s->n_sets += (uint32_t)k;
    }
    wake(s, d, events);
    return true;
}

static inline bool set_room(csp *s, size_t n)
{
    return store_room(s, (void **)&s->sets, &s->sets_cap, s->n_sets + n, sizeof *s->sets);
}

bool dom_keep(csp *s, csp_var x, const int64_t *sorted, size_t n)
{
    if (!set_room(s, n))
        return false;
    const var_t *d = &s->var[x];
    int64_t *to = s->sets + s->n_sets;
    size_t k = 0;
    if (d->len) {
        const int64_t *a = s->sets + d->off;
        for (size_t i = 0, j = 0; i < n && j < d->len;) {
            if (sorted[i] == a[j]) {
                to[k++] = a[j];
                i++;
                j++;
            } else if (sorted[i] < a[j]) {
                i++;
            } else {
                j++;
            }
        }
    } else {
        for (size_t i = 0; i < n; i++)
            if (sorted[i] >= d->lo && sorted[i] <= d->hi)
                to[k++] = sorted[i];
    }
    return adopt(s, x, k);
}

bool dom_filter(csp *s, csp_var x, uint64_t keep)
{
    uint64_t n = dom_size(s, x);
    if (n == 64 ? keep == UINT64_MAX : (keep & (((uint64_t)1 << n) - 1)) == ((uint64_t)1 << n) - 1)
        return true;
    if (!set_room(s, DOM_SMALL))
        return false;
    int64_t *to = s->sets + s->n_sets;
    size_t k = 0;
    for (uint64_t i = 0; i < n; i++)
        if (keep >> i & 1)
            to[k++] = dom_value(s, x, i);
    return adopt(s, x, k);
}

bool dom_remove(csp *s, csp_var x, int64_t v)
{
    var_t *d = &s->var[x];
    if (!dom_has(s, x, v))
        return true;
    if (d->lo == d->hi)
        return dom_fail(s);
    if (v == d->lo)
        return dom_lo(s, x, v + 1);
    if (v == d->hi)
        return dom_hi(s, x, v - 1);
    if (d->len && d->set_stamp == *s->level) {
        if (!save(s, x, d))
            return false;
        int64_t *a = s->sets + d->off;
        uint32_t i = 0;
        while (a[i] != v)
            i++;
        memmove(a + i, a + i + 1, (d->len - i - 1) * sizeof *a);
        d->len--;
        wake(s, d, EV_HOLE);
        return true;
    }
    uint64_t n = dom_size(s, x);
    if (!d->len && n > DOM_SMALL)
        return true;
    if (!set_room(s, n))
        return false;
    int64_t *to = s->sets + s->n_sets;
    size_t k = 0;
    for (uint64_t i = 0; i < n; i++) {
        int64_t w = dom_value(s, x, i);
        if (w != v)
            to[k++] = w;
    }
    return adopt(s, x, k);
}

/* Removes from x the values that the set of y does not have; both have the same ends. */
static bool keep_common(csp *s, csp_var x, csp_var y)
{
    const var_t *dx = &s->var[x], *dy = &s->var[y];
    if (!dy->len)
        return true;
    uint32_t n = dx->len ? dx->len : dy->len;
    if (!set_room(s, n))
        return false;
    int64_t *to = s->sets + s->n_sets;
    if (!dx->len) {
        memcpy(to, s->sets + dy->off, n * sizeof *to);
        return adopt(s, x, n);
    }
    size_t k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (dom_has_set(s, dy, s->sets[dx->off + i]))
            to[k++] = s->sets[dx->off + i];
    return adopt(s, x, k);
}

bool dom_equal(csp *s, csp_var x, csp_var y)
{
    if (x == y)
        return true;
    const var_t *dx = &s->var[x], *dy = &s->var[y];
    do {
        while (dx->lo != dy->lo || dx->hi != dy->hi)
            if (!dom_range(s, x, dy->lo, dy->hi) || !dom_range(s, y, dx->lo, dx->hi))
                return false;
        if (dx->lo == dx->hi)
            return true;
        if (!keep_common(s, x, y) || (dx->lo == dy->lo && dx->hi == dy->hi && !keep_common(s, y, x)))
            return false;
    } while (dx->lo != dy->lo || dx->hi != dy->hi);
    return true;
}

bool dom_meet(const csp *s, csp_var x, csp_var y)
{
    const var_t *a = &s->var[x], *b = &s->var[y];
    if (a->lo > b->hi || b->lo > a->hi)
        return false;
    if (b->len && (!a->len || a->len > b->len)) {
        csp_var t = x;
        x = y;
        y = t;
        a = &s->var[x];
    }
    if (!a->len)
        return true;
    for (uint32_t i = 0; i < a->len; i++)
        if (dom_has(s, y, s->sets[a->off + i]))
            return true;
    return false;
}

const int64_t *store_divisors(csp *s, int64_t v, uint32_t *n)
{
    if (v > (1 << 20))
        return NULL;
    if (s->divisors_of != v) {
        uint32_t k = 0, u = (uint32_t)v, high = 0;
        int64_t upper[128];
        for (uint32_t d = 1; d * d <= u; d++)
            if (u % d == 0) {
                s->divisor[k++] = d;
                if (d != u / d)
                    upper[high++] = u / d;
            }
        while (high)
            s->divisor[k++] = upper[--high];
        s->n_divisors = k;
        s->divisors_of = v;
    }
    *n = s->n_divisors;
    return s->divisor;
}

/* ---- marks ---- */

csp_mark csp_get_mark(const csp *s)
{
    ++*s->level;
    return (csp_mark){.trail = s->n_trail,
                      .vars = s->n_var,
                      .props = s->n_prop,
                      .pool = s->n_pool,
                      .set_pool = s->n_sets,
                      .data = s->n_data,
                      .watches = s->n_watch,
                      .failed = s->failed,
                      .pending = s->queue[0].head != s->queue[0].tail || s->queue[1].head != s->queue[1].tail};
}

void csp_undo(csp *s, csp_mark m)
{
    queue_clear(s);
    while (s->n_trail > m.trail) {
        const trail_t *t = &s->trail[--s->n_trail];
        if (t->id < 0) {
            s->prop[~t->id].dead = false;
        } else {
            var_t *d = &s->var[t->id];
            d->lo = t->lo;
            d->hi = t->hi;
            d->off = t->off;
            d->len = t->len;
        }
    }
    while (s->n_watch > m.watches) {
        const watch_t *w = &s->watch[--s->n_watch];
        s->var[w->var].watch = w->next;
    }
    s->n_var = m.vars;
    s->n_prop = m.props;
    s->n_pool = m.pool;
    s->n_sets = m.set_pool;
    s->n_data = m.data;
    s->failed = m.failed;
    ++*s->level;
    if (m.pending) /* the domains are not at a fixed point */
        for (uint32_t i = 0; i < s->n_prop; i++)
            queue_push(s, i);
}
