/* Name resolution and type checking of table expressions. Coercions are made explicit as EX_COERCE nodes, so that the evaluators
 * see only typed trees. */
#include "rules/expr_check.h"

#include <string.h>

nn_status expr_type_error(op_compile *c, const expr *e, const char *expected)
{
    return spec_error(c->err, e->place, "operator %s: this is %s%s, but %s was expected", c->op->name,
                      strchr("aeiou", expr_type_name(e->type)[0]) ? "an " : "a ", expr_type_name(e->type), expected);
}

/* -1: not the name of a limit */
static int limit_of_name(const char *name)
{
    static const char *const names[LIMITS] = {"max_elements", "max_dim", "max_window", "min_dim"};
    for (int i = 0; i < LIMITS; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

static expr *wrap(op_compile *c, expr *e, ex_type type)
{
    expr *w = arena_calloc(c->a, 1, sizeof *w);
    if (!w)
        return NULL;
    w->kind = EX_COERCE;
    w->type = type;
    w->place = e->place;
    w->a = e;
    return w;
}

/* The values of outputs become known one after the other, and after those of the inputs. */
nn_status expr_values_known(op_compile *c, const expr *e)
{
    if (e->kind != EX_OUTPUT || e->index < c->known_outputs)
        return NN_OK;
    return spec_error(c->err, e->place, "operator %s: the values of output %s are not known here; an input%s was expected",
                      c->op->name, e->s, c->known_outputs > 0 ? " or an earlier output" : "");
}

bool expr_scalar_number(ex_type t)
{
    return t == TY_INT || t == TY_REAL || t == TY_BOOL;
}

static bool expr_interval_literal(const expr *e)
{
    return e->kind == EX_LIST && e->n == 2 && expr_scalar_number(e->args[0]->type) && expr_scalar_number(e->args[1]->type);
}

static bool expr_convertible(const op_compile *c, const expr *e, ex_type want)
{
    ex_type t = e->type;
    if (t == want)
        return true;
    switch (want) {
    case TY_INT:
        return t == TY_BOOL;
    case TY_BOOL:
        return t == TY_INT;
    case TY_REAL:
        return t == TY_INT || t == TY_BOOL;
    case TY_INTERVAL:
        return c->values && (expr_scalar_number(t) || t == TY_TENSOR || t == TY_TENSORS || expr_interval_literal(e));
    case TY_INTS:
        return t == TY_EMPTY || t == TY_TENSOR;
    case TY_REALS:
        return t == TY_EMPTY || t == TY_INTS;
    case TY_STRINGS:
        return t == TY_EMPTY;
    default:
        return false;
    }
}

static bool stands_for_interval(const op_compile *c, const expr *e)
{
    return e->type == TY_INTERVAL || e->type == TY_TENSOR || e->type == TY_TENSORS || (c->values && expr_interval_literal(e));
}

nn_status expr_coerce(op_compile *c, expr **pe, ex_type want)
{
    expr *e = *pe;
    if (e->type == want)
        return NN_OK;
    if (!expr_convertible(c, e, want)) {
        if (want == TY_INTERVAL && !c->values && stands_for_interval(c, e))
            return spec_error(c->err, e->place, "operator %s: values of tensors cannot be used here, only shapes", c->op->name);
        char what[48] = "a";
        const char *name = expr_type_name(want);
        if (strchr("aeiou", name[0]))
            strcat(what, "n");
        strcat(what, " ");
        strcat(what, name);
        return expr_type_error(c, e, what);
    }
    if (want == TY_INTERVAL) {
        nn_status s = expr_values_known(c, e);
        if (s != NN_OK)
            return s;
    }
    expr *w = wrap(c, e, want);
    if (!w)
        return nn_nomem(c->err);
    *pe = w;
    return NN_OK;
}

nn_status expr_check_as(op_compile *c, expr **pe, ex_type want)
{
    nn_status s = expr_visit(c, pe);
    return s != NN_OK ? s : expr_coerce(c, pe, want);
}

/* The common numeric type of two checked operands; TY_NONE if there is none. */
ex_type expr_numeric_join(const op_compile *c, const expr *a, const expr *b)
{
    bool a_values = stands_for_interval(c, a), b_values = stands_for_interval(c, b);
    if (a_values || b_values)
        return (a_values || expr_convertible(c, a, TY_INTERVAL)) && (b_values || expr_convertible(c, b, TY_INTERVAL)) ? TY_INTERVAL
                                                                                                                      : TY_NONE;
    if (!expr_scalar_number(a->type) || !expr_scalar_number(b->type))
        return TY_NONE;
    return a->type == TY_REAL || b->type == TY_REAL ? TY_REAL : TY_INT;
}

nn_status expr_coerce_all(op_compile *c, expr **args, size_t n, ex_type t)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < n && s == NN_OK; i++)
        s = expr_coerce(c, &args[i], t);
    return s;
}

