/* Types of function calls: arguments are coerced to what the function takes. */
#include "rules/expr_check.h"

#include <string.h>

static nn_status check_present(op_compile *c, expr *e)
{
    expr *x = e->args[0];
    e->type = TY_BOOL;
    if (x->kind == EX_INPUT || x->kind == EX_OUTPUT || x->kind == EX_VAR)
        return NN_OK; /* resolved before */
    if (x->kind != EX_NAME)
        return spec_error(c->err, x->place, "operator %s: `present` takes the name of an input, output or attribute", c->op->name);
    bool values = c->values;
    c->values = true; /* presence depends on `when` alone, not on the shape */
    nn_status s = expr_resolve(c, x, true);
    c->values = values;
    if (s != NN_OK)
        return s;
    if (x->kind != EX_INPUT && x->kind != EX_OUTPUT && x->kind != EX_VAR)
        return spec_error(c->err, x->place, "operator %s: `present` takes the name of an input, output or attribute", c->op->name);
    return NN_OK;
}

static bool literal(const expr *e, double *x)
{
    if (e->kind == EX_COERCE)
        e = e->a;
    *x = e->kind == EX_INT ? (double)e->i : e->r;
    return e->kind == EX_INT || e->kind == EX_REAL;
}

/* Ends of `real` and `logreal` that are written as numbers. */
static nn_status check_ends(op_compile *c, const expr *e)
{
    double lo, hi;
    bool has_lo = literal(e->args[0], &lo), has_hi = literal(e->args[1], &hi);
    if (has_lo && has_hi && !(lo <= hi))
        return spec_error(c->err, e->place, "operator %s: `%s` has the ends in the wrong order", c->op->name, e->s);
    if (e->op == FN_LOGREAL && has_lo && !(lo > 0))
        return spec_error(c->err, e->args[0]->place, "operator %s: `logreal` draws above 0; a lower end above 0 was expected",
                          c->op->name);
    return NN_OK;
}

/* Both arguments have the type. */
static nn_status check_two(op_compile *c, expr *e, ex_type type)
{
    nn_status s = expr_check_as(c, &e->args[0], type);
    return s == NN_OK ? expr_check_as(c, &e->args[1], type) : s;
}

static nn_status check_domain_call(op_compile *c, expr *e)
{
    nn_status s = NN_OK;
    ex_type of = TY_INTS;
    switch ((ex_fn)e->op) {
    case FN_LIST:
        s = expr_check_as(c, &e->args[0], TY_INT);
        if (s == NN_OK)
            s = expr_visit(c, &e->args[1]);
        if (s == NN_OK && (e->args[1]->type != TY_DOMAIN || expr_domain_type(e->args[1]) != TY_INT))
            return expr_type_error(c, e->args[1], "a domain of ints");
        break;
    case FN_SUBSET:
        s = expr_check_as(c, &e->args[0], TY_INTS);
        if (s == NN_OK && e->args[1]->kind != EX_RANGE)
            return spec_error(c->err, e->args[1]->place, "operator %s: a range `a..b` of sizes was expected", c->op->name);
        if (s == NN_OK)
            s = expr_visit(c, &e->args[1]);
        break;
    case FN_PERMUTATION:
        s = expr_check_as(c, &e->args[0], TY_INT);
        break;
    case FN_SELECT:
        s = expr_visit(c, &e->args[0]);
        if (s != NN_OK)
            return s;
        of = e->args[0]->type == TY_STRINGS ? TY_STRING : e->args[0]->type == TY_REALS ? TY_REAL : TY_INT;
        if (of == TY_INT)
            s = expr_coerce(c, &e->args[0], TY_INTS);
        break;
    case FN_PARTS:
    case FN_FACTORS:
        s = check_two(c, e, TY_INT);
        break;
    case FN_FOUND:
        of = TY_INT;
        s = check_two(c, e, TY_INT);
        break;
    case FN_REALRANGE:
    case FN_LOGREAL:
        of = TY_REAL;
        s = check_two(c, e, TY_REAL);
        if (s == NN_OK)
            s = check_ends(c, e);
        break;
    default: /* FN_REALS */
        of = TY_REALS;
        s = expr_check_as(c, &e->args[0], TY_INT);
        if (s == NN_OK)
            s = expr_check_as(c, &e->args[1], TY_REAL);
        if (s == NN_OK)
            s = expr_check_as(c, &e->args[2], TY_REAL);
        break;
    }
    e->type = TY_DOMAIN;
    e->index = (int)of;
    return s;
}

