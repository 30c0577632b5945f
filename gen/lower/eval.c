/* Evaluates checked expressions to terms: known values are folded, open ones become solver variables and constraints. */
#include "lower/eval_parts.h"

#include <string.h>

bool eval_cond(lower *l, const expr *e)
{
    return eval_int(l, e) != 0;
}

term_list eval_new_list(lower *l, int n)
{
    if (n < 0 || n > LOWER_MAX_LIST) {
        lower_fail(l, WHY_LIST);
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
        if (l->state != LOWER_OK || hi < lo)
            return 0;
        if ((uint64_t)hi - (uint64_t)lo >= LOWER_MAX_LIST) {
            lower_fail(l, WHY_LIST);
            return 0;
        }
        return (int)(hi - lo + 1);
    }
    *source = eval(l, e->a);
    if (l->state != LOWER_OK)
        return 0;
    return e->a->type == TY_REALS ? source->reals.n : e->a->type == TY_STRINGS ? source->strings.n : source->ints.n;
}

value eval_for_item(const expr *e, const value *source, int64_t from, int i)
{
    if (e->b)
        return eval_of_term(term_const(from + i));
    if (e->a->type == TY_REALS)
        return (value){.r = source->reals.p[i]};
    if (e->a->type == TY_STRINGS)
        return (value){.s = source->strings.p[i]};
    return eval_of_term(source->ints.p[i]);
}

bool eval_for_admits(lower *l, const expr *e)
{
    return !e->c || eval_cond(l, e->c);
}

