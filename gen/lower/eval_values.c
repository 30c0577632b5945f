/* Reals and intervals: evaluated once shapes are solved (attributes' reals earlier). */
#include "value/dmath.h"
#include "lower/eval.h"

#include <string.h>

static double fold(int fn, double a, double b)
{
    if (fn == FN_MIN)
        return b < a ? b : a;
    if (fn == FN_MAX)
        return b > a ? b : a;
    return fn == FN_PROD ? a * b : a + b;
}

static double (*const real_functions[FN_COUNT_])(double) = {
    [FN_FLOOR] = dm_floor, [FN_CEIL] = dm_ceil,   [FN_ROUND] = dm_round_even, [FN_SQRT] = dm_sqrt, [FN_EXP] = dm_exp,
    [FN_LOG] = dm_log,     [FN_SIN] = dm_sin,     [FN_COS] = dm_cos,          [FN_TAN] = dm_tan,   [FN_ASIN] = dm_asin,
    [FN_ACOS] = dm_acos,   [FN_ATAN] = dm_atan,   [FN_SINH] = dm_sinh,        [FN_COSH] = dm_cosh, [FN_TANH] = dm_tanh,
    [FN_ASINH] = dm_asinh, [FN_ACOSH] = dm_acosh, [FN_ATANH] = dm_atanh,      [FN_ERF] = dm_erf,
};

static double function_real(int fn, double x)
{
    switch ((ex_fn)fn) {
    case FN_SIGN:
        return (x > 0) - (x < 0);
    case FN_RELU:
        return x > 0 ? x : 0;
    case FN_SQR:
        return x * x;
    case FN_ABS:
        return x < 0 ? -x : x;
    case FN_SIGMOID:
        return 1 / (1 + dm_exp(-x));
    case FN_SOFTPLUS:
        return x > 30 ? x : dm_log(1 + dm_exp(x));
    default:
        return real_functions[fn](x);
    }
}

/* The bounds of an argument, or its likely values; with a fast path for tensors. */
static inline interval argument(lower *l, const expr *e)
{
    const expr *x = e->kind == EX_CALL && e->op == FN_LIKELY ? e->args[0] : e;
    if (x->kind != EX_COERCE || x->a->type != TY_TENSOR || l->state != LOWER_OK)
        return eval_interval(l, e);
    tensor_ref t = eval_tensor(l, x->a);
    return x != e || l->estimating ? frame_estimate(l, t, 0).range : frame_range(l, t, 0);
}

/* min, max, sum and prod over a list or several arguments. */
static __attribute__((noinline)) double aggregate_real(lower *l, const expr *e)
{
    double r = e->op == FN_PROD ? 1 : 0;
    if (e->n == 1 && e->args[0]->type == TY_REALS) {
        real_list list = eval(l, e->args[0]).reals;
        if (list.n == 0 && (e->op == FN_MIN || e->op == FN_MAX))
            lower_fail(l, WHY_NO_ELEMENTS);
        lower_spend(l, (size_t)list.n);
        for (int i = 0; l->state == LOWER_OK && i < list.n; i++)
            r = i == 0 ? list.p[0] : fold(e->op, r, list.p[i]);
        return r;
    }
    for (size_t i = 0; i < e->n; i++) {
        double x = eval_real(l, e->args[i]);
        r = i == 0 ? x : fold(e->op, r, x);
    }
    return r;
}

static double call_real(lower *l, const expr *e)
{
    interval a;
    switch ((ex_fn)e->op) {
    case FN_LO:
        return argument(l, e->args[0]).lo;
    case FN_HI:
        return argument(l, e->args[0]).hi;
    case FN_MAG:
        return iv_mag(argument(l, e->args[0]));
    case FN_WIDTH:
        a = argument(l, e->args[0]);
        return a.hi - a.lo;
    case FN_LIVE:
        return eval_estimate(l, e->args[0]).live;
    case FN_LEAST:
    case FN_LARGEST: {
        double least = 0, largest = 0;
        if (!dtype_limits(dtype_parse(eval(l, e->args[0]).s), &least, &largest))
            lower_fail(l, WHY_NO_VALUE);
        return e->op == FN_LEAST ? least : largest;
    }
    case FN_SCALE_FOR: {
        double n = eval_real(l, e->args[0]);
        return iv_scale_for(n, iv_mag(eval_interval(l, e->args[1])));
    }
    case FN_POW: {
        double x = eval_real(l, e->args[0]);
        return dm_pow(x, eval_real(l, e->args[1]));
    }
    case FN_MIN:
    case FN_MAX:
    case FN_SUM:
    case FN_PROD:
        return aggregate_real(l, e);
    default:
        return function_real(e->op, eval_real(l, e->args[0]));
    }
}