static nn_status visit_args(op_compile *c, expr *e)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < e->n && s == NN_OK; i++)
        s = expr_visit(c, &e->args[i]);
    return s;
}

/* sum, prod, min, max of one argument: a list, a generator, a variadic's values. */
static nn_status check_aggregate_of_one(op_compile *c, expr *e)
{
    ex_type t = e->args[0]->type;
    bool extreme = e->op == FN_MIN || e->op == FN_MAX;
    if (t == TY_TENSORS && c->values) {
        e->type = TY_INTERVAL;
        return expr_values_known(c, e->args[0]);
    }
    if (t == TY_INTERVALS || t == TY_REALS) {
        e->type = t == TY_REALS ? TY_REAL : TY_INTERVAL;
        return NN_OK;
    }
    if (t == TY_INTERVAL || (extreme && expr_scalar_number(t))) {
        e->type = t;
        return NN_OK;
    }
    if (t == TY_BOOLS)
        return expr_type_error(c, e->args[0], e->op == FN_SUM ? "numbers (`count` counts conditions)" : "numbers");
    e->type = TY_INT;
    return expr_coerce(c, &e->args[0], TY_INTS);
}

/* The parser allows several arguments for min, max and hull only. */
static nn_status check_aggregate(op_compile *c, expr *e)
{
    nn_status s = visit_args(c, e);
    if (s != NN_OK)
        return s;
    bool hull = e->op == FN_HULL;
    if (e->n == 1 && !hull)
        return check_aggregate_of_one(c, e);
    if (e->n == 1 && e->args[0]->type == TY_INTERVALS) {
        e->type = TY_INTERVAL;
        return NN_OK;
    }
    ex_type t = hull ? TY_INTERVAL : TY_INT;
    for (size_t i = 0; i < e->n; i++) {
        ex_type u = e->args[i]->type;
        if (u == TY_INTERVAL || u == TY_TENSOR || u == TY_TENSORS)
            t = TY_INTERVAL;
        else if (u == TY_REAL && t == TY_INT)
            t = TY_REAL;
    }
    e->type = t;
    return expr_coerce_all(c, e->args, e->n, t);
}

/* ---- functions that check their arguments themselves ---- */

/* Resolves a name as a tensor; in other expressions it would mean the tensor's values. */
static nn_status visit_tensor(op_compile *c, expr **x)
{
    return (*x)->kind == EX_NAME ? expr_resolve(c, *x, true) : expr_visit(c, x);
}

static nn_status check_conditions(op_compile *c, expr *e)
{
    nn_status s = expr_visit(c, &e->args[0]);
    if (s == NN_OK && (e->args[0]->type != TY_BOOLS || e->args[0]->kind != EX_FOR))
        return expr_type_error(c, e->args[0], "a generator of conditions, as in `all(C for i in a..b)`,");
    e->type = e->op == FN_COUNT ? TY_INT : TY_BOOL;
    return s;
}

static nn_status check_tensor_property(op_compile *c, expr *e)
{
    nn_status s = visit_tensor(c, &e->args[0]);
    if (s != NN_OK)
        return s;
    if (e->args[0]->type != (e->op == FN_ARITY ? TY_TENSORS : TY_TENSOR))
        return expr_type_error(c, e->args[0], e->op == FN_ARITY ? "a variadic input or output" : "a tensor");
    e->type = e->op == FN_SHAPE ? TY_INTS : TY_INT;
    return NN_OK;
}

static nn_status check_nth(op_compile *c, expr *e)
{
    nn_status s = expr_visit(c, &e->args[0]);
    if (s == NN_OK && e->args[0]->type != TY_TENSORS)
        return expr_type_error(c, e->args[0], "a variadic input or output");
    e->type = TY_TENSOR;
    return s != NN_OK ? s : expr_check_as(c, &e->args[1], TY_INT);
}

