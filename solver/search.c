/* Search: depth-first with random choices, restarts, exact sampling of small solution sets, and enumeration.
 *
 * A level of the stack tries x = v. When that is refuted, it goes on with x != v or, if v lies inside a large interval, with one
 * side of v and then the other. So the tree is complete, and exhausting it proves that there is no solution. Every node counts as
 * a propagation. */
#include "internal.h"

enum { STAGE_VALUE, STAGE_LOW, STAGE_HIGH }; /* tried: x = value; then what is left: other values, x > value, x < value */

#define DEFAULT_EXACT 64
#define DEFAULT_RESTARTS 4
#define FIRST_FAIL_CAP 16
#define BOUNDARY_MISSES 4 /* after so many refuted ends of one variable, its values are drawn from the whole domain */

typedef struct {
    csp *s;
    const csp_search *how; /* NULL: lowest values first, in the given order */
    uint32_t n_order;      /* decision variables, in s->order */
    uint32_t at;           /* all variables before this one are fixed */
    uint32_t scan;         /* the same for all variables, once those of the order are fixed */
    uint32_t depth;
    csp_var missed; /* the variable refuted last, and how many times in a row */
    uint32_t misses;
    uint64_t fails, fail_cap; /* fail_cap 0: none */
    bool capped;
} search_t;

static uint64_t draw(const search_t *q, uint64_t bound)
{
    if (!q->how || !q->how->draw || bound < 2)
        return 0;
    uint64_t v = q->how->draw(q->how->user, bound);
    return v < bound ? v : bound - 1;
}

/* ---- values ---- */

/* Draws from [lo, hi], lo >= 1, uniformly in the logarithm to within 1 %. One draw gives the octave and the position in it;
 * log2(1 + f) is approximated by f * (1.3437 - 0.3437 f) and its inverse by u * (0.6563 + 0.3437 u). Only basic operations are
 * used, so that all machines agree. */
static int64_t draw_log(const search_t *q, int64_t lo, int64_t hi)
{
    double ratio = ((double)hi + 1.0) / (double)lo, octaves = 0.0;
    while (ratio >= 2.0) {
        ratio /= 2.0;
        octaves += 1.0;
    }
    double f = ratio - 1.0;
    octaves += f * (1.3437 - 0.3437 * f);
    double t = (double)draw(q, (uint64_t)1 << 32) / 4294967296.0 * octaves;
    int octave = (int)t;
    double u = t - (double)octave;
    wide base = (wide)lo << octave;
    wide v = base + (wide)((double)base * (u * (0.6563 + 0.3437 * u)));
    return v > hi ? hi : (int64_t)v;
}

static int64_t choose_value(const search_t *q, csp_var x)
{
    const csp *s = q->s;
    uint64_t size = dom_size(s, x);
    int64_t lo = lo_of(s, x), hi = hi_of(s, x);
    csp_mode mode = q->how ? q->how->mode : CSP_UNIFORM;
    if (!q->how)
        return lo;
    if (mode == CSP_BOUNDARY && (q->missed != x || q->misses < BOUNDARY_MISSES))
        return draw(q, 2) ? hi : lo;
    if (mode == CSP_LOG && lo >= 0 && size > 16 && hi / (lo ? lo : 1) >= 8) {
        int64_t v = lo ? draw_log(q, lo, hi) : draw_log(q, 1, hi + 1) - 1;
        if (s->var[x].len) { /* the largest value of the set up to v */
            uint64_t i = 0, n = size;
            while (n > 1) {
                uint64_t half = n / 2;
                if (dom_value(s, x, i + half) <= v)
                    i += half;
                n -= half;
            }
            v = dom_value(s, x, i);
        }
        return v;
    }
    return dom_value(s, x, draw(q, size));
}

/* ---- the tree ---- */

static bool push_level(search_t *q, csp_var x, int64_t value, uint8_t stage, bool rest)
{
    csp *s = q->s;
    if (!store_room(s, (void **)&s->stack, &s->stack_cap, (size_t)q->depth + 1, sizeof *s->stack))
        return false;
    s->stack[q->depth++] =
        (level_t){.mark = csp_get_mark(s), .var = x, .value = value, .at = q->at, .scan = q->scan, .stage = stage, .rest = rest};
    return true;
}

