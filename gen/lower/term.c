/* Arithmetic on terms: folds constants, keeps sums linear, and posts everything else to the solver. */
#include "lower/lower_state.h"

#include <string.h>

typedef __int128 wide;

term term_var(lower *l, csp_var v)
{
    if (v < 0) {
        lower_nomem(l);
        return term_const(0);
    }
    if (csp_fixed(l->csp, v))
        return term_const(csp_value(l->csp, v));
    if (v < LOWER_UNITS)
        return (term){.t = &l->unit[v]};
    lin *t = lower_alloc(l, 1, sizeof *t);
    if (!t)
        return term_const(0);
    *t = (lin){1, v, 1};
    return (term){.t = t};
}

/* The same as term_fixed_sum if partial sums do not fit into 64 bits although the total may. */
static __attribute__((noinline)) bool fixed_sum_wide(const lower *l, term t, int64_t *out)
{
    wide sum = t.c;
    for (int i = 0, n = term_count(t); i < n; i++) {
        csp_var v = t.t[i].v;
        if (!csp_fixed(l->csp, v) || __builtin_add_overflow(sum, (wide)t.t[i].k * csp_value(l->csp, v), &sum))
            return false;
    }
    *out = (int64_t)sum;
    return *out == sum;
}

bool term_fixed_sum(const lower *l, term t, int64_t *out)
{
    int64_t sum = t.c;
    for (int i = 0, n = term_count(t); i < n; i++) {
        if (!csp_fixed(l->csp, t.t[i].v))
            return false;
        int64_t part;
        if (!nn_mul64(t.t[i].k, csp_value(l->csp, t.t[i].v), &part) || !nn_add64(sum, part, &sum))
            return fixed_sum_wide(l, t, out);
    }
    *out = sum;
    return true;
}

/* A value of the domain, drawn according to the mode of this problem. */
int64_t lower_sample(lower *l, csp_var v)
{
    int64_t lo = csp_lo(l->csp, v), hi = csp_hi(l->csp, v);
    if (l->mode == CSP_BOUNDARY && tape_draw(l->tape, "end", 4) < 3)
        return tape_draw(l->tape, "end", 2) ? hi : lo;
    for (int i = 0; i < 12; i++) {
        int64_t x = tape_range(l->tape, "value", lo, hi);
        if (csp_contains(l->csp, v, x))
            return x;
    }
    return lo;
}

int64_t term_decide(lower *l, term t)
{
    int64_t x = 0;
    if (l->state != LOWER_OK || term_fixed(l, t, &x))
        return x;
    for (int i = 0; i < t.t->n && l->state == LOWER_OK; i++) {
        lower_propagate(l);
        csp_var v = t.t[i].v;
        if (l->state != LOWER_OK || csp_fixed(l->csp, v))
            continue;
        int64_t pick = lower_sample(l, v);
        lower_check(l, csp_restrict(l->csp, v, pick, pick));
    }
    if (l->state == LOWER_OK)
        lower_propagate(l);
    if (l->state != LOWER_OK || !term_fixed(l, t, &x)) {
        lower_fail(l, WHY_OVERFLOW);
        return 0;
    }
    return x;
}

static int64_t clamp(wide x)
{
    return x > CSP_BOUND ? CSP_BOUND : x < -CSP_BOUND ? -CSP_BOUND : (int64_t)x;
}

/* Clamps x, so that sums of wide products stay within 128 bits; clamped values are beyond every bound anyway. */
static wide narrow(wide x)
{
    const wide top = (wide)1 << 126;
    return x > top ? top : x < -top ? -top : x;
}

/* Exact, or clamped to +-2^126. */
static void wide_bounds(const lower *l, term t, wide *lo, wide *hi)
{
    wide a = t.c, b = t.c;
    for (int i = 0, n = term_count(t); i < n; i++) {
        wide k = t.t[i].k, x = k * csp_lo(l->csp, t.t[i].v), y = k * csp_hi(l->csp, t.t[i].v);
        a = narrow(a + (x < y ? x : y));
        b = narrow(b + (x < y ? y : x));
    }
    *lo = a;
    *hi = b;
}

