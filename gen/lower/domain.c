/* Draws from the domains of choose, attrs and rank: structure is drawn at once, integers become solver variables. */
#include "value/dmath.h"
#include "lower/eval_parts.h"

static bool at_boundary(lower *l)
{
    return l->mode == CSP_BOUNDARY && tape_draw(l->tape, "boundary", 4) > 0;
}

static term int_in(lower *l, term lo, term hi)
{
    int64_t a, b, c, unused;
    if (term_fixed(l, lo, &a) && term_fixed(l, hi, &b))
        return term_new(l, a, b, true);
    term_bounds(l, lo, &a, &unused);
    term_bounds(l, hi, &unused, &c);
    term v = term_new(l, a, c, true);
    term_post(l, CSP_LE, lo, v);
    term_post(l, CSP_LE, v, hi);
    return v;
}

static term int_of_set(lower *l, const expr *e)
{
    int64_t values[64];
    size_t n = e->n < 64 ? e->n : 64;
    for (size_t i = 0; i < n; i++)
        values[i] = eval_int(l, e->args[i]);
    if (l->state != LOWER_OK)
        return term_const(0);
    if (n == 1)
        return term_const(values[0]);
    csp_var v = csp_set(l->csp, values, n);
    if (v >= 0 && l->n_decide < sizeof l->decide / sizeof *l->decide)
        l->decide[l->n_decide++] = v;
    return term_var(l, v);
}

/* A size that the data decide when the node is run. It is drawn from those above 0, of which there are two to tell apart. */
static term draw_found(lower *l, const expr *e)
{
    term lo = eval(l, e->args[0]).t, hi = eval(l, e->args[1]).t;
    int64_t a = 0, b = 1;
    if (l->state != LOWER_OK)
        return term_const(0);
    const bool settled = term_fixed(l, lo, &a) && term_fixed(l, hi, &b) && a == b;
    term least = l->f->least > 0 ? term_extreme(l, (term[]){lo, term_const(1)}, 2, true) : lo;
    if (l->state != LOWER_OK)
        return term_const(0);
    if (l->found == FOUND_DRAWN && !settled) {
        term_post(l, CSP_LE, term_const(2), hi);
        return l->state == LOWER_OK ? int_in(l, least, hi) : term_const(0);
    }
    term_post(l, CSP_LE, least, hi);
    return l->found == FOUND_MOST ? hi : least;
}

/* Draws an int from a domain of ints. */
static term draw_int(lower *l, const expr *e)
{
    switch (e->kind) {
    case EX_RANGE: {
        term lo = eval(l, e->a).t, hi = eval(l, e->b).t;
        return l->state == LOWER_OK ? int_in(l, lo, hi) : term_const(0);
    }
    case EX_SET:
        return int_of_set(l, e);
    case EX_BOOLS:
        return term_new(l, 0, 1, true);
    case EX_IF:
        return domain_draw(l, eval_cond(l, e->a) ? e->b : e->c).t;
    default:
        return domain_draw(l, e).t;
    }
}

static value draw_subset(lower *l, const expr *e)
{
    term_list from = eval(l, e->args[0]).ints;
    int64_t lo = eval_int(l, e->args[1]->a), hi = eval_int(l, e->args[1]->b);
    value r = {0};
    if (hi > from.n)
        hi = from.n;
    if (lo < 0)
        lo = 0;
    if (l->state != LOWER_OK || lo > hi) {
        lower_fail(l, WHY_EMPTY_DOMAIN);
        return r;
    }
    int64_t size = at_boundary(l) ? (tape_draw(l->tape, "end", 2) ? hi : lo) : tape_range(l->tape, "size", lo, hi);
    term *p = lower_alloc(l, (size_t)size, sizeof *p);
    int n = 0;
    /* Selection sampling: each subset of the size is as likely as another (Knuth, The Art of Computer Programming 2, 3.4.2,
     * algorithm S). */
    for (int i = 0; i < from.n && n < size && l->state == LOWER_OK; i++) {
        int64_t left = from.n - i, wanted = size - n;
        if ((int64_t)tape_draw(l->tape, "subset", (uint64_t)left) < wanted)
            p[n++] = term_const(term_need(l, from.p[i]));
    }
    eval_sort_constants(l, p, (size_t)n);
    r.ints = (term_list){p, n};
    return r;
}

static value draw_permutation(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    value r = {0};
    uint32_t order[64];
    if (l->state != LOWER_OK || n < 0 || n > 64) {
        lower_fail(l, WHY_LENGTH);
        return r;
    }
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    if (at_boundary(l)) { /* reversal: the default of ONNX's own layout operator */
        for (uint32_t i = 0; i < n; i++)
            order[i] = (uint32_t)n - 1 - i;
    } else {
        tape_shuffle(l->tape, "permutation", order, (size_t)n);
    }
    term *p = lower_alloc(l, (size_t)n, sizeof *p);
    for (int64_t i = 0; i < n && p; i++)
        p[i] = term_const(order[i]);
    r.ints = (term_list){p, (int)n};
    return r;
}

