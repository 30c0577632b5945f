/* Name resolution and type checking of table expressions. Coercions are made explicit as EX_COERCE nodes, so that the evaluators
 * meet only typed trees. */
#include "opmodel_rules.h"

#include <string.h>

static nn_status check(op_compile *c, expr **pe);

static nn_status type_error(op_compile *c, const expr *e, const char *expected)
{
    return spec_error(c->err, e->place, "operator %s: this is %s%s, but %s was expected", c->op->name,
                      strchr("aeiou", expr_type_name(e->type)[0]) ? "an " : "a ", expr_type_name(e->type), expected);
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

static bool scalar_number(ex_type t)
{
    return t == TY_INT || t == TY_REAL || t == TY_BOOL;
}

static bool interval_literal(const expr *e)
{
    return e->kind == EX_LIST && e->n == 2 && scalar_number(e->args[0]->type) && scalar_number(e->args[1]->type);
}

static bool convertible(const op_compile *c, const expr *e, ex_type want)
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
        return c->values && (scalar_number(t) || t == TY_TENSOR || t == TY_TENSORS || interval_literal(e));
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

static nn_status coerce(op_compile *c, expr **pe, ex_type want)
{
    expr *e = *pe;
    if (e->type == want)
        return NN_OK;
    if (!convertible(c, e, want)) {
        if (want == TY_INTERVAL && !c->values)
            return spec_error(c->err, e->place, "operator %s: values of tensors cannot be used here, only shapes", c->op->name);
        char what[48] = "a";
        const char *name = expr_type_name(want);
        if (strchr("aeiou", name[0]))
            strcat(what, "n");
        strcat(what, " ");
        strcat(what, name);
        return type_error(c, e, what);
    }
    expr *w = wrap(c, e, want);
    if (!w)
        return nn_nomem(c->err);
    *pe = w;
    return NN_OK;
}

static nn_status check_as(op_compile *c, expr **pe, ex_type want)
{
    nn_status s = check(c, pe);
    return s != NN_OK ? s : coerce(c, pe, want);
}

/* The common numeric type of two checked operands; TY_NONE if there is none. */
static ex_type numeric_join(const op_compile *c, const expr *a, const expr *b)
{
    bool a_values = a->type == TY_INTERVAL || a->type == TY_TENSOR || a->type == TY_TENSORS;
    bool b_values = b->type == TY_INTERVAL || b->type == TY_TENSOR || b->type == TY_TENSORS;
    if (a_values || b_values)
        return (a_values || convertible(c, a, TY_INTERVAL)) && (b_values || convertible(c, b, TY_INTERVAL)) ? TY_INTERVAL : TY_NONE;
    if (!scalar_number(a->type) || !scalar_number(b->type))
        return TY_NONE;
    return a->type == TY_REAL || b->type == TY_REAL ? TY_REAL : TY_INT;
}

static nn_status coerce_all(op_compile *c, expr **args, size_t n, ex_type t)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < n && s == NN_OK; i++)
        s = coerce(c, &args[i], t);
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

static nn_status resolve(op_compile *c, expr *e, bool tensor_first)
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
        if (strcmp(c->op->type_names[i], e->s) == 0) {
            e->kind = EX_TYPEVAR;
            e->index = (int)i;
            e->type = TY_STRING;
            return NN_OK;
        }
    }
    if (strcmp(e->s, "opset") == 0 || strcmp(e->s, "max_elements") == 0) {
        e->kind = e->s[0] == 'o' ? EX_OPSET : EX_MAX_ELEMENTS;
        e->type = TY_INT;
        return NN_OK;
    }
    if (strcmp(e->s, "inf") == 0 || strcmp(e->s, "pi") == 0) {
        e->kind = EX_REAL;
        e->r = e->s[0] == 'i' ? __builtin_inf() : 3.141592653589793;
        e->type = TY_REAL;
        return NN_OK;
    }
    return spec_error(
        c->err, e->place,
        "operator %s: unknown name `%s`; a variable, attribute, input, output or type variable of the operator was expected",
        c->op->name, e->s);
}