void term_bounds(const lower *l, term t, int64_t *lo, int64_t *hi)
{
    const int n = term_count(t);
    if (n == 0 || (n == 1 && t.c == 0 && t.t->k == 1)) {
        *lo = n ? csp_lo(l->csp, t.t->v) : clamp(t.c);
        *hi = n ? csp_hi(l->csp, t.t->v) : *lo;
        return;
    }
    wide a, b;
    wide_bounds(l, t, &a, &b);
    *lo = clamp(a);
    *hi = clamp(b);
}

static void post_linear(lower *l, csp_rel rel, term t, csp_var extra, csp_var reified)
{
    int64_t coef[64];
    csp_var x[64];
    int n = 0, summands = term_count(t);
    if (summands > 62) {
        lower_fail(l, WHY_TERMS);
        return;
    }
    for (; n < summands; n++) {
        coef[n] = t.t[n].k;
        x[n] = t.t[n].v;
    }
    if (extra >= 0) {
        coef[n] = -1;
        x[n++] = extra;
    }
    if (t.c == INT64_MIN) {
        lower_fail(l, WHY_OVERFLOW);
        return;
    }
    lower_posted(l, reified >= 0 ? csp_reify(l->csp, reified, rel, coef, x, (size_t)n, -t.c)
                                 : csp_linear(l->csp, rel, coef, x, (size_t)n, -t.c));
}

csp_var term_materialize(lower *l, term t)
{
    if (t.c == 0 && term_count(t) == 1 && t.t->k == 1)
        return t.t->v;
    csp_var v;
    if (!t.t) {
        v = csp_const(l->csp, t.c);
    } else {
        int64_t lo, hi;
        term_bounds(l, t, &lo, &hi);
        v = csp_int(l->csp, lo, hi);
        if (v >= 0)
            post_linear(l, CSP_EQ, t, v, -1);
    }
    if (v < 0)
        lower_nomem(l);
    return v;
}

static csp_var fresh(lower *l, int64_t lo, int64_t hi)
{
    csp_var v = csp_int(l->csp, lo, hi);
    if (v < 0)
        lower_nomem(l);
    return v;
}

term term_new(lower *l, int64_t lo, int64_t hi, bool decision)
{
    if (lo > hi) {
        lower_fail(l, WHY_EMPTY_DOMAIN);
        return term_const(lo);
    }
    if (lo == hi)
        return term_const(lo);
    csp_var v = fresh(l, lo, hi);
    if (decision && v >= 0 && l->n_decide < sizeof l->decide / sizeof *l->decide)
        l->decide[l->n_decide++] = v;
    return term_var(l, v);
}

/* Numbers below this magnitude need no test: a sum of 32 products of two of them is far within 64 bits. */
#define NEAR ((int64_t)1 << 28)
#define NEAR_SUMMANDS 32

static bool is_near(const lower *l, term t)
{
    bool near = t.c > -NEAR && t.c < NEAR && t.t->n <= NEAR_SUMMANDS;
    for (int i = 0; near && i < t.t->n; i++) {
        const lin *x = &t.t[i];
        near = x->k > -NEAR && x->k < NEAR && csp_lo(l->csp, x->v) > -NEAR && csp_hi(l->csp, x->v) < NEAR;
    }
    return near;
}

/* sign * (the summands of t) <= most */
static void post_limit(lower *l, term t, int sign, wide most)
{
    int64_t coef[64];
    csp_var x[64];
    int n = term_count(t);
    bool fits = n <= 64;
    for (int i = 0; fits && i < n; i++) {
        fits = nn_mul64(t.t[i].k, sign, &coef[i]);
        x[i] = t.t[i].v;
    }
    if (fits)
        lower_posted(l, csp_linear(l->csp, CSP_LE, coef, x, (size_t)n, most > INT64_MAX ? INT64_MAX : (int64_t)most));
    else
        lower_fail(l, WHY_TERMS);
}

/* The result of an operation of the language must fit into 64 bits: rules out values of variables for which it does not. */
static term checked(lower *l, term t)
{
    if (!t.t || l->state != LOWER_OK || is_near(l, t))
        return t;
    wide lo, hi;
    wide_bounds(l, t, &lo, &hi);
    if (hi > INT64_MAX)
        post_limit(l, t, 1, (wide)INT64_MAX - t.c);
    if (lo < INT64_MIN && l->state == LOWER_OK)
        post_limit(l, t, -1, t.c - (wide)INT64_MIN);
    return t;
}

