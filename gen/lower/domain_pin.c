/* Variables whose value is required: membership in a domain, and equality with a definition. */
#include "lower/eval_parts.h"

#include <string.h>

static bool same_real(double a, double b)
{
    return a == b || (float)a == (float)b;
}

static void refuse(lower *l, bool fits)
{
    if (!fits)
        lower_fail(l, WHY_PINNED);
}

/* The value itself, in scratch memory. */
static value value_of(lower *l, ex_type type, const inst_value *want)
{
    value r = {0};
    term *p;
    switch (type) {
    case TY_REAL:
        r.r = want->r;
        return r;
    case TY_STRING:
        r.s = want->s;
        return r;
    case TY_INTS:
        p = lower_alloc(l, want->n, sizeof *p);
        for (size_t i = 0; i < want->n && p; i++)
            p[i] = term_const(want->ints[i]);
        r.ints = (term_list){p, p ? (int)want->n : 0};
        return r;
    case TY_REALS:
        r.reals = (real_list){want->reals, (int)want->n};
        return r;
    case TY_STRINGS:
        r.strings = (string_list){want->strings, (int)want->n};
        return r;
    default:
        r.t = term_const(want->i);
        return r;
    }
}

/* ---- comparison ---- */

bool value_is(lower *l, ex_type type, const value *have, const inst_value *want)
{
    bool same = true;
    switch (type) {
    case TY_REAL:
        return same_real(have->r, want->r);
    case TY_STRING:
        return strcmp(have->s, want->s) == 0;
    case TY_INTS:
        same = (size_t)have->ints.n == want->n;
        for (size_t i = 0; same && i < want->n; i++)
            same = term_need(l, have->ints.p[i]) == want->ints[i];
        return same;
    case TY_REALS:
        same = (size_t)have->reals.n == want->n;
        for (size_t i = 0; same && i < want->n; i++)
            same = same_real(have->reals.p[i], want->reals[i]);
        return same;
    case TY_STRINGS:
        same = (size_t)have->strings.n == want->n;
        for (size_t i = 0; same && i < want->n; i++)
            same = strcmp(have->strings.p[i], want->strings[i]) == 0;
        return same;
    default:
        return term_need(l, have->t) == want->i;
    }
}

/* ---- definitions ---- */

static void post_equal_ints(lower *l, term_list have, const inst_value *want)
{
    refuse(l, (size_t)have.n == want->n);
    for (int i = 0; i < have.n && l->state == LOWER_OK; i++)
        term_post(l, CSP_EQ, have.p[i], term_const(want->ints[i]));
}

static void post_definition(lower *l, const expr *e, ex_type type, const inst_value *want)
{
    if (type == TY_REAL) {
        double x = eval_real(l, e);
        refuse(l, same_real(x, want->r));
        return;
    }
    if (e->type == TY_EMPTY) {
        refuse(l, want->n == 0);
        return;
    }
    value x = eval(l, e);
    if (l->state != LOWER_OK)
        return;
    switch (type) {
    case TY_STRING:
        refuse(l, strcmp(x.s, want->s) == 0);
        return;
    case TY_INTS:
        post_equal_ints(l, x.ints, want);
        return;
    case TY_REALS:
        refuse(l, (size_t)x.reals.n == want->n);
        for (int i = 0; i < x.reals.n && l->state == LOWER_OK; i++)
            refuse(l, same_real(x.reals.p[i], want->reals[i]));
        return;
    case TY_STRINGS:
        refuse(l, (size_t)x.strings.n == want->n);
        for (int i = 0; i < x.strings.n && l->state == LOWER_OK; i++)
            refuse(l, strcmp(x.strings.p[i], want->strings[i]) == 0);
        return;
    default:
        term_post(l, CSP_EQ, x.t, term_const(want->i));
        return;
    }
}

/* ---- domains ---- */

