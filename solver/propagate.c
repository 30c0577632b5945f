/* The common parts of posting, the two queues, and the loop to the fixed point. */
#include "internal.h"

#include <string.h>

/* ---- queues ---- */

void queue_clear(csp *s)
{
    for (int i = 0; i < 2; i++) {
        queue_t *q = &s->queue[i];
        while (q->head != q->tail)
            s->prop[q->item[q->head++ & (s->queue_cap - 1)]].queued = false;
    }
}

/* Makes room for n propagators in both rings; keeps their order. */
static bool queue_room(csp *s, size_t n)
{
    if (n <= s->queue_cap)
        return true;
    size_t cap = s->queue_cap ? s->queue_cap : FIRST_ROOM;
    while (cap < n)
        cap *= 2;
    uint32_t *item[2];
    for (int i = 0; i < 2; i++)
        item[i] = nn_malloc(cap * sizeof **item);
    if (!item[0] || !item[1]) {
        nn_free(item[0]);
        nn_free(item[1]);
        s->nomem = true;
        return false;
    }
    for (int i = 0; i < 2; i++) {
        queue_t *q = &s->queue[i];
        uint32_t k = 0;
        for (; q->head != q->tail; q->head++)
            item[i][k++] = q->item[q->head & (s->queue_cap - 1)];
        nn_free(q->item);
        *q = (queue_t){.item = item[i], .tail = k};
    }
    s->queue_cap = (uint32_t)cap;
    return true;
}

/* ---- posting ---- */

bool post_args(csp *s, const csp_var *args, size_t n, uint32_t *off)
{
    /* one more, so that the pool is never empty */
    if (!store_room(s, (void **)&s->pool, &s->pool_cap, s->n_pool + n + 1, sizeof *s->pool))
        return false;
    *off = s->n_pool;
    if (n)
        memcpy(s->pool + s->n_pool, args, n * sizeof *args);
    s->n_pool += (uint32_t)n;
    return true;
}

bool post_data(csp *s, const int64_t *values, size_t n, uint32_t *off)
{
    if (!store_room(s, (void **)&s->data, &s->data_cap, s->n_data + n + 1, sizeof *s->data))
        return false;
    *off = s->n_data;
    if (n)
        memcpy(s->data + s->n_data, values, n * sizeof *values);
    s->n_data += (uint32_t)n;
    return true;
}

bool post_scratch(csp *s, size_t n)
{
    return store_room(s, (void **)&s->scratch, &s->scratch_cap, n, sizeof *s->scratch);
}

prop_t *post_new(csp *s, prop_kind kind, const csp_var *args, size_t n)
{
    uint32_t off;
    if (s->nomem || !store_room(s, (void **)&s->prop, &s->prop_cap, (size_t)s->n_prop + 1, sizeof *s->prop) ||
        !queue_room(s, (size_t)s->n_prop + 1) ||
        !store_room(s, (void **)&s->watch, &s->watch_cap, s->n_watch + n + 3, sizeof *s->watch) || !post_args(s, args, n, &off))
        return NULL;
    prop_t *p = &s->prop[s->n_prop++];
    *p = (prop_t){.kind = (uint8_t)kind, .n = (uint32_t)n, .n2 = (uint32_t)n, .args = off, .args2 = off};
    return p;
}

bool post_watch(csp *s, prop_t *p, csp_var x, uint32_t events)
{
    var_t *d = &s->var[x];
    if (d->lo == d->hi)
        return true;
    if (!store_room(s, (void **)&s->watch, &s->watch_cap, (size_t)s->n_watch + 1, sizeof *s->watch))
        return false;
    s->watch[s->n_watch] = (watch_t){.var = x, .next = d->watch, .prop = (uint32_t)(p - s->prop), .events = events};
    d->watch = (int32_t)s->n_watch++;
    return true;
}

csp_result post_result(const csp *s)
{
    return s->nomem ? CSP_NOMEM : s->failed ? CSP_FAIL : CSP_OK;
}

csp_result post_done(csp *s, prop_t *p)
{
    queue_push(s, (uint32_t)(p - s->prop));
    return post_result(s);
}

/* ---- the fixed point ---- */

static inline bool run(csp *s, prop_t *p)
{
    switch ((prop_kind)p->kind) {
    case PROP_LINEAR:
        return prop_linear(s, p);
    case PROP_REIFY:
        return prop_reify(s, p);
    case PROP_PRODUCT:
        return prop_product(s, p);
    case PROP_DIV:
    case PROP_CEILDIV:
        return prop_div(s, p);
    case PROP_MOD:
        return prop_mod(s, p);
    case PROP_MIN:
    case PROP_MAX:
        return prop_minmax(s, p);
    case PROP_ABS:
        return prop_abs(s, p);
    case PROP_EQ:
        return prop_eq(s, p);
    case PROP_NE:
        return prop_ne(s, p);
    case PROP_ELEMENT:
        return prop_element(s, p);
    case PROP_TABLE:
        return prop_table(s, p);
    case PROP_BROADCAST:
        return prop_broadcast(s, p);
    case PROP_SPREAD:
        return prop_spread(s, p);
    case PROP_OR:
    case PROP_AND:
        return prop_orand(s, p);
    }
    return dom_fail(s);
}

csp_result csp_propagate(csp *s)
{
    if (s->nomem)
        return CSP_NOMEM;
    if (s->failed) {
        s->conflict = SIZE_MAX;
        queue_clear(s);
        return CSP_FAIL;
    }
    for (;;) {
        queue_t *q = &s->queue[0];
        if (q->head == q->tail) {
            q = &s->queue[1];
            if (q->head == q->tail)
                return CSP_OK;
        }
        if (s->stop && s->count >= s->stop)
            return CSP_LIMIT;
        prop_t *p = &s->prop[q->item[q->head++ & (s->queue_cap - 1)]];
        p->queued = false;
        if (p->dead)
            continue;
        s->count++;
        if (!run(s, p)) {
            s->conflict = (size_t)(p - s->prop);
            queue_clear(s);
            return s->nomem ? CSP_NOMEM : CSP_FAIL;
        }
    }
}

void csp_set_limit(csp *s, uint64_t propagations)
{
    s->stop = propagations ? s->count + propagations : 0;
    if (propagations && s->stop < propagations)
        s->stop = 0; /* the sum overflows: no limit */
}

uint64_t csp_propagations(const csp *s)
{
    return s->count;
}

size_t csp_posted(const csp *s)
{
    return s->n_prop;
}

size_t csp_conflict(const csp *s)
{
    return s->conflict;
}