__attribute__((noinline)) value eval_for(lower *l, const expr *e)
{
    value source = {0}, r = {0};
    int64_t from = 0;
    int n = eval_for_count(l, e, &source, &from), count = 0;
    bool reals = e->type == TY_REALS, strings = e->type == TY_STRINGS;
    void *p = lower_alloc(l, (size_t)n, reals ? sizeof(double) : strings ? sizeof(char *) : sizeof(term));
    for (int i = 0; i < n && l->state == LOWER_OK; i++) {
        l->locals[e->index] = eval_for_item(e, &source, from, i);
        if (!eval_for_admits(l, e))
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

term_list eval_terms(lower *l, expr *const *args, size_t n)
{
    term_list r = eval_new_list(l, (int)n);
    term *p = (term *)(uintptr_t)r.p;
    for (size_t i = 0; p && i < n && l->state == LOWER_OK; i++)
        p[i] = eval(l, args[i]).t;
    return r;
}

static __attribute__((noinline)) value eval_list(lower *l, const expr *e)
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

int eval_list_length(ex_type t, const value *v)
{
    return t == TY_REALS ? v->reals.n : t == TY_STRINGS ? v->strings.n : v->ints.n;
}

static __attribute__((noinline)) value eval_cat(lower *l, const expr *e)
{
    value a = eval(l, e->a), b = eval(l, e->b), r = {0};
    if (l->state != LOWER_OK)
        return r;
    if (e->type == TY_STRING) {
        size_t length = strlen(a.s) + strlen(b.s);
        if (length > LOWER_MAX_LIST)
            lower_fail(l, WHY_LIST);
        lower_spend(l, length);
        r.s = l->state == LOWER_OK ? arena_printf(&l->scratch, "%s%s", a.s, b.s) : NULL;
        if (!r.s && l->state == LOWER_OK)
            lower_nomem(l);
        return r;
    }
    int na = eval_list_length(e->type, &a), nb = eval_list_length(e->type, &b);
    size_t size = e->type == TY_REALS ? sizeof(double) : e->type == TY_STRINGS ? sizeof(char *) : sizeof(term);
    if (na + nb > LOWER_MAX_LIST)
        lower_fail(l, WHY_LIST);
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

static __attribute__((noinline)) value eval_index(lower *l, const expr *e)
{
    value list = eval(l, e->a), r = {0};
    int n = l->state == LOWER_OK ? eval_list_length(e->a->type, &list) : 0;
    int64_t i = eval_int(l, e->b);
    if (i < 0)
        i += n;
    if (l->state != LOWER_OK || i < 0 || i >= n) {
        lower_fail(l, WHY_INDEX);
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

static __attribute__((noinline)) value eval_slice(lower *l, const expr *e)
{
    value list = eval(l, e->a), r = {0};
    int n = l->state == LOWER_OK ? eval_list_length(e->a->type, &list) : 0;
    int64_t from = e->b ? eval_int(l, e->b) : 0, to = e->c ? eval_int(l, e->c) : n;
    from += from < 0 ? n : 0;
    to += to < 0 ? n : 0;
    from = from < 0 ? 0 : from > n ? n : from;
    to = to < from ? from : to > n ? n : to;
    if (l->state != LOWER_OK || n == 0)
        return r;
    if (e->a->type == TY_REALS)
        r.reals = (real_list){list.reals.p + from, (int)(to - from)};
    else if (e->a->type == TY_STRINGS)
        r.strings = (string_list){list.strings.p + from, (int)(to - from)};
    else
        r.ints = (term_list){list.ints.p + from, (int)(to - from)};
    return r;
}

static __attribute__((noinline)) value eval_coerce(lower *l, const expr *e)
{
    value a, r = {0};
    switch (e->type) {
    case TY_INT:
        return eval(l, e->a);
    case TY_BOOL:
        a = eval(l, e->a);
        return eval_of_term(l->state == LOWER_OK ? term_reify(l, CSP_NE, a.t, term_const(0)) : term_const(0));
    case TY_INTS:
        if (e->a->type == TY_EMPTY)
            return r;
        r.ints = frame_dims(l, eval_tensor(l, e->a), 0);
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

static __attribute__((noinline)) value eval_binary(lower *l, const expr *e)
{
    if (e->op == OP_CAT)
        return eval_cat(l, e);
    if (e->op >= OP_EQ && e->op <= OP_GE)
        return eval_of_term(eval_comparison(l, e));
    if (e->op == OP_IN)
        return eval_of_term(eval_in(l, e));
    term a = eval(l, e->a).t;
    if (e->op == OP_AND || e->op == OP_OR) {
        int64_t x;
        if (l->state == LOWER_OK && term_fixed(l, a, &x) && (x != 0) == (e->op == OP_OR))
            return eval_of_term(term_const(x != 0));
    }
    term pair[2] = {a, eval(l, e->b).t};
    if (l->state != LOWER_OK)
        return eval_of_term(term_const(0));
    switch ((ex_op)e->op) {
    case OP_ADD:
        return eval_of_term(term_add(l, pair[0], pair[1], 1));
    case OP_SUB:
        return eval_of_term(term_add(l, pair[0], pair[1], -1));
    case OP_MUL:
        return eval_of_term(term_mul(l, pair[0], pair[1]));
    case OP_DIV:
        return eval_of_term(term_divide(l, TERM_DIV, pair[0], pair[1]));
    case OP_MOD:
        return eval_of_term(term_divide(l, TERM_MOD, pair[0], pair[1]));
    case OP_AND:
        return eval_of_term(term_and(l, pair, 2));
    default:
        return eval_of_term(term_or(l, pair, 2));
    }
}

/* A fast path for the shape of an input, which is known in most cases. */
static __attribute__((noinline)) value eval_coerced(lower *l, const expr *e)
{
    const frame *f = l->f;
    if (e->type == TY_INTS && e->a->kind == EX_INPUT && f->arity[e->a->index] > 0) {
        const frame_slot *s = &f->slots[f->first_slot[e->a->index]];
        if (s->dims_state == STATE_DONE)
            return (value){.ints = {s->dims, s->rank}};
    }
    return eval_coerce(l, e);
}

/* A value is built in a function of its own: a function that returns several kinds of values collects them in memory, where its
 * halves are written apart and read together, which stalls the processor. */
static __attribute__((noinline)) value no_value(void)
{
    return (value){0};
}

static __attribute__((noinline)) value whole_value(int64_t x)
{
    return eval_of_term(term_const(x));
}

static __attribute__((noinline)) value real_value(lower *l, const expr *e)
{
    return (value){.r = eval_real(l, e)};
}

static __attribute__((noinline)) value interval_value(lower *l, const expr *e)
{
    return (value){.iv = eval_interval(l, e)};
}

static __attribute__((noinline)) value text_value(const char *s)
{
    return (value){.s = s};
}

static __attribute__((noinline)) value tensor_value(tensor_ref t)
{
    return (value){.tensor = t};
}

static __attribute__((noinline)) value scaled(lower *l, term t, int64_t c)
{
    return eval_of_term(term_scale(l, t, -1, c));
}

static __attribute__((noinline)) value eval_composite(lower *l, const expr *e)
{
    switch (e->kind) {
    case EX_VAR:
        return frame_var(l, e->index);
    case EX_OUTPUT:
        return tensor_value(frame_tensor(l, true, e->index));
    case EX_TYPEVAR:
        return text_value(frame_type(l, e->index));
    case EX_NEG:
        return scaled(l, eval(l, e->a).t, 0);
    case EX_NOT:
        return scaled(l, eval(l, e->a).t, 1);
    case EX_BINARY:
        return eval_binary(l, e);
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
        return eval_coerced(l, e);
    default:
        lower_fail(l, WHY_NO_VALUE);
        return no_value();
    }
}

static __attribute__((noinline)) value eval_nested(lower *l, const expr *e)
{
    if (!lower_enter(l))
        return no_value();
    value r = eval_composite(l, e);
    l->depth--;
    return r;
}

/* Leaves do not count as steps. */
value eval(lower *l, const expr *e)
{
    const frame *f = l->f;
    if (l->state != LOWER_OK)
        return no_value();
    if (e->type == TY_REAL)
        return real_value(l, e);
    if (e->type == TY_INTERVAL)
        return interval_value(l, e);
    switch (e->kind) {
    case EX_INT:
        return whole_value(e->i);
    case EX_STRING:
        return text_value(e->s);
    case EX_LOCAL:
        return l->locals[e->index];
    case EX_INPUT:
        return tensor_value((tensor_ref){false, f->first_slot[e->index], f->arity[e->index]});
    case EX_OPSET:
        return whole_value(l->ops->table->opset);
    case EX_LIMIT:
        return whole_value(e->index == LIMIT_DIM      ? l->limits.max_dim
                           : e->index == LIMIT_WINDOW ? l->limits.max_window
                           : e->index == LIMIT_LEAST  ? f->least
                                                      : l->limits.max_elements);
    case EX_VAR:
        if (f->var_state[e->index] == STATE_DONE && f->var_usable[e->index])
            return f->vars[e->index];
        break;
    default:
        break;
    }
    return eval_nested(l, e);
}