/* Checks an EX_FOR and gives it the list type of its body; leaves the locals as they were. */
static nn_status check_for(op_compile *c, expr *e)
{
    nn_status s = check(c, &e->a);
    if (s != NN_OK)
        return s;
    ex_type local = TY_INT;
    if (e->b) {
        s = coerce(c, &e->a, TY_INT);
        if (s == NN_OK)
            s = check_as(c, &e->b, TY_INT);
    } else if (e->a->type == TY_INTERVAL || (c->values && interval_literal(e->a))) {
        local = TY_INTERVAL; /* mono(E for x in a) */
        s = coerce(c, &e->a, TY_INTERVAL);
    } else if (e->a->type == TY_REALS || e->a->type == TY_STRINGS) {
        local = e->a->type == TY_REALS ? TY_REAL : TY_STRING;
    } else {
        s = coerce(c, &e->a, TY_INTS);
    }
    if (s != NN_OK)
        return s;
    if (c->n_locals == EXPR_MAX_LOCALS)
        return spec_error(c->err, e->place, "operator %s: more than %d nested comprehensions", c->op->name, EXPR_MAX_LOCALS);
    e->index = c->n_locals;
    c->locals[c->n_locals].name = e->s;
    c->locals[c->n_locals++].type = local;
    if (e->c)
        s = check_as(c, &e->c, TY_BOOL);
    if (s == NN_OK)
        s = check(c, &e->args[0]);
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
        if (c->values && (s = coerce(c, &e->args[0], TY_INTERVAL)) != NN_OK)
            return s;
        if (c->values) {
            e->type = TY_INTERVALS;
            return NN_OK;
        }
        return type_error(c, e->args[0], "a number, condition or string");
    case TY_INTERVAL:
        e->type = TY_INTERVALS;
        return NN_OK;
    default:
        return type_error(c, e->args[0], "a number, condition or string");
    }
}

static nn_status check_list(op_compile *c, expr *e)
{
    e->type = TY_EMPTY;
    bool real = false;
    for (size_t i = 0; i < e->n; i++) {
        nn_status s = check(c, &e->args[i]);
        if (s != NN_OK)
            return s;
        if (!scalar_number(e->args[i]->type) && e->args[i]->type != TY_STRING)
            return type_error(c, e->args[i], "a number or string as an element");
        real |= e->args[i]->type == TY_REAL;
    }
    if (e->n == 0)
        return NN_OK;
    ex_type element = e->args[0]->type == TY_STRING ? TY_STRING : real ? TY_REAL : TY_INT;
    e->type = element == TY_STRING ? TY_STRINGS : real ? TY_REALS : TY_INTS;
    return coerce_all(c, e->args, e->n, element);
}