term term_scale(lower *l, term a, int64_t factor, int64_t plus)
{
    term r = {.t = factor ? a.t : NULL};
    if (!nn_mul64(a.c, factor, &r.c) || !nn_add64(r.c, plus, &r.c)) {
        lower_fail(l, WHY_OVERFLOW);
        return term_const(0);
    }
    if (!r.t)
        return r;
    if (factor == 1)
        return plus ? checked(l, r) : r;
    const int n = r.t->n;
    lin *t = lower_alloc(l, (size_t)n, sizeof *t);
    if (!t)
        return term_const(0);
    for (int i = 0; i < n; i++) {
        t[i] = (lin){.v = r.t[i].v, .n = n};
        if (!nn_mul64(r.t[i].k, factor, &t[i].k))
            lower_fail(l, WHY_OVERFLOW);
    }
    r.t = t;
    return checked(l, r);
}

/* a + factor * b; room: memory for the summands of both; NULL: they are allocated. */
static term add_into(lower *l, term a, term b, int64_t factor, lin *room)
{
    int64_t shift;
    if (!(factor == -1 ? nn_sub64(a.c, b.c, &shift) : nn_mul64(b.c, factor, &shift) && nn_add64(a.c, shift, &shift))) {
        lower_fail(l, WHY_OVERFLOW);
        return term_const(0);
    }
    if (!b.t || (!a.t && factor == 1))
        return (term){.c = shift, .t = b.t ? b.t : a.t};
    int n = term_count(a);
    lin *t = room ? room : lower_alloc(l, (size_t)(n + b.t->n), sizeof *t);
    if (!t)
        return term_const(0);
    if (n)
        memcpy(t, a.t, (size_t)n * sizeof *t);
    for (int i = 0; i < b.t->n; i++) {
        int64_t k;
        if (!nn_mul64(b.t[i].k, factor, &k)) {
            lower_fail(l, WHY_OVERFLOW);
            return term_const(0);
        }
        int at = 0;
        while (at < n && t[at].v != b.t[i].v)
            at++;
        if (at == n)
            t[n++] = (lin){.k = k, .v = b.t[i].v};
        else if (!nn_add64(t[at].k, k, &t[at].k))
            lower_fail(l, WHY_OVERFLOW);
        else if (t[at].k == 0)
            t[at] = t[--n];
    }
    t->n = n;
    return (term){.c = shift, .t = n ? t : NULL};
}

term term_add(lower *l, term a, term b, int64_t factor)
{
    return checked(l, add_into(l, a, b, factor, NULL));
}

term term_sum(lower *l, const term *x, int n)
{
    term sum = term_const(0);
    wide c = 0;
    lower_spend(l, (size_t)n);
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        c += x[i].c;
        if (x[i].t)
            sum = add_into(l, sum, (term){.t = x[i].t}, 1, NULL);
    }
    sum.c = (int64_t)c;
    if (sum.c != c)
        lower_fail(l, WHY_OVERFLOW);
    return checked(l, sum);
}

/* a - b for temporary use. Most differences have few summands, which are then stored in `room`. */
#define FEW_SUMMANDS 8
static term difference(lower *l, term a, term b, lin *room)
{
    return add_into(l, a, b, -1, term_count(a) + term_count(b) <= FEW_SUMMANDS ? room : NULL);
}

term term_mul(lower *l, term a, term b)
{
    int64_t x;
    if (term_fixed(l, a, &x))
        return term_scale(l, b, x, 0);
    if (term_fixed(l, b, &x))
        return term_scale(l, a, x, 0);
    csp_var va = term_materialize(l, a), vb = term_materialize(l, b);
    int64_t bounds[4] = {clamp((wide)csp_lo(l->csp, va) * csp_lo(l->csp, vb)), clamp((wide)csp_lo(l->csp, va) * csp_hi(l->csp, vb)),
                         clamp((wide)csp_hi(l->csp, va) * csp_lo(l->csp, vb)),
                         clamp((wide)csp_hi(l->csp, va) * csp_hi(l->csp, vb))};
    int64_t lo = bounds[0], hi = bounds[0];
    for (int i = 1; i < 4; i++) {
        lo = bounds[i] < lo ? bounds[i] : lo;
        hi = bounds[i] > hi ? bounds[i] : hi;
    }
    csp_var z = fresh(l, lo, hi);
    if (l->state != LOWER_NOMEM)
        lower_posted(l, csp_mul(l->csp, z, va, vb));
    return term_var(l, z);
}

