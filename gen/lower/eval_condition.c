/* Conditions, evaluated as values or posted to the solver. */
#include "lower/eval_parts.h"

#include <string.h>

static bool relation(const expr *e, csp_rel *rel, bool *swap, int *shift)
{
    *swap = false;
    *shift = 0;
    switch ((ex_op)e->op) {
    case OP_EQ:
        *rel = CSP_EQ;
        return true;
    case OP_NE:
        *rel = CSP_NE;
        return true;
    case OP_LE:
        *rel = CSP_LE;
        return true;
    case OP_LT: /* a < b is a + 1 <= b */
        *rel = CSP_LE;
        *shift = 1;
        return true;
    case OP_GE:
        *rel = CSP_LE;
        *swap = true;
        return true;
    case OP_GT:
        *rel = CSP_LE;
        *swap = true;
        *shift = 1;
        return true;
    default:
        return false;
    }
}

static bool compare_reals(int op, double a, double b)
{
    switch ((ex_op)op) {
    case OP_EQ:
        return a == b;
    case OP_NE:
        return a != b;
    case OP_LT:
        return a < b;
    case OP_LE:
        return a <= b;
    case OP_GT:
        return a > b;
    default:
        return a >= b;
    }
}

static term equal_lists(lower *l, term_list a, term_list b)
{
    if (a.n != b.n || l->state != LOWER_OK)
        return term_const(0);
    term *x = lower_alloc(l, (size_t)a.n, sizeof *x);
    for (int i = 0; i < a.n && l->state == LOWER_OK; i++)
        x[i] = term_reify(l, CSP_EQ, a.p[i], b.p[i]);
    return l->state == LOWER_OK ? term_and(l, x, a.n) : term_const(0);
}

term eval_comparison(lower *l, const expr *e)
{
    ex_type t = e->a->type;
    if (t == TY_REAL) {
        double a = eval_real(l, e->a), b = eval_real(l, e->b);
        return term_const(compare_reals(e->op, a, b));
    }
    value a = eval(l, e->a), b = eval(l, e->b);
    if (l->state != LOWER_OK)
        return term_const(0);
    if (t == TY_STRING) {
        lower_spend(l, strlen(a.s));
        return term_const((strcmp(a.s, b.s) == 0) == (e->op == OP_EQ));
    }
    if (t == TY_INTS) {
        term same = equal_lists(l, a.ints, b.ints);
        return e->op == OP_EQ ? same : term_scale(l, same, -1, 1);
    }
    csp_rel rel;
    bool swap;
    int shift;
    if (!relation(e, &rel, &swap, &shift))
        return term_const(0);
    term x = swap ? b.t : a.t, y = swap ? a.t : b.t;
    if (!x.t && !y.t)
        return term_const(rel == CSP_EQ ? x.c == y.c : rel == CSP_NE ? x.c != y.c : shift ? x.c < y.c : x.c <= y.c);
    if (x.c > INT64_MAX - shift) /* not y <= x */
        return term_scale(l, term_reify(l, CSP_LE, y, x), -1, 1);
    x.c += shift;
    return term_reify(l, rel, x, y);
}

term eval_in(lower *l, const expr *e)
{
    value x = eval(l, e->a), list = eval(l, e->b);
    if (l->state != LOWER_OK)
        return term_const(0);
    if (e->a->type == TY_STRING) {
        bool found = false;
        lower_spend(l, (size_t)list.strings.n * (strlen(x.s) + 1));
        for (int i = 0; i < list.strings.n && l->state == LOWER_OK; i++)
            found |= strcmp(list.strings.p[i], x.s) == 0;
        return term_const(found);
    }
    term *eq = lower_alloc(l, (size_t)list.ints.n, sizeof *eq);
    for (int i = 0; i < list.ints.n && l->state == LOWER_OK; i++)
        eq[i] = term_reify(l, CSP_EQ, x.t, list.ints.p[i]);
    return l->state == LOWER_OK ? term_or(l, eq, list.ints.n) : term_const(0);
}

/* The conditions of a generator in all, any or count, and their number. */
term *eval_conditions(lower *l, const expr *g, int *count)
{
    value source = {0};
    int64_t from = 0;
    int n = eval_for_count(l, g, &source, &from);
    term *x = lower_alloc(l, (size_t)n, sizeof *x);
    *count = 0;
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        l->locals[g->index] = eval_for_item(g, &source, from, i);
        if (eval_for_admits(l, g))
            x[(*count)++] = eval(l, g->args[0]).t;
    }
    return x;
}