static nn_status check_binary(op_compile *c, expr *e)
{
    static const char *const words[] = {"+", "-", "*", "/", "%", "++", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or"};
    nn_status s = check(c, &e->a);
    if (e->op == OP_IN && e->b->kind == EX_SET)
        e->b->kind = EX_LIST;
    if (s == NN_OK)
        s = check(c, &e->b);
    if (s != NN_OK)
        return s;
    ex_type a = e->a->type, b = e->b->type, t;
    switch ((ex_op)e->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        t = numeric_join(c, e->a, e->b);
        if (t == TY_NONE)
            break;
        e->type = t;
        s = coerce(c, &e->a, t);
        return s != NN_OK ? s : coerce(c, &e->b, t);
    case OP_MOD:
        e->type = TY_INT;
        s = coerce(c, &e->a, TY_INT);
        return s != NN_OK ? s : coerce(c, &e->b, TY_INT);
    case OP_CAT:
        if (a == TY_STRING && b == TY_STRING) {
            e->type = TY_STRING;
            return NN_OK;
        }
        t = a == TY_REALS || b == TY_REALS ? TY_REALS : a == TY_STRINGS || b == TY_STRINGS ? TY_STRINGS : TY_INTS;
        e->type = t;
        s = coerce(c, &e->a, t);
        return s != NN_OK ? s : coerce(c, &e->b, t);
    case OP_EQ:
    case OP_NE:
        if ((a == TY_STRING && b == TY_STRING) || (a == TY_BOOL && b == TY_BOOL)) {
            e->type = TY_BOOL;
            return NN_OK;
        }
        if (a == TY_INTS || b == TY_INTS || (a == TY_TENSOR && b == TY_TENSOR)) {
            e->type = TY_BOOL;
            s = coerce(c, &e->a, TY_INTS);
            return s != NN_OK ? s : coerce(c, &e->b, TY_INTS);
        }
        /* fall through */
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        if (!scalar_number(a) || !scalar_number(b))
            break;
        e->type = TY_BOOL;
        t = a == TY_REAL || b == TY_REAL ? TY_REAL : TY_INT;
        s = coerce(c, &e->a, t);
        return s != NN_OK ? s : coerce(c, &e->b, t);
    case OP_IN:
        e->type = TY_BOOL;
        if (a == TY_STRING)
            return coerce(c, &e->b, TY_STRINGS);
        s = coerce(c, &e->a, TY_INT);
        return s != NN_OK ? s : coerce(c, &e->b, TY_INTS);
    case OP_AND:
    case OP_OR:
        e->type = TY_BOOL;
        s = coerce(c, &e->a, TY_BOOL);
        return s != NN_OK ? s : coerce(c, &e->b, TY_BOOL);
    }
    return spec_error(c->err, e->place, "operator %s: `%s` does not take %s and %s", c->op->name, words[e->op], expr_type_name(a),
                      expr_type_name(b));
}

static nn_status check_present(op_compile *c, expr *e)
{
    expr *x = e->args[0];
    e->type = TY_BOOL;
    if (x->kind != EX_NAME)
        return spec_error(c->err, x->place, "operator %s: `present` takes the name of an input, output or attribute", c->op->name);
    bool values = c->values;
    c->values = true; /* presence depends on `when` alone, not on the shape */
    nn_status s = resolve(c, x, true);
    c->values = values;
    if (s != NN_OK)
        return s;
    if (x->kind != EX_INPUT && x->kind != EX_OUTPUT && x->kind != EX_VAR)
        return spec_error(c->err, x->place, "operator %s: `present` takes the name of an input, output or attribute", c->op->name);
    return NN_OK;
}

static nn_status check_domain_call(op_compile *c, expr *e)
{
    nn_status s = NN_OK;
    ex_type of = TY_INTS;
    switch ((ex_fn)e->op) {
    case FN_LIST:
        s = check_as(c, &e->args[0], TY_INT);
        if (s == NN_OK)
            s = check(c, &e->args[1]);
        if (s == NN_OK && (e->args[1]->type != TY_DOMAIN || expr_domain_type(e->args[1]) != TY_INT))
            return type_error(c, e->args[1], "a domain of ints");
        break;
    case FN_SUBSET:
        s = check_as(c, &e->args[0], TY_INTS);
        if (s == NN_OK && e->args[1]->kind != EX_RANGE)
            return spec_error(c->err, e->args[1]->place, "operator %s: a range `a..b` of sizes was expected", c->op->name);
        if (s == NN_OK)
            s = check(c, &e->args[1]);
        break;
    case FN_PERMUTATION:
        s = check_as(c, &e->args[0], TY_INT);
        break;
    case FN_SELECT:
        s = check(c, &e->args[0]);
        if (s != NN_OK)
            return s;
        of = e->args[0]->type == TY_STRINGS ? TY_STRING : e->args[0]->type == TY_REALS ? TY_REAL : TY_INT;
        if (of == TY_INT)
            s = coerce(c, &e->args[0], TY_INTS);
        break;
    case FN_PARTS:
    case FN_FACTORS:
        s = check_as(c, &e->args[0], TY_INT);
        if (s == NN_OK)
            s = check_as(c, &e->args[1], TY_INT);
        break;
    case FN_REALRANGE:
    case FN_LOGREAL:
        of = TY_REAL;
        s = check_as(c, &e->args[0], TY_REAL);
        if (s == NN_OK)
            s = check_as(c, &e->args[1], TY_REAL);
        break;
    default: /* FN_REALS */
        of = TY_REALS;
        s = check_as(c, &e->args[0], TY_INT);
        if (s == NN_OK)
            s = check_as(c, &e->args[1], TY_REAL);
        if (s == NN_OK)
            s = check_as(c, &e->args[2], TY_REAL);
        break;
    }
    e->type = TY_DOMAIN;
    e->index = (int)of;
    return s;
}

/* sum, prod, min, max, hull over a list, a generator, a variadic's values or several arguments. */
static nn_status check_aggregate(op_compile *c, expr *e)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < e->n && s == NN_OK; i++)
        s = check(c, &e->args[i]);
    if (s != NN_OK)
        return s;
    bool product = e->op == FN_PROD, hull = e->op == FN_HULL;
    ex_type t = e->args[0]->type;
    if (e->n == 1 && !hull) {
        if (t == TY_TENSORS && c->values) {
            e->type = TY_INTERVAL;
            return NN_OK;
        }
        if (t == TY_INTERVALS || t == TY_REALS) {
            e->type = t == TY_REALS ? TY_REAL : TY_INTERVAL;
            return NN_OK;
        }
        if (t == TY_INTERVAL || ((e->op == FN_MIN || e->op == FN_MAX) && scalar_number(t))) {
            e->type = t;
            return NN_OK;
        }
        e->type = TY_INT;
        return coerce(c, &e->args[0], TY_INTS);
    }
    if (product || e->op == FN_SUM)
        return NN_OK; /* arity is checked by the parser */
    if (hull && e->n == 1 && t == TY_INTERVALS) {
        e->type = TY_INTERVAL;
        return NN_OK;
    }
    t = hull ? TY_INTERVAL : TY_INT;
    for (size_t i = 0; i < e->n; i++) {
        ex_type u = e->args[i]->type;
        if (u == TY_INTERVAL || u == TY_TENSOR || u == TY_TENSORS)
            t = TY_INTERVAL;
        else if (u == TY_REAL && t == TY_INT)
            t = TY_REAL;
    }
    e->type = t;
    return coerce_all(c, e->args, e->n, t);
}