term term_divide(lower *l, term_division how, term a, term b)
{
    int64_t x, y;
    bool bx = term_fixed(l, a, &x), by = term_fixed(l, b, &y);
    if (by && y == -1) /* the remainder is 0, the quotient of the least number does not fit */
        return how == TERM_MOD ? term_const(0) : term_scale(l, a, -1, 0);
    if (by && y == 0) {
        lower_fail(l, WHY_DIVISION);
        return term_const(0);
    }
    if (bx && by)
        return term_const(how == TERM_DIV ? nn_floordiv(x, y) : how == TERM_CEILDIV ? nn_ceildiv(x, y) : nn_floormod(x, y));
    if (by && y == 1)
        return how == TERM_MOD ? term_const(0) : a;
    csp_var va = term_materialize(l, a), vb = term_materialize(l, b), z;
    int64_t lo, hi, alo, ahi;
    term_bounds(l, a, &alo, &ahi);
    if (how == TERM_MOD) {
        term_bounds(l, b, &lo, &hi);
        lo = lo < 0 ? lo + 1 : 0;
        hi = hi > 0 ? hi - 1 : 0;
    } else {
        lo = alo < -ahi ? alo : -ahi;
        hi = -lo;
    }
    z = fresh(l, lo, hi);
    if (l->state == LOWER_NOMEM)
        return term_const(0);
    lower_posted(l, how == TERM_DIV       ? csp_div(l->csp, z, va, vb)
                    : how == TERM_CEILDIV ? csp_ceildiv(l->csp, z, va, vb)
                                          : csp_mod(l->csp, z, va, vb));
    return term_var(l, z);
}

/* A constant that no solver variable can hold. */
static bool beyond_solver(term t)
{
    return !t.t && (t.c > CSP_BOUND || t.c < -CSP_BOUND);
}

term term_extreme(lower *l, const term *x, int n, bool max)
{
    bool all = true;
    int64_t best = 0, lo = 0, hi = 0;
    lower_spend(l, (size_t)n);
    if (n == 0 || l->state != LOWER_OK) {
        lower_fail(l, WHY_NO_ELEMENTS);
        return term_const(0);
    }
    for (int i = 0; i < n; i++) {
        int64_t v = 0, a, b;
        all = term_fixed(l, x[i], &v) && all;
        best = i == 0 || (max ? v > best : v < best) ? v : best;
        term_bounds(l, x[i], &a, &b);
        lo = i == 0 || a < lo ? a : lo;
        hi = i == 0 || b > hi ? b : hi;
    }
    if (all)
        return term_const(best);
    if (n == 1)
        return x[0];
    csp_var *v = lower_alloc(l, (size_t)n, sizeof *v), z = fresh(l, lo, hi);
    if (!v || z < 0)
        return term_const(0);
    size_t kept = 0;
    const term *far = NULL; /* if there is one, it decides the result */
    for (int i = 0; i < n; i++) {
        if (!beyond_solver(x[i]))
            v[kept++] = term_materialize(l, x[i]);
        else if ((x[i].c > 0) == max && (!far || (max ? x[i].c > far->c : x[i].c < far->c)))
            far = &x[i];
    }
    if (far)
        return *far;
    if (l->state != LOWER_NOMEM)
        lower_posted(l, max ? csp_max(l->csp, z, v, kept) : csp_min(l->csp, z, v, kept));
    return term_var(l, z);
}

term term_abs(lower *l, term a)
{
    int64_t x, lo, hi;
    if (term_fixed(l, a, &x)) {
        if (x == INT64_MIN)
            lower_fail(l, WHY_OVERFLOW);
        return term_const(x < 0 && x > INT64_MIN ? -x : x);
    }
    term_bounds(l, a, &lo, &hi);
    int64_t top = hi > -lo ? hi : -lo;
    csp_var v = term_materialize(l, a), z = fresh(l, 0, top);
    if (l->state != LOWER_NOMEM)
        lower_posted(l, csp_abs(l->csp, z, v));
    return term_var(l, z);
}

