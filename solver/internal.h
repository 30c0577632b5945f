/* Inside the solver: the layout of the store, operations on domains, and the parts that propagators are made of.
 *
 * All arrays are flat, grow by doubling and are kept over csp_reset. Variables, constraints, their arguments, watches and sets
 * are allocated like on a stack, so a mark is a tuple of heights.
 *
 * Ownership: everything belongs to the csp. A pointer into `data` or `pool` is stable during propagation. A pointer into `sets`
 * is not, because dom_keep, dom_filter and dom_remove may reallocate it.
 *
 * Errors: internal functions return false if the problem fails (s->failed) or an allocation fails (s->nomem). */
#ifndef CSP_INTERNAL_H
#define CSP_INTERNAL_H

#include "base.h"
#include "csp.h"

typedef __int128 wide;

/* Changes of a domain, as bits. A watch names the changes that wake its propagator. */
enum { EV_LO = 1, EV_HI = 2, EV_FIX = 4, EV_HOLE = 8, EV_BOUNDS = EV_LO | EV_HI, EV_ANY = 15 };

/* First capacity of a growing array: in a stress build every step of growth is an allocation that can fail. */
#ifdef NN_STRESS
#define FIRST_ROOM 1
#else
#define FIRST_ROOM 64
#endif

/* a value inside the domain can be removed if the domain has at most so many values */
#define DOM_SMALL 64

typedef struct {
    int64_t lo, hi;
    uint64_t stamp;     /* level in which the domain was last saved on the trail */
    uint64_t set_stamp; /* level in which its set was made; in that level it may be changed in place */
    uint32_t off, len;  /* sorted values sets[off .. off+len), including lo and hi; len 0: the whole interval */
    int32_t watch;      /* head of its list in `watches`, or -1 */
} var_t;

typedef enum {
    PROP_LINEAR,
    PROP_REIFY,
    PROP_PRODUCT,
    PROP_DIV,
    PROP_CEILDIV,
    PROP_MOD,
    PROP_MIN,
    PROP_MAX,
    PROP_ABS,
    PROP_EQ,
    PROP_NE,
    PROP_ELEMENT,
    PROP_TABLE,
    PROP_BROADCAST,
    PROP_SPREAD,
    PROP_OR,
    PROP_AND
} prop_kind;

/* A constraint as it was posted (v, n, args, data, k, which the checker reads) and as it is propagated (the fields ending in 2,
 * where they differ). */
typedef struct {
    uint8_t kind, rel;
    bool queued, dead;    /* dead: entailed, never runs again (the trail undoes this) */
    bool slow, narrow;    /* slow: runs after all others; narrow: sums fit in 64 bits */
    uint32_t n, n2;       /* number of list arguments; table: n2 is the number of rows */
    uint32_t args, args2; /* list arguments in `pool` */
    uint32_t data, data2; /* coefficients or rows in `data` */
    csp_var v[3];         /* z, x, y or b */
    int64_t k, k2;        /* right-hand side; product: factor of the fixed variables */
} prop_t;

typedef struct {
    int32_t id; /* variable, or ~propagator that died */
    uint32_t off, len;
    int64_t lo, hi;
} trail_t;

typedef struct {
    int32_t var, next;
    uint32_t prop;
    uint32_t events;
} watch_t;

typedef struct {
    csp_mark mark;
    int64_t value;
    csp_var var;
    uint32_t at;   /* position in the order when it was opened */
    uint32_t scan; /* position among the other variables when it was opened */
    uint8_t stage; /* see search.c */
    bool rest;     /* all decision variables are fixed */
} level_t;

typedef struct {
    uint32_t *item; /* ring buffer; queue_cap is a power of two above the number of propagators */
    uint32_t head, tail;
} queue_t;

struct csp {
    var_t *var;
    prop_t *prop;
    csp_var *pool;
    int64_t *data, *sets;
    trail_t *trail;
    watch_t *watch;
    uint32_t n_var, n_prop, n_pool, n_data, n_sets, n_trail, n_watch;
    size_t var_cap, prop_cap, pool_cap, data_cap, sets_cap, trail_cap, watch_cap;
    queue_t queue[2]; /* quick, slow */
    uint32_t queue_cap;
    uint64_t *level; /* counts marks and undos; a pointer, so that csp_get_mark can take a const csp */
    uint64_t level_store;
    uint64_t count, stop; /* propagations; stop 0: no limit */
    bool failed, nomem;
    size_t conflict;  /* constraint at which propagation failed */
    int64_t *scratch; /* as long as the longest table, product or list of divisors */
    size_t scratch_cap;
    int64_t divisors_of; /* the number whose divisors are in divisor[] */
    uint32_t n_divisors;
    int64_t divisor[256];
    /* search */
    level_t *stack;
    size_t stack_cap;
    csp_var *order;
    size_t order_cap;
    int64_t *solution;
    size_t solution_cap;
};