static nn_status check_call(op_compile *c, expr *e)
{
    nn_status s = NN_OK;
    switch ((ex_fn)e->op) {
    case FN_PRESENT:
        return check_present(c, e);
    case FN_LIST:
    case FN_SUBSET:
    case FN_PERMUTATION:
    case FN_SELECT:
    case FN_PARTS:
    case FN_FACTORS:
    case FN_REALRANGE:
    case FN_LOGREAL:
    case FN_REALS:
        return check_domain_call(c, e);
    case FN_PROD:
    case FN_SUM:
    case FN_MIN:
    case FN_MAX:
    case FN_HULL:
        return check_aggregate(c, e);
    case FN_ALL:
    case FN_ANY:
    case FN_COUNT:
        s = check(c, &e->args[0]);
        if (s == NN_OK && e->args[0]->type != TY_BOOLS)
            return type_error(c, e->args[0], "a generator of conditions, as in `all(C for i in a..b)`,");
        e->type = e->op == FN_COUNT ? TY_INT : TY_BOOL;
        return s;
    case FN_RANK:
    case FN_SHAPE:
    case FN_NUMEL:
    case FN_ARITY:
        if (e->args[0]->kind == EX_NAME)
            s = resolve(c, e->args[0], true);
        else
            s = check(c, &e->args[0]);
        if (s != NN_OK)
            return s;
        if (e->args[0]->type != (e->op == FN_ARITY ? TY_TENSORS : TY_TENSOR))
            return type_error(c, e->args[0], e->op == FN_ARITY ? "a variadic input or output" : "a tensor");
        e->type = e->op == FN_SHAPE ? TY_INTS : TY_INT;
        return NN_OK;
    case FN_NTH:
        s = check(c, &e->args[0]);
        if (s == NN_OK && e->args[0]->type != TY_TENSORS)
            return type_error(c, e->args[0], "a variadic input or output");
        e->type = TY_TENSOR;
        return s != NN_OK ? s : check_as(c, &e->args[1], TY_INT);
    case FN_LO:
    case FN_HI:
    case FN_MAG:
    case FN_WIDTH:
        e->type = TY_REAL;
        if (e->args[0]->kind == EX_NAME)
            s = resolve(c, e->args[0], true);
        else
            s = check(c, &e->args[0]);
        return s != NN_OK ? s : coerce(c, &e->args[0], TY_INTERVAL);
    case FN_BROADCAST:
    case FN_FITS:
        for (size_t i = 0; i < e->n && s == NN_OK; i++) {
            s = check(c, &e->args[i]);
            if (s == NN_OK && e->args[i]->type != TY_TENSORS)
                s = coerce(c, &e->args[i], TY_INTS);
        }
        e->type = e->op == FN_FITS ? TY_BOOL : TY_INTS;
        return s;
    case FN_MONO:
        s = check(c, &e->args[0]);
        if (s == NN_OK && (e->args[0]->kind != EX_FOR || e->args[0]->a->type != TY_INTERVAL))
            return type_error(c, e->args[0], "`E for x in a` with an interval a");
        if (s == NN_OK)
            s = coerce(c, &e->args[0]->args[0], TY_INTERVAL);
        e->type = TY_INTERVAL;
        return s;
    default:
        break;
    }
    for (size_t i = 0; i < e->n && s == NN_OK; i++)
        s = check(c, &e->args[i]);
    if (s != NN_OK)
        return s;
    expr **x = e->args;
    switch ((ex_fn)e->op) {
    case FN_LEN:
        e->type = TY_INT;
        return x[0]->type == TY_STRINGS || x[0]->type == TY_REALS ? NN_OK : coerce(c, &x[0], TY_INTS);
    case FN_CEILDIV:
    case FN_NORM_AXIS:
        e->type = TY_INT;
        return coerce_all(c, x, 2, TY_INT);
    case FN_ONES:
    case FN_ZEROS:
    case FN_IOTA:
        e->type = TY_INTS;
        return coerce(c, &x[0], TY_INT);
    case FN_FILL:
        e->type = x[1]->type == TY_REAL ? TY_REALS : TY_INTS;
        s = coerce(c, &x[0], TY_INT);
        return s != NN_OK || x[1]->type == TY_REAL ? s : coerce(c, &x[1], TY_INT);
    case FN_SETAT:
    case FN_INSERT:
        e->type = TY_INTS;
        s = coerce(c, &x[0], TY_INTS);
        return s != NN_OK ? s : coerce_all(c, x + 1, 2, TY_INT);
    case FN_REMOVE:
    case FN_REVERSE:
    case FN_SORT:
        e->type = TY_INTS;
        return coerce_all(c, x, e->n, TY_INTS);
    case FN_UNRAVEL:
        e->type = TY_INTS;
        s = coerce(c, &x[0], TY_INT);
        return s != NN_OK ? s : coerce(c, &x[1], TY_INTS);
    case FN_LETTERS:
        e->type = TY_STRING;
        return coerce(c, &x[0], TY_INTS);
    case FN_CAN:
        e->type = TY_BOOL;
        return coerce(c, &x[0], TY_BOOL);
    case FN_MEET:
        e->type = TY_INTERVAL;
        return coerce_all(c, x, 2, TY_INTERVAL);
    case FN_SUM_OF:
    case FN_MEAN_OF:
        e->type = TY_INTERVAL;
        s = coerce(c, &x[0], TY_REAL);
        return s != NN_OK ? s : coerce(c, &x[1], TY_INTERVAL);
    case FN_WIDEN:
        e->type = TY_INTERVAL;
        s = coerce(c, &x[0], TY_INTERVAL);
        return s != NN_OK ? s : coerce(c, &x[1], TY_REAL);
    case FN_SCALE_FOR:
        e->type = TY_REAL;
        s = coerce(c, &x[0], TY_REAL);
        return s != NN_OK ? s : coerce(c, &x[1], TY_INTERVAL);
    case FN_UNIFORM:
    case FN_INTEGERS:
    case FN_DISTINCT:
        e->type = TY_CONTENT;
        return coerce_all(c, x, 2, TY_REAL);
    case FN_PERMUTED:
        e->type = TY_CONTENT;
        return coerce_all(c, x, 2, TY_INT);
    case FN_TUPLES:
        e->type = TY_CONTENT;
        return coerce(c, &x[0], TY_INTS);
    case FN_MASK:
        e->type = TY_CONTENT;
        return e->n ? coerce(c, &x[0], TY_INT) : NN_OK;
    case FN_SIGNED:
        e->type = TY_CONTENT;
        return x[0]->type == TY_CONTENT ? NN_OK : type_error(c, x[0], "a generator");
    case FN_POW:
        e->type = scalar_number(x[0]->type) && scalar_number(x[1]->type) ? TY_REAL : TY_INTERVAL;
        return coerce_all(c, x, 2, e->type);
    case FN_ABS:
        e->type = x[0]->type == TY_INT ? TY_INT : scalar_number(x[0]->type) ? TY_REAL : TY_INTERVAL;
        return coerce(c, &x[0], e->type);
    default: /* functions of one number */
        e->type = scalar_number(x[0]->type) ? TY_REAL : TY_INTERVAL;
        return coerce(c, &x[0], e->type);
    }
}