static double real_of(lower *l, const expr *e)
{
    if (e->type != TY_REAL)
        return (double)eval_int(l, e);
    double a, b;
    switch (e->kind) {
    case EX_REAL:
        return e->r;
    case EX_VAR:
        return frame_var(l, e->index).r;
    case EX_LOCAL:
        return l->locals[e->index].r;
    case EX_COERCE:
        return (double)eval_int(l, e->a);
    case EX_NEG:
        return -eval_real(l, e->a);
    case EX_IF:
        return eval_real(l, eval_cond(l, e->a) ? e->b : e->c);
    case EX_CALL:
        return call_real(l, e);
    case EX_INDEX: {
        real_list list = eval(l, e->a).reals;
        int64_t i = eval_int(l, e->b);
        i += i < 0 ? list.n : 0;
        if (l->state != LOWER_OK || i < 0 || i >= list.n) {
            lower_fail(l, WHY_INDEX);
            return 0;
        }
        return list.p[i];
    }
    case EX_BINARY:
        a = eval_real(l, e->a);
        b = eval_real(l, e->b);
        switch ((ex_op)e->op) {
        case OP_ADD:
            return a + b;
        case OP_SUB:
            return a - b;
        case OP_MUL:
            return a * b;
        default:
            return a / b;
        }
    default:
        lower_fail(l, WHY_NO_VALUE);
        return 0;
    }
}

double eval_real(lower *l, const expr *e)
{
    if (e->kind == EX_REAL)
        return e->r;
    if (!lower_enter(l))
        return 0;
    double r = real_of(l, e);
    l->depth--;
    return r;
}

static interval binary_interval(int op, interval a, interval b)
{
    switch ((ex_op)op) {
    case OP_ADD:
        return iv_add(a, b);
    case OP_SUB:
        return iv_sub(a, b);
    case OP_MUL:
        return iv_mul(a, b);
    default:
        return iv_div(a, b);
    }
}

static interval fold_interval(int fn, interval a, interval b)
{
    switch ((ex_fn)fn) {
    case FN_MIN:
        return iv_min(a, b);
    case FN_MAX:
        return iv_max(a, b);
    case FN_HULL:
        return iv_hull(a, b);
    case FN_PROD:
        return iv_mul(a, b);
    default:
        return iv_add(a, b);
    }
}

/* Whether the values of a tensor are known; those of an initializer are known once it is filled. */
static bool has_values(const lower *l, tensor_ref t, int k)
{
    return t.output || l->f->slots[t.first + k].kind != SLOT_INIT || l->f->slots[t.first + k].range_known;
}

static bool some_known(const lower *l, tensor_ref t)
{
    bool some = false;
    for (int k = 0; k < t.n; k++)
        some |= has_values(l, t, k);
    return some;
}

bool eval_each(lower *l, const expr *e, eval_item *item, void *data)
{
    bool any = false;
    if (e->n == 1 && e->args[0]->type == TY_INTERVALS) {
        const expr *g = e->args[0];
        value source = {0};
        int64_t from = 0;
        int n = eval_for_count(l, g, &source, &from);
        for (int i = 0; i < n && l->state == LOWER_OK; i++) {
            l->locals[g->index] = eval_for_item(g, &source, from, i);
            if (g->c && !eval_cond(l, g->c))
                continue;
            item(l, data, g->args[0], (tensor_ref){0}, 0);
            any = true;
        }
        return any || e->op == FN_PROD || e->op == FN_SUM;
    }
    for (size_t i = 0; i < e->n && l->state == LOWER_OK; i++) {
        const expr *x = e->args[i]->kind == EX_COERCE ? e->args[i]->a : e->args[i];
        if (x->type != TY_TENSORS) {
            item(l, data, e->args[i], (tensor_ref){0}, 0);
            continue;
        }
        tensor_ref t = eval_tensor(l, x); /* a variadic counts as all its tensors */
        bool some = some_known(l, t);
        for (int k = 0; k < t.n && l->state == LOWER_OK; k++)
            if (!some || has_values(l, t, k))
                item(l, data, NULL, t, k);
    }
    return true;
}

