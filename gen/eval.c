/* Evaluates checked expressions to terms: what is known folds, what is open becomes solver variables and constraints. */
#include "lower_internal.h"

#include <string.h>

static value of_term(term t)
{
    return (value){.t = t};
}

int64_t eval_int(lower *l, const expr *e)
{
    return term_need(l, eval(l, e).t);
}

bool eval_cond(lower *l, const expr *e)
{
    return eval_int(l, e) != 0;
}

static term_list list_of(lower *l, int n)
{
    if (n < 0 || n > 100000) {
        lower_fail(l);
        n = 0;
    }
    return (term_list){lower_alloc(l, (size_t)n, sizeof(term)), n};
}

/* ---- generators ---- */

int eval_for_count(lower *l, const expr *e, value *source, int64_t *from)
{
    if (e->b) {
        int64_t lo = eval_int(l, e->a), hi = eval_int(l, e->b);
        *from = lo;
        if (hi - lo > 10000)
            lower_fail(l);
        return l->state == LOWER_OK && hi >= lo ? (int)(hi - lo + 1) : 0;
    }
    *source = eval(l, e->a);
    if (l->state != LOWER_OK)
        return 0;
    return e->a->type == TY_REALS ? source->reals.n : e->a->type == TY_STRINGS ? source->strings.n : source->ints.n;
}

value eval_for_item(const expr *e, const value *source, int64_t from, int i)
{
    if (e->b)
        return of_term(term_const(from + i));
    if (e->a->type == TY_REALS)
        return (value){.r = source->reals.p[i]};
    if (e->a->type == TY_STRINGS)
        return (value){.s = source->strings.p[i]};
    return of_term(source->ints.p[i]);
}

static bool for_admits(lower *l, const expr *e)
{
    return !e->c || eval_cond(l, e->c);
}

value eval_for(lower *l, const expr *e)
{
    value source = {0}, r = {0};
    int64_t from = 0;
    int n = eval_for_count(l, e, &source, &from), count = 0;
    bool reals = e->type == TY_REALS, strings = e->type == TY_STRINGS;
    void *p = lower_alloc(l, (size_t)n, reals ? sizeof(double) : strings ? sizeof(char *) : sizeof(term));
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        l->locals[e->index] = eval_for_item(e, &source, from, i);
        if (!for_admits(l, e))
            continue;
        if (reals)
            ((double *)p)[count++] = eval_real(l, e->args[0]);
        else if (strings)
            ((const char **)p)[count++] = eval(l, e->args[0]).s;
        else
            ((term *)p)[count++] = eval(l, e->args[0]).t;
    }
    if (reals)
        r.reals = (real_list){p, count};
    else if (strings)
        r.strings = (string_list){p, count};
    else
        r.ints = (term_list){p, count};
    return r;
}

/* ---- lists ---- */

static term_list eval_terms(lower *l, expr *const *args, size_t n)
{
    term_list r = list_of(l, (int)n);
    term *p = (term *)(uintptr_t)r.p;
    for (size_t i = 0; i < n && l->state == LOWER_OK; i++)
        p[i] = eval(l, args[i]).t;
    return r;
}

static value eval_list(lower *l, const expr *e)
{
    value r = {0};
    if (e->type == TY_REALS) {
        double *p = lower_alloc(l, e->n, sizeof *p);
        for (size_t i = 0; i < e->n && l->state == LOWER_OK; i++)
            p[i] = eval_real(l, e->args[i]);
        r.reals = (real_list){p, (int)e->n};
    } else if (e->type == TY_STRINGS) {
        const char **p = lower_alloc(l, e->n, sizeof *p);
        for (size_t i = 0; i < e->n && l->state == LOWER_OK; i++)
            p[i] = eval(l, e->args[i]).s;
        r.strings = (string_list){p, (int)e->n};
    } else {
        r.ints = eval_terms(l, e->args, e->n);
    }
    return r;
}

static int list_length(ex_type t, const value *v)
{
    return t == TY_REALS ? v->reals.n : t == TY_STRINGS ? v->strings.n : v->ints.n;
}

