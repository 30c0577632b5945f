/* Contents of initializers: lists of values and generators (`values` in the table). */
#include "lower/eval.h"
#include "value/dmath.h"

#define MAX_WHOLE 9007199254740992.0 /* 2^53: up to here, doubles represent every integer */

/* The initializer that is being filled. */
typedef struct {
    const tensor_desc *desc;
    content *out;
    interval *range;
} filling;

/* ---- lists ---- */

static interval list_range(const content *c)
{
    double lo = c->list[0], hi = c->list[0];
    for (size_t i = 1; i < c->n_list; i++) {
        lo = c->list[i] < lo ? c->list[i] : lo;
        hi = c->list[i] > hi ? c->list[i] : hi;
    }
    return iv(lo, hi);
}

/* The values of a number or a list of numbers; NULL if the evaluation fails. */
static double *list_values(lower *l, const expr *e, size_t *n)
{
    term_list ints = {0};
    real_list reals = {0};
    *n = 1;
    if (e->type == TY_INTS) {
        ints = eval(l, e).ints;
        *n = (size_t)ints.n;
    } else if (e->type == TY_REALS) {
        reals = eval(l, e).reals;
        *n = (size_t)reals.n;
    } else if (e->type == TY_EMPTY) {
        *n = 0;
    }
    if (l->state != LOWER_OK)
        return NULL;
    double *p = arena_alloc(l->out, *n * sizeof *p);
    if (!p) {
        lower_nomem(l);
        return NULL;
    }
    for (size_t i = 0; i < *n && l->state == LOWER_OK; i++)
        p[i] = e->type == TY_INTS ? (double)term_need(l, ints.p[i]) : e->type == TY_REALS ? reals.p[i] : eval_real(l, e);
    return l->state == LOWER_OK ? p : NULL;
}

/* The nearest value of the type; for integer types, the nearest integer. whole: x is an integer, which is left as it is. Ranges are
 * checked afterwards. */
static double of_type(dtype t, double x, bool whole)
{
    if (dtype_is_float(t))
        return dtype_nearest(t, x);
    return dtype_is_whole(t) && !whole ? dm_round_even(x) : x;
}

static void list_content(lower *l, const expr *e, const filling *f)
{
    f->out->kind = CONTENT_LIST;
    dtype t = f->desc->type;
    size_t n;
    double *p = list_values(l, e, &n), least, largest;
    if (!p)
        return;
    for (size_t i = 0; i < n; i++)
        p[i] = of_type(t, p[i], e->type == TY_INTS || e->type == TY_INT);
    bool limited = t != DT_INT64 && dtype_limits(t, &least, &largest); /* int64 has 2^63 for "to the end" */
    for (size_t i = 0; i < n && l->state == LOWER_OK; i++) {
        bool finite = p[i] - p[i] == 0;
        if (!finite || (limited && !(least <= p[i] && p[i] <= largest)))
            lower_fail(l, WHY_CONTENT_TYPE);
    }
    f->out->list = p;
    f->out->n_list = n;
    if (l->state == LOWER_OK && n != 1 && (int64_t)n != tensor_elements(f->desc))
        lower_fail(l, WHY_CONTENT_COUNT);
    *f->range = n ? list_range(f->out) : iv_point(0);
}

/* ---- generators ---- */

static void signed_content(lower *l, const expr *e, const filling *f)
{
    eval_content(l, e->args[0], f->desc, f->out, f->range);
    double n = f->range->hi + 1;
    f->out->negative = true;
    if (f->range->lo > -n)
        f->range->lo = -n;
}

static void permuted_content(lower *l, const expr *e, const filling *f)
{
    content *out = f->out;
    out->kind = CONTENT_PERMUTED;
    out->axis = (int)eval_int(l, e->args[0]);
    out->count = eval_int(l, e->args[1]);
    if (out->axis < 0)
        out->axis += f->desc->rank;
    if (out->axis < 0 || out->axis >= f->desc->rank || out->count < f->desc->dims[out->axis])
        lower_fail(l, WHY_CONTENT);
    *f->range = iv(0, (double)out->count - 1);
}

