/* Evaluates expressions over the lanes of the current frame. */
#include "reference/ref_form.h"
#include "reference/ref_run.h"

#include <string.h>

enum { MAX_NESTING = 50, MAX_LEVEL = 1000 };

void ref_fail(ref_run *run, spec_place place, const char *fmt, ...)
{
    nn_error inner;
    va_list ap;
    if (run->status != NN_OK)
        return;
    va_start(ap, fmt);
    nn_vfail(&inner, NN_ERR_TABLE, place.file, place.line, place.column, fmt, ap);
    va_end(ap);
    run->status =
        nn_fail(run->err, NN_ERR_TABLE, place.file, place.line, place.column, "outputs of %s: %s", run->p->op->name, inner.message);
}

static const char *kind_name(const ref_value *v)
{
    static const char *const names[] = {"a number", "a number", "a number", "a list", "a text", "a tensor", "several tensors"};
    return names[v->kind];
}

ref_value ref_number(ref_run *run, const ref_expr *x)
{
    ref_value v = ref_eval(run, x);
    if (ref_is_number(&v))
        return v;
    ref_fail(run, x->place, "a number was expected, not %s", kind_name(&v));
    return ref_int(&run->r, 0);
}

int64_t ref_uniform_int(ref_run *run, const ref_value *v, spec_place place, const char *what)
{
    if (v->kind == REF_INT && v->uniform)
        return v->w[0];
    ref_fail(run, place, "%s: a whole number that is the same for all elements, and exact, was expected", what);
    return 0;
}

ref_value ref_new_list(ref_run *run, size_t n)
{
    ref_value v = {.kind = REF_LIST, .n = n, .items = arena_calloc(run->r.a, n + 1, sizeof *v.items)};
    if (v.items == NULL) {
        run->r.exhausted = true;
        v.n = 0;
    }
    return v;
}

/* A list; a tensor of rank 1 or 0 as a list of its elements. */
ref_value ref_list(ref_run *run, const ref_expr *x)
{
    ref_value v = ref_eval(run, x);
    if (v.kind == REF_LIST)
        return v;
    if (v.kind == REF_TENSOR && v.t == NULL)
        return ref_new_list(run, 0);
    if (v.kind != REF_TENSOR || v.t->rank > 1 || v.t->n > 100000) {
        ref_fail(run, x->place, "a list was expected, not %s", kind_name(&v));
        return ref_new_list(run, 0);
    }
    ref_value l = ref_new_list(run, v.t->n);
    for (size_t i = 0; i < l.n; i++)
        l.items[i] = v.t->w != NULL ? ref_int(&run->r, v.t->w[i]) : ref_real(&run->r, v.t->v[i], v.t->e[i]);
    for (size_t i = 0; i < l.n && v.t->w == NULL && v.t->whole; i++)
        l.items[i].kind = REF_WHOLE;
    return l;
}

const ref_tensor *ref_tensor_of(ref_run *run, const ref_expr *x)
{
    ref_value v = ref_eval(run, x);
    if (v.kind == REF_TENSOR)
        return v.t;
    ref_fail(run, x->place, "a tensor was expected, not %s", kind_name(&v));
    return NULL;
}

/* ---- frames ---- */

void ref_enter(ref_run *run, ref_frame *frame, ref_scope *scope, size_t n, const uint32_t *from)
{
    *frame = (ref_frame){.up = run->frame, .n = n, .from = from};
    *scope = *run->scope;
    run->frame = frame;
    run->scope = scope;
    run->r.n = n;
}

void ref_leave(ref_run *run, const ref_frame *frame, ref_scope *outer)
{
    run->frame = frame->up;
    run->scope = outer;
    run->r.n = frame->up->n;
}

static ref_value follow(ref_run *run, ref_value x, const ref_frame *f)
{
    size_t outer = f->up->n;
    ref_value y = ref_new(&run->r, x.kind, false);
    for (size_t i = 0; f->from == NULL && i < f->n; i += outer) {
        memcpy(y.w + i, x.w, outer * sizeof *y.w);
        if (x.kind != REF_INT)
            memcpy(y.e + i, x.e, outer * sizeof *y.e);
    }
    for (size_t i = 0; f->from != NULL && i < f->n; i++)
        y.w[i] = x.w[f->from[i]];
    for (size_t i = 0; f->from != NULL && x.kind != REF_INT && i < f->n; i++)
        y.e[i] = x.e[f->from[i]];
    ref_form_follow(&run->r, &y, &x, f->from, outer);
    return y;
}

