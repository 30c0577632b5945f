/* From the rules of an operator to a ref_program: names, functions and the numbers of their arguments are checked. */
#include "reference/ref_compile.h"

#include <string.h>

void ref_bad(compiler *c, spec_place place, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    if (c->status != NN_OK)
        return;
    va_start(ap, fmt);
    nn_error inner;
    nn_vfail(&inner, NN_ERR_TABLE, place.file, place.line, place.column, fmt, ap);
    va_end(ap);
    strncpy(text, inner.message, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    c->status = nn_fail(c->err, NN_ERR_TABLE, place.file, place.line, place.column, "outputs of %s: %s", c->op->name, text);
}

static ref_expr *make(compiler *c, rx_kind kind, spec_place place)
{
    ref_expr *x = arena_calloc(c->a, 1, sizeof *x);
    if (x == NULL) {
        if (c->status == NN_OK)
            c->status = nn_nomem(c->err);
        return &c->dummy;
    }
    x->kind = kind;
    x->place = place;
    return x;
}

void *ref_room(compiler *c, size_t n, size_t size)
{
    void *p = arena_calloc(c->a, n + 1, size);
    if (p == NULL && c->status == NN_OK)
        c->status = nn_nomem(c->err);
    return p;
}

/* ---- names ---- */

int ref_add_local(compiler *c, const char *name, spec_place place)
{
    if (c->n_locals == REF_MAX_LOCALS) {
        ref_bad(c, place, "at most %d indices and variables in one rule were expected", REF_MAX_LOCALS);
        return 0;
    }
    for (int i = 0; i < c->n_locals; i++)
        if (c->locals[i] != NULL && strcmp(c->locals[i], name) == 0)
            ref_bad(c, place, "`%s` is an index or variable already", spec_show(name).s);
    c->locals[c->n_locals] = name;
    return c->n_locals++;
}

static int find_local(const compiler *c, const char *name)
{
    for (int i = c->n_locals; i-- > 0;)
        if (c->locals[i] != NULL && strcmp(c->locals[i], name) == 0)
            return i;
    return -1;
}

/* What a variable of the table is worth where the node does not state it. */
static void compile_var(compiler *c, int var, spec_place place)
{
    const rule_var *v = &c->op->rules->vars[var];
    const expr *source = v->origin == VAR_ATTR ? v->fallback : v->domain;
    if (v->origin == VAR_CHOOSE && v->choice) {
        ref_bad(c, place, "`%s` is drawn; a model does not state it", v->name);
        return;
    }
    if (source == NULL || c->program->vars[var] != NULL || c->status != NN_OK)
        return;
    compiler inner = *c;
    nn_error ignored;
    inner.n_locals = 0;
    inner.bare = -1;
    inner.own_indices = false;
    inner.in_var = true;
    inner.in_default = v->origin == VAR_ATTR;
    inner.err = v->origin == VAR_ATTR ? &ignored : c->err;
    if (++inner.depth > 40)
        ref_bad(&inner, place, "definitions are nested too deeply");
    const ref_expr *x = ref_translate(&inner, source);
    /* A default that depends on what is drawn is none for the reader of a model. */
    bool drawn = inner.status == NN_ERR_TABLE && v->origin == VAR_ATTR;
    c->status = drawn ? NN_OK : inner.status;
    c->program->vars[var] = drawn ? NULL : x;
}

static const ref_expr *use_var(compiler *c, int var, spec_place place)
{
    ref_expr *x = make(c, RX_VAR, place);
    x->slot = var;
    compile_var(c, var, place);
    return x;
}

/* A tensor, or its element at the output's indices. */
static const ref_expr *use_tensor(compiler *c, rx_kind kind, int slot, spec_place place, bool element)
{
    ref_expr *x = make(c, kind, place);
    x->slot = slot;
    if (!element || c->bare < 0)
        return x;
    ref_expr *at = make(c, RX_ELEMENT, place), *indices = make(c, RX_LOCAL, place);
    indices->slot = c->bare;
    at->op = EXPR_BROADCAST | REF_BARE;
    at->a = x;
    at->n = 1;
    at->args = ref_room(c, 1, sizeof *at->args);
    if (at->args != NULL)
        at->args[0] = indices;
    return at;
}

static const ref_expr *find_tensor(compiler *c, const char *name, spec_place place, bool element)
{
    const op_model *op = c->op;
    for (size_t i = 0; i < op->n_inputs; i++)
        if (strcmp(op->inputs[i].name, name) == 0)
            return use_tensor(c, RX_INPUT, (int)i, place, element && op->inputs[i].max_arity == 1);
    for (size_t i = 0; i < op->n_outputs; i++)
        if (strcmp(op->outputs[i].name, name) == 0)
            return use_tensor(c, RX_OUTPUT, (int)i, place, element);
    return NULL;
}

/* A definition's rule, compiled. -1: there is none of that name. */
static int find_rule(compiler *c, const char *name, bool function, spec_place place)
{
    for (size_t i = 0; i < c->list->n; i++) {
        const ref_rule *rule = &c->list->rules[i];
        if (ref_of_output(rule) || (rule->kind == HEAD_FUNCTION) != function || strcmp(rule->name, name) != 0)
            continue;
        ref_need_rule(c, i, place);
        return (int)i;
    }
    return -1;
}

static const ref_expr *find_named(compiler *c, const char *name, spec_place place, bool element)
{
    int rule = c->in_var ? -1 : find_rule(c, name, false, place);
    if (rule >= 0)
        return use_tensor(c, RX_LET, c->list->rules[rule].slot, place, false);
    const ref_expr *tensor = find_tensor(c, name, place, element);
    if (tensor != NULL)
        return tensor;
    for (size_t i = 0; i < c->op->rules->n_vars; i++)
        if (strcmp(c->op->rules->vars[i].name, name) == 0)
            return use_var(c, (int)i, place);
    for (size_t i = 0; i < c->op->n_types; i++)
        if (strcmp(c->op->type_names[i], name) == 0)
            return use_tensor(c, RX_TYPE, (int)i, place, false);
    if (strcmp(name, "opset") == 0) {
        ref_expr *x = make(c, RX_INT, place);
        x->i = c->ops->table->opset;
        return x;
    }
    if (strcmp(name, "operands") == 0 && !c->in_var) {
        c->program->any_inputs = true;
        return make(c, RX_INPUTS, place);
    }
    return NULL;
}

static const ref_expr *use_name(compiler *c, const expr *e, bool element)
{
    int local = find_local(c, e->s);
    if (local >= 0) {
        ref_expr *x = make(c, RX_LOCAL, e->place);
        x->slot = local;
        return x;
    }
    const ref_expr *x = find_named(c, e->s, e->place, element);
    if (x != NULL)
        return x;
    const char *names[REF_MAX_LETS + OP_MAX_INPUTS + OP_MAX_OUTPUTS + OP_MAX_VARS + REF_MAX_LOCALS];
    size_t n = 0;
    for (int i = 0; i < c->n_locals; i++)
        if (c->locals[i] != NULL)
            names[n++] = c->locals[i];
    for (size_t i = 0; i < c->list->n && n < REF_MAX_LETS + REF_MAX_LOCALS; i++)
        if (c->list->rules[i].kind == HEAD_LET || c->list->rules[i].kind == HEAD_SCAN)
            names[n++] = c->list->rules[i].name;
    for (size_t i = 0; i < c->op->n_inputs; i++)
        names[n++] = c->op->inputs[i].name;
    for (size_t i = 0; i < c->op->rules->n_vars; i++)
        names[n++] = c->op->rules->vars[i].name;
    const char *near = spec_nearest(e->s, names, n);
    if (near != NULL)
        ref_bad(c, e->place, "unknown name `%s`; did you mean `%s`?", spec_show(e->s).s, near);
    else
        ref_bad(c, e->place, "unknown name `%s`; an index, input, output, attribute or definition was expected", spec_show(e->s).s);
    return &c->dummy;
}

/* ---- comprehensions ---- */

void ref_bind(compiler *c, ref_binder *b, const expr *e)
{
    b->from = ref_translate(c, e->a);
    b->to = e->b != NULL ? ref_translate(c, e->b) : NULL;
    b->tuple = (e->op & EXPR_TUPLE) != 0 && !c->in_var;
    if (b->tuple && b->to != NULL)
        ref_bad(c, e->place, "`%s..`: a list of sizes was expected, not a range", spec_show(e->s).s);
}

/* An EX_FOR and those nested directly in it, as one comprehension. */
static const ref_expr *translate_for(compiler *c, const expr *e)
{
    ref_expr *x = make(c, RX_FOR, e->place);
    x->op = c->in_var ? 0 : e->op & EXPR_LISTED;
    int first = c->n_locals;
    const expr *body = e, *guard = NULL;
    x->binders = ref_room(c, EXPR_MAX_BINDERS, sizeof *x->binders);
    while (c->status == NN_OK && body->kind == EX_FOR && (body == e || (body->op & EXPR_LISTED) == 0)) {
        if (x->n == EXPR_MAX_BINDERS || (guard != NULL && body->c != NULL)) {
            ref_bad(c, e->place, "at most %d variables and one `if` after them were expected", EXPR_MAX_BINDERS);
            break;
        }
        ref_bind(c, &x->binders[x->n++], body);
        guard = body->c != NULL ? body->c : guard;
        body = body->args[0];
    }
    body = e;
    for (size_t i = 0; c->status == NN_OK && i < x->n; i++) {
        x->binders[i].slot = ref_add_local(c, body->s, body->place);
        body = body->args[0];
    }
    if (c->status == NN_OK) {
        x->c = guard != NULL ? ref_translate(c, guard) : NULL;
        x->a = ref_translate(c, body);
    }
    for (int i = first; i < c->n_locals; i++) {
        c->locals[i] = NULL;
        x->varies |= c->one_by_one[i];
    }
    return x;
}

/* ---- calls ---- */

static bool takes_tensor(int fn)
{
    switch (fn) {
    case RF_RANK:
    case RF_SHAPE:
    case RF_NUMEL:
    case RF_PRESENT:
    case RF_ARITY:
    case RF_NTH:
    case RF_LIST:
    case RF_SOFTMAX:
    case RF_SORTED:
    case RF_SORTING:
    case RF_RESHAPE:
    case RF_SCATTER:
        return true;
    default:
        return false;
    }
}

static const ref_expr *translate_argument(compiler *c, const expr *e, bool tensor)
{
    if (e->kind == EX_NAME && tensor)
        return use_name(c, e, false);
    return ref_translate(c, e);
}

static void mark_locals(compiler *c, const ref_expr *x)
{
    if (x == NULL)
        return;
    if (x->kind == RX_LOCAL)
        c->one_by_one[x->slot] = true;
    mark_locals(c, x->a);
    mark_locals(c, x->b);
    for (size_t i = 0; x->args != NULL && i < x->n; i++)
        mark_locals(c, x->args[i]);
}

/* Before a sum is computed, what is the same in all its terms. */
static void hoist_body(compiler *c, const ref_expr *call, int first)
{
    if (c->status != NN_OK || c->in_var || call->kind != RX_CALL || call->n == 0)
        return;
    ref_form form = ref_function_form(call->op);
    const ref_expr *last = call->args[call->n - 1];
    if ((form != FORM_REDUCE && form != FORM_SLICE) || last->kind != RX_FOR || (last->op & EXPR_LISTED) != 0)
        return;
    int from = c->n_locals;
    if (!ref_hoist((ref_expr *)(uintptr_t)last, first, &c->n_locals, c->a))
        c->status = nn_nomem(c->err);
    for (int i = from; i < c->n_locals; i++)
        c->locals[i] = NULL;
}

static const ref_expr *finish_call(compiler *c, ref_expr *x, const expr *e)
{
    int first = c->n_locals;
    x->n = e->n;
    x->args = ref_room(c, e->n, sizeof *x->args);
    bool tensor = x->kind == RX_CALL && takes_tensor(x->op);
    for (size_t i = 0; c->status == NN_OK && i < e->n; i++)
        x->args[i] = translate_argument(c, e->args[i], tensor && (i == 0 || x->op == RF_SCATTER));
    hoist_body(c, x, first);
    if (c->status == NN_OK && x->kind == RX_CALL && x->op == RF_NTH)
        mark_locals(c, x->args[1]);
    return x;
}

static const ref_expr *call_def(compiler *c, const expr *e)
{
    int i = find_rule(c, e->s, true, e->place);
    if (i < 0)
        return NULL;
    const ref_rule *def = &c->list->rules[i];
    ref_expr *x = make(c, RX_DEF, e->place);
    x->slot = def->slot;
    if (e->n != def->n)
        ref_bad(c, e->place, "`%s` takes %zu argument%s, not %zu", spec_show(e->s).s, def->n, def->n == 1 ? "" : "s", e->n);
    finish_call(c, x, e);
    for (size_t k = 0; k < e->n && c->status == NN_OK; k++)
        if (def->binders[k].chooses)
            mark_locals(c, x->args[k]);
    return x;
}

static const ref_expr *translate_call(compiler *c, const expr *e)
{
    const ref_expr *def = c->in_var ? NULL : call_def(c, e);
    if (def != NULL)
        return def;
    int fn = ref_find_function(e->s);
    if (fn < 0) {
        const char *words[RF_COUNT_];
        for (int i = 0; i < RF_COUNT_; i++)
            words[i] = ref_function_word(i);
        const char *near = spec_nearest(e->s, words, RF_COUNT_);
        if (near != NULL)
            ref_bad(c, e->place, "unknown function `%s`; did you mean `%s`?", spec_show(e->s).s, near);
        else
            ref_bad(c, e->place, "unknown function `%s`; specs/compute/README.md lists the functions", spec_show(e->s).s);
        return &c->dummy;
    }
    int n = (int)e->n, lo, hi;
    ref_function_arguments(fn, &lo, &hi);
    if (n < lo || (hi >= 0 && n > hi))
        ref_bad(c, e->place, "`%s` takes %s%d argument%s, not %d", e->s, hi < 0 ? "at least " : "", n < lo ? lo : hi,
                (n < lo ? lo : hi) == 1 ? "" : "s", n);
    ref_form form = ref_function_form(fn);
    if ((form == FORM_SLICE || form == FORM_TAPS) && n > 0 && e->args[n - 1]->kind != EX_FOR)
        ref_bad(c, e->place, "`%s` takes a comprehension, such as `X[i, k] for k in 0..n-1`", e->s);
    c->slices |= form == FORM_SLICE;
    c->program->interpolates |= form == FORM_TAPS;
    ref_expr *x = make(c, RX_CALL, e->place);
    x->op = fn;
    return finish_call(c, x, e);
}

/* ---- the rest ---- */

static const ref_expr *translate_element(compiler *c, const expr *e)
{
    ref_expr *x = make(c, RX_ELEMENT, e->place);
    x->op = e->op;
    x->a = translate_argument(c, e->a, true);
    x->n = e->n;
    x->args = ref_room(c, e->n, sizeof *x->args);
    for (size_t i = 0; c->status == NN_OK && i < e->n; i++)
        x->args[i] = ref_translate(c, e->args[i]);
    x->b = e->b != NULL ? ref_translate(c, e->b) : NULL;
    if (c->own_indices && e->n == 1 && (e->op & EXPR_OUTSIDE) == 0 && c->status == NN_OK && x->args[0]->kind == RX_LOCAL &&
        x->args[0]->slot == 0)
        x->op |= REF_BARE;
    return x;
}

static const ref_expr *shape_of(compiler *c, const ref_expr *tensor, spec_place place)
{
    ref_expr *shape = make(c, RX_CALL, place);
    shape->op = RF_SHAPE;
    shape->n = 1;
    shape->args = ref_room(c, 1, sizeof *shape->args);
    if (shape->args != NULL)
        shape->args[0] = tensor;
    return shape;
}

/* An index or slice of the table's rules, where a tensor stands for its shape; a slice of a list. */
static const ref_expr *translate_index(compiler *c, const expr *e)
{
    ref_expr *x = make(c, e->kind == EX_INDEX ? RX_ELEMENT : RX_SLICE, e->place);
    const ref_expr *base = translate_argument(c, e->a, true);
    if (base->kind == RX_INPUT || base->kind == RX_OUTPUT)
        base = shape_of(c, base, e->place);
    x->a = base;
    x->b = e->b != NULL ? ref_translate(c, e->b) : NULL;
    x->c = e->c != NULL ? ref_translate(c, e->c) : NULL;
    if (x->kind == RX_ELEMENT) {
        x->n = 1;
        x->args = ref_room(c, 1, sizeof *x->args);
        if (x->args != NULL)
            x->args[0] = x->b;
        x->b = NULL;
    }
    return x;
}

static const ref_expr *translate_leaf(compiler *c, const expr *e)
{
    ref_expr *x;
    switch (e->kind) {
    case EX_INT:
        x = make(c, RX_INT, e->place);
        x->i = e->i;
        return x;
    case EX_REAL:
        x = make(c, RX_REAL, e->place);
        x->r = c->in_default ? (double)(float)e->r : e->r; /* attributes are float32 */
        return x;
    case EX_STRING:
        x = make(c, RX_TEXT, e->place);
        x->s = e->s;
        return x;
    case EX_NAME:
    case EX_LOCAL:
        return use_name(c, e, true);
    case EX_VAR:
        return use_var(c, e->index, e->place);
    case EX_INPUT:
    case EX_OUTPUT:
        return use_tensor(c, e->kind == EX_INPUT ? RX_INPUT : RX_OUTPUT, e->index, e->place, false);
    case EX_TYPEVAR:
        return use_tensor(c, RX_TYPE, e->index, e->place, false);
    case EX_OPSET:
        x = make(c, RX_INT, e->place);
        x->i = c->ops->table->opset;
        return x;
    default:
        ref_bad(c, e->place, "this expression has no value in a rule of outputs");
        return &c->dummy;
    }
}

static const ref_expr *translate_binary(compiler *c, const expr *e)
{
    ref_expr *x = make(c, e->op == OP_AND ? RX_AND : e->op == OP_OR ? RX_OR : RX_BINARY, e->place);
    x->op = e->op;
    x->a = ref_translate(c, e->a);
    x->b = ref_translate(c, e->b);
    return x;
}

const ref_expr *ref_translate(compiler *c, const expr *e)
{
    ref_expr *x;
    if (c->status != NN_OK)
        return &c->dummy;
    switch (e->kind) {
    case EX_COERCE:
        if (e->type == TY_INTS && e->a->type == TY_TENSOR)
            return shape_of(c, translate_argument(c, e->a, true), e->place);
        return ref_translate(c, e->a);
    case EX_NEG:
    case EX_NOT:
        x = make(c, e->kind == EX_NEG ? RX_NEG : RX_NOT, e->place);
        x->a = ref_translate(c, e->a);
        return x;
    case EX_BINARY:
        return translate_binary(c, e);
    case EX_ELEMENT:
        return translate_element(c, e);
    case EX_INDEX:
    case EX_SLICE:
        return translate_index(c, e);
    case EX_LIST:
        x = make(c, RX_LIST, e->place);
        return finish_call(c, x, e);
    case EX_FOR:
        return translate_for(c, e);
    case EX_CALL:
        return translate_call(c, e);
    case EX_IF:
        x = make(c, RX_IF, e->place);
        x->a = ref_translate(c, e->a);
        x->b = ref_translate(c, e->b);
        x->c = ref_translate(c, e->c);
        return x;
    default:
        return translate_leaf(c, e);
    }
}
