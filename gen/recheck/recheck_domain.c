/* Whether a domain can draw a given value. */
#include "recheck/recheck_eval.h"

static bool within(double lo, double x, double hi)
{
    return (lo <= x || recheck_near(lo, x)) && (x <= hi || recheck_near(x, hi));
}

static int64_t times(const inst_value *l, int64_t x)
{
    int64_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += l->ints[i] == x;
    return n;
}

/* Whether the value is sorted and contains each number at most as often as the list does. */
static bool is_subset(recheck *c, const expr *e, const inst_value *v)
{
    inst_value from = recheck_eval(c, e->args[0]), sorted = rc_sorted(c, &from);
    int64_t lo = recheck_eval(c, e->args[1]->a).i, hi = recheck_eval(c, e->args[1]->b).i, n = (int64_t)v->n;
    if (rc_stopped(c) || n < lo || n > hi)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < v->n; i++, at++) {
        while (at < sorted.n && sorted.ints[at] < v->ints[i])
            at++;
        if (at == sorted.n || sorted.ints[at] != v->ints[i])
            return false;
    }
    return true;
}

static bool is_permutation(recheck *c, const expr *e, const inst_value *v)
{
    int64_t n = recheck_eval(c, e->args[0]).i;
    if (rc_stopped(c) || n != (int64_t)v->n)
        return false;
    for (int64_t i = 0; i < n; i++)
        if (times(v, i) != 1)
            return false;
    return true;
}

static bool is_selected(recheck *c, const expr *e, ex_type t, const inst_value *v)
{
    inst_value from = recheck_eval(c, e->args[0]);
    for (size_t i = 0; i < from.n && c->fault == NULL; i++) {
        inst_value x = rc_element(e->args[0]->type, &from, i);
        if (t == TY_REAL && e->args[0]->type == TY_INTS)
            x.r = (double)x.i;
        if (recheck_same(t, &x, v))
            return true;
    }
    return false;
}

static bool is_split(recheck *c, const expr *e, const inst_value *v)
{
    int64_t total = recheck_eval(c, e->args[0]).i, k = recheck_eval(c, e->args[1]).i, all = e->op == FN_FACTORS;
    if (rc_stopped(c) || k != (int64_t)v->n)
        return false;
    for (size_t i = 0; i < v->n; i++) {
        if (v->ints[i] < 1 ||
            (e->op == FN_FACTORS ? __builtin_mul_overflow(all, v->ints[i], &all) : __builtin_add_overflow(all, v->ints[i], &all)))
            return false;
    }
    return all == total;
}

static bool is_list(recheck *c, const expr *e, const inst_value *v)
{
    int64_t n = recheck_eval(c, e->args[0]).i;
    if (rc_stopped(c) || n != (int64_t)v->n)
        return false;
    for (size_t i = 0; i < v->n; i++) {
        inst_value x = {.i = v->ints[i]};
        if (!recheck_in_domain(c, e->args[1], TY_INT, &x))
            return false;
    }
    return true;
}

static bool are_reals(recheck *c, const expr *e, const inst_value *v)
{
    int64_t n = recheck_eval(c, e->args[0]).i;
    double lo = recheck_real(c, e->args[1]), hi = recheck_real(c, e->args[2]);
    if (rc_stopped(c) || n != (int64_t)v->n)
        return false;
    for (size_t i = 0; i < v->n; i++)
        if (!within(lo, v->reals[i], hi))
            return false;
    return true;
}

/* Only the drawn one of several reals or strings was evaluated during lowering; the others need not have a value. */
static bool one_of(recheck *c, const expr *e, ex_type t, const inst_value *v)
{
    for (size_t i = 0; i < e->n; i++) {
        inst_value x = recheck_eval(c, e->args[i]);
        if (t == TY_REAL && e->args[i]->type != TY_REAL)
            x.r = (double)x.i;
        if (!rc_stopped(c) && recheck_same(t, &x, v))
            return true;
        if (e->index != TY_INT)
            c->fault = NULL;
    }
    return false;
}

bool recheck_in_domain(recheck *c, const expr *e, ex_type t, const inst_value *v)
{
    if (e->type != TY_DOMAIN) {
        inst_value x = recheck_eval(c, e);
        if (t == TY_REAL && e->type != TY_REAL)
            x.r = (double)x.i;
        return c->fault == NULL && recheck_same(t, &x, v);
    }
    double x = t == TY_REAL ? v->r : (double)v->i;
    int64_t lo, hi;
    switch (e->kind) {
    case EX_IF:
        return recheck_in_domain(c, recheck_true(c, e->a) ? e->b : e->c, t, v);
    case EX_SET:
        return one_of(c, e, t, v);
    case EX_BOOLS:
        return x == 0 || x == 1;
    case EX_RANGE:
        lo = recheck_eval(c, e->a).i;
        hi = recheck_eval(c, e->b).i;
        return t == TY_REAL ? (double)lo <= x && x <= (double)hi && x == (double)(int64_t)x : lo <= v->i && v->i <= hi;
    default:
        break;
    }
    switch ((ex_fn)e->op) {
    case FN_LIST:
        return is_list(c, e, v);
    case FN_SUBSET:
        return is_subset(c, e, v);
    case FN_PERMUTATION:
        return is_permutation(c, e, v);
    case FN_SELECT:
        return is_selected(c, e, t, v);
    case FN_PARTS:
    case FN_FACTORS:
        return is_split(c, e, v);
    case FN_REALS:
        return are_reals(c, e, v);
    case FN_FOUND:
        return recheck_eval(c, e->args[0]).i <= v->i && v->i <= recheck_eval(c, e->args[1]).i;
    default:
        return within(recheck_real(c, e->args[0]), x, recheck_real(c, e->args[1]));
    }
}
