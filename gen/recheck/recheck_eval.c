/* The plain interpreter: expressions of a finished instance, by recursion over the tree. */
#include "recheck/recheck_eval.h"

#include <string.h>

#define LONGEST 100000

inst_value rc_none(recheck *c, const char *why)
{
    if (c->fault == NULL)
        c->fault = why;
    return (inst_value){0};
}

bool rc_stopped(const recheck *c)
{
    return c->fault != NULL || c->nomem;
}

inst_value rc_whole(int64_t i)
{
    return (inst_value){.i = i};
}

void rc_spend(recheck *c, size_t steps)
{
    if (steps > RECHECK_MAX_STEPS - c->steps)
        (void)rc_none(c, "too many steps");
    else
        c->steps += (uint32_t)steps;
}

/* NULL with a fault, or without memory. */
void *rc_room(recheck *c, size_t n, size_t size)
{
    if (n > LONGEST)
        (void)rc_none(c, "a list is too long");
    rc_spend(c, n);
    if (rc_stopped(c))
        return NULL;
    void *p = arena_calloc(c->mem, n + 1, size);
    c->nomem |= p == NULL;
    return p;
}

bool recheck_near(double a, double b)
{
    double d = a > b ? a - b : b - a, size = (a < 0 ? -a : a) + (b < 0 ? -b : b);
    if (!(size - size == 0)) /* an infinity or NaN: no other value is near it */
        return a == b || (a != a && b != b);
    return d <= 1e-6 * size || d < 1e-37;
}

/* ---- integers ---- */

inst_value rc_number(recheck *c, wide x)
{
    return x < INT64_MIN || x > INT64_MAX ? rc_none(c, "a number beyond 64 bits") : rc_whole((int64_t)x);
}

/* Rounded down, or up. */
static wide quotient(recheck *c, int64_t a, int64_t b, bool up)
{
    if (b == 0) {
        (void)rc_none(c, "division by zero");
        return 0;
    }
    wide q = (wide)a / b, rest = (wide)a - q * b;
    bool above = (rest < 0) == (b < 0); /* whether the exact quotient is above q, if there is a remainder */
    return rest == 0 ? q : up ? q + above : q - !above;
}

inst_value rc_divide(recheck *c, int64_t a, int64_t b, bool up)
{
    return rc_number(c, quotient(c, a, b, up));
}

inst_value rc_arithmetic(recheck *c, int op, int64_t a, int64_t b)
{
    switch ((ex_op)op) {
    case OP_ADD:
        return rc_number(c, (wide)a + b);
    case OP_SUB:
        return rc_number(c, (wide)a - b);
    case OP_MUL:
        return rc_number(c, (wide)a * b);
    case OP_DIV:
        return rc_divide(c, a, b, false);
    default:
        return rc_number(c, a - b * quotient(c, a, b, false));
    }
}

static bool ordered(int op, bool less, bool equal)
{
    switch ((ex_op)op) {
    case OP_EQ:
        return equal;
    case OP_NE:
        return !equal;
    case OP_LT:
        return less;
    case OP_LE:
        return less || equal;
    case OP_GT:
        return !less && !equal;
    default:
        return !less;
    }
}

/* ---- tensors ---- */

rc_span rc_tensors(recheck *c, const expr *e)
{
    rc_span s = {0};
    switch (e->kind) {
    case EX_INPUT:
        return (rc_span){false, c->first_in[e->index], c->n_in[e->index]};
    case EX_OUTPUT:
        return (rc_span){true, c->first_out[e->index], c->n_out[e->index]};
    case EX_COERCE:
        return rc_tensors(c, e->a);
    case EX_IF:
        return rc_tensors(c, recheck_true(c, e->a) ? e->b : e->c);
    case EX_CALL:
        if (e->op == FN_NTH) {
            s = rc_tensors(c, e->args[0]);
            int64_t k = recheck_eval(c, e->args[1]).i;
            if (k < 0 || (size_t)k >= s.n)
                (void)rc_none(c, "there is no such tensor");
            s.first += rc_stopped(c) ? 0 : (size_t)k;
            s.n = 1;
            return s;
        }
        break;
    default:
        break;
    }
    (void)rc_none(c, "not a tensor");
    return s;
}

static const tensor_desc *desc(recheck *c, rc_span s, size_t k)
{
    const op_instance *x = c->inst;
    size_t i = s.first + k;
    if (!rc_stopped(c) && k < s.n) {
        if (s.output && i < x->n_outputs && x->outputs[i].present)
            return &x->outputs[i].desc;
        if (!s.output && i < x->n_inputs && x->inputs[i].kind != INST_ABSENT)
            return &x->inputs[i].desc;
    }
    (void)rc_none(c, "the shape of a tensor that is left out");
    return NULL;
}