static ref_value carry(ref_run *run, ref_value x, const ref_frame *home, const ref_frame *f)
{
    if (f == home || f->up == NULL || (ref_is_number(&x) && x.uniform))
        return x;
    if (x.kind == REF_LIST) {
        ref_value l = ref_new_list(run, x.n);
        for (size_t i = 0; i < l.n; i++)
            l.items[i] = carry(run, x.items[i], home, f);
        return l;
    }
    if (!ref_is_number(&x))
        return x;
    x = carry(run, x, home, f->up);
    if (x.uniform)
        return x;
    size_t n = run->r.n;
    run->r.n = f->n;
    x = follow(run, x, f);
    run->r.n = n;
    return x;
}

ref_value ref_carry(ref_run *run, ref_value value, const ref_frame *home)
{
    return carry(run, value, home, run->frame);
}

ref_value ref_for_all(ref_value x)
{
    if (ref_is_number(&x))
        x.uniform = true;
    for (size_t i = 0; x.kind == REF_LIST && i < x.n; i++)
        x.items[i] = ref_for_all(x.items[i]);
    return x;
}

static ref_value local(ref_run *run, const ref_expr *x)
{
    ref_local *l = &run->scope->locals[x->slot];
    if (l->home != run->frame) {
        l->value = carry(run, l->value, l->home, run->frame);
        l->home = run->frame;
    }
    return l->value;
}

/* ---- branches ---- */

ref_value ref_merge(ref_run *run, ref_value a, ref_value b, const uint8_t *mask, spec_place place)
{
    if (a.kind == REF_LIST && b.kind == REF_LIST && a.n == b.n) {
        ref_value l = ref_new_list(run, a.n);
        for (size_t i = 0; i < l.n; i++)
            l.items[i] = ref_merge(run, a.items[i], b.items[i], mask, place);
        return l;
    }
    if (!ref_is_number(&a) || !ref_is_number(&b)) {
        ref_fail(run, place, "two numbers or two lists of the same length were expected, not %s and %s", kind_name(&a),
                 kind_name(&b));
        return a;
    }
    ref_kind kind = ref_join(&a, &b);
    if (kind != REF_INT) {
        a = ref_as_real(&run->r, a);
        b = ref_as_real(&run->r, b);
    }
    a = ref_spread(&run->r, a);
    b = ref_spread(&run->r, b);
    ref_value y = ref_new(&run->r, kind, false);
    for (size_t i = 0; i < run->r.n; i++) {
        y.w[i] = mask[i] != 0 ? a.w[i] : b.w[i];
        if (kind != REF_INT)
            y.e[i] = mask[i] != 0 ? a.e[i] : b.e[i];
    }
    ref_form_pick(&run->r, &y, &a, &b, mask);
    return y;
}

/* The lanes where the condition may be true (or false), and their number. */
static size_t choose_lanes(const ref_run *run, const ref_value *c, bool truth, uint32_t *lanes)
{
    size_t n = 0;
    for (size_t i = 0; i < run->r.n; i++) {
        bool certain = c->kind == REF_INT || c->e[i] == 0;
        bool value = c->kind == REF_INT ? c->w[i] != 0 : c->v[i] != 0;
        if (!certain || value == truth)
            lanes[n++] = (uint32_t)i;
    }
    return n;
}