static value eval_cat(lower *l, const expr *e)
{
    value a = eval(l, e->a), b = eval(l, e->b), r = {0};
    if (l->state != LOWER_OK)
        return r;
    if (e->type == TY_STRING) {
        r.s = arena_printf(&l->scratch, "%s%s", a.s, b.s);
        if (!r.s)
            lower_nomem(l);
        return r;
    }
    int na = list_length(e->type, &a), nb = list_length(e->type, &b);
    size_t size = e->type == TY_REALS ? sizeof(double) : e->type == TY_STRINGS ? sizeof(char *) : sizeof(term);
    char *p = lower_alloc(l, (size_t)(na + nb), size);
    if (!p)
        return r;
    const void *pa = e->type == TY_REALS     ? (const void *)a.reals.p
                     : e->type == TY_STRINGS ? (const void *)a.strings.p
                                             : (const void *)a.ints.p;
    const void *pb = e->type == TY_REALS     ? (const void *)b.reals.p
                     : e->type == TY_STRINGS ? (const void *)b.strings.p
                                             : (const void *)b.ints.p;
    if (na)
        memcpy(p, pa, (size_t)na * size);
    if (nb)
        memcpy(p + (size_t)na * size, pb, (size_t)nb * size);
    if (e->type == TY_REALS)
        r.reals = (real_list){(double *)(void *)p, na + nb};
    else if (e->type == TY_STRINGS)
        r.strings = (string_list){(const char *const *)(void *)p, na + nb};
    else
        r.ints = (term_list){(term *)(void *)p, na + nb};
    return r;
}

static value eval_index(lower *l, const expr *e)
{
    value list = eval(l, e->a), r = {0};
    int n = l->state == LOWER_OK ? list_length(e->a->type, &list) : 0;
    int64_t i = eval_int(l, e->b);
    if (i < 0)
        i += n;
    if (l->state != LOWER_OK || i < 0 || i >= n) {
        lower_fail(l);
        return r;
    }
    if (e->a->type == TY_REALS)
        r.r = list.reals.p[i];
    else if (e->a->type == TY_STRINGS)
        r.s = list.strings.p[i];
    else
        r.t = list.ints.p[i];
    return r;
}

static value eval_slice(lower *l, const expr *e)
{
    value list = eval(l, e->a), r = {0};
    int n = l->state == LOWER_OK ? list_length(e->a->type, &list) : 0;
    int64_t from = e->b ? eval_int(l, e->b) : 0, to = e->c ? eval_int(l, e->c) : n;
    from += from < 0 ? n : 0;
    to += to < 0 ? n : 0;
    from = from < 0 ? 0 : from > n ? n : from;
    to = to < from ? from : to > n ? n : to;
    if (l->state != LOWER_OK)
        return r;
    if (e->a->type == TY_REALS)
        r.reals = (real_list){list.reals.p + from, (int)(to - from)};
    else if (e->a->type == TY_STRINGS)
        r.strings = (string_list){list.strings.p + from, (int)(to - from)};
    else
        r.ints = (term_list){list.ints.p + from, (int)(to - from)};
    return r;
}

/* ---- conditions ---- */

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

static term eval_comparison(lower *l, const expr *e)
{
    ex_type t = e->a->type;
    if (t == TY_REAL) {
        double a = eval_real(l, e->a), b = eval_real(l, e->b);
        return term_const(compare_reals(e->op, a, b));
    }
    value a = eval(l, e->a), b = eval(l, e->b);
    if (l->state != LOWER_OK)
        return term_const(0);
    if (t == TY_STRING)
        return term_const((strcmp(a.s, b.s) == 0) == (e->op == OP_EQ));
    if (t == TY_INTS) {
        term same = equal_lists(l, a.ints, b.ints);
        return e->op == OP_EQ ? same : term_scale(l, same, -1, 1);
    }
    csp_rel rel;
    bool swap;
    int shift;
    relation(e, &rel, &swap, &shift);
    term x = swap ? b.t : a.t, y = swap ? a.t : b.t;
    return term_reify(l, rel, term_scale(l, x, 1, shift), y);
}