static void post_int_of_set(lower *l, const expr *e, int64_t want)
{
    bool found = false;
    for (size_t i = 0; i < e->n && !found && l->state == LOWER_OK; i++) {
        term x = eval(l, e->args[i]).t;
        found = !x.t ? x.c == want : term_need(l, x) == want;
    }
    refuse(l, found);
}

static void post_between(lower *l, const expr *least, const expr *most, int64_t want)
{
    term lo = eval(l, least).t, hi = eval(l, most).t;
    if (l->state == LOWER_OK)
        term_post(l, CSP_LE, lo, term_const(want));
    if (l->state == LOWER_OK)
        term_post(l, CSP_LE, term_const(want), hi);
}

static void post_int(lower *l, const expr *e, int64_t want)
{
    if (l->state != LOWER_OK)
        return;
    switch (e->kind) {
    case EX_IF:
        post_int(l, eval_cond(l, e->a) ? e->b : e->c, want);
        return;
    case EX_RANGE:
        post_between(l, e->a, e->b, want);
        return;
    case EX_SET:
        post_int_of_set(l, e, want);
        return;
    case EX_BOOLS:
        refuse(l, want == 0 || want == 1);
        return;
    default: { /* one of a list, or a definition */
        const inst_value v = {.i = want};
        (void)domain_pin(l, e, TY_INT, &v);
        return;
    }
    }
}

/* The list has a given length, number of numbers, sum or product. */
static void post_length(lower *l, const expr *e, const inst_value *want)
{
    term n = eval(l, e).t;
    if (l->state == LOWER_OK)
        term_post(l, CSP_EQ, n, term_const((int64_t)want->n));
}

static void post_split(lower *l, const expr *e, const inst_value *want)
{
    int64_t all = e->op == FN_FACTORS;
    bool fits = true;
    post_length(l, e->args[1], want);
    for (size_t i = 0; i < want->n && fits; i++) {
        fits = want->ints[i] >= 1;
        fits =
            fits && (e->op == FN_FACTORS ? nn_mul64(all, want->ints[i], &all) : !__builtin_add_overflow(all, want->ints[i], &all));
    }
    refuse(l, fits);
    term total = eval(l, e->args[0]).t;
    if (l->state == LOWER_OK)
        term_post(l, CSP_EQ, total, term_const(all));
}

static void post_subset(lower *l, const expr *e, const inst_value *want)
{
    term_list from = eval(l, e->args[0]).ints;
    term lo = eval(l, e->args[1]->a).t, hi = eval(l, e->args[1]->b).t;
    const int64_t n = (int64_t)want->n;
    if (l->state == LOWER_OK)
        term_post(l, CSP_LE, lo, term_const(n));
    if (l->state == LOWER_OK)
        term_post(l, CSP_LE, term_const(n), hi);
    for (int64_t i = 0; i < n && l->state == LOWER_OK; i++) {
        bool found = false;
        for (int k = 0; k < from.n && !found && l->state == LOWER_OK; k++)
            found = term_need(l, from.p[k]) == want->ints[i];
        refuse(l, found && (i == 0 || want->ints[i - 1] < want->ints[i]));
    }
}

static void check_permutation(lower *l, const expr *e, const inst_value *want)
{
    uint64_t seen = 0;
    post_length(l, e->args[0], want);
    refuse(l, want->n <= 64);
    for (size_t i = 0; i < want->n && l->state == LOWER_OK; i++) {
        bool fits = want->ints[i] >= 0 && want->ints[i] < (int64_t)want->n && !(seen >> want->ints[i] & 1);
        refuse(l, fits);
        seen |= fits ? (uint64_t)1 << want->ints[i] : 0;
    }
}

