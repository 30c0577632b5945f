/* Reals, intervals and contents of initializers: evaluated once shapes are solved (attributes' reals earlier). */
#include "value/dmath.h"
#include "lower/lower_internal.h"

#include <string.h>

static double fold(int fn, double a, double b)
{
    if (fn == FN_MIN)
        return b < a ? b : a;
    if (fn == FN_MAX)
        return b > a ? b : a;
    return fn == FN_PROD ? a * b : a + b;
}

static double function_real(int fn, double x)
{
    switch ((ex_fn)fn) {
    case FN_FLOOR:
        return dm_floor(x);
    case FN_CEIL:
        return dm_ceil(x);
    case FN_ROUND:
        return dm_round_even(x);
    case FN_SIGN:
        return (x > 0) - (x < 0);
    case FN_RELU:
        return x > 0 ? x : 0;
    case FN_SQR:
        return x * x;
    case FN_SQRT:
        return dm_sqrt(x);
    case FN_ABS:
        return x < 0 ? -x : x;
    case FN_EXP:
        return dm_exp(x);
    case FN_LOG:
        return dm_log(x);
    case FN_SIN:
        return dm_sin(x);
    case FN_COS:
        return dm_cos(x);
    case FN_TAN:
        return dm_tan(x);
    case FN_ASIN:
        return dm_asin(x);
    case FN_ACOS:
        return dm_acos(x);
    case FN_ATAN:
        return dm_atan(x);
    case FN_SINH:
        return dm_sinh(x);
    case FN_COSH:
        return dm_cosh(x);
    case FN_TANH:
        return dm_tanh(x);
    case FN_ASINH:
        return dm_asinh(x);
    case FN_ACOSH:
        return dm_acosh(x);
    case FN_ATANH:
        return dm_atanh(x);
    case FN_ERF:
        return dm_erf(x);
    case FN_SIGMOID:
        return 1 / (1 + dm_exp(-x));
    default: /* softplus */
        return x > 30 ? x : dm_log(1 + dm_exp(x));
    }
}