static term eval_in(lower *l, const expr *e)
{
    value x = eval(l, e->a), list = eval(l, e->b);
    if (l->state != LOWER_OK)
        return term_const(0);
    if (e->a->type == TY_STRING) {
        bool found = false;
        for (int i = 0; i < list.strings.n; i++)
            found |= strcmp(list.strings.p[i], x.s) == 0;
        return term_const(found);
    }
    term *eq = lower_alloc(l, (size_t)list.ints.n, sizeof *eq);
    for (int i = 0; i < list.ints.n && l->state == LOWER_OK; i++)
        eq[i] = term_reify(l, CSP_EQ, x.t, list.ints.p[i]);
    return l->state == LOWER_OK ? term_or(l, eq, list.ints.n) : term_const(0);
}

/* all, any, count over a generator: its conditions, and how many. */
static term *eval_conditions(lower *l, const expr *g, int *count)
{
    value source = {0};
    int64_t from = 0;
    int n = eval_for_count(l, g, &source, &from);
    term *x = lower_alloc(l, (size_t)n, sizeof *x);
    *count = 0;
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        l->locals[g->index] = eval_for_item(g, &source, from, i);
        if (for_admits(l, g))
            x[(*count)++] = eval(l, g->args[0]).t;
    }
    return x;
}

/* Shapes of the arguments of broadcast and fits; a variadic stands for all its tensors. */
static int gather_shapes(lower *l, const expr *e, term_list *shapes, int max)
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

static value eval_broadcast(lower *l, const expr *e)
{
    term_list shapes[OP_MAX_SLOTS];
    int n = gather_shapes(l, e, shapes, OP_MAX_SLOTS), rank = 0;
    for (int i = 0; i < n; i++)
        rank = shapes[i].n > rank ? shapes[i].n : rank;
    term_list r = list_of(l, rank);
    term *p = (term *)(uintptr_t)r.p;
    for (int d = 0; d < rank && l->state == LOWER_OK; d++) {
        bool any = false;
        for (int i = 0; i < n; i++) {
            int at = d - (rank - shapes[i].n);
            if (at < 0)
                continue;
            p[d] = any ? term_broadcast(l, p[d], shapes[i].p[at]) : shapes[i].p[at];
            any = true;
        }
    }
    return (value){.ints = r};
}

static void post_fits(lower *l, const expr *e)
{
    term_list s[2];
    if (gather_shapes(l, e, s, 2) < 2 || s[0].n > s[1].n) {
        lower_fail(l);
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
            lower_check(l, csp_broadcast(l->csp, vb, va, vb));
    }
}