static void scatter_forms(ref_run *run, ref_value *y, const ref_value *x, const uint32_t *lanes, size_t n)
{
    uint32_t from[REF_LANES] = {0};
    if (x->forms == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        from[lanes[i]] = (uint32_t)i;
    ref_form_follow(&run->r, y, x, from, 0);
}

/* The branch's value in the lanes of the outer frame; those that did not take it have no meaning. */
static ref_value take_branch(ref_run *run, const ref_expr *branch, const uint32_t *lanes, size_t n)
{
    ref_frame frame;
    ref_scope scope, *outer = run->scope;
    if (n == run->r.n)
        return ref_eval(run, branch);
    ref_enter(run, &frame, &scope, n, lanes);
    ref_value v = ref_eval(run, branch);
    ref_leave(run, &frame, outer);
    if (ref_is_number(&v) && v.uniform)
        return v;
    size_t items = v.kind == REF_LIST ? v.n : 1;
    ref_value y = v.kind == REF_LIST ? ref_new_list(run, v.n) : v;
    for (size_t k = 0; k < items && run->status == NN_OK; k++) {
        ref_value x = v.kind == REF_LIST ? v.items[k] : v, z = x;
        if (ref_is_number(&x) && !x.uniform) {
            z = ref_new(&run->r, x.kind, false);
            memset(z.w, 0, run->r.n * sizeof *z.w);
            if (x.kind != REF_INT)
                memset(z.e, 0, run->r.n * sizeof *z.e);
            for (size_t i = 0; i < n; i++) {
                z.w[lanes[i]] = x.w[i];
                if (x.kind != REF_INT)
                    z.e[lanes[i]] = x.e[i];
            }
            scatter_forms(run, &z, &x, lanes, n);
        }
        *(v.kind == REF_LIST ? &y.items[k] : &y) = z;
    }
    return y;
}

/* Where the condition is not certain, the value is ours and the bound covers the other branch too. */
static ref_value cover_both(ref_run *run, const ref_value *c, ref_value a, ref_value b, ref_value y)
{
    a = ref_spread(&run->r, ref_as_real(&run->r, a));
    b = ref_spread(&run->r, ref_as_real(&run->r, b));
    ref_value z = ref_as_real(&run->r, y);
    ref_value out = ref_new(&run->r, z.kind, false);
    for (size_t i = 0; i < run->r.n; i++) {
        bool truth = c->v[i] != 0;
        double va = a.v[i], vb = b.v[i], v = truth ? va : vb, w = truth ? vb : va, ev = truth ? a.e[i] : b.e[i],
               ew = truth ? b.e[i] : a.e[i];
        double other = __builtin_fabs(w - v) + ew;
        out.v[i] = z.v[i];
        out.e[i] = c->e[i] == 0 ? z.e[i] : ref_choice_error(ev, other);
    }
    return out;
}

static ref_value eval_if(ref_run *run, const ref_expr *x)
{
    ref_value c = ref_number(run, x->a);
    if (c.uniform && c.kind == REF_INT)
        return ref_eval(run, c.w[0] != 0 ? x->b : x->c);
    c = ref_settle(&run->r, ref_spread(&run->r, c));
    uint32_t *yes = arena_alloc(run->r.a, REF_LANES * sizeof *yes), *no = arena_alloc(run->r.a, REF_LANES * sizeof *no);
    uint8_t *mask = arena_alloc(run->r.a, REF_LANES);
    if (yes == NULL || no == NULL || mask == NULL || run->status != NN_OK) {
        run->r.exhausted |= yes == NULL || no == NULL || mask == NULL;
        return ref_int(&run->r, 0);
    }
    size_t n_yes = choose_lanes(run, &c, true, yes), n_no = choose_lanes(run, &c, false, no);
    if (n_no == 0)
        return ref_eval(run, x->b);
    if (n_yes == 0)
        return ref_eval(run, x->c);
    ref_value a = take_branch(run, x->b, yes, n_yes), b = take_branch(run, x->c, no, n_no);
    if (run->status != NN_OK)
        return a;
    for (size_t i = 0; i < run->r.n; i++)
        mask[i] = c.kind == REF_INT ? c.w[i] != 0 : c.v[i] != 0;
    ref_value y = ref_merge(run, a, b, mask, x->place);
    bool covered = c.kind == REF_INT || !ref_is_number(&y) || run->status != NN_OK;
    return covered ? y : cover_both(run, &c, a, b, y);
}

/* and, or: the second operand is evaluated only where it matters. */
static ref_value eval_logic(ref_run *run, const ref_expr *x)
{
    static const ref_expr yes = {.kind = RX_INT, .i = 1}, no = {.kind = RX_INT, .i = 0};
    ref_expr branch = {
        .kind = RX_IF, .a = x->a, .b = x->kind == RX_AND ? x->b : &yes, .c = x->kind == RX_AND ? &no : x->b, .place = x->place};
    return eval_if(run, &branch);
}

/* ---- operators ---- */

static ref_value number_binary(ref_run *run, ex_op op, ref_value a, ref_value b)
{
    switch (op) {
    case OP_ADD:
        return ref_add(&run->r, a, b);
    case OP_SUB:
        return ref_sub(&run->r, a, b);
    case OP_MUL:
        return ref_mul(&run->r, a, b);
    case OP_DIV:
        return ref_div(&run->r, a, b);
    case OP_MOD:
        return ref_mod(&run->r, a, b);
    case OP_EQ:
        return ref_compare(&run->r, a, b, REF_EQ);
    case OP_NE:
        return ref_compare(&run->r, a, b, REF_NE);
    case OP_LT:
        return ref_compare(&run->r, a, b, REF_LT);
    case OP_LE:
        return ref_compare(&run->r, a, b, REF_LE);
    case OP_GT:
        return ref_compare(&run->r, a, b, REF_GT);
    default:
        return ref_compare(&run->r, a, b, REF_GE);
    }
}

static ref_value list_binary(ref_run *run, ex_op op, ref_value a, ref_value b, spec_place place)
{
    size_t n = a.kind == REF_LIST ? a.n : b.n;
    if (a.kind == REF_LIST && b.kind == REF_LIST && a.n != b.n) {
        ref_fail(run, place, "two lists of the same length were expected, not of %zu and %zu", a.n, b.n);
        return a;
    }
    ref_value l = ref_new_list(run, n);
    for (size_t i = 0; i < l.n; i++)
        l.items[i] = ref_binary(run, op, a.kind == REF_LIST ? a.items[i] : a, b.kind == REF_LIST ? b.items[i] : b, place);
    return l;
}

static ref_value concatenate(ref_run *run, ref_value a, ref_value b)
{
    ref_value l = ref_new_list(run, a.n + b.n);
    for (size_t i = 0; i < l.n; i++)
        l.items[i] = i < a.n ? a.items[i] : b.items[i - a.n];
    return l;
}

/* Whether lists or values are equal, or a value is in a list: 0 or 1. */
static ref_value any_equal(ref_run *run, ref_value a, ref_value list, spec_place place)
{
    ref_value y = ref_int(&run->r, 0);
    for (size_t i = 0; i < list.n && run->status == NN_OK; i++)
        y = ref_extreme(&run->r, y, ref_binary(run, OP_EQ, a, list.items[i], place), true);
    return y;
}

static ref_value all_equal(ref_run *run, ref_value a, ref_value b, spec_place place)
{
    ref_value y = ref_int(&run->r, a.n == b.n);
    for (size_t i = 0; i < a.n && a.n == b.n && run->status == NN_OK; i++)
        y = ref_extreme(&run->r, y, ref_binary(run, OP_EQ, a.items[i], b.items[i], place), false);
    return y;
}

static bool is_operand(const ref_value *v)
{
    return v->kind == REF_LIST || ref_is_number(v);
}

static ref_value equal_lists(ref_run *run, ex_op op, ref_value a, ref_value b, spec_place place)
{
    ref_value y = all_equal(run, a, b, place);
    return op == OP_EQ ? y : ref_not(&run->r, y);
}

ref_value ref_binary(ref_run *run, ex_op op, ref_value a, ref_value b, spec_place place)
{
    bool equality = op == OP_EQ || op == OP_NE, lists = a.kind == REF_LIST && b.kind == REF_LIST;
    if (op == OP_IN && b.kind == REF_LIST)
        return any_equal(run, a, b, place);
    if (op == OP_CAT && lists)
        return concatenate(run, a, b);
    if (op < OP_CAT && is_operand(&a) && is_operand(&b) && (a.kind == REF_LIST || b.kind == REF_LIST))
        return list_binary(run, op, a, b, place);
    if (op == OP_MOD && (a.kind == REF_REAL || b.kind == REF_REAL)) {
        ref_fail(run, place, "`%%` takes whole numbers; `fmod` is for reals");
        return a;
    }
    if (op != OP_IN && op != OP_CAT && ref_is_number(&a) && ref_is_number(&b))
        return number_binary(run, op, a, b);
    if (equality && lists)
        return equal_lists(run, op, a, b, place);
    if (equality && a.kind == REF_TEXT && b.kind == REF_TEXT)
        return ref_int(&run->r, (strcmp(a.s, b.s) == 0) == (op == OP_EQ));
    ref_fail(run, place, "%s and %s cannot be operands here", kind_name(&a), kind_name(&b));
    return ref_int(&run->r, 0);
}

static ref_value eval_neg(ref_run *run, const ref_expr *x)
{
    ref_value a = ref_eval(run, x->a);
    return ref_is_number(&a) ? ref_neg(&run->r, a) : ref_binary(run, OP_MUL, a, ref_int(&run->r, -1), x->place);
}

/* A real number of the rules, which an implementation rounds to its type. */
static ref_value eval_real(ref_run *run, const ref_expr *x)
{
    ref_value v = ref_real(&run->r, x->r, 0);
    if (run->unit.type == DT_DOUBLE)
        v.e[0] = 0x1p-53 * __builtin_fabs(x->r);
    ref_rounded(&run->unit, 1, 1, v.v, v.e);
    return v;
}

/* ---- names ---- */

static ref_value text_value(const char *s)
{
    return (ref_value){.kind = REF_TEXT, .s = s};
}

static ref_value type_of(ref_run *run, const ref_expr *x)
{
    const op_model *op = run->p->op;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const ref_value *in = &run->inputs[i];
        const ref_tensor *t = in->kind == REF_TENSORS ? (in->n > 0 ? in->tensors[0] : NULL) : in->t;
        if (op->inputs[i].type_var == x->slot && t != NULL)
            return text_value(dtype_name(t->type));
    }
    for (size_t i = 0; i < op->n_outputs; i++)
        if (op->outputs[i].type_var == x->slot && run->outputs[i] != NULL)
            return text_value(dtype_name(run->outputs[i]->type));
    return text_value("none");
}