static value draw_select(lower *l, const expr *e)
{
    value list = eval(l, e->args[0]), r = {0};
    ex_type t = e->args[0]->type;
    int n = l->state != LOWER_OK ? 0 : t == TY_STRINGS ? list.strings.n : t == TY_REALS ? list.reals.n : list.ints.n;
    if (n == 0) {
        lower_fail(l, WHY_EMPTY_DOMAIN);
        return r;
    }
    int i = (int)tape_draw(l->tape, "select", (uint64_t)n);
    if (t == TY_STRINGS)
        r.s = list.strings.p[i];
    else if (t == TY_REALS)
        r.r = list.reals.p[i];
    else
        r.t = list.ints.p[i];
    return r;
}

/* k ints >= 1 with a given sum or product. */
static value draw_split(lower *l, const expr *e)
{
    term total = eval(l, e->args[0]).t;
    int64_t k = eval_int(l, e->args[1]), lo, hi;
    bool product = e->op == FN_FACTORS;
    value r = {0};
    if (l->state != LOWER_OK || k < 0 || k > 64) {
        lower_fail(l, WHY_LENGTH);
        return r;
    }
    term_bounds(l, total, &lo, &hi);
    term *p = lower_alloc(l, (size_t)k, sizeof *p), sum = term_const(0);
    for (int64_t i = 0; i < k && l->state == LOWER_OK; i++) {
        p[i] = term_new(l, 1, product ? hi : hi - k + 1, true);
        sum = product ? sum : term_add(l, sum, p[i], 1);
    }
    if (l->state == LOWER_OK)
        term_post(l, CSP_EQ, product ? term_product(l, p, (int)k) : sum, total);
    r.ints = (term_list){p, (int)k};
    return r;
}

static double draw_real(lower *l, double lo, double hi, bool logarithmic)
{
    double x;
    if (at_boundary(l))
        x = tape_draw(l->tape, "end", 2) ? hi : lo;
    else if (logarithmic)
        x = dm_exp(tape_real(l->tape, "real", dm_log(lo), dm_log(hi)));
    else
        x = tape_real(l->tape, "real", lo, hi);
    /* Rounded towards the middle if float32 cannot represent an end. */
    return lower_float32(l, x);
}

static value draw_list(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    value r = {0};
    if (l->state != LOWER_OK || n < 0 || n > 64) {
        lower_fail(l, WHY_LENGTH);
        return r;
    }
    term *p = lower_alloc(l, (size_t)n, sizeof *p);
    for (int64_t i = 0; i < n && l->state == LOWER_OK; i++)
        p[i] = draw_int(l, e->args[1]);
    r.ints = (term_list){p, (int)n};
    return r;
}

static value draw_reals(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    double lo = eval_real(l, e->args[1]), hi = eval_real(l, e->args[2]);
    value r = {0};
    if (l->state != LOWER_OK || n < 0 || n > 64) {
        lower_fail(l, WHY_LENGTH);
        return r;
    }
    double *p = lower_alloc(l, (size_t)n, sizeof *p);
    for (int64_t i = 0; i < n && p; i++)
        p[i] = draw_real(l, lo, hi, false);
    r.reals = (real_list){p, (int)n};
    return r;
}

static value draw_of_set(lower *l, const expr *e)
{
    value r = {0};
    if (expr_domain_type(e) == TY_INT) {
        r.t = int_of_set(l, e);
        return r;
    }
    size_t i = tape_draw(l->tape, "one of", e->n);
    if (expr_domain_type(e) == TY_REAL)
        r.r = lower_float32(l, eval_real(l, e->args[i]));
    else
        r.s = eval(l, e->args[i]).s;
    return r;
}

value domain_draw(lower *l, const expr *e)
{
    value r = {0};
    if (l->state != LOWER_OK)
        return r;
    if (e->type != TY_DOMAIN)
        return eval(l, e);
    switch (e->kind) {
    case EX_IF:
        return domain_draw(l, eval_cond(l, e->a) ? e->b : e->c);
    case EX_SET:
        return draw_of_set(l, e);
    case EX_RANGE:
    case EX_BOOLS:
        r.t = draw_int(l, e);
        return r;
    default:
        break;
    }
    switch ((ex_fn)e->op) {
    case FN_LIST:
        return draw_list(l, e);
    case FN_SUBSET:
        return draw_subset(l, e);
    case FN_PERMUTATION:
        return draw_permutation(l, e);
    case FN_SELECT:
        return draw_select(l, e);
    case FN_PARTS:
    case FN_FACTORS:
        return draw_split(l, e);
    case FN_REALS:
        return draw_reals(l, e);
    case FN_FOUND:
        r.t = draw_found(l, e);
        return r;
    default: {
        double lo = eval_real(l, e->args[0]), hi = eval_real(l, e->args[1]);
        if (!(lo <= hi) || !(hi - lo < 1e38) || (e->op == FN_LOGREAL && !(lo > 0)))
            lower_fail(l, WHY_EMPTY_DOMAIN);
        r.r = l->state == LOWER_OK ? draw_real(l, lo, hi, e->op == FN_LOGREAL) : 0;
        return r;
    }
    }
}