/* *product: that of the known factors. false: it does not fit into 64 bits. Partial products do not count, so the order of factors
 * does not matter. */
static bool known_product(lower *l, const term *x, int n, int64_t *product)
{
    uint64_t size = 1;
    bool fits = true, negative = false;
    for (int i = 0; i < n; i++) {
        int64_t v;
        if (!term_fixed(l, x[i], &v))
            continue;
        if (v == 0) {
            *product = 0;
            return true;
        }
        negative ^= v < 0;
        fits = fits && !__builtin_mul_overflow(size, v < 0 ? -(uint64_t)v : (uint64_t)v, &size);
    }
    *product = negative ? (int64_t)-size : (int64_t)size;
    return fits && (*product < 0) == negative;
}

term term_product(lower *l, const term *x, int n)
{
    int64_t factor = 1, v;
    csp_var open[64];
    int n_open = 0;
    wide lo = 1, hi = 1;
    bool fits = true, negative = false;
    lower_spend(l, (size_t)n);
    for (int i = 0; i < n; i++) {
        if (term_fixed(l, x[i], &v)) {
            fits = nn_mul64(factor, v, &factor) && fits;
            continue;
        }
        if (n_open == 64) {
            lower_fail(l, WHY_TERMS);
            return term_const(0);
        }
        open[n_open] = term_materialize(l, x[i]);
        if (l->state == LOWER_NOMEM)
            return term_const(0);
        wide a = csp_lo(l->csp, open[n_open]), b = csp_hi(l->csp, open[n_open]);
        negative |= a < 0;
        lo = clamp(lo * a);
        hi = clamp(hi * b);
        n_open++;
    }
    if (!fits && !known_product(l, x, n, &factor))
        lower_fail(l, WHY_OVERFLOW);
    if (n_open == 0 || l->state != LOWER_OK)
        return term_const(factor);
    if (n_open == 1)
        return term_scale(l, term_var(l, open[0]), factor, 0);
    if (negative) { /* tables do not need a tight bound here */
        lo = -CSP_BOUND;
        hi = CSP_BOUND;
    }
    csp_var z = fresh(l, clamp(lo), clamp(hi));
    if (l->state != LOWER_NOMEM)
        lower_posted(l, csp_product(l->csp, z, open, (size_t)n_open));
    return term_scale(l, term_var(l, z), factor, 0);
}

term term_broadcast(lower *l, term a, term b)
{
    int64_t x, y;
    bool fx = term_fixed(l, a, &x), fy = term_fixed(l, b, &y);
    if (fx && x == 1)
        return b;
    if (fy && y == 1)
        return a;
    if (fx && fy) {
        if (x != y)
            lower_fail(l, WHY_BROADCAST);
        return term_const(x);
    }
    csp_var va = term_materialize(l, a), vb = term_materialize(l, b);
    if (l->state == LOWER_NOMEM || va == vb)
        return a;
    if (fx || fy) { /* the constant is not 1: it is the result */
        csp_var k = fx ? va : vb;
        lower_posted(l, (l->f->least > 0 ? csp_broadcast : csp_spread)(l->csp, k, k, fx ? vb : va));
        return fx ? a : b;
    }
    int64_t hi = csp_hi(l->csp, va) > csp_hi(l->csp, vb) ? csp_hi(l->csp, va) : csp_hi(l->csp, vb);
    csp_var z = fresh(l, l->f->least, hi);
    if (l->state != LOWER_NOMEM)
        lower_posted(l, (l->f->least > 0 ? csp_broadcast : csp_spread)(l->csp, z, va, vb));
    return term_var(l, z);
}

/* A relation of one variable narrows it at once, without a constraint. true: this was done. */
static bool post_bounds(lower *l, csp_rel rel, term d)
{
    int64_t k = d.t->k, c;
    csp_var v = d.t->v;
    if (d.t->n != 1 || rel == CSP_NE || !nn_sub64(0, d.c, &c))
        return false;
    if (rel == CSP_EQ && (k == 1 || k == -1)) {
        int64_t x = c * k;
        lower_check(l, csp_restrict(l->csp, v, csp_lo(l->csp, v), x));
        if (l->state == LOWER_OK)
            lower_check(l, csp_restrict(l->csp, v, x, x));
        return true;
    }
    if (rel != CSP_LE || k == 0 || k == INT64_MIN)
        return false;
    int64_t lo = csp_lo(l->csp, v), hi = csp_hi(l->csp, v);
    if (k > 0) /* k * v <= c */
        hi = nn_floordiv(c, k) < hi ? nn_floordiv(c, k) : hi;
    else
        lo = nn_ceildiv(c, k) > lo ? nn_ceildiv(c, k) : lo;
    lower_check(l, csp_restrict(l->csp, v, lo, hi));
    return true;
}