static ref_value attribute_value(ref_run *run, const attr_value *at)
{
    ref_value l;
    switch (at->kind) {
    case ATTR_INT:
        return ref_int(&run->r, at->i);
    case ATTR_FLOAT:
        return ref_real(&run->r, at->f, 0);
    case ATTR_STRING:
        return text_value(at->s);
    case ATTR_HELD:
        return (ref_value){.kind = REF_TENSOR, .t = run->node->held};
    default:
        l = ref_new_list(run, at->n);
        for (size_t i = 0; i < l.n; i++)
            l.items[i] = at->kind == ATTR_INTS      ? ref_int(&run->r, at->ints[i])
                         : at->kind == ATTR_STRINGS ? text_value(at->strings[i])
                                                    : ref_real(&run->r, at->floats[i], 0);
        return l;
    }
}

ref_value ref_var(ref_run *run, int var, spec_place place)
{
    const rule_var *v = &run->p->op->rules->vars[var];
    if (run->var_known[var])
        return run->vars[var];
    /* Values of variables are the same for all lanes, and outlive the block. */
    for (size_t i = 0; v->origin == VAR_ATTR && i < run->node->n_attrs; i++)
        if (strcmp(run->node->attrs[i].name, v->name) == 0)
            return attribute_value(run, &run->node->attrs[i]);
    const ref_expr *source = run->p->vars[var];
    if (source == NULL) {
        ref_fail(run, place, "attribute `%s` is absent and has no default; `present` tells", v->name);
        return ref_int(&run->r, 0);
    }
    ref_frame frame;
    ref_scope scope, *outer = run->scope;
    if (++run->depth > MAX_NESTING)
        ref_fail(run, place, "the definitions are nested too deeply");
    ref_enter(run, &frame, &scope, 1, NULL);
    ref_value y = run->status == NN_OK ? ref_for_all(ref_eval(run, source)) : ref_int(&run->r, 0);
    ref_leave(run, &frame, outer);
    run->depth--;
    return y;
}