static term eval_fits(lower *l, const expr *e)
{
    term_list s[2];
    if (gather_shapes(l, e, s, 2) < 2 || s[0].n > s[1].n)
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

/* Evaluates every name of an expression, so that what follows adds no lasting variable. */
static void touch_names(lower *l, const expr *e)
{
    if (!e || l->state != LOWER_OK)
        return;
    if (e->kind == EX_VAR)
        frame_var(l, e->index);
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

static term eval_can(lower *l, const expr *e)
{
    touch_names(l, e->args[0]);
    if (l->state != LOWER_OK)
        return term_const(0);
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    eval_post(l, e->args[0], true);
    if (l->state == LOWER_OK)
        lower_check(l, csp_propagate(l->csp));
    bool can = l->state == LOWER_OK;
    csp_undo(l->csp, m);
    l->n_decide = decide;
    if (l->state == LOWER_FAIL)
        l->state = LOWER_OK;
    return term_const(can);
}

void eval_post(lower *l, const expr *e, bool truth)
{
    if (l->state != LOWER_OK)
        return;
    switch (e->kind) {
    case EX_NOT:
        eval_post(l, e->a, !truth);
        return;
    case EX_IF:
        eval_post(l, eval_cond(l, e->a) ? e->b : e->c, truth);
        return;
    case EX_BINARY:
        if ((e->op == OP_AND && truth) || (e->op == OP_OR && !truth)) {
            eval_post(l, e->a, truth);
            eval_post(l, e->b, truth);
            return;
        }
        csp_rel rel;
        bool swap;
        int shift;
        if (e->a->type == TY_INTS && relation(e, &rel, &swap, &shift) && (e->op == OP_EQ) == truth) {
            value a = eval(l, e->a), b = eval(l, e->b);
            if (l->state == LOWER_OK && a.ints.n != b.ints.n)
                lower_fail(l);
            for (int i = 0; l->state == LOWER_OK && i < a.ints.n; i++)
                term_post(l, CSP_EQ, a.ints.p[i], b.ints.p[i]);
            return;
        }
        if ((e->a->type == TY_INT || e->a->type == TY_BOOL) && relation(e, &rel, &swap, &shift)) {
            /* a % b == 0: a = b * q propagates through divisors */
            if (truth && e->op == OP_EQ && e->a->kind == EX_BINARY && e->a->op == OP_MOD && e->b->kind == EX_INT && e->b->i == 0) {
                term a = eval(l, e->a->a).t, b = eval(l, e->a->b).t;
                int64_t x, lo, hi;
                if (l->state != LOWER_OK)
                    return;
                if (!(term_fixed(l, a, &x) && term_fixed(l, b, &x))) {
                    term_bounds(l, a, &lo, &hi);
                    if (lo < 0 || hi < 0) {
                        term_post(l, CSP_EQ, term_divide(l, TERM_MOD, a, b), term_const(0));
                        return;
                    }
                    term q = term_new(l, 0, hi, false);
                    term_post(l, CSP_EQ, term_mul(l, q, b), a);
                    return;
                }
            }
            term a = eval(l, e->a).t, b = eval(l, e->b).t;
            if (l->state != LOWER_OK)
                return;
            term x = swap ? b : a, y = swap ? a : b;
            x = term_scale(l, x, 1, shift);
            if (truth)
                term_post(l, rel, x, y);
            else if (rel == CSP_LE)
                term_post(l, CSP_LE, term_scale(l, y, 1, 1), x);
            else
                term_post(l, rel == CSP_EQ ? CSP_NE : CSP_EQ, x, y);
            return;
        }
        break;
    case EX_CALL:
        if (e->op == FN_FITS && truth) {
            post_fits(l, e);
            return;
        }
        if ((e->op == FN_ALL && truth) || (e->op == FN_ANY && !truth)) {
            const expr *g = e->args[0];
            if (g->kind != EX_FOR)
                break;
            value source = {0};
            int64_t from = 0;
            int n = eval_for_count(l, g, &source, &from);
            for (int i = 0; i < n && l->state == LOWER_OK; i++) {
                l->locals[g->index] = eval_for_item(g, &source, from, i);
                if (for_admits(l, g))
                    eval_post(l, g->args[0], truth);
            }
            return;
        }
        break;
    default:
        break;
    }
    term t = eval(l, e).t;
    if (l->state == LOWER_OK)
        term_post(l, truth ? CSP_NE : CSP_EQ, t, term_const(0));
}

/* ---- calls ---- */

static term_list copy_list(lower *l, term_list a, int extra)
{
    term_list r = list_of(l, a.n + extra);
    if (l->state == LOWER_OK && a.n)
        memcpy((term *)(uintptr_t)r.p, a.p, (size_t)a.n * sizeof(term));
    return r;
}

static term_list eval_edit(lower *l, const expr *e)
{
    term_list a = eval(l, e->args[0]).ints, r;
    int64_t i = eval_int(l, e->args[1]);
    term v = eval(l, e->args[2]).t;
    bool insert = e->op == FN_INSERT;
    int n = a.n + insert;
    i += i < 0 ? n : 0;
    if (l->state != LOWER_OK || i < 0 || i >= n) {
        lower_fail(l);
        return (term_list){0};
    }
    r = copy_list(l, a, insert);
    if (l->state != LOWER_OK)
        return r;
    term *p = (term *)(uintptr_t)r.p;
    if (insert)
        memmove(p + i + 1, p + i, (size_t)(a.n - (int)i) * sizeof *p);
    p[i] = v;
    return r;
}

static term_list eval_remove(lower *l, const expr *e)
{
    term_list a = eval(l, e->args[0]).ints, drop = eval(l, e->args[1]).ints, r = list_of(l, a.n);
    bool gone[4096] = {false};
    if (l->state != LOWER_OK || a.n > 4096) {
        lower_fail(l);
        return (term_list){0};
    }
    for (int i = 0; i < drop.n && l->state == LOWER_OK; i++) {
        int64_t x = term_need(l, drop.p[i]);
        x += x < 0 ? a.n : 0;
        if (x < 0 || x >= a.n)
            lower_fail(l);
        else
            gone[x] = true;
    }
    int n = 0;
    for (int i = 0; i < a.n; i++)
        if (!gone[i])
            ((term *)(uintptr_t)r.p)[n++] = a.p[i];
    r.n = n;
    return r;
}

static term_list eval_sorted(lower *l, const expr *e)
{
    term_list r = copy_list(l, eval(l, e->args[0]).ints, 0);
    term *p = (term *)(uintptr_t)r.p;
    for (int i = 0; i < r.n && l->state == LOWER_OK; i++)
        p[i] = term_const(term_need(l, p[i]));
    for (int i = 1; i < r.n && l->state == LOWER_OK; i++) {
        term x = p[i];
        int k = i;
        for (; k > 0 && p[k - 1].c > x.c; k--)
            p[k] = p[k - 1];
        p[k] = x;
    }
    return r;
}

static term_list eval_repeat(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    term_list r = list_of(l, l->state == LOWER_OK && n <= 100000 ? (int)n : -1);
    term v = e->op == FN_FILL ? eval(l, e->args[1]).t : term_const(e->op == FN_ONES);
    for (int i = 0; i < r.n && l->state == LOWER_OK; i++)
        ((term *)(uintptr_t)r.p)[i] = e->op == FN_IOTA ? term_const(i) : v;
    return r;
}

static value eval_fill_reals(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    double v = eval_real(l, e->args[1]);
    if (l->state != LOWER_OK || n < 0 || n > 100000) {
        lower_fail(l);
        return (value){0};
    }
    double *p = lower_alloc(l, (size_t)n, sizeof *p);
    for (int64_t i = 0; p && i < n; i++)
        p[i] = v;
    return (value){.reals = {p, (int)n}};
}

static term_list eval_unravel(lower *l, const expr *e)
{
    int64_t flat = eval_int(l, e->args[0]);
    term_list shape = eval(l, e->args[1]).ints, r = list_of(l, shape.n);
    for (int i = shape.n - 1; i >= 0 && l->state == LOWER_OK; i--) {
        int64_t d = term_need(l, shape.p[i]);
        if (d <= 0) {
            lower_fail(l);
            break;
        }
        ((term *)(uintptr_t)r.p)[i] = term_const(flat % d);
        flat /= d;
    }
    return r;
}

static const char *eval_letters(lower *l, const expr *e)
{
    term_list a = eval(l, e->args[0]).ints;
    char *s = lower_alloc(l, (size_t)a.n + 1, 1);
    for (int i = 0; i < a.n && l->state == LOWER_OK; i++) {
        int64_t x = term_need(l, a.p[i]);
        if (x < 0 || x > 51)
            lower_fail(l);
        else
            s[i] = (char)(x < 26 ? 'a' + x : 'A' + x - 26);
    }
    if (s)
        s[a.n] = '\0';
    return s ? s : "";
}

/* min, max, sum and prod of ints: over a list, a generator, or several arguments. */
static term eval_aggregate(lower *l, const expr *e)
{
    term_list a = e->args[0]->type == TY_INTS ? eval(l, e->args[0]).ints : eval_terms(l, e->args, e->n);
    if (l->state != LOWER_OK)
        return term_const(0);
    if (e->op == FN_PROD)
        return term_product(l, a.p, a.n);
    if (e->op != FN_SUM)
        return term_extreme(l, a.p, a.n, e->op == FN_MAX);
    term sum = term_const(0);
    for (int i = 0; i < a.n && l->state == LOWER_OK; i++)
        sum = term_add(l, sum, a.p[i], 1);
    return sum;
}

static term eval_present(lower *l, const expr *e)
{
    const expr *x = e->args[0];
    if (x->kind == EX_INPUT)
        return term_const(frame_input_present(l, x->index));
    if (x->kind == EX_OUTPUT)
        return term_const(frame_output_present(l, x->index));
    frame_var(l, x->index);
    return term_const(l->f->var_written[x->index]);
}

static value eval_call(lower *l, const expr *e)
{
    value r = {0};
    tensor_ref t;
    int n;
    term *x;
    switch ((ex_fn)e->op) {
    case FN_RANK:
        t = eval(l, e->args[0]).tensor;
        return of_term(term_const(frame_dims(l, t, 0).n));
    case FN_SHAPE:
        t = eval(l, e->args[0]).tensor;
        r.ints = frame_dims(l, t, 0);
        return r;
    case FN_NUMEL: {
        t = eval(l, e->args[0]).tensor;
        term_list d = frame_dims(l, t, 0);
        return of_term(l->state == LOWER_OK ? term_product(l, d.p, d.n) : term_const(0));
    }
    case FN_PRESENT:
        return of_term(eval_present(l, e));
    case FN_ARITY:
        return of_term(term_const(eval(l, e->args[0]).tensor.n));
    case FN_NTH: {
        t = eval(l, e->args[0]).tensor;
        int64_t k = eval_int(l, e->args[1]);
        if (l->state != LOWER_OK || k < 0 || k >= t.n)
            lower_fail(l);
        else
            t.first += (int)k;
        t.n = 1;
        r.tensor = t;
        return r;
    }
    case FN_LEN: {
        value a = eval(l, e->args[0]);
        return of_term(term_const(l->state == LOWER_OK ? list_length(e->args[0]->type, &a) : 0));
    }
    case FN_ALL:
    case FN_ANY:
        x = eval_conditions(l, e->args[0], &n);
        if (l->state != LOWER_OK)
            return of_term(term_const(0));
        return of_term(e->op == FN_ALL ? term_and(l, x, n) : term_or(l, x, n));
    case FN_COUNT: {
        x = eval_conditions(l, e->args[0], &n);
        term sum = term_const(0);
        for (int i = 0; i < n && l->state == LOWER_OK; i++)
            sum = term_add(l, sum, x[i], 1);
        return of_term(sum);
    }
    case FN_PROD:
    case FN_SUM:
    case FN_MIN:
    case FN_MAX:
        return of_term(eval_aggregate(l, e));
    case FN_ABS:
        return of_term(term_abs(l, eval(l, e->args[0]).t));
    case FN_CEILDIV: {
        term a = eval(l, e->args[0]).t, b = eval(l, e->args[1]).t;
        return of_term(l->state == LOWER_OK ? term_divide(l, TERM_CEILDIV, a, b) : term_const(0));
    }
    case FN_NORM_AXIS: {
        int64_t a = eval_int(l, e->args[0]);
        term rank = eval(l, e->args[1]).t;
        return of_term(a < 0 ? term_scale(l, rank, 1, a) : term_const(a));
    }
    case FN_BROADCAST:
        return eval_broadcast(l, e);
    case FN_FITS:
        return of_term(eval_fits(l, e));
    case FN_FILL:
        if (e->type == TY_REALS)
            return eval_fill_reals(l, e);
        /* fall through */
    case FN_ONES:
    case FN_ZEROS:
    case FN_IOTA:
        r.ints = eval_repeat(l, e);
        return r;
    case FN_SETAT:
    case FN_INSERT:
        r.ints = eval_edit(l, e);
        return r;
    case FN_REMOVE:
        r.ints = eval_remove(l, e);
        return r;
    case FN_REVERSE: {
        term_list a = eval(l, e->args[0]).ints;
        r.ints = list_of(l, a.n);
        for (int i = 0; i < a.n && l->state == LOWER_OK; i++)
            ((term *)(uintptr_t)r.ints.p)[i] = a.p[a.n - 1 - i];
        return r;
    }
    case FN_SORT:
        r.ints = eval_sorted(l, e);
        return r;
    case FN_UNRAVEL:
        r.ints = eval_unravel(l, e);
        return r;
    case FN_LETTERS:
        r.s = eval_letters(l, e);
        return r;
    case FN_CAN:
        return of_term(eval_can(l, e));
    default:
        lower_fail(l);
        return r;
    }
}

static value eval_coerce(lower *l, const expr *e)
{
    value a, r = {0};
    switch (e->type) {
    case TY_INT:
        return eval(l, e->a);
    case TY_BOOL:
        a = eval(l, e->a);
        return of_term(l->state == LOWER_OK ? term_reify(l, CSP_NE, a.t, term_const(0)) : term_const(0));
    case TY_INTS:
        if (e->a->type == TY_EMPTY)
            return r;
        a = eval(l, e->a);
        r.ints = l->state == LOWER_OK ? frame_dims(l, a.tensor, 0) : (term_list){0};
        return r;
    case TY_REALS: {
        if (e->a->type == TY_EMPTY)
            return r;
        a = eval(l, e->a);
        double *p = lower_alloc(l, (size_t)a.ints.n, sizeof *p);
        for (int i = 0; i < a.ints.n && l->state == LOWER_OK; i++)
            p[i] = (double)term_need(l, a.ints.p[i]);
        r.reals = (real_list){p, a.ints.n};
        return r;
    }
    default: /* strings from [] */
        return r;
    }
}

value eval(lower *l, const expr *e)
{
    value r = {0};
    if (l->state != LOWER_OK)
        return r;
    if (e->type == TY_REAL) {
        r.r = eval_real(l, e);
        return r;
    }
    if (e->type == TY_INTERVAL) {
        r.iv = eval_interval(l, e);
        return r;
    }
    switch (e->kind) {
    case EX_INT:
        return of_term(term_const(e->i));
    case EX_STRING:
        r.s = e->s;
        return r;
    case EX_VAR:
        return frame_var(l, e->index);
    case EX_INPUT:
    case EX_OUTPUT:
        r.tensor = frame_tensor(l, e->kind == EX_OUTPUT, e->index);
        return r;
    case EX_TYPEVAR:
        r.s = frame_type(l, e->index);
        return r;
    case EX_LOCAL:
        return l->locals[e->index];
    case EX_OPSET:
        return of_term(term_const(l->ops->table->opset));
    case EX_MAX_ELEMENTS:
        return of_term(term_const(l->limits.max_elements));
    case EX_NEG:
        return of_term(term_scale(l, eval(l, e->a).t, -1, 0));
    case EX_NOT:
        return of_term(term_scale(l, eval(l, e->a).t, -1, 1));
    case EX_BINARY:
        break;
    case EX_INDEX:
        return eval_index(l, e);
    case EX_SLICE:
        return eval_slice(l, e);
    case EX_LIST:
        return eval_list(l, e);
    case EX_FOR:
        return eval_for(l, e);
    case EX_CALL:
        return eval_call(l, e);
    case EX_IF:
        return eval(l, eval_cond(l, e->a) ? e->b : e->c);
    case EX_COERCE:
        return eval_coerce(l, e);
    default:
        lower_fail(l);
        return r;
    }
    if (e->op == OP_CAT)
        return eval_cat(l, e);
    if (e->op >= OP_EQ && e->op <= OP_GE)
        return of_term(eval_comparison(l, e));
    if (e->op == OP_IN)
        return of_term(eval_in(l, e));
    term a = eval(l, e->a).t;
    if (e->op == OP_AND || e->op == OP_OR) {
        int64_t x;
        if (l->state == LOWER_OK && term_fixed(l, a, &x) && (x != 0) == (e->op == OP_OR))
            return of_term(term_const(x != 0));
    }
    term pair[2] = {a, eval(l, e->b).t};
    if (l->state != LOWER_OK)
        return of_term(term_const(0));
    switch ((ex_op)e->op) {
    case OP_ADD:
        return of_term(term_add(l, pair[0], pair[1], 1));
    case OP_SUB:
        return of_term(term_add(l, pair[0], pair[1], -1));
    case OP_MUL:
        return of_term(term_mul(l, pair[0], pair[1]));
    case OP_DIV:
        return of_term(term_divide(l, TERM_DIV, pair[0], pair[1]));
    case OP_MOD:
        return of_term(term_divide(l, TERM_MOD, pair[0], pair[1]));
    case OP_AND:
        return of_term(term_and(l, pair, 2));
    default:
        return of_term(term_or(l, pair, 2));
    }
}