static nn_status check_set(op_compile *c, expr *e)
{
    nn_status s = check_list(c, e);
    if (s != NN_OK)
        return s;
    if (e->n == 0)
        return spec_error(c->err, e->place, "operator %s: an empty set has no value to choose", c->op->name);
    e->index = (int)(e->type == TY_STRINGS ? TY_STRING : e->type == TY_REALS ? TY_REAL : TY_INT);
    e->type = TY_DOMAIN;
    return NN_OK;
}

static nn_status check_if(op_compile *c, expr *e)
{
    nn_status s = check_as(c, &e->a, TY_BOOL);
    if (s == NN_OK)
        s = check(c, &e->b);
    if (s == NN_OK)
        s = check(c, &e->c);
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
    if (b == TY_CONTENT || d == TY_CONTENT) { /* a number or list is a content too */
        e->type = TY_CONTENT;
        return NN_OK;
    }
    if (b != d) {
        ex_type join = numeric_join(c, e->b, e->c);
        if (join != TY_NONE)
            t = join;
        else if (convertible(c, e->b, d))
            t = d;
        else if (c->values && interval_literal(e->b) && interval_literal(e->c))
            t = TY_INTERVAL;
    }
    e->type = t;
    s = coerce(c, &e->b, t);
    return s != NN_OK ? s : coerce(c, &e->c, t);
}