/* A definition that is computed where it is used. */
static ref_value eval_let(ref_run *run, const ref_expr *x)
{
    ref_frame frame;
    ref_scope scope, *outer = run->scope;
    if (++run->depth > MAX_NESTING)
        ref_fail(run, x->place, "the definitions are nested too deeply");
    ref_enter(run, &frame, &scope, 1, NULL);
    ref_value y = run->status == NN_OK ? ref_for_all(ref_eval(run, run->p->lets[x->slot]->body)) : ref_int(&run->r, 0);
    ref_leave(run, &frame, outer);
    run->depth--;
    return y;
}

static ref_value eval_def(ref_run *run, const ref_expr *x)
{
    const ref_rule *def = run->p->defs[x->slot];
    ref_scope scope, *outer = run->scope;
    for (size_t i = 0; i < x->n; i++)
        scope.locals[def->binders[i].slot] = (ref_local){.value = ref_eval(run, x->args[i]), .home = run->frame};
    run->scope = &scope;
    if (++run->depth > MAX_NESTING)
        ref_fail(run, x->place, "functions call one another too deeply");
    ref_value y = run->status == NN_OK ? ref_eval(run, def->body) : ref_int(&run->r, 0);
    run->depth--;
    run->scope = outer;
    return y;
}

static ref_value eval_list(ref_run *run, const ref_expr *x)
{
    ref_value l = ref_new_list(run, x->n);
    for (size_t i = 0; i < l.n; i++)
        l.items[i] = ref_eval(run, x->args[i]);
    return l;
}