static nn_status check_interval_property(op_compile *c, expr *e)
{
    e->type = e->op == FN_TIES || e->op == FN_WEAK ? TY_BOOL : TY_REAL;
    nn_status s = visit_tensor(c, &e->args[0]);
    return s != NN_OK ? s : expr_coerce(c, &e->args[0], TY_INTERVAL);
}

static nn_status check_shapes(op_compile *c, expr *e)
{
    nn_status s = NN_OK;
    for (size_t i = 0; i < e->n && s == NN_OK; i++) {
        s = expr_visit(c, &e->args[i]);
        if (s == NN_OK && e->args[i]->type != TY_TENSORS)
            s = expr_coerce(c, &e->args[i], TY_INTS);
    }
    e->type = e->op == FN_FITS ? TY_BOOL : TY_INTS;
    return s;
}

static nn_status check_mono(op_compile *c, expr *e)
{
    if (e->args[0]->kind != EX_FOR || e->args[0]->b || e->args[0]->c)
        return spec_error(c->err, e->args[0]->place, "operator %s: `mono` takes `E for x in a` with an interval a", c->op->name);
    e->args[0]->i = 1;
    nn_status s = expr_check_as(c, &e->args[0]->a, TY_INTERVAL); /* a tensor's name means its values here */
    if (s == NN_OK)
        s = expr_visit(c, &e->args[0]);
    if (s == NN_OK)
        s = expr_coerce(c, &e->args[0]->args[0], TY_INTERVAL);
    e->type = TY_INTERVAL;
    return s;
}

/* ---- functions of values ---- */

/* Functions whose argument types are fixed. */
static const struct {
    ex_fn fn;
    ex_type type;
    size_t n;
    ex_type args[3];
} signatures[] = {
    {FN_CEILDIV, TY_INT, 2, {TY_INT, TY_INT}},
    {FN_NORM_AXIS, TY_INT, 2, {TY_INT, TY_INT}},
    {FN_ONES, TY_INTS, 1, {TY_INT}},
    {FN_ZEROS, TY_INTS, 1, {TY_INT}},
    {FN_IOTA, TY_INTS, 1, {TY_INT}},
    {FN_SETAT, TY_INTS, 3, {TY_INTS, TY_INT, TY_INT}},
    {FN_INSERT, TY_INTS, 3, {TY_INTS, TY_INT, TY_INT}},
    {FN_UNRAVEL, TY_INTS, 2, {TY_INT, TY_INTS}},
    {FN_LETTERS, TY_STRING, 1, {TY_INTS}},
    {FN_CAN, TY_BOOL, 1, {TY_BOOL}},
    {FN_LIKELY, TY_INTERVAL, 1, {TY_INTERVAL}},
    {FN_GUESS, TY_INTERVAL, 2, {TY_INTERVAL, TY_INTERVAL}},
    {FN_MEET, TY_INTERVAL, 2, {TY_INTERVAL, TY_INTERVAL}},
    {FN_SUM_OF, TY_INTERVAL, 2, {TY_REAL, TY_INTERVAL}},
    {FN_MEAN_OF, TY_INTERVAL, 2, {TY_REAL, TY_INTERVAL}},
    {FN_WIDEN, TY_INTERVAL, 2, {TY_INTERVAL, TY_REAL}},
    {FN_SCALE_FOR, TY_REAL, 2, {TY_REAL, TY_INTERVAL}},
    {FN_UNIFORM, TY_CONTENT, 2, {TY_REAL, TY_REAL}},
    {FN_INTEGERS, TY_CONTENT, 2, {TY_REAL, TY_REAL}},
    {FN_DISTINCT, TY_CONTENT, 2, {TY_REAL, TY_REAL}},
    {FN_PERMUTED, TY_CONTENT, 2, {TY_INT, TY_INT}},
    {FN_TUPLES, TY_CONTENT, 1, {TY_INTS}},
};