static nn_status check(op_compile *c, expr **pe)
{
    expr *e = *pe;
    nn_status s;
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
        return resolve(c, e, false);
    case EX_NEG:
        s = check(c, &e->a);
        if (s != NN_OK)
            return s;
        e->type = scalar_number(e->a->type) ? (e->a->type == TY_BOOL ? TY_INT : e->a->type) : TY_INTERVAL;
        return coerce(c, &e->a, e->type);
    case EX_NOT:
        e->type = TY_BOOL;
        return check_as(c, &e->a, TY_BOOL);
    case EX_BINARY:
        return check_binary(c, e);
    case EX_INDEX:
    case EX_SLICE:
        s = check(c, &e->a);
        if (s != NN_OK)
            return s;
        if (e->a->type == TY_REALS || e->a->type == TY_STRINGS) {
            e->type = e->a->type;
        } else {
            s = coerce(c, &e->a, TY_INTS);
            e->type = TY_INTS;
        }
        if (e->kind == EX_INDEX)
            e->type = e->type == TY_INTS ? TY_INT : e->type == TY_REALS ? TY_REAL : TY_STRING;
        if (s == NN_OK && e->b)
            s = check_as(c, &e->b, TY_INT);
        if (s == NN_OK && e->c)
            s = check_as(c, &e->c, TY_INT);
        return s;
    case EX_LIST:
        return check_list(c, e);
    case EX_FOR:
        return check_for(c, e);
    case EX_CALL:
        return check_call(c, e);
    case EX_IF:
        return check_if(c, e);
    case EX_RANGE:
        s = check_as(c, &e->a, TY_INT);
        e->type = TY_DOMAIN;
        e->index = TY_INT;
        return s != NN_OK ? s : check_as(c, &e->b, TY_INT);
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

ex_type expr_domain_type(const expr *e)
{
    return e->type == TY_DOMAIN ? (ex_type)e->index : e->type;
}

nn_status expr_check(op_compile *c, expr **e, ex_type want)
{
    nn_status s = check(c, e);
    if (s != NN_OK || want == TY_DOMAIN)
        return s;
    if (want == TY_NONE) {
        ex_type t = (*e)->type;
        return t == TY_DOMAIN || t == TY_CONTENT || t == TY_BOOLS || t == TY_INTERVALS ? type_error(c, *e, "a value") : NN_OK;
    }
    return coerce(c, e, want);
}