/* Shapes of the arguments of broadcast and fits; a variadic counts as all its tensors. */
int eval_shapes(lower *l, const expr *e, term_list *shapes, int max)
{
    int n = 0;
    for (size_t i = 0; i < e->n && l->state == LOWER_OK; i++) {
        value v = eval(l, e->args[i]);
        if (e->args[i]->type != TY_TENSORS) {
            if (n < max)
                shapes[n++] = v.ints;
            continue;
        }
        for (int k = 0; k < v.tensor.n && n < max && l->state == LOWER_OK; k++)
            shapes[n++] = frame_dims(l, v.tensor, k);
    }
    return l->state == LOWER_OK ? n : 0;
}

static void post_fits(lower *l, const expr *e)
{
    term_list s[2];
    if (eval_shapes(l, e, s, 2) < 2 || s[0].n > s[1].n) {
        lower_fail(l, WHY_FITS);
        return;
    }
    for (int i = 0; i < s[0].n && l->state == LOWER_OK; i++) {
        term a = s[0].p[i], b = s[1].p[i + s[1].n - s[0].n];
        int64_t x, y;
        if (term_fixed(l, a, &x) && x == 1)
            continue;
        if (term_fixed(l, b, &y) && y == 1) {
            term_post(l, CSP_EQ, a, term_const(1));
            continue;
        }
        csp_var va = term_materialize(l, a), vb = term_materialize(l, b);
        if (l->state != LOWER_NOMEM && va != vb)
            lower_posted(l, (l->f->least > 0 ? csp_broadcast : csp_spread)(l->csp, vb, va, vb));
    }
}

term eval_fits(lower *l, const expr *e)
{
    term_list s[2];
    if (eval_shapes(l, e, s, 2) < 2 || s[0].n > s[1].n)
        return term_const(0);
    term *ok = lower_alloc(l, (size_t)s[0].n, sizeof *ok);
    for (int i = 0; i < s[0].n && l->state == LOWER_OK; i++) {
        term a = s[0].p[i], either[2];
        either[0] = term_reify(l, CSP_EQ, a, term_const(1));
        either[1] = term_reify(l, CSP_EQ, a, s[1].p[i + s[1].n - s[0].n]);
        ok[i] = term_or(l, either, 2);
    }
    return l->state == LOWER_OK ? term_and(l, ok, s[0].n) : term_const(0);
}

/* Evaluates every name of an expression, so that evaluating the expression itself adds no variable that must be kept. */
static void touch_names(lower *l, const expr *e)
{
    if (!e || l->state != LOWER_OK)
        return;
    if (e->kind == EX_VAR)
        frame_settle_var(l, e->index);
    if (e->kind == EX_INPUT || e->kind == EX_OUTPUT) {
        tensor_ref t = frame_tensor(l, e->kind == EX_OUTPUT, e->index);
        for (int k = 0; k < t.n; k++)
            frame_dims(l, t, k);
    }
    touch_names(l, e->a);
    touch_names(l, e->b);
    touch_names(l, e->c);
    for (size_t i = 0; i < e->n; i++)
        touch_names(l, e->args[i]);
}

term eval_can(lower *l, const expr *e)
{
    touch_names(l, e->args[0]);
    if (l->state != LOWER_OK)
        return term_const(0);
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    eval_post(l, e->args[0], true);
    if (l->state == LOWER_OK)
        lower_propagate(l);
    bool can = l->state == LOWER_OK;
    lower_undo(l, m);
    l->n_decide = decide;
    if (l->state == LOWER_FAIL)
        l->state = LOWER_OK;
    return term_const(can);
}

/* Posts that lists are equal, element by element. */
static void post_equal_lists(lower *l, const expr *e)
{
    value a = eval(l, e->a), b = eval(l, e->b);
    if (l->state == LOWER_OK && a.ints.n != b.ints.n)
        lower_fail(l, WHY_LENGTHS);
    lower_spend(l, (size_t)a.ints.n);
    for (int i = 0; l->state == LOWER_OK && i < a.ints.n; i++)
        term_post(l, CSP_EQ, a.ints.p[i], b.ints.p[i]);
}