static ref_value eval_slice(ref_run *run, const ref_expr *x)
{
    ref_value l = ref_list(run, x->a);
    int64_t n = (int64_t)l.n, from = 0, to = n;
    if (x->b != NULL) {
        ref_value v = ref_number(run, x->b);
        from = ref_uniform_int(run, &v, x->place, "a slice");
    }
    if (x->c != NULL) {
        ref_value v = ref_number(run, x->c);
        to = ref_uniform_int(run, &v, x->place, "a slice");
    }
    from += from < 0 ? n : 0;
    to += to < 0 ? n : 0;
    from = from < 0 ? 0 : from > n ? n : from;
    to = to < from ? from : to > n ? n : to;
    l.items += from;
    l.n = (size_t)(to - from);
    return l;
}

static ref_value eval_call(ref_run *run, const ref_expr *x)
{
    switch (ref_function_form(x->op)) {
    case FORM_UNARY:
        return ref_unary(&run->r, (ref_fn)x->op, &run->table->accuracy[x->op], ref_number(run, x->args[0]));
    case FORM_NUMBERS:
        return ref_numbers(run, x);
    case FORM_REDUCE:
        return ref_reduce(run, x);
    case FORM_SLICE:
        return ref_slice(run, x);
    case FORM_TAPS:
        return ref_taps(run, x);
    case FORM_AXES:
        return ref_axes(run, x);
    default:
        return ref_static(run, x);
    }
}

static ref_value eval_output(ref_run *run, const ref_expr *x)
{
    const ref_tensor *t = run->p->op->outputs[x->slot].variadic ? run->part : run->outputs[x->slot];
    return (ref_value){.kind = REF_TENSOR, .t = t};
}

static ref_value eval_compound(ref_run *run, const ref_expr *x)
{
    switch (x->kind) {
    case RX_NEG:
        return eval_neg(run, x);
    case RX_NOT:
        return ref_not(&run->r, ref_number(run, x->a));
    case RX_AND:
    case RX_OR:
        return eval_logic(run, x);
    case RX_BINARY: {
        ref_value a = ref_eval(run, x->a), b = ref_eval(run, x->b);
        return ref_binary(run, (ex_op)x->op, a, b, x->place);
    }
    case RX_ELEMENT:
        return ref_element(run, x);
    case RX_SLICE:
        return eval_slice(run, x);
    case RX_LIST:
        return eval_list(run, x);
    case RX_FOR:
        return ref_comprehension(run, x);
    case RX_CALL:
        return eval_call(run, x);
    case RX_DEF:
        return eval_def(run, x);
    default:
        return eval_if(run, x);
    }
}

ref_value ref_eval(ref_run *run, const ref_expr *x)
{
    if (run->status != NN_OK || run->r.exhausted)
        return ref_int(&run->r, 0);
    switch (x->kind) {
    case RX_INT:
        return ref_int(&run->r, x->i);
    case RX_REAL:
        return eval_real(run, x);
    case RX_TEXT:
        return text_value(x->s);
    case RX_LOCAL:
        return local(run, x);
    case RX_VAR:
        return ref_var(run, x->slot, x->place);
    case RX_INPUT:
        return run->inputs[x->slot];
    case RX_INPUTS:
        return (ref_value){.kind = REF_TENSORS, .n = run->node->n_inputs, .tensors = run->node->inputs};
    case RX_OUTPUT:
        return eval_output(run, x);
    case RX_LET:
        return run->p->lets != NULL ? eval_let(run, x) : run->lets[x->slot];
    case RX_TYPE:
        return type_of(run, x);
    default:
        break;
    }
    if (++run->level > MAX_LEVEL)
        ref_fail(run, x->place, "the expressions are nested too deeply");
    ref_value y = run->status == NN_OK ? eval_compound(run, x) : ref_int(&run->r, 0);
    run->level--;
    return y;
}