/* Opens a level; false: all variables are fixed, or memory ran out (see nomem). */
static bool branch(search_t *q)
{
    csp *s = q->s;
    while (q->at < q->n_order && dom_fixed(s, s->order[q->at]))
        q->at++;
    if (q->at < q->n_order) {
        csp_var x = s->order[q->at];
        int64_t v = choose_value(q, x);
        return push_level(q, x, v, STAGE_VALUE, false) && (dom_fix(s, x, v) || !s->nomem);
    }
    /* other variables: smallest domain first, lowest value; every other time, a large domain is halved */
    csp_var x = -1;
    uint64_t least = UINT64_MAX;
    while (q->scan < s->n_var && dom_fixed(s, (csp_var)q->scan))
        q->scan++;
    for (uint32_t i = q->scan; i < s->n_var && least > 2; i++) {
        uint64_t size = dom_size(s, (csp_var)i);
        if (size > 1 && size < least) {
            least = size;
            x = (csp_var)i;
        }
    }
    if (x < 0)
        return false;
    int64_t lo = lo_of(s, x);
    if (least > DOM_SMALL && q->missed == x && q->misses % 2 == 1) {
        int64_t mid = (int64_t)(((wide)lo + hi_of(s, x)) >> 1);
        q->misses++;
        return push_level(q, x, mid, STAGE_LOW, true) && (dom_hi(s, x, mid) || !s->nomem);
    }
    return push_level(q, x, lo, STAGE_VALUE, true) && (dom_fix(s, x, lo) || !s->nomem);
}

/* Goes to the next untried alternative; false: there is none, or memory ran out. */
static bool backtrack(search_t *q)
{
    csp *s = q->s;
    while (q->depth > 0 && !s->nomem) {
        level_t *l = &s->stack[q->depth - 1];
        csp_var x = l->var;
        int64_t v = l->value;
        csp_undo(s, l->mark);
        q->at = l->at;
        q->scan = l->scan;
        q->misses = q->missed == x ? q->misses + 1 : 1;
        q->missed = x;
        bool ok;
        if (l->stage == STAGE_VALUE) {
            int64_t lo = lo_of(s, x), hi = hi_of(s, x);
            if (v > lo && v < hi && !s->var[x].len && dom_size(s, x) > DOM_SMALL) {
                bool low = draw(q, (uint64_t)hi - (uint64_t)lo) < (uint64_t)v - (uint64_t)lo;
                l->stage = low ? STAGE_LOW : STAGE_HIGH;
                ok = low ? dom_hi(s, x, v - 1) : dom_lo(s, x, v + 1);
            } else {
                q->depth--;
                ok = dom_remove(s, x, v);
            }
        } else {
            q->depth--;
            ok = l->stage == STAGE_LOW ? dom_lo(s, x, v + 1) : dom_hi(s, x, v - 1);
        }
        if (ok)
            return true;
    }
    return false;
}

/* Goes to the next solution. CSP_LIMIT with q->capped: there were too many failures, restart. */
static csp_result descend(search_t *q)
{
    csp *s = q->s;
    for (;;) {
        csp_result r = csp_propagate(s);
        if (r == CSP_OK) {
            if (s->stop && s->count >= s->stop)
                return CSP_LIMIT;
            s->count++;
            if (!branch(q))
                return s->nomem ? CSP_NOMEM : CSP_OK;
        } else if (r == CSP_FAIL) {
            if (q->fail_cap && ++q->fails > q->fail_cap) {
                q->capped = true;
                return CSP_LIMIT;
            }
            if (!backtrack(q))
                return s->nomem ? CSP_NOMEM : CSP_FAIL;
        } else {
            return r;
        }
    }
}

/* Called at a solution: leaves its witness and goes to the next combination of decision variables. */
static bool next_combination(search_t *q)
{
    while (q->depth > 0 && q->s->stack[q->depth - 1].rest)
        q->depth--;
    return backtrack(q);
}

static bool set_order(csp *s, const csp_var *decide, size_t n)
{
    if (!store_room(s, (void **)&s->order, &s->order_cap, n, sizeof *s->order))
        return false;
    for (size_t i = 0; i < n; i++)
        s->order[i] = decide[i];
    return true;
}

/* ---- exact sampling ---- */

/* Whether the decision variables have at most `limit` combinations. */
static bool few(const csp *s, const csp_var *decide, size_t n, uint64_t limit)
{
    uint64_t product = 1;
    for (size_t i = 0; i < n; i++)
        if (__builtin_mul_overflow(product, dom_size(s, decide[i]), &product) || product > limit)
            return false;
    return true;
}

/* Lists all solutions over decide[] in ascending order, draws one and fixes it. CSP_LIMIT: half of the remaining budget was not
 * enough to find all. */