/* a % b == 0, posted as a = b * q, which propagates through divisors. false: nothing was posted, because both are known or
 * evaluation failed. */
static bool post_divides(lower *l, const expr *e)
{
    term a = eval(l, e->a).t, b = eval(l, e->b).t;
    int64_t x, lo, hi, least, most;
    if (l->state != LOWER_OK || (term_fixed(l, a, &x) && term_fixed(l, b, &x)))
        return false;
    term_bounds(l, a, &lo, &hi);
    term_bounds(l, b, &least, &most);
    if (lo < 0 || hi < 0 || least < 1) {
        term_post(l, CSP_EQ, term_divide(l, TERM_MOD, a, b), term_const(0));
        return true;
    }
    term q = term_new(l, 0, hi, false);
    term_post(l, CSP_EQ, term_mul(l, q, b), a);
    return true;
}

static bool is_multiple(const expr *e)
{
    return e->op == OP_EQ && e->a->kind == EX_BINARY && e->a->op == OP_MOD && e->b->kind == EX_INT && e->b->i == 0;
}

/* A comparison of integers. false: nothing was posted, because a constant is too large to be shifted; the caller evaluates the
 * comparison as a value. */
static bool post_comparison(lower *l, const expr *e, bool truth)
{
    csp_rel rel;
    bool swap;
    int shift;
    if (truth && is_multiple(e) && post_divides(l, e->a))
        return true;
    term a = eval(l, e->a).t, b = eval(l, e->b).t;
    if (l->state != LOWER_OK || !relation(e, &rel, &swap, &shift))
        return true;
    term x = swap ? b : a, y = swap ? a : b;
    if (!truth && rel == CSP_LE) { /* y < x */
        term z = x;
        x = y;
        y = z;
        shift = 1 - shift;
    }
    if (x.c > INT64_MAX - shift)
        return false;
    x.c += shift;
    if (!truth && rel != CSP_LE)
        rel = rel == CSP_EQ ? CSP_NE : CSP_EQ;
    term_post(l, rel, x, y);
    return true;
}

/* false: nothing was posted; the caller evaluates the condition as a value. */ static bool post_binary(lower *l, const expr *e,
                                                                                                        bool truth)
{
    if ((e->op == OP_AND && truth) || (e->op == OP_OR && !truth)) {
        eval_post(l, e->a, truth);
        eval_post(l, e->b, truth);
        return true;
    }
    if (e->op < OP_EQ || e->op > OP_GE)
        return false;
    if (e->a->type == TY_INTS && (e->op == OP_EQ) == truth) {
        post_equal_lists(l, e);
        return true;
    }
    if (e->a->type != TY_INT && e->a->type != TY_BOOL)
        return false;
    return post_comparison(l, e, truth);
}

/* The same for calls. */ static bool post_call(lower *l, const expr *e, bool truth)
{
    if (e->op == FN_FITS && truth) {
        post_fits(l, e);
        return true;
    }
    if (!((e->op == FN_ALL && truth) || (e->op == FN_ANY && !truth)) || e->args[0]->kind != EX_FOR)
        return false;
    const expr *g = e->args[0];
    value source = {0};
    int64_t from = 0;
    int n = eval_for_count(l, g, &source, &from);
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        l->locals[g->index] = eval_for_item(g, &source, from, i);
        if (eval_for_admits(l, g))
            eval_post(l, g->args[0], truth);
    }
    return true;
}

static void post(lower *l, const expr *e, bool truth)
{
    bool done = false;
    switch (e->kind) {
    case EX_NOT:
        eval_post(l, e->a, !truth);
        return;
    case EX_IF:
        eval_post(l, eval_cond(l, e->a) ? e->b : e->c, truth);
        return;
    case EX_BINARY:
        done = post_binary(l, e, truth);
        break;
    case EX_CALL:
        done = post_call(l, e, truth);
        break;
    default:
        break;
    }
    if (done)
        return;
    term t = eval(l, e).t;
    if (l->state == LOWER_OK)
        term_post(l, truth ? CSP_NE : CSP_EQ, t, term_const(0));
}

void eval_post(lower *l, const expr *e, bool truth)
{
    if (!lower_enter(l))
        return;
    post(l, e, truth);
    l->depth--;
}