/* ---- store.c ---- */
bool store_grow(csp *s, void **ptr, size_t *cap, size_t need, size_t size);
static inline bool store_room(csp *s, void **ptr, size_t *cap, size_t need, size_t size)
{
    return need <= *cap || store_grow(s, ptr, cap, need, size);
}
bool dom_fail(csp *s);
/* These narrow a domain and wake the watchers of the change. */
bool dom_raise(csp *s, csp_var x, int64_t v);  /* v > lo */
bool dom_lower(csp *s, csp_var x, int64_t v);  /* v < hi */
bool dom_remove(csp *s, csp_var x, int64_t v); /* a value inside a large interval is not removed: check with dom_has */
bool dom_keep(csp *s, csp_var x, const int64_t *sorted, size_t n);
bool dom_filter(csp *s, csp_var x, uint64_t keep); /* for a domain of at most 64 values: bit i keeps the i-th value */
bool dom_equal(csp *s, csp_var x, csp_var y);      /* narrows both to the intersection */
/* whether the domains have a common value; may be true wrongly if both are sets in large intervals */
bool dom_meet(const csp *s, csp_var x, csp_var y);
bool prop_kill(csp *s, prop_t *p);
size_t store_sort_unique(int64_t *v, size_t n);
/* Divisors of v >= 1, ascending; NULL if v is too large to make this worthwhile. */
const int64_t *store_divisors(csp *s, int64_t v, uint32_t *n);

static inline bool dom_lo(csp *s, csp_var x, int64_t v)
{
    return v <= s->var[x].lo || dom_raise(s, x, v);
}
static inline bool dom_hi(csp *s, csp_var x, int64_t v)
{
    return v >= s->var[x].hi || dom_lower(s, x, v);
}
static inline bool dom_fixed(const csp *s, csp_var x)
{
    return s->var[x].lo == s->var[x].hi;
}
static inline int64_t lo_of(const csp *s, csp_var x)
{
    return s->var[x].lo;
}
static inline int64_t hi_of(const csp *s, csp_var x)
{
    return s->var[x].hi;
}
static inline uint64_t dom_size(const csp *s, csp_var x)
{
    const var_t *d = &s->var[x];
    return d->len ? d->len : (uint64_t)d->hi - (uint64_t)d->lo + 1;
}
bool dom_has_set(const csp *s, const var_t *d, int64_t v);
static inline bool dom_has(const csp *s, csp_var x, int64_t v)
{
    const var_t *d = &s->var[x];
    return v >= d->lo && v <= d->hi && (d->len == 0 || dom_has_set(s, d, v));
}
/* The i-th value, i < dom_size. */
static inline int64_t dom_value(const csp *s, csp_var x, uint64_t i)
{
    const var_t *d = &s->var[x];
    return d->len ? s->sets[d->off + i] : (int64_t)((uint64_t)d->lo + i);
}
static inline bool dom_range(csp *s, csp_var x, int64_t lo, int64_t hi)
{
    return dom_lo(s, x, lo) && dom_hi(s, x, hi);
}
static inline bool dom_fix(csp *s, csp_var x, int64_t v)
{
    return dom_has(s, x, v) ? dom_range(s, x, v, v) : dom_fail(s);
}
static inline bool dom_range_wide(csp *s, csp_var x, wide lo, wide hi)
{
    if (lo > s->var[x].hi || hi < s->var[x].lo)
        return dom_fail(s);
    return (lo <= s->var[x].lo || dom_lo(s, x, (int64_t)lo)) && (hi >= s->var[x].hi || dom_hi(s, x, (int64_t)hi));
}

/* ---- propagate.c ---- */
/* A new constraint with n list arguments copied to the pool, and room for n_watch watches; NULL without memory. */
prop_t *post_new(csp *s, prop_kind kind, const csp_var *args, size_t n);
bool post_args(csp *s, const csp_var *args, size_t n, uint32_t *off);
bool post_data(csp *s, const int64_t *values, size_t n, uint32_t *off);
bool post_watch(csp *s, prop_t *p, csp_var x, uint32_t events); /* does nothing if x is fixed */
bool post_scratch(csp *s, size_t n);
csp_result post_done(csp *s, prop_t *p); /* queues it and returns the result for the caller */
csp_result post_result(const csp *s);
static inline void queue_push(csp *s, uint32_t prop)
{
    prop_t *p = &s->prop[prop];
    if (p->queued || p->dead)
        return;
    p->queued = true;
    queue_t *q = &s->queue[p->slow];
    q->item[q->tail++ & (s->queue_cap - 1)] = prop;
}
void queue_clear(csp *s);

/* ---- propagators: false on failure ---- */
bool prop_linear(csp *s, prop_t *p);
bool prop_reify(csp *s, prop_t *p);
bool prop_product(csp *s, prop_t *p);
bool prop_div(csp *s, prop_t *p);
bool prop_mod(csp *s, prop_t *p);
bool prop_minmax(csp *s, prop_t *p);
bool prop_abs(csp *s, prop_t *p);
bool prop_eq(csp *s, prop_t *p);
bool prop_ne(csp *s, prop_t *p);
bool prop_element(csp *s, prop_t *p);
bool prop_table(csp *s, prop_t *p);
bool prop_broadcast(csp *s, prop_t *p);
bool prop_spread(csp *s, prop_t *p);
bool prop_orand(csp *s, prop_t *p);

/* ---- wide arithmetic: division is faster if 64 bits are enough ---- */
static inline wide wide_floordiv(wide a, wide b)
{
    if ((int64_t)a == a && (int64_t)b == b && a != INT64_MIN)
        return nn_floordiv((int64_t)a, (int64_t)b);
    wide q = a / b;
    return (q * b != a && ((a < 0) != (b < 0))) ? q - 1 : q;
}
static inline wide wide_ceildiv(wide a, wide b)
{
    return -wide_floordiv(-a, b);
}

#endif