inst_value rc_dims(recheck *c, rc_span s, size_t k)
{
    const tensor_desc *d = desc(c, s, k);
    return d != NULL ? (inst_value){.ints = d->dims, .n = (size_t)d->rank} : (inst_value){0};
}

static interval values_of(recheck *c, rc_span s, size_t k)
{
    const op_instance *x = c->inst;
    size_t i = s.first + k;
    interval zero = {0, 0};
    if (rc_stopped(c) || k >= s.n)
        return zero;
    if (s.output)
        return i < x->n_outputs && x->outputs[i].present ? x->outputs[i].desc.range : zero;
    if (i >= x->n_inputs || x->inputs[i].kind == INST_ABSENT)
        return zero;
    c->vague |= x->inputs[i].kind == INST_INIT && !c->filled;
    return x->inputs[i].desc.range;
}

bool rc_present(recheck *c, const expr *e)
{
    if (e->kind == EX_VAR)
        return c->inst->vars[e->index].written;
    rc_span s = rc_tensors(c, e);
    if (s.n == 0)
        return false;
    return s.output ? c->inst->outputs[s.first].present : c->inst->inputs[s.first].kind != INST_ABSENT;
}

/* ---- intervals ---- */

static interval joined(interval a, interval b)
{
    return (interval){a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}

interval recheck_interval(recheck *c, const expr *e)
{
    interval r = {0, 0};
    if (rc_stopped(c))
        return r;
    if (e->kind == EX_IF)
        return recheck_interval(c, recheck_true(c, e->a) ? e->b : e->c);
    if (e->kind == EX_NEG) {
        interval a = recheck_interval(c, e->a);
        return (interval){-a.hi, -a.lo};
    }
    if (e->kind == EX_CALL && e->op == FN_HULL && e->args[0]->type != TY_INTERVALS) {
        for (size_t i = 0; i < e->n; i++) {
            interval a = recheck_interval(c, e->args[i]);
            r = i == 0 ? a : joined(r, a);
        }
        return r;
    }
    if (e->kind == EX_COERCE) {
        const expr *a = e->a;
        if (a->type == TY_TENSOR || a->type == TY_TENSORS) {
            rc_span s = rc_tensors(c, a);
            r = values_of(c, s, 0);
            for (size_t k = 1; k < s.n; k++)
                r = joined(r, values_of(c, s, k));
            return r;
        }
        if (a->kind == EX_LIST)
            return (interval){recheck_real(c, a->args[0]), recheck_real(c, a->args[1])};
        r.lo = r.hi = recheck_real(c, a);
        return r;
    }
    c->vague = true;
    return r;
}

/* ---- lists ---- */

bool recheck_same(ex_type t, const inst_value *a, const inst_value *b)
{
    switch (t) {
    case TY_REAL:
        return recheck_near(a->r, b->r);
    case TY_STRING:
        return a->s != NULL && b->s != NULL && strcmp(a->s, b->s) == 0;
    case TY_INTS:
    case TY_BOOLS:
    case TY_EMPTY:
        if (a->n != b->n)
            return false;
        for (size_t i = 0; i < a->n; i++)
            if (a->ints[i] != b->ints[i])
                return false;
        return true;
    case TY_REALS:
        if (a->n != b->n)
            return false;
        for (size_t i = 0; i < a->n; i++)
            if (!recheck_near(a->reals[i], b->reals[i]))
                return false;
        return true;
    case TY_STRINGS:
        if (a->n != b->n)
            return false;
        for (size_t i = 0; i < a->n; i++)
            if (strcmp(a->strings[i], b->strings[i]) != 0)
                return false;
        return true;
    default:
        return a->i == b->i;
    }
}

rc_list rc_new_list(recheck *c, ex_type t, size_t n)
{
    rc_list l = {0};
    if (t == TY_REALS)
        l.v.reals = l.reals = rc_room(c, n, sizeof *l.reals);
    else if (t == TY_STRINGS)
        l.v.strings = l.strings = rc_room(c, n, sizeof *l.strings);
    else
        l.v.ints = l.ints = rc_room(c, n, sizeof *l.ints);
    return l;
}

void rc_append(const recheck *c, rc_list *l, const inst_value *x)
{
    if (rc_stopped(c))
        return;
    if (l->reals != NULL)
        l->reals[l->v.n] = x->r;
    else if (l->strings != NULL)
        l->strings[l->v.n] = x->s;
    else if (l->ints != NULL)
        l->ints[l->v.n] = x->i;
    l->v.n++;
}

inst_value rc_element(ex_type t, const inst_value *l, size_t i)
{
    if (t == TY_REALS)
        return (inst_value){.r = l->reals[i]};
    if (t == TY_STRINGS)
        return (inst_value){.s = l->strings[i]};
    return rc_whole(l->ints[i]);
}

void rc_append_all(const recheck *c, rc_list *l, ex_type t, const inst_value *from)
{
    for (size_t i = 0; i < from->n && !rc_stopped(c); i++) {
        inst_value x = rc_element(t, from, i);
        rc_append(c, l, &x);
    }
}

/* [E for v in R if C], and the conditions of all, any and count. */
inst_value rc_generate(recheck *c, const expr *e)
{
    inst_value source = {0};
    int64_t from = 0, n;
    if (e->a->type == TY_INTERVAL || e->type == TY_INTERVALS) {
        c->vague = true;
        return source;
    }
    if (e->b != NULL) {
        from = recheck_eval(c, e->a).i;
        int64_t to = recheck_eval(c, e->b).i;
        n = 0;
        if (to >= from && (__builtin_sub_overflow(to, from, &n) || n++ >= LONGEST))
            return rc_none(c, "a list is too long");
    } else {
        source = recheck_eval(c, e->a);
        n = (int64_t)source.n;
    }
    if (rc_stopped(c))
        return (inst_value){0};
    rc_list l = rc_new_list(c, e->type, (size_t)n);
    for (int64_t i = 0; i < n && !rc_stopped(c); i++) {
        c->locals[e->index] = e->b != NULL ? rc_whole(from + i) : rc_element(e->a->type, &source, (size_t)i);
        if (e->c != NULL && !recheck_true(c, e->c))
            continue;
        inst_value x = recheck_eval(c, e->args[0]);
        rc_append(c, &l, &x);
    }
    return l.v;
}

static inst_value concatenation(recheck *c, const expr *e)
{
    inst_value a = recheck_eval(c, e->a), b = recheck_eval(c, e->b);
    if (rc_stopped(c))
        return a;
    if (e->type == TY_STRING) {
        size_t n = strlen(a.s) + strlen(b.s);
        rc_spend(c, n);
        if (n > LONGEST)
            return rc_none(c, "a string is too long");
        a.s = arena_printf(c->mem, "%s%s", a.s, b.s);
        c->nomem |= a.s == NULL;
        return a;
    }
    rc_list l = rc_new_list(c, e->type, a.n + b.n);
    rc_append_all(c, &l, e->type, &a);
    rc_append_all(c, &l, e->type, &b);
    return l.v;
}

static inst_value indexed(recheck *c, const expr *e)
{
    inst_value l = recheck_eval(c, e->a);
    int64_t i = recheck_eval(c, e->b).i;
    if (rc_stopped(c))
        return l;
    if (i < 0)
        i += (int64_t)l.n;
    if (i < 0 || i >= (int64_t)l.n)
        return rc_none(c, "an index beyond the list");
    return rc_element(e->a->type, &l, (size_t)i);
}

static int64_t slice_end(int64_t i, int64_t n)
{
    if (i < 0)
        i += n;
    return i < 0 ? 0 : i > n ? n : i;
}

static inst_value sliced(recheck *c, const expr *e)
{
    inst_value l = recheck_eval(c, e->a);
    int64_t n = (int64_t)l.n;
    int64_t from = e->b != NULL ? slice_end(recheck_eval(c, e->b).i, n) : 0;
    int64_t to = e->c != NULL ? slice_end(recheck_eval(c, e->c).i, n) : n;
    if (from >= to || rc_stopped(c))
        return (inst_value){0};
    inst_value r = {.n = (size_t)(to - from)}; /* lists are immutable, so a slice shares their memory */
    r.ints = l.ints != NULL ? l.ints + from : NULL;
    r.reals = l.reals != NULL ? l.reals + from : NULL;
    r.strings = l.strings != NULL ? l.strings + from : NULL;
    return r;
}

static inst_value coerced(recheck *c, const expr *e)
{
    inst_value a;
    if (e->a->type == TY_EMPTY)
        return rc_new_list(c, e->type, 0).v;
    switch (e->type) {
    case TY_BOOL:
        a = recheck_eval(c, e->a);
        return rc_whole(a.i != 0);
    case TY_REAL:
        return (inst_value){.r = (double)recheck_eval(c, e->a).i};
    case TY_INTS:
        return rc_dims(c, rc_tensors(c, e->a), 0);
    case TY_REALS: {
        a = recheck_eval(c, e->a);
        rc_list l = rc_new_list(c, TY_REALS, a.n);
        for (size_t i = 0; i < a.n && !rc_stopped(c); i++) {
            inst_value x = {.r = (double)a.ints[i]};
            rc_append(c, &l, &x);
        }
        return l.v;
    }
    default:
        return recheck_eval(c, e->a);
    }
}

/* ---- expressions ---- */

static inst_value membership(recheck *c, const expr *e)
{
    inst_value x = recheck_eval(c, e->a), l = recheck_eval(c, e->b);
    bool found = false;
    if (rc_stopped(c))
        return x;
    rc_spend(c, l.n * (e->a->type == TY_STRING ? strlen(x.s) + 1 : 1));
    for (size_t i = 0; i < l.n && !rc_stopped(c); i++) {
        inst_value y = rc_element(e->b->type, &l, i);
        found |= recheck_same(e->a->type, &x, &y);
    }
    return rc_whole(found);
}

static inst_value binary(recheck *c, const expr *e)
{
    if (e->op == OP_CAT)
        return concatenation(c, e);
    if (e->op == OP_IN)
        return membership(c, e);
    inst_value a = recheck_eval(c, e->a), b;
    if (rc_stopped(c))
        return a;
    if ((e->op == OP_AND && a.i == 0) || (e->op == OP_OR && a.i != 0))
        return rc_whole(a.i != 0);
    b = recheck_eval(c, e->b);
    if (rc_stopped(c))
        return b;
    if (e->op == OP_AND || e->op == OP_OR)
        return rc_whole(b.i != 0);
    ex_type t = e->a->type;
    if (e->op >= OP_EQ && e->op <= OP_GE) {
        if (t == TY_REAL)
            return rc_whole(ordered(e->op, a.r < b.r, a.r == b.r));
        if (t == TY_INT || t == TY_BOOL)
            return rc_whole(ordered(e->op, a.i < b.i, a.i == b.i));
        rc_spend(c, t == TY_STRING ? strlen(a.s) : a.n);
        return rc_whole(ordered(e->op, false, recheck_same(t, &a, &b)));
    }
    if (e->type != TY_REAL)
        return rc_arithmetic(c, e->op, a.i, b.i);
    return (inst_value){.r = e->op == OP_ADD ? a.r + b.r : e->op == OP_SUB ? a.r - b.r : e->op == OP_MUL ? a.r * b.r : a.r / b.r};
}

static inst_value listed(recheck *c, const expr *e)
{
    rc_list l = rc_new_list(c, e->type, e->n);
    for (size_t i = 0; i < e->n && !rc_stopped(c); i++) {
        inst_value x = recheck_eval(c, e->args[i]);
        rc_append(c, &l, &x);
    }
    return l.v;
}

static inst_value limit_value(const recheck *c, const expr *e)
{
    const int64_t limits[LIMITS] = {
        [LIMIT_ELEMENTS] = c->limits->max_elements, [LIMIT_DIM] = c->limits->max_dim, [LIMIT_WINDOW] = c->limits->max_window,
        [LIMIT_LEAST] = c->inst->empty ? 0 : 1};
    return rc_whole(limits[e->index]);
}

inst_value recheck_eval(recheck *c, const expr *e)
{
    inst_value r = {0};
    rc_spend(c, 1);
    if (rc_stopped(c))
        return r;
    if (e->type == TY_INTERVAL) {
        c->vague = true;
        return r;
    }
    switch (e->kind) {
    case EX_INT:
        return rc_whole(e->i);
    case EX_REAL:
        r.r = e->r;
        return r;
    case EX_STRING:
        r.s = e->s;
        return r;
    case EX_VAR:
        if (!c->inst->vars[e->index].known)
            return rc_none(c, "an attribute that is left out has no value");
        return c->inst->vars[e->index].v;
    case EX_TYPEVAR:
        c->vague |= c->types[e->index] == DT_NONE;
        r.s = dtype_name(c->types[e->index]);
        return r;
    case EX_LOCAL:
        return c->locals[e->index];
    case EX_OPSET:
        return rc_whole(c->ops->table->opset);
    case EX_LIMIT:
        return limit_value(c, e);
    case EX_NEG:
        r = recheck_eval(c, e->a);
        r.r = -r.r;
        return e->type == TY_REAL ? r : rc_arithmetic(c, OP_SUB, 0, r.i);
    case EX_NOT:
        return rc_whole(recheck_eval(c, e->a).i == 0);
    case EX_BINARY:
        return binary(c, e);
    case EX_INDEX:
        return indexed(c, e);
    case EX_SLICE:
        return sliced(c, e);
    case EX_LIST:
        return listed(c, e);
    case EX_FOR:
        return rc_generate(c, e);
    case EX_CALL:
        return rc_call(c, e);
    case EX_IF:
        return recheck_eval(c, recheck_true(c, e->a) ? e->b : e->c);
    case EX_COERCE:
        return coerced(c, e);
    default:
        return rc_none(c, "not a value");
    }
}

bool recheck_true(recheck *c, const expr *e)
{
    return recheck_eval(c, e).i != 0 && !rc_stopped(c);
}

double recheck_real(recheck *c, const expr *e)
{
    inst_value x = recheck_eval(c, e);
    return e->type == TY_REAL ? x.r : (double)x.i;
}