static int find_input(const op_compile *c, const char *name)
{
    for (size_t i = 0; i < c->op->n_inputs; i++)
        if (strcmp(c->op->inputs[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int find_output(const op_compile *c, const char *name)
{
    for (size_t i = 0; i < c->op->n_outputs; i++)
        if (strcmp(c->op->outputs[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int find_var(const op_compile *c, const char *name)
{
    for (size_t i = 0; i < c->rules->n_vars; i++)
        if (strcmp(c->rules->vars[i].name, name) == 0)
            return (int)i;
    return -1;
}

static nn_status resolve_tensor(op_compile *c, expr *e, bool *found)
{
    int i = find_input(c, e->s);
    *found = true;
    if (i >= 0) {
        const op_input *in = &c->op->inputs[i];
        e->kind = EX_INPUT;
        e->index = i;
        e->type = in->max_arity > 1 ? TY_TENSORS : TY_TENSOR;
        return c->values ? NN_OK : op_compile_input(c, i, e->place);
    }
    i = find_output(c, e->s);
    if (i >= 0) {
        e->kind = EX_OUTPUT;
        e->index = i;
        e->type = c->op->outputs[i].variadic ? TY_TENSORS : TY_TENSOR;
        return c->values ? NN_OK : op_compile_output(c, i, e->place);
    }
    *found = false;
    return NN_OK;
}

nn_status expr_resolve(op_compile *c, expr *e, bool tensor_first)
{
    for (int i = c->n_locals - 1; i >= 0; i--) {
        if (strcmp(c->locals[i].name, e->s) == 0) {
            e->kind = EX_LOCAL;
            e->index = i;
            e->type = c->locals[i].type;
            return NN_OK;
        }
    }
    bool found = false;
    nn_status s;
    if (tensor_first) {
        s = resolve_tensor(c, e, &found);
        if (s != NN_OK || found)
            return s;
    }
    int v = find_var(c, e->s);
    if (v >= 0) {
        s = op_compile_var(c, v, e->place);
        e->kind = EX_VAR;
        e->index = v;
        e->type = c->rules->vars[v].type;
        return s;
    }
    s = resolve_tensor(c, e, &found);
    if (s != NN_OK || found)
        return s;
    for (size_t i = 0; i < c->op->n_types; i++) {
        if (c->op->type_names[i][0] == e->s[0] && strcmp(c->op->type_names[i], e->s) == 0) {
            e->kind = EX_TYPEVAR;
            e->index = (int)i;
            e->type = TY_STRING;
            return NN_OK;
        }
    }
    if (strcmp(e->s, "opset") == 0 || limit_of_name(e->s) >= 0) {
        e->kind = e->s[0] == 'o' ? EX_OPSET : EX_LIMIT;
        e->index = limit_of_name(e->s);
        e->type = TY_INT;
        return NN_OK;
    }
    if (strcmp(e->s, "inf") == 0 || strcmp(e->s, "pi") == 0) {
        e->kind = EX_REAL;
        e->r = e->s[0] == 'i' ? __builtin_inf() : 3.141592653589793;
        e->type = TY_REAL;
        return NN_OK;
    }
    op_hint hint = op_suggest(c, e->s);
    return spec_error(c->err, e->place, "operator %s: unknown name `%s`%s", c->op->name, spec_show(e->s).s,
                      hint.s[0] ? hint.s : "; a variable, attribute, input, output or type variable of the operator was expected");
}

/* Checks an EX_FOR and gives it the list type of its body; leaves the locals as they were. */
static nn_status check_for(op_compile *c, expr *e)
{
    nn_status s = expr_visit(c, &e->a);
    if (s != NN_OK)
        return s;
    ex_type local = TY_INT;
    if (e->b) {
        s = expr_coerce(c, &e->a, TY_INT);
        if (s == NN_OK)
            s = expr_check_as(c, &e->b, TY_INT);
    } else if (e->i) { /* in mono(E for x in a), a is an interval */
        local = TY_INTERVAL;
    } else if (e->a->type == TY_REALS || e->a->type == TY_STRINGS) {
        local = e->a->type == TY_REALS ? TY_REAL : TY_STRING;
    } else {
        s = expr_coerce(c, &e->a, TY_INTS);
    }
    if (s != NN_OK)
        return s;
    if (c->n_locals == EXPR_MAX_LOCALS)
        return spec_error(c->err, e->place, "operator %s: more than %d nested comprehensions", c->op->name, EXPR_MAX_LOCALS);
    e->index = c->n_locals;
    c->locals[c->n_locals].name = e->s;
    c->locals[c->n_locals++].type = local;
    if (e->c)
        s = expr_check_as(c, &e->c, TY_BOOL);
    if (s == NN_OK)
        s = expr_visit(c, &e->args[0]);
    c->n_locals--;
    if (s != NN_OK)
        return s;
    switch (e->args[0]->type) {
    case TY_INT:
        e->type = TY_INTS;
        return NN_OK;
    case TY_BOOL:
        e->type = TY_BOOLS;
        return NN_OK;
    case TY_REAL:
        e->type = TY_REALS;
        return NN_OK;
    case TY_STRING:
        e->type = TY_STRINGS;
        return NN_OK;
    case TY_TENSOR:
        if (c->values && (s = expr_coerce(c, &e->args[0], TY_INTERVAL)) != NN_OK)
            return s;
        if (c->values) {
            e->type = TY_INTERVALS;
            return NN_OK;
        }
        return expr_type_error(c, e->args[0], "a number, condition or string");
    case TY_INTERVAL:
        e->type = TY_INTERVALS;
        return NN_OK;
    default:
        return expr_type_error(c, e->args[0], "a number, condition or string");
    }
}

static nn_status check_list(op_compile *c, expr *e)
{
    e->type = TY_EMPTY;
    bool real = false;
    for (size_t i = 0; i < e->n; i++) {
        nn_status s = expr_visit(c, &e->args[i]);
        if (s != NN_OK)
            return s;
        if (!expr_scalar_number(e->args[i]->type) && e->args[i]->type != TY_STRING)
            return expr_type_error(c, e->args[i], "a number or string as an element");
        real |= e->args[i]->type == TY_REAL;
    }
    if (e->n == 0)
        return NN_OK;
    ex_type element = e->args[0]->type == TY_STRING ? TY_STRING : real ? TY_REAL : TY_INT;
    e->type = element == TY_STRING ? TY_STRINGS : real ? TY_REALS : TY_INTS;
    return expr_coerce_all(c, e->args, e->n, element);
}

/* A hint for an operator whose operands have wrong types: what its author may have meant. */
static const char *binary_hint(const op_compile *c, ex_op op, const expr *a, const expr *b)
{
    bool strings = a->type == TY_STRING || b->type == TY_STRING;
    bool lists = a->type == TY_INTS || b->type == TY_INTS || a->type == TY_REALS || b->type == TY_REALS;
    if (stands_for_interval(c, a) || stands_for_interval(c, b)) {
        if (!c->values)
            return "; values of tensors cannot be used here, only shapes such as rank(X), X[0] or numel(X)";
        return op >= OP_EQ ? "; lo(X), hi(X), mag(X) and width(X) are reals" : "";
    }
    if (op == OP_ADD && (strings || lists))
        return "; `++` joins lists and strings";
    return lists && op <= OP_DIV ? "; [E for x in L] applies an expression to each element" : "";
}

/* The type in which the order of two numbers is compared; TY_NONE: they have no order. */
static ex_type ordered_type(ex_type a, ex_type b)
{
    if (!expr_scalar_number(a) || !expr_scalar_number(b))
        return TY_NONE;
    return a == TY_REAL || b == TY_REAL ? TY_REAL : TY_INT;
}

/* The type that both operands are coerced to; TY_NONE if the operator does not take them. */
static ex_type operand_type(const op_compile *c, const expr *e)
{
    ex_type a = e->a->type, b = e->b->type;
    switch ((ex_op)e->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return expr_numeric_join(c, e->a, e->b);
    case OP_MOD:
        return TY_INT;
    case OP_CAT:
        if (a == TY_STRING && b == TY_STRING)
            return TY_STRING;
        return a == TY_REALS || b == TY_REALS ? TY_REALS : a == TY_STRINGS || b == TY_STRINGS ? TY_STRINGS : TY_INTS;
    case OP_EQ:
    case OP_NE:
        if (a == b && (a == TY_STRING || a == TY_BOOL))
            return a;
        if (a == TY_INTS || b == TY_INTS || (a == TY_TENSOR && b == TY_TENSOR))
            return TY_INTS;
        return ordered_type(a, b);
    case OP_AND:
    case OP_OR:
        return TY_BOOL;
    default:
        return ordered_type(a, b);
    }
}

static nn_status check_binary(op_compile *c, expr *e)
{
    static const char *const words[] = {"+", "-", "*", "/", "%", "++", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or"};
    nn_status s = expr_visit(c, &e->a);
    if (e->op == OP_IN && e->b->kind == EX_SET)
        e->b->kind = EX_LIST;
    if (s == NN_OK)
        s = expr_visit(c, &e->b);
    if (s != NN_OK)
        return s;
    if (e->op == OP_IN) {
        bool string = e->a->type == TY_STRING;
        e->type = TY_BOOL;
        s = string ? NN_OK : expr_coerce(c, &e->a, TY_INT);
        return s != NN_OK ? s : expr_coerce(c, &e->b, string ? TY_STRINGS : TY_INTS);
    }
    ex_type t = operand_type(c, e);
    if (t == TY_NONE)
        return spec_error(c->err, e->place, "operator %s: `%s` does not take %s and %s%s", c->op->name, words[e->op],
                          expr_type_name(e->a->type), expr_type_name(e->b->type), binary_hint(c, (ex_op)e->op, e->a, e->b));
    if (e->op <= OP_CAT)
        e->type = t;
    else
        e->type = TY_BOOL;
    s = expr_coerce(c, &e->a, t);
    return s != NN_OK ? s : expr_coerce(c, &e->b, t);
}

static nn_status check_set(op_compile *c, expr *e)
{
    nn_status s = check_list(c, e);
    if (s != NN_OK)
        return s;
    if (e->n == 0)
        return spec_error(c->err, e->place, "operator %s: an empty set has no value to choose", c->op->name);
    if (e->n > EXPR_MAX_SET)
        return spec_error(c->err, e->place, "operator %s: a set of %zu values; at most %d were expected, or a range a..b",
                          c->op->name, e->n, EXPR_MAX_SET);
    e->index = (int)(e->type == TY_STRINGS ? TY_STRING : e->type == TY_REALS ? TY_REAL : TY_INT);
    e->type = TY_DOMAIN;
    return NN_OK;
}

bool expr_is_content(ex_type t)
{
    return t == TY_CONTENT || t == TY_INT || t == TY_REAL || t == TY_BOOL || t == TY_INTS || t == TY_REALS || t == TY_EMPTY;
}

static nn_status check_if(op_compile *c, expr *e)
{
    nn_status s = expr_check_as(c, &e->a, TY_BOOL);
    if (s == NN_OK)
        s = expr_visit(c, &e->b);
    if (s == NN_OK)
        s = expr_visit(c, &e->c);
    if (s != NN_OK)
        return s;
    ex_type b = e->b->type, d = e->c->type;
    if (b == TY_DOMAIN || d == TY_DOMAIN) {
        ex_type bt = expr_domain_type(e->b), dt = expr_domain_type(e->c);
        if (bt != dt)
            return spec_error(c->err, e->place, "operator %s: the branches of `if` draw different types, %s and %s", c->op->name,
                              expr_type_name(bt), expr_type_name(dt));
        e->type = TY_DOMAIN;
        e->index = (int)bt;
        return NN_OK;
    }
    ex_type t = b;
    if (b == TY_CONTENT || d == TY_CONTENT) { /* a number or list can be used as a generator */
        e->type = TY_CONTENT;
        return expr_is_content(b) ? expr_is_content(d) ? NN_OK : expr_type_error(c, e->c, "a generator, number or list")
                                  : expr_type_error(c, e->b, "a generator, number or list");
    }
    if (b == TY_BOOLS || b == TY_INTERVALS)
        return expr_type_error(c, e->b, "one value, not a generator,");
    if (b != d) {
        ex_type join = expr_numeric_join(c, e->b, e->c);
        if (join != TY_NONE)
            t = join;
        else if (expr_convertible(c, e->b, d))
            t = d;
        else if (c->values && expr_interval_literal(e->b) && expr_interval_literal(e->c))
            t = TY_INTERVAL;
    }
    e->type = t;
    s = expr_coerce(c, &e->b, t);
    return s != NN_OK ? s : expr_coerce(c, &e->c, t);
}

static nn_status check_neg(op_compile *c, expr *e)
{
    nn_status s = expr_visit(c, &e->a);
    if (s != NN_OK)
        return s;
    ex_type t = e->a->type;
    if (!expr_scalar_number(t) && !stands_for_interval(c, e->a))
        return expr_type_error(c, e->a, "a number or interval");
    if (t == TY_BOOL)
        t = TY_INT;
    else if (!expr_scalar_number(t))
        t = TY_INTERVAL;
    e->type = t;
    return expr_coerce(c, &e->a, t);
}

/* An element or a slice of a list. */
static nn_status check_part(op_compile *c, expr *e)
{
    nn_status s = expr_visit(c, &e->a);
    if (s == NN_OK && e->a->type != TY_REALS && e->a->type != TY_STRINGS)
        s = expr_coerce(c, &e->a, TY_INTS);
    if (s != NN_OK)
        return s;
    e->type = e->a->type;
    if (e->kind == EX_INDEX)
        e->type = e->type == TY_INTS ? TY_INT : e->type == TY_REALS ? TY_REAL : TY_STRING;
    if (e->b)
        s = expr_check_as(c, &e->b, TY_INT);
    return s == NN_OK && e->c ? expr_check_as(c, &e->c, TY_INT) : s;
}

static nn_status check_range(op_compile *c, expr *e)
{
    nn_status s = expr_check_as(c, &e->a, TY_INT);
    e->type = TY_DOMAIN;
    e->index = TY_INT;
    if (s == NN_OK)
        s = expr_check_as(c, &e->b, TY_INT);
    if (s == NN_OK && e->a->kind == EX_INT && e->b->kind == EX_INT && e->a->i > e->b->i)
        return spec_error(c->err, e->place, "operator %s: %lld..%lld is empty; a..b with a <= b was expected", c->op->name,
                          (long long)e->a->i, (long long)e->b->i);
    return s;
}

static nn_status visit(op_compile *c, expr **pe)
{
    expr *e = *pe;
    switch (e->kind) {
    case EX_INT:
        e->type = TY_INT;
        return NN_OK;
    case EX_REAL:
        e->type = TY_REAL;
        return NN_OK;
    case EX_STRING:
        e->type = TY_STRING;
        return NN_OK;
    case EX_NAME:
        return expr_resolve(c, e, false);
    case EX_NEG:
        return check_neg(c, e);
    case EX_NOT:
        e->type = TY_BOOL;
        return expr_check_as(c, &e->a, TY_BOOL);
    case EX_BINARY:
        return check_binary(c, e);
    case EX_INDEX:
    case EX_SLICE:
        return check_part(c, e);
    case EX_LIST:
        return check_list(c, e);
    case EX_FOR:
        return check_for(c, e);
    case EX_CALL:
        return expr_check_call(c, e);
    case EX_IF:
        return check_if(c, e);
    case EX_RANGE:
        return check_range(c, e);
    case EX_SET:
        return check_set(c, e);
    case EX_BOOLS:
        e->type = TY_DOMAIN;
        e->index = TY_INT;
        return NN_OK;
    default: /* already resolved */
        return NN_OK;
    }
}

nn_status expr_visit(op_compile *c, expr **pe)
{
    if (c->depth == OP_MAX_DEPTH)
        return spec_error(c->err, (*pe)->place, "operator %s: definitions that refer to one another are nested too deeply",
                          c->op->name);
    c->depth++;
    nn_status s = visit(c, pe);
    c->depth--;
    return s;
}

ex_type expr_domain_type(const expr *e)
{
    return e->type == TY_DOMAIN ? (ex_type)e->index : e->type;
}

nn_status expr_check(op_compile *c, expr **e, ex_type want)
{
    nn_status s = expr_visit(c, e);
    if (s != NN_OK || want == TY_DOMAIN)
        return s;
    if (want == TY_NONE) {
        ex_type t = (*e)->type;
        return t == TY_DOMAIN || t == TY_CONTENT || t == TY_BOOLS || t == TY_INTERVALS ? expr_type_error(c, *e, "a value") : NN_OK;
    }
    return expr_coerce(c, e, want);
}
