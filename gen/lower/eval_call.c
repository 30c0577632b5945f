/* Functions of integers, lists and strings. */
#include "lower/eval_parts.h"

#include <stdlib.h>
#include <string.h>

value eval_broadcast(lower *l, const expr *e)
{
    term_list shapes[OP_MAX_SLOTS];
    int n = eval_shapes(l, e, shapes, OP_MAX_SLOTS), rank = 0;
    for (int i = 0; i < n; i++)
        rank = shapes[i].n > rank ? shapes[i].n : rank;
    term_list r = eval_new_list(l, rank);
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

static term_list copy_list(lower *l, term_list a, int extra)
{
    term_list r = eval_new_list(l, a.n + extra);
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
        lower_fail(l, WHY_INDEX);
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
    term_list a = eval(l, e->args[0]).ints, drop = eval(l, e->args[1]).ints, r = eval_new_list(l, a.n);
    bool *gone = lower_alloc(l, (size_t)a.n, sizeof *gone);
    lower_spend(l, (size_t)drop.n);
    if (!gone || l->state != LOWER_OK)
        return (term_list){0};
    if (a.n > 0)
        memset(gone, 0, (size_t)a.n * sizeof *gone);
    for (int i = 0; i < drop.n && l->state == LOWER_OK; i++) {
        int64_t x = term_need(l, drop.p[i]);
        x += x < 0 ? a.n : 0;
        if (x < 0 || x >= a.n)
            lower_fail(l, WHY_INDEX);
        else
            gone[x] = true;
    }
    int n = 0;
    for (int i = 0; i < a.n && l->state == LOWER_OK; i++)
        if (!gone[i])
            ((term *)(uintptr_t)r.p)[n++] = a.p[i];
    r.n = n;
    return r;
}

static int by_constant(const void *a, const void *b)
{
    int64_t x = ((const term *)a)->c, y = ((const term *)b)->c;
    return (x > y) - (x < y);
}

void eval_sort_constants(lower *l, term *p, size_t n)
{
    lower_spend(l, n);
    if (n > 0 && l->state == LOWER_OK)
        qsort(p, n, sizeof *p, by_constant);
}

static term_list eval_sorted(lower *l, const expr *e)
{
    term_list r = copy_list(l, eval(l, e->args[0]).ints, 0);
    term *p = (term *)(uintptr_t)r.p;
    for (int i = 0; i < r.n && l->state == LOWER_OK; i++)
        p[i] = term_const(term_need(l, p[i]));
    if (l->state == LOWER_OK)
        eval_sort_constants(l, p, (size_t)r.n);
    return r;
}

static term_list eval_repeat(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    term_list r = eval_new_list(l, l->state == LOWER_OK && n >= 0 && n <= LOWER_MAX_LIST ? (int)n : -1);
    term v = e->op == FN_FILL ? eval(l, e->args[1]).t : term_const(e->op == FN_ONES);
    for (int i = 0; i < r.n && l->state == LOWER_OK; i++)
        ((term *)(uintptr_t)r.p)[i] = e->op == FN_IOTA ? term_const(i) : v;
    return r;
}

static value eval_fill_reals(lower *l, const expr *e)
{
    int64_t n = eval_int(l, e->args[0]);
    double v = eval_real(l, e->args[1]);
    if (l->state != LOWER_OK || n < 0 || n > LOWER_MAX_LIST) {
        lower_fail(l, WHY_LIST);
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
    term_list shape = eval(l, e->args[1]).ints, r = eval_new_list(l, shape.n);
    for (int i = shape.n - 1; i >= 0 && l->state == LOWER_OK; i--) {
        int64_t d = term_need(l, shape.p[i]);
        if (d <= 0) {
            lower_fail(l, WHY_DIMENSION);
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
            lower_fail(l, WHY_LETTER);
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
    return e->op == FN_SUM ? term_sum(l, a.p, a.n) : term_extreme(l, a.p, a.n, e->op == FN_MAX);
}

static term eval_present(lower *l, const expr *e)
{
    const expr *x = e->args[0];
    if (x->kind == EX_INPUT)
        return term_const(frame_input_present(l, x->index));
    if (x->kind == EX_OUTPUT)
        return term_const(frame_output_present(l, x->index));
    frame_settle_var(l, x->index);
    return term_const(l->f->var_written[x->index]);
}

/* ---- one function of this shape for each row of the table below ---- */

static value call_rank(lower *l, const expr *e)
{
    return eval_of_term(term_const(frame_dims(l, eval(l, e->args[0]).tensor, 0).n));
}

static value call_shape(lower *l, const expr *e)
{
    return (value){.ints = frame_dims(l, eval(l, e->args[0]).tensor, 0)};
}

static value call_numel(lower *l, const expr *e)
{
    term_list d = frame_dims(l, eval(l, e->args[0]).tensor, 0);
    return eval_of_term(l->state == LOWER_OK ? term_product(l, d.p, d.n) : term_const(0));
}

static value call_present(lower *l, const expr *e)
{
    return eval_of_term(eval_present(l, e));
}

static value call_arity(lower *l, const expr *e)
{
    return eval_of_term(term_const(eval(l, e->args[0]).tensor.n));
}

static value call_nth(lower *l, const expr *e)
{
    tensor_ref t = eval(l, e->args[0]).tensor;
    int64_t k = eval_int(l, e->args[1]);
    if (l->state != LOWER_OK || k < 0 || k >= t.n)
        lower_fail(l, WHY_INDEX);
    else
        t.first += (int)k;
    t.n = 1;
    return (value){.tensor = t};
}

static value call_len(lower *l, const expr *e)
{
    value a = eval(l, e->args[0]);
    return eval_of_term(term_const(l->state == LOWER_OK ? eval_list_length(e->args[0]->type, &a) : 0));
}

static value call_conditions(lower *l, const expr *e)
{
    int n;
    term *x = eval_conditions(l, e->args[0], &n);
    if (l->state != LOWER_OK)
        return eval_of_term(term_const(0));
    return eval_of_term(e->op == FN_ALL ? term_and(l, x, n) : term_or(l, x, n));
}

static value call_count(lower *l, const expr *e)
{
    int n;
    const term *x = eval_conditions(l, e->args[0], &n);
    return eval_of_term(term_sum(l, x, n));
}

static value call_aggregate(lower *l, const expr *e)
{
    return eval_of_term(eval_aggregate(l, e));
}

static value call_abs(lower *l, const expr *e)
{
    return eval_of_term(term_abs(l, eval(l, e->args[0]).t));
}

static value call_ceildiv(lower *l, const expr *e)
{
    term a = eval(l, e->args[0]).t, b = eval(l, e->args[1]).t;
    return eval_of_term(l->state == LOWER_OK ? term_divide(l, TERM_CEILDIV, a, b) : term_const(0));
}

static value call_norm_axis(lower *l, const expr *e)
{
    int64_t a = eval_int(l, e->args[0]);
    term rank = eval(l, e->args[1]).t;
    return eval_of_term(a < 0 ? term_scale(l, rank, 1, a) : term_const(a));
}

static value call_fits(lower *l, const expr *e)
{
    return eval_of_term(eval_fits(l, e));
}

static value call_repeat(lower *l, const expr *e)
{
    return e->type == TY_REALS ? eval_fill_reals(l, e) : (value){.ints = eval_repeat(l, e)};
}

static value call_edit(lower *l, const expr *e)
{
    return (value){.ints = eval_edit(l, e)};
}

static value call_remove(lower *l, const expr *e)
{
    return (value){.ints = eval_remove(l, e)};
}

static value call_reverse(lower *l, const expr *e)
{
    term_list a = eval(l, e->args[0]).ints, r = eval_new_list(l, a.n);
    for (int i = 0; i < a.n && l->state == LOWER_OK; i++)
        ((term *)(uintptr_t)r.p)[i] = a.p[a.n - 1 - i];
    return (value){.ints = r};
}

static value call_sort(lower *l, const expr *e)
{
    return (value){.ints = eval_sorted(l, e)};
}

static value call_unravel(lower *l, const expr *e)
{
    return (value){.ints = eval_unravel(l, e)};
}

static value call_letters(lower *l, const expr *e)
{
    return (value){.s = eval_letters(l, e)};
}

static value call_ties(lower *l, const expr *e)
{
    return eval_of_term(term_const(eval_estimate(l, e->args[0]).ties));
}

static value call_weak(lower *l, const expr *e)
{
    return eval_of_term(term_const(eval_estimate(l, e->args[0]).weak));
}

static value call_can(lower *l, const expr *e)
{
    return eval_of_term(eval_can(l, e));
}

static value call_whole(lower *l, const expr *e)
{
    return eval_of_term(term_const(dtype_is_whole(dtype_parse(eval(l, e->args[0]).s))));
}

static value call_chosen(lower *l, const expr *e)
{
    return eval_of_term(term_const(l->f->op->data >> dtype_parse(eval(l, e->args[0]).s) & 1));
}

value eval_call(lower *l, const expr *e)
{
    static value (*const calls[FN_COUNT_])(lower *, const expr *) = {
        [FN_RANK] = call_rank,       [FN_SHAPE] = call_shape,         [FN_NUMEL] = call_numel,
        [FN_PRESENT] = call_present, [FN_ARITY] = call_arity,         [FN_NTH] = call_nth,
        [FN_LEN] = call_len,         [FN_ALL] = call_conditions,      [FN_ANY] = call_conditions,
        [FN_COUNT] = call_count,     [FN_PROD] = call_aggregate,      [FN_SUM] = call_aggregate,
        [FN_MIN] = call_aggregate,   [FN_MAX] = call_aggregate,       [FN_ABS] = call_abs,
        [FN_CEILDIV] = call_ceildiv, [FN_NORM_AXIS] = call_norm_axis, [FN_BROADCAST] = eval_broadcast,
        [FN_FITS] = call_fits,       [FN_FILL] = call_repeat,         [FN_ONES] = call_repeat,
        [FN_ZEROS] = call_repeat,    [FN_IOTA] = call_repeat,         [FN_SETAT] = call_edit,
        [FN_INSERT] = call_edit,     [FN_REMOVE] = call_remove,       [FN_REVERSE] = call_reverse,
        [FN_SORT] = call_sort,       [FN_UNRAVEL] = call_unravel,     [FN_LETTERS] = call_letters,
        [FN_TIES] = call_ties,       [FN_WEAK] = call_weak,           [FN_CAN] = call_can,
        [FN_WHOLE] = call_whole,     [FN_CHOSEN] = call_chosen,
    };
    if (calls[e->op])
        return calls[e->op](l, e);
    lower_fail(l, WHY_NO_VALUE); /* the checker lets no other function through */
    return (value){0};
}
