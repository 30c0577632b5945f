/* Estimates (estimate.h), computed from the same expressions as bounds. While l->estimating is set, eval_interval returns the
 * intervals of estimates as well, so that lo, hi, mag and width in a `range` are those of likely values. */
#include "lower/eval.h"

static estimate fold(int fn, estimate a, estimate b)
{
    switch ((ex_fn)fn) {
    case FN_MIN:
    case FN_MAX:
        return est_extreme(a, b, fn == FN_MAX);
    case FN_HULL:
        return est_hull(a, b);
    case FN_PROD:
        return est_mul(a, b);
    default:
        return est_add(a, b);
    }
}

typedef struct {
    int fn;
    bool any;
    estimate r;
} estimate_fold;

static void fold_item(lower *l, void *data, const expr *e, tensor_ref t, int k)
{
    estimate_fold *f = data;
    estimate x = e ? eval_estimate(l, e) : frame_estimate(l, t, k);
    f->r = f->any ? fold(f->fn, f->r, x) : x;
    f->any = true;
}

static estimate aggregate(lower *l, const expr *e)
{
    estimate_fold f = {.fn = e->op, .r = est_point(e->op == FN_PROD ? 1 : 0)};
    if (!eval_each(l, e, fold_item, &f))
        lower_fail(l, WHY_NO_ELEMENTS);
    return f.r;
}

static estimate mono(lower *l, const expr *g)
{
    estimate a = eval_estimate(l, g->a);
    interval range = eval_mono_image(l, g, a.range);
    if (!(a.live > 0) || !iv_finite(a.range))
        return est_image(range, a, a);
    interval images[3];
    for (int k = 0; k < 3; k++)
        images[k] = eval_mono_image(l, g, est_window(a, k));
    return est_curve(range, a, images);
}

static estimate function(int fn, estimate a)
{
    interval range = eval_function(fn, a.range), images[3];
    if (!(a.live > 0) || !iv_finite(a.range))
        return est_image(range, a, a);
    for (int k = 0; k < 3; k++)
        images[k] = eval_function(fn, est_window(a, k));
    return est_curve(range, a, images);
}

/* A sum or mean of n elements. If the tensor has fewer elements than n, only that many are independent. */
static estimate of_many(lower *l, const expr *e)
{
    double n = eval_real(l, e->args[0]), own = n;
    const expr *x = e->args[1];
    if (x->kind == EX_COERCE && x->a->type == TY_TENSOR)
        own = frame_elements(l, eval(l, x->a).tensor, n);
    estimate a = eval_estimate(l, x);
    if (!(own < n))
        return e->op == FN_SUM_OF ? est_sum_of(n, a) : est_mean_of(n, a);
    a = est_mean_of(own, a);
    return e->op == FN_SUM_OF ? est_mul(est_point(n), a) : a;
}

static estimate call(lower *l, const expr *e)
{
    estimate a, b;
    switch ((ex_fn)e->op) {
    case FN_HULL:
    case FN_MIN:
    case FN_MAX:
    case FN_SUM:
    case FN_PROD:
        return aggregate(l, e);
    case FN_MONO:
        return mono(l, e->args[0]);
    case FN_GUESS:
        return eval_estimate(l, e->args[1]);
    case FN_LIKELY:
    case FN_WIDEN: /* tables widen by an error, or by values that are seldom reached */
        return eval_estimate(l, e->args[0]);
    case FN_SUM_OF:
    case FN_MEAN_OF:
        return of_many(l, e);
    case FN_MEET:
    case FN_POW:
        a = eval_estimate(l, e->args[0]);
        b = eval_estimate(l, e->args[1]);
        return e->op == FN_MEET ? est_within(a, b.range) : est_image(iv_pow(a.range, b.range), a, b);
    case FN_RELU:
        return est_extreme(eval_estimate(l, e->args[0]), est_point(0), true);
    default:
        a = eval_estimate(l, e->args[0]);
        a.ties |= e->op == FN_FLOOR || e->op == FN_CEIL || e->op == FN_ROUND || e->op == FN_SIGN;
        return e->op == FN_FLOOR || e->op == FN_CEIL || e->op == FN_ROUND ? est_image(eval_function(e->op, a.range), a, a)
                                                                          : function(e->op, a);
    }
}

static estimate coerce(lower *l, const expr *e)
{
    const expr *a = e->a;
    if (a->type == TY_TENSOR || a->type == TY_TENSORS) {
        tensor_ref t = eval_tensor(l, a);
        estimate r = t.n > 0 ? frame_estimate(l, t, 0) : est_point(0);
        for (int k = 1; k < t.n && l->state == LOWER_OK; k++)
            r = est_hull(r, frame_estimate(l, t, k));
        return r;
    }
    if (a->kind == EX_LIST) {
        double lo = eval_real(l, a->args[0]), hi = eval_real(l, a->args[1]);
        return est_all(iv(lo, hi));
    }
    return est_point(eval_real(l, a));
}

estimate eval_estimate(lower *l, const expr *e)
{
    estimate r = est_point(0);
    if (!lower_enter(l))
        return r;
    bool before = l->estimating;
    l->estimating = true;
    switch (e->kind) {
    case EX_COERCE:
        r = coerce(l, e);
        break;
    case EX_LOCAL:
        r = est_still(l->locals[e->index].iv);
        break;
    case EX_NEG:
        r = est_neg(eval_estimate(l, e->a));
        break;
    case EX_IF:
        r = eval_estimate(l, eval_cond(l, e->a) ? e->b : e->c);
        break;
    case EX_CALL:
        r = call(l, e);
        break;
    case EX_BINARY: {
        estimate a = eval_estimate(l, e->a), b = eval_estimate(l, e->b);
        if (e->op == OP_ADD || e->op == OP_SUB)
            r = est_add(a, e->op == OP_SUB ? est_neg(b) : b);
        else if (e->op == OP_MUL)
            r = est_mul(a, b);
        else
            r = est_div(a, b);
        break;
    }
    default:
        lower_fail(l, WHY_NO_VALUE);
        break;
    }
    l->estimating = before;
    l->depth--;
    return r;
}