static csp_result solve_exact(csp *s, const csp_search *how, const csp_var *decide, size_t n, csp_mark base)
{
    search_t q = {.s = s, .n_order = (uint32_t)n, .missed = -1};
    uint64_t stop = s->stop, count = 0;
    uint32_t free = 0;
    for (size_t i = 0; i < n; i++)
        free += !dom_fixed(s, decide[i]);
    if (free == 0) { /* nothing to choose */
        q.n_order = 0;
        return descend(&q);
    }
    if (!set_order(s, decide, n))
        return CSP_NOMEM;
    if (stop)
        s->stop = s->count + (stop - s->count + 1) / 2;
    csp_result r;
    while ((r = descend(&q)) == CSP_OK) {
        if (!store_room(s, (void **)&s->solution, &s->solution_cap, (count + 1) * n, sizeof *s->solution)) {
            r = CSP_NOMEM;
            break;
        }
        for (size_t i = 0; i < n; i++)
            s->solution[count * n + i] = lo_of(s, decide[i]);
        count++;
        if (!next_combination(&q)) {
            r = s->nomem ? CSP_NOMEM : CSP_FAIL;
            break;
        }
    }
    s->stop = stop;
    csp_undo(s, base);
    if (r != CSP_FAIL || count == 0)
        return r;
    q = (search_t){.s = s, .how = how, .missed = -1};
    uint64_t pick = draw(&q, count);
    const int64_t *chosen = n > 0 ? s->solution + pick * n : NULL;
    q.how = NULL;
    for (size_t i = 0; i < n; i++)
        if (!dom_fix(s, decide[i], chosen[i]))
            return s->nomem ? CSP_NOMEM : CSP_FAIL;
    return descend(&q);
}

/* ---- entry points ---- */

static csp_result solve_random(csp *s, const csp_search *how, const csp_var *decide, size_t n, csp_mark base)
{
    uint32_t restarts = how->restarts ? how->restarts : DEFAULT_RESTARTS;
    for (uint32_t i = 0;; i++) {
        search_t q = {.s = s, .how = how, .missed = -1};
        if (!set_order(s, decide, n))
            return CSP_NOMEM;
        uint32_t free = 0;
        for (size_t j = 0; j < n; j++)
            if (!dom_fixed(s, s->order[j]))
                s->order[free++] = s->order[j];
        for (uint32_t j = 0; j + 1 < free; j++) { /* Fisher-Yates; draws of zero keep the order */
            uint32_t k = j + (uint32_t)draw(&q, free - j);
            csp_var t = s->order[j];
            s->order[j] = s->order[k];
            s->order[k] = t;
        }
        q.n_order = free;
        q.fail_cap = i < restarts ? (uint64_t)FIRST_FAIL_CAP << (i < 32 ? i : 32) : 0;
        csp_result r = descend(&q);
        if (!q.capped)
            return r;
        csp_undo(s, base);
    }
}

csp_result csp_solve(csp *s, const csp_search *search, const csp_var *decide, size_t n)
{
    static const csp_search plain = {0};
    const csp_search *how = search ? search : &plain;
    if (s->nomem)
        return CSP_NOMEM;
    csp_mark start = csp_get_mark(s);
    csp_result r = csp_propagate(s);
    if (r == CSP_OK) {
        csp_mark base = csp_get_mark(s);
        r = CSP_LIMIT;
        if (how->mode != CSP_BOUNDARY && few(s, decide, n, how->exact_limit ? how->exact_limit : DEFAULT_EXACT))
            r = solve_exact(s, how, decide, n, base);
        if (r == CSP_LIMIT) {
            csp_undo(s, base);
            r = solve_random(s, how, decide, n, base);
        }
    }
    if (r != CSP_OK)
        csp_undo(s, start);
    return r;
}

csp_result csp_enumerate(csp *s, const csp_var *decide, size_t n, uint64_t max, bool (*visit)(void *user, const csp *s), void *user,
                         uint64_t *count)
{
    uint64_t found = 0;
    if (count)
        *count = 0;
    if (s->nomem)
        return CSP_NOMEM;
    csp_mark start = csp_get_mark(s);
    search_t q = {.s = s, .n_order = (uint32_t)n, .missed = -1};
    csp_result r = set_order(s, decide, n) ? CSP_OK : CSP_NOMEM;
    while (r == CSP_OK && found < max) {
        r = descend(&q);
        if (r != CSP_OK)
            break;
        found++;
        if (visit && !visit(user, s))
            break;
        if (found < max && !next_combination(&q))
            r = s->nomem ? CSP_NOMEM : CSP_FAIL;
    }
    csp_undo(s, start);
    if (count)
        *count = found;
    return r == CSP_FAIL && found > 0 ? CSP_OK : r;
}