/* whole, chosen, least, largest */
static nn_status check_of_type(op_compile *c, expr *e)
{
    const expr *x = e->args[0];
    e->type = e->op == FN_WHOLE || e->op == FN_CHOSEN ? TY_BOOL : TY_REAL;
    if (x->kind == EX_TYPEVAR || (x->kind == EX_STRING && dtype_parse(x->s) != DT_NONE))
        return NN_OK;
    return expr_type_error(c, x, "a type variable or the name of a type in quotes");
}

static nn_status check_fill(op_compile *c, expr *e)
{
    bool reals = e->args[1]->type == TY_REAL;
    e->type = reals ? TY_REALS : TY_INTS;
    nn_status s = expr_coerce(c, &e->args[0], TY_INT);
    return s != NN_OK || reals ? s : expr_coerce(c, &e->args[1], TY_INT);
}

/* Functions of one number. */
static nn_status check_of_number(op_compile *c, expr *e)
{
    ex_type t = e->args[0]->type;
    e->type = e->op == FN_ABS && t == TY_INT ? TY_INT : expr_scalar_number(t) ? TY_REAL : TY_INTERVAL;
    return expr_coerce(c, &e->args[0], e->type);
}

/* Functions whose type depends on their arguments or on the number of arguments. */
static nn_status check_value_call(op_compile *c, expr *e)
{
    expr **x = e->args;
    switch ((ex_fn)e->op) {
    case FN_LEN:
        e->type = TY_INT;
        return x[0]->type == TY_STRINGS || x[0]->type == TY_REALS ? NN_OK : expr_coerce(c, &x[0], TY_INTS);
    case FN_FILL:
        return check_fill(c, e);
    case FN_REMOVE:
    case FN_REVERSE:
    case FN_SORT:
        e->type = TY_INTS;
        return expr_coerce_all(c, x, e->n, TY_INTS);
    case FN_WHOLE:
    case FN_CHOSEN:
    case FN_LEAST:
    case FN_LARGEST:
        return check_of_type(c, e);
    case FN_MASK:
        e->type = TY_CONTENT;
        return e->n ? expr_coerce(c, &x[0], TY_INT) : NN_OK;
    case FN_SIGNED:
        e->type = TY_CONTENT;
        return x[0]->type == TY_CONTENT ? NN_OK : expr_type_error(c, x[0], "a generator");
    case FN_POW:
        e->type = expr_scalar_number(x[0]->type) && expr_scalar_number(x[1]->type) ? TY_REAL : TY_INTERVAL;
        return expr_coerce_all(c, x, 2, e->type);
    default:
        return check_of_number(c, e);
    }
}

static nn_status check_values(op_compile *c, expr *e)
{
    nn_status s = visit_args(c, e);
    if (s != NN_OK)
        return s;
    for (size_t k = 0; k < sizeof signatures / sizeof signatures[0]; k++) {
        if (signatures[k].fn != (ex_fn)e->op)
            continue;
        e->type = signatures[k].type;
        for (size_t i = 0; i < signatures[k].n && s == NN_OK; i++)
            s = expr_coerce(c, &e->args[i], signatures[k].args[i]);
        return s;
    }
    return check_value_call(c, e);
}

nn_status expr_check_call(op_compile *c, expr *e)
{
    switch ((ex_fn)e->op) {
    case FN_PRESENT:
        return check_present(c, e);
    case FN_LIST:
    case FN_SUBSET:
    case FN_PERMUTATION:
    case FN_SELECT:
    case FN_PARTS:
    case FN_FACTORS:
    case FN_FOUND:
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
        return check_conditions(c, e);
    case FN_RANK:
    case FN_SHAPE:
    case FN_NUMEL:
    case FN_ARITY:
        return check_tensor_property(c, e);
    case FN_NTH:
        return check_nth(c, e);
    case FN_LO:
    case FN_HI:
    case FN_MAG:
    case FN_WIDTH:
    case FN_LIVE:
    case FN_TIES:
    case FN_WEAK:
        return check_interval_property(c, e);
    case FN_BROADCAST:
    case FN_FITS:
        return check_shapes(c, e);
    case FN_MONO:
        return check_mono(c, e);
    default:
        return check_values(c, e);
    }
}