/* Whether a - b has no term because its constant does not fit in 64 bits. */
static inline bool too_far(term a, term b)
{
    int64_t c;
    return __builtin_sub_overflow(a.c, b.c, &c) || c == INT64_MIN;
}

/* In this case the bounds of a and b show whether a REL b holds; fails if they do not. */
static __attribute__((noinline)) bool holds_by_bounds(lower *l, csp_rel rel, term a, term b)
{
    wide alo, ahi, blo, bhi;
    wide_bounds(l, a, &alo, &ahi);
    wide_bounds(l, b, &blo, &bhi);
    if (ahi >= blo && bhi >= alo && !(rel == CSP_LE && ahi == blo))
        lower_fail(l, WHY_OVERFLOW);
    return rel == CSP_LE ? ahi <= blo : rel == CSP_NE;
}

void term_post(lower *l, csp_rel rel, term a, term b)
{
    if (too_far(a, b)) {
        if (!holds_by_bounds(l, rel, a, b))
            lower_fail(l, WHY_CONFLICT);
        return;
    }
    lin room[FEW_SUMMANDS];
    term d = difference(l, a, b, room);
    int64_t x, lo, hi;
    if (l->state != LOWER_OK)
        return;
    if (term_fixed(l, d, &x)) {
        if (rel == CSP_EQ ? x != 0 : rel == CSP_NE ? x == 0 : x > 0)
            lower_fail(l, WHY_CONDITION);
        return;
    }
    if (post_bounds(l, rel, d))
        return;
    if (rel == CSP_LE) {
        term_bounds(l, d, &lo, &hi);
        if (hi <= 0)
            return;
    }
    post_linear(l, rel, d, -1, -1);
}

term term_reify(lower *l, csp_rel rel, term a, term b)
{
    if (too_far(a, b))
        return term_const(holds_by_bounds(l, rel, a, b));
    lin room[FEW_SUMMANDS];
    term d = difference(l, a, b, room);
    int64_t x, lo, hi;
    if (l->state != LOWER_OK)
        return term_const(0);
    if (term_fixed(l, d, &x))
        return term_const(rel == CSP_EQ ? x == 0 : rel == CSP_NE ? x != 0 : x <= 0);
    term_bounds(l, d, &lo, &hi);
    if (rel == CSP_LE && (hi <= 0 || lo > 0))
        return term_const(hi <= 0);
    if (rel != CSP_LE && (lo > 0 || hi < 0))
        return term_const(rel == CSP_NE);
    csp_var z = fresh(l, 0, 1);
    if (l->state != LOWER_NOMEM)
        post_linear(l, rel, d, -1, z);
    return term_var(l, z);
}

static term connective(lower *l, const term *x, int n, bool disjunction)
{
    csp_var open[64];
    int n_open = 0;
    for (int i = 0; i < n; i++) {
        int64_t v;
        if (term_fixed(l, x[i], &v)) {
            if ((v != 0) == disjunction)
                return term_const(disjunction);
        } else if (n_open == 64) {
            lower_fail(l, WHY_TERMS);
        } else {
            open[n_open++] = term_materialize(l, x[i]);
        }
    }
    if (l->state != LOWER_OK || n_open == 0)
        return term_const(!disjunction);
    if (n_open == 1)
        return term_var(l, open[0]);
    csp_var z = fresh(l, 0, 1);
    if (l->state != LOWER_NOMEM)
        lower_posted(l, disjunction ? csp_or(l->csp, z, open, (size_t)n_open) : csp_and(l->csp, z, open, (size_t)n_open));
    return term_var(l, z);
}

term term_or(lower *l, const term *x, int n)
{
    return connective(l, x, n, true);
}

term term_and(lower *l, const term *x, int n)
{
    return connective(l, x, n, false);
}