static void tuples_content(lower *l, const expr *e, const filling *f)
{
    const tensor_desc *desc = f->desc;
    term_list s = eval(l, e->args[0]).ints;
    if (l->state != LOWER_OK)
        return;
    double *p = arena_alloc(l->out, ((size_t)s.n + 1) * sizeof *p), top = 0, combinations = 1;
    if (!p) {
        lower_nomem(l);
        return;
    }
    for (int i = 0; i < s.n; i++) {
        p[i] = (double)term_need(l, s.p[i]);
        combinations *= p[i];
        top = p[i] > top ? p[i] : top;
    }
    f->out->kind = CONTENT_TUPLES;
    f->out->list = p;
    f->out->n_list = (size_t)s.n;
    int64_t tuples = s.n > 0 ? tensor_elements(desc) / s.n : 0;
    if (l->state != LOWER_OK || desc->rank < 1 || desc->dims[desc->rank - 1] != s.n || (double)tuples > combinations)
        lower_fail(l, WHY_CONTENT);
    *f->range = iv(0, top - 1);
}

static void mask_content(lower *l, const expr *e, const filling *f)
{
    f->out->kind = CONTENT_MASK;
    f->out->count = e->n ? eval_int(l, e->args[0]) : -1;
    if (f->out->count > tensor_elements(f->desc))
        lower_fail(l, WHY_CONTENT);
    *f->range = iv(0, 1);
}

static void finish_between(lower *l, const filling *f, double lo, double hi)
{
    if (!(lo <= hi) || !(hi - lo < 1e300))
        lower_fail(l, WHY_CONTENT);
    f->out->lo = lo;
    f->out->hi = hi;
    *f->range = iv(lo, hi);
}

/* The ends are values of the type inside the requested interval, so that rounded draws stay within it. */
static void uniform_content(lower *l, const expr *e, const filling *f)
{
    double lo = eval_real(l, e->args[0]), hi = eval_real(l, e->args[1]), least, largest;
    dtype t = f->desc->type;
    if (t == DT_BOOL) { /* both values, whatever the ends */
        *f->out = (content){.kind = CONTENT_MASK, .count = -1};
        *f->range = iv(0, 1);
        return;
    }
    f->out->kind = CONTENT_UNIFORM;
    if (dtype_format_of(t) != NULL) {
        lo = dtype_toward(t, lo, true);
        hi = dtype_toward(t, hi, false);
    } else if (dtype_is_whole(t) && dtype_limits(t, &least, &largest)) {
        f->out->kind = CONTENT_INTEGERS;
        lo = dm_ceil(lo > least ? lo : least);
        hi = dm_floor(hi < largest ? hi : largest);
    } else if (t != DT_DOUBLE) {
        lo = (double)(float)lo;
        hi = (double)(float)hi;
    }
    finish_between(l, f, lo, hi);
}

static void whole_content(lower *l, const expr *e, const filling *f)
{
    double lo = dm_ceil(eval_real(l, e->args[0])), hi = dm_floor(eval_real(l, e->args[1]));
    f->out->kind = e->op == FN_INTEGERS ? CONTENT_INTEGERS : CONTENT_DISTINCT;
    if (!(lo >= -MAX_WHOLE && hi <= MAX_WHOLE))
        lower_fail(l, WHY_CONTENT);
    if (e->op == FN_DISTINCT && (double)tensor_elements(f->desc) > hi - lo + 1)
        lower_fail(l, WHY_CONTENT);
    finish_between(l, f, lo, hi);
}

void eval_content(lower *l, const expr *e, const tensor_desc *desc, content *out, interval *range)
{
    const filling f = {desc, out, range};
    if (l->state != LOWER_OK)
        return;
    if (e->kind == EX_IF) {
        eval_content(l, eval_cond(l, e->a) ? e->b : e->c, desc, out, range);
        return;
    }
    if (e->type != TY_CONTENT) {
        list_content(l, e, &f);
        return;
    }
    switch ((ex_fn)e->op) {
    case FN_SIGNED:
        signed_content(l, e, &f);
        return;
    case FN_PERMUTED:
        permuted_content(l, e, &f);
        return;
    case FN_TUPLES:
        tuples_content(l, e, &f);
        return;
    case FN_MASK:
        mask_content(l, e, &f);
        return;
    case FN_UNIFORM:
        uniform_content(l, e, &f);
        return;
    default: /* integers, distinct */
        whole_content(l, e, &f);
        return;
    }
}