typedef struct {
    int fn;
    bool any;
    interval r;
} interval_fold;

static void fold_item(lower *l, void *data, const expr *e, tensor_ref t, int k)
{
    interval_fold *f = data;
    interval x = e ? eval_interval(l, e) : frame_range(l, t, k);
    f->r = f->any ? fold_interval(f->fn, f->r, x) : x;
    f->any = true;
}

/* sum, prod, min, max, hull. */
static interval aggregate(lower *l, const expr *e)
{
    interval_fold f = {.fn = e->op, .r = iv_point(e->op == FN_PROD ? 1 : 0)};
    if (!eval_each(l, e, fold_item, &f))
        lower_fail(l, WHY_NO_ELEMENTS);
    return f.r;
}

static const iv_function functions[FN_COUNT_] = {
    [FN_EXP] = IV_EXP,         [FN_LOG] = IV_LOG,           [FN_SIN] = IV_SIN,     [FN_COS] = IV_COS,     [FN_TAN] = IV_TAN,
    [FN_ASIN] = IV_ASIN,       [FN_ACOS] = IV_ACOS,         [FN_ATAN] = IV_ATAN,   [FN_SINH] = IV_SINH,   [FN_COSH] = IV_COSH,
    [FN_TANH] = IV_TANH,       [FN_ASINH] = IV_ASINH,       [FN_ACOSH] = IV_ACOSH, [FN_ATANH] = IV_ATANH, [FN_ERF] = IV_ERF,
    [FN_SIGMOID] = IV_SIGMOID, [FN_SOFTPLUS] = IV_SOFTPLUS,
};

interval eval_mono_image(lower *l, const expr *g, interval a)
{
    l->locals[g->index].iv = iv_point(a.lo);
    interval lo = eval_interval(l, g->args[0]);
    l->locals[g->index].iv = iv_point(a.hi);
    return iv_hull(lo, eval_interval(l, g->args[0]));
}

static interval mono(lower *l, const expr *g)
{
    interval a = eval_interval(l, g->a);
    return iv_valid(a) ? eval_mono_image(l, g, a) : a;
}

/* The result in arithmetic of the format, where each operation and each partial sum is rounded. */
static interval format_rounded(const dtype_format *f, interval r, double operations)
{
    double error = operations * f->unit, least = operations * f->least;
    return iv_valid(r) && iv_finite(r) ? iv_widen(r, error * iv_mag(r) + least) : r;
}

static interval call_interval(lower *l, const expr *e)
{
    interval a, b;
    switch ((ex_fn)e->op) {
    case FN_HULL:
    case FN_MIN:
    case FN_MAX:
    case FN_SUM:
    case FN_PROD:
        return aggregate(l, e);
    case FN_MONO:
        return mono(l, e->args[0]);
    case FN_SUM_OF:
    case FN_MEAN_OF: {
        double n = eval_real(l, e->args[0]);
        a = eval_interval(l, e->args[1]);
        if (l->rounds != NULL) { /* each partial sum is rounded, and none may overflow */
            a = format_rounded(l->rounds, a, n);
            if (n * iv_mag(a) > l->rounds->largest)
                return iv(-__builtin_inf(), __builtin_inf());
        }
        return e->op == FN_SUM_OF ? iv_sum_of(n, a) : iv_mean_of(n, a);
    }
    case FN_WIDEN:
        a = eval_interval(l, e->args[0]);
        return iv_widen(a, eval_real(l, e->args[1]));
    case FN_MEET:
    case FN_POW:
        a = eval_interval(l, e->args[0]);
        b = eval_interval(l, e->args[1]);
        return e->op == FN_MEET ? iv_meet(a, b) : iv_pow(a, b);
    case FN_GUESS:
        return eval_interval(l, e->args[0]);
    case FN_LIKELY:
        return eval_estimate(l, e->args[0]).range;
    default:
        a = eval_interval(l, e->args[0]);
        b = eval_function(e->op, a);
        if (l->rounds != NULL && e->op == FN_SOFTPLUS && a.hi > 11) /* kernels may compute it by exp, which overflows */
            b.hi = __builtin_inf();
        return b;
    }
}