static void check_selected(lower *l, const expr *e, ex_type type, const inst_value *want)
{
    value list = eval(l, e->args[0]);
    ex_type t = e->args[0]->type;
    int n = l->state != LOWER_OK ? 0 : t == TY_STRINGS ? list.strings.n : t == TY_REALS ? list.reals.n : list.ints.n;
    bool found = false;
    for (int i = 0; i < n && !found && l->state == LOWER_OK; i++)
        found = t == TY_STRINGS   ? strcmp(list.strings.p[i], want->s) == 0
                : t == TY_REALS   ? same_real(list.reals.p[i], want->r)
                : type == TY_REAL ? (double)term_need(l, list.ints.p[i]) == want->r
                                  : term_need(l, list.ints.p[i]) == want->i;
    refuse(l, found);
}

static void check_reals(lower *l, const expr *e, const inst_value *want)
{
    post_length(l, e->args[0], want);
    double lo = eval_real(l, e->args[1]), hi = eval_real(l, e->args[2]);
    for (size_t i = 0; i < want->n && l->state == LOWER_OK; i++)
        refuse(l, lo <= want->reals[i] && want->reals[i] <= hi);
}

/* One of a set of strings or reals, or of ints that make a real. */
static void check_one_of(lower *l, const expr *e, ex_type type, const inst_value *want)
{
    bool found = false;
    for (size_t i = 0; i < e->n && !found && l->state == LOWER_OK; i++)
        found = type == TY_STRING ? strcmp(eval(l, e->args[i]).s, want->s) == 0 : same_real(eval_real(l, e->args[i]), want->r);
    refuse(l, found);
}

/* `want` as an int, for a real that is drawn from a domain of ints. */
static void post_whole_real(lower *l, const expr *e, double want)
{
    bool whole = want >= -0x1p53 && want <= 0x1p53 && (double)(int64_t)want == want;
    refuse(l, whole);
    if (whole)
        post_int(l, e, (int64_t)want);
}

static void post_call_domain(lower *l, const expr *e, ex_type type, const inst_value *want)
{
    switch ((ex_fn)e->op) {
    case FN_LIST:
        post_length(l, e->args[0], want);
        for (size_t i = 0; i < want->n && l->state == LOWER_OK; i++)
            post_int(l, e->args[1], want->ints[i]);
        return;
    case FN_SUBSET:
        post_subset(l, e, want);
        return;
    case FN_PERMUTATION:
        check_permutation(l, e, want);
        return;
    case FN_SELECT:
        check_selected(l, e, type, want);
        return;
    case FN_PARTS:
    case FN_FACTORS:
        post_split(l, e, want);
        return;
    case FN_REALS:
        check_reals(l, e, want);
        return;
    case FN_FOUND:
        post_between(l, e->args[0], e->args[1], want->i);
        return;
    default: {
        double lo = eval_real(l, e->args[0]), hi = eval_real(l, e->args[1]);
        refuse(l, (lo <= want->r && want->r <= hi) || same_real(lo, want->r) || same_real(hi, want->r));
        return;
    }
    }
}

static void post_domain(lower *l, const expr *e, ex_type type, const inst_value *want)
{
    if (l->state != LOWER_OK)
        return;
    if (e->type != TY_DOMAIN) {
        post_definition(l, e, type, want);
        return;
    }
    switch (e->kind) {
    case EX_IF:
        post_domain(l, eval_cond(l, e->a) ? e->b : e->c, type, want);
        return;
    case EX_SET:
        if (type != TY_STRING && type != TY_REAL)
            post_int_of_set(l, e, want->i);
        else
            check_one_of(l, e, type, want);
        return;
    case EX_RANGE:
    case EX_BOOLS:
        if (type == TY_REAL)
            post_whole_real(l, e, want->r);
        else
            post_int(l, e, want->i);
        return;
    default:
        post_call_domain(l, e, type, want);
        return;
    }
}

value domain_pin(lower *l, const expr *e, ex_type type, const inst_value *want)
{
    post_domain(l, e, type, want);
    if (l->state == LOWER_OK)
        lower_propagate(l); /* lengths and choices on which others depend are known from here on */
    return l->state == LOWER_OK ? value_of(l, type, want) : (value){0};
}