/* The bounds of an argument, or its likely values: without a detour where it is a tensor. */
static inline interval argument(lower *l, const expr *e)
{
    const expr *x = e->kind == EX_CALL && e->op == FN_LIKELY ? e->args[0] : e;
    if (x->kind != EX_COERCE || x->a->type != TY_TENSOR || l->state != LOWER_OK)
        return eval_interval(l, e);
    tensor_ref t = eval_tensor(l, x->a);
    return x != e || l->estimating ? frame_estimate(l, t, 0).range : frame_range(l, t, 0);
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
            lower_fail(l);
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
    case FN_PROD: {
        double r = e->op == FN_PROD ? 1 : 0;
        if (e->n == 1 && e->args[0]->type == TY_REALS) {
            real_list list = eval(l, e->args[0]).reals;
            if (list.n == 0 && (e->op == FN_MIN || e->op == FN_MAX))
                lower_fail(l);
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
            lower_fail(l);
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
        lower_fail(l);
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

/* sum, prod, min, max, hull over a generator of intervals. */
static interval aggregate_for(lower *l, const expr *e, const expr *g)
{
    value source = {0};
    int64_t from = 0;
    int n = eval_for_count(l, g, &source, &from);
    interval r = e->op == FN_PROD ? iv_point(1) : iv_point(0);
    bool any = false;
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        l->locals[g->index] = eval_for_item(g, &source, from, i);
        if (g->c && !eval_cond(l, g->c))
            continue;
        interval x = eval_interval(l, g->args[0]);
        r = any ? fold_interval(e->op, r, x) : x;
        any = true;
    }
    if (!any && e->op != FN_PROD && e->op != FN_SUM)
        lower_fail(l);
    return r;
}

static interval aggregate(lower *l, const expr *e)
{
    if (e->n == 1 && e->args[0]->type == TY_INTERVALS)
        return aggregate_for(l, e, e->args[0]);
    interval r = iv_point(0);
    bool any = false;
    for (size_t i = 0; i < e->n && l->state == LOWER_OK; i++) {
        const expr *x = e->args[i]->kind == EX_COERCE ? e->args[i]->a : e->args[i];
        if (x->type != TY_TENSORS) {
            interval v = eval_interval(l, e->args[i]);
            r = any ? fold_interval(e->op, r, v) : v;
            any = true;
            continue;
        }
        tensor_ref t = eval_tensor(l, x); /* a variadic stands for all its tensors */
        for (int k = 0; k < t.n && l->state == LOWER_OK; k++) {
            interval v = frame_range(l, t, k);
            r = any ? fold_interval(e->op, r, v) : v;
            any = true;
        }
    }
    return r;
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

/* What float16 arithmetic may make of a result: a rounding of each operation, and of each partial sum. */
static interval half_rounded(interval r, double operations)
{
    double error = operations * 0x1p-11;
    return iv_valid(r) && iv_finite(r) ? iv_widen(r, error * iv_mag(r) + operations * 0x1p-24) : r;
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
        if (l->half) { /* each partial sum rounded, and none to overflow */
            a = half_rounded(a, n);
            if (n * iv_mag(a) > HALF_LARGEST)
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
        if (l->half && e->op == FN_SOFTPLUS && a.hi > 11) /* by way of exp, as the function is defined */
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

/* Signs stay as they are. */
static interval half_result(const expr *e, interval r)
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
    interval w = half_rounded(r, 1);
    if (r.lo >= 0 && w.lo < 0)
        w.lo = 0;
    if (r.hi <= 0 && w.hi > 0)
        w.hi = 0;
    if (w.lo < -HALF_LARGEST) /* overflow, whatever comes after */
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
        lower_fail(l);
        return iv_point(0);
    }
}

interval eval_interval(lower *l, const expr *e)
{
    if (!lower_enter(l))
        return iv_point(0);
    interval r = l->estimating ? eval_estimate(l, e).range : interval_of(l, e);
    if (l->half && !l->estimating && (e->kind == EX_BINARY || e->kind == EX_CALL))
        r = half_result(e, r);
    l->depth--;
    return r;
}

/* An interval that names nothing, for the loader: it needs no solver. */
nn_status op_constant_interval(const expr *e, interval *out)
{
    lower *l = nn_calloc(1, sizeof *l);
    *out = iv_point(0);
    if (!l)
        return NN_ERR_NOMEM;
    arena_init(&l->scratch, 0);
    *out = eval_interval(l, e);
    lower_result r = l->state;
    arena_free(&l->scratch);
    nn_free(l);
    return r == LOWER_OK ? NN_OK : r == LOWER_NOMEM ? NN_ERR_NOMEM : NN_ERR_TABLE;
}

/* ---- contents ---- */

#define MAX_WHOLE 9007199254740992.0 /* up to 2^53 a double holds every whole number */

static interval list_range(const content *c)
{
    double lo = c->list[0], hi = c->list[0];
    for (size_t i = 1; i < c->n_list; i++) {
        lo = c->list[i] < lo ? c->list[i] : lo;
        hi = c->list[i] > hi ? c->list[i] : hi;
    }
    return iv(lo, hi);
}

static void list_content(lower *l, const expr *e, const tensor_desc *desc, content *out, interval *range)
{
    out->kind = CONTENT_LIST;
    size_t n = 1;
    term_list ints = {0};
    real_list reals = {0};
    if (e->type == TY_INTS) {
        ints = eval(l, e).ints;
        n = (size_t)ints.n;
    } else if (e->type == TY_REALS) {
        reals = eval(l, e).reals;
        n = (size_t)reals.n;
    } else if (e->type == TY_EMPTY) {
        n = 0;
    }
    if (l->state != LOWER_OK)
        return;
    double *p = arena_alloc(l->out, n * sizeof *p);
    if (!p) {
        lower_nomem(l);
        return;
    }
    for (size_t i = 0; i < n && l->state == LOWER_OK; i++)
        p[i] = e->type == TY_INTS ? (double)term_need(l, ints.p[i]) : e->type == TY_REALS ? reals.p[i] : eval_real(l, e);
    double least, largest;
    for (size_t i = 0; i < n; i++)
        if (desc->type == DT_FLOAT32)
            p[i] = (double)(float)p[i];
        else if (desc->type == DT_FLOAT16)
            p[i] = half_nearest(p[i]);
        else if (dtype_is_whole(desc->type) && e->type != TY_INTS && e->type != TY_INT)
            p[i] = dm_round_even(p[i]);
    if (desc->type != DT_INT64 && dtype_limits(desc->type, &least, &largest)) /* int64 has 2^63 for "to the end" */
        for (size_t i = 0; i < n && l->state == LOWER_OK; i++)
            if (!(least <= p[i] && p[i] <= largest))
                lower_fail(l);
    out->list = p;
    out->n_list = n;
    for (size_t i = 0; i < n && l->state == LOWER_OK; i++)
        if (!(p[i] - p[i] == 0)) /* no infinities, no NaN */
            lower_fail(l);
    if (l->state == LOWER_OK && n != 1 && (int64_t)n != tensor_elements(desc))
        lower_fail(l);
    *range = n ? list_range(out) : iv_point(0);
}

void eval_content(lower *l, const expr *e, const tensor_desc *desc, content *out, interval *range)
{
    if (l->state != LOWER_OK)
        return;
    if (e->kind == EX_IF) {
        eval_content(l, eval_cond(l, e->a) ? e->b : e->c, desc, out, range);
        return;
    }
    if (e->type != TY_CONTENT) {
        list_content(l, e, desc, out, range);
        return;
    }
    switch ((ex_fn)e->op) {
    case FN_SIGNED: {
        eval_content(l, e->args[0], desc, out, range);
        double n = range->hi + 1;
        out->negative = true;
        if (range->lo > -n)
            range->lo = -n;
        return;
    }
    case FN_PERMUTED:
        out->kind = CONTENT_PERMUTED;
        out->axis = (int)eval_int(l, e->args[0]);
        out->count = eval_int(l, e->args[1]);
        if (out->axis < 0)
            out->axis += desc->rank;
        if (out->axis < 0 || out->axis >= desc->rank || out->count < desc->dims[out->axis])
            lower_fail(l);
        *range = iv(0, (double)out->count - 1);
        return;
    case FN_TUPLES: {
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
        out->kind = CONTENT_TUPLES;
        out->list = p;
        out->n_list = (size_t)s.n;
        int64_t tuples = s.n > 0 ? tensor_elements(desc) / s.n : 0;
        if (l->state != LOWER_OK || desc->rank < 1 || desc->dims[desc->rank - 1] != s.n || (double)tuples > combinations)
            lower_fail(l);
        *range = iv(0, top - 1);
        return;
    }
    case FN_MASK:
        out->kind = CONTENT_MASK;
        out->count = e->n ? eval_int(l, e->args[0]) : -1;
        if (out->count > tensor_elements(desc))
            lower_fail(l);
        *range = iv(0, 1);
        return;
    default:
        break;
    }
    double lo = eval_real(l, e->args[0]), hi = eval_real(l, e->args[1]);
    if (e->op == FN_UNIFORM && desc->type == DT_BOOL) { /* both values, whatever the ends */
        *out = (content){.kind = CONTENT_MASK, .count = -1};
        *range = iv(0, 1);
        return;
    }
    if (e->op == FN_UNIFORM) {
        out->kind = CONTENT_UNIFORM;
        /* Ends that float32 can hold, inside what was asked for, so that rounded draws stay within. */
        float flo = (float)lo, fhi = (float)hi;
        double least, largest;
        if (desc->type == DT_FLOAT16) {
            lo = dtype_toward(DT_FLOAT16, lo, true);
            hi = dtype_toward(DT_FLOAT16, hi, false);
        } else if (dtype_is_whole(desc->type) && dtype_limits(desc->type, &least, &largest)) {
            out->kind = CONTENT_INTEGERS;
            lo = dm_ceil(lo > least ? lo : least);
            hi = dm_floor(hi < largest ? hi : largest);
        } else if (desc->type != DT_DOUBLE) {
            lo = (double)flo;
            hi = (double)fhi;
        }
    } else {
        out->kind = e->op == FN_INTEGERS ? CONTENT_INTEGERS : CONTENT_DISTINCT;
        lo = dm_ceil(lo);
        hi = dm_floor(hi);
        if (!(lo >= -MAX_WHOLE && hi <= MAX_WHOLE))
            lower_fail(l);
        if (e->op == FN_DISTINCT && (double)tensor_elements(desc) > hi - lo + 1)
            lower_fail(l);
    }
    if (!(lo <= hi) || !(hi - lo < 1e300))
        lower_fail(l);
    out->lo = lo;
    out->hi = hi;
    *range = iv(lo, hi);
}