interval eval_function(int fn, interval a)
{
    switch ((ex_fn)fn) {
    case FN_ABS:
        return iv_abs(a);
    case FN_FLOOR:
        return iv_floor(a);
    case FN_CEIL:
        return iv_ceil(a);
    case FN_ROUND:
        return iv_round(a);
    case FN_SIGN:
        return iv_sign(a);
    case FN_RELU:
        return iv_relu(a);
    case FN_SQR:
        return iv_sqr(a);
    case FN_SQRT:
        return iv_sqrt(a);
    default:
        return iv_apply(functions[fn], a);
    }
}

static interval coerce_interval(lower *l, const expr *e)
{
    const expr *a = e->a;
    if (a->type == TY_TENSOR || a->type == TY_TENSORS) {
        tensor_ref t = eval_tensor(l, a);
        interval r = t.n > 0 ? frame_range(l, t, 0) : iv_point(0);
        for (int k = 1; k < t.n && l->state == LOWER_OK; k++)
            r = iv_hull(r, frame_range(l, t, k));
        return r;
    }
    if (a->kind == EX_LIST) {
        double lo = eval_real(l, a->args[0]), hi = eval_real(l, a->args[1]);
        return iv(lo, hi);
    }
    return iv_point(eval_real(l, a));
}

/* Rounds the result of an operation to the format, except for functions whose results need no rounding. Signs are kept. */
static interval format_result(const dtype_format *f, const expr *e, interval r)
{
    if (e->kind == EX_CALL) {
        switch ((ex_fn)e->op) {
        case FN_HULL:
        case FN_MIN:
        case FN_MAX:
        case FN_MONO:
        case FN_WIDEN:
        case FN_MEET:
        case FN_GUESS:
        case FN_LIKELY:
        case FN_ABS:
        case FN_FLOOR:
        case FN_CEIL:
        case FN_ROUND:
        case FN_SIGN:
        case FN_RELU:
            return r;
        default:
            break;
        }
    }
    interval w = format_rounded(f, r, 1);
    if (r.lo >= 0 && w.lo < 0)
        w.lo = 0;
    if (r.hi <= 0 && w.hi > 0)
        w.hi = 0;
    if (w.lo < -HALF_LARGEST) /* overflow, even if a later operation makes the value smaller */
        w.lo = -__builtin_inf();
    if (w.hi > HALF_LARGEST)
        w.hi = __builtin_inf();
    return w;
}

static interval interval_of(lower *l, const expr *e)
{
    switch (e->kind) {
    case EX_COERCE:
        return coerce_interval(l, e);
    case EX_LOCAL:
        return l->locals[e->index].iv;
    case EX_NEG:
        return iv_neg(eval_interval(l, e->a));
    case EX_IF:
        return eval_interval(l, eval_cond(l, e->a) ? e->b : e->c);
    case EX_CALL:
        return call_interval(l, e);
    case EX_BINARY: {
        interval a = eval_interval(l, e->a);
        return binary_interval(e->op, a, eval_interval(l, e->b));
    }
    default:
        lower_fail(l, WHY_NO_VALUE);
        return iv_point(0);
    }
}

interval eval_interval(lower *l, const expr *e)
{
    if (!lower_enter(l))
        return iv_point(0);
    interval r = l->estimating ? eval_estimate(l, e).range : interval_of(l, e);
    if (l->rounds != NULL && !l->estimating && (e->kind == EX_BINARY || e->kind == EX_CALL))
        r = format_result(l->rounds, e, r);
    l->depth--;
    return r;
}
