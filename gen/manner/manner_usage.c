#include "manner/manner_usage.h"
#include "rules/op_extra.h"

#include <string.h>

#define MOST_USAGES 256
#define MOST_LIST 64
#define MOST_WEIGHT 10000000

typedef struct {
    const op_model *op;
    const spec_subject *subject;
    arena *a;
    nn_error *err;
    bool possible; /* the usage that is being read */
} reader;

/* ---- numbers ---- */

/* *n: a number; NULL: the text is an expression of another kind. */
static nn_status read_number(const reader *r, const spec_node *text, const expr **n, bool *negative)
{
    expr *e = NULL;
    nn_status s = text->kind == SPEC_SCALAR ? expr_parse(&e, text, 0, NULL, r->a, r->err) : NN_OK;
    *negative = e && e->kind == EX_NEG;
    e = *negative ? e->a : e;
    *n = e && (e->kind == EX_INT || e->kind == EX_REAL) ? e : NULL;
    return s;
}

static nn_status wrong(const reader *r, const spec_node *at, const char *name, const char *expected)
{
    return spec_error(r->err, at->place, "%soperator %s: `%s`: expected %s", r->subject->s, r->op->name, spec_show(name).s,
                      expected);
}

static nn_status read_int(const reader *r, const spec_node *text, const char *name, int64_t *x)
{
    const expr *n;
    bool negative;
    nn_status s = read_number(r, text, &n, &negative);
    if (s != NN_OK)
        return s;
    if (!n || n->kind != EX_INT)
        return wrong(r, text, name, "an integer");
    *x = negative ? -n->i : n->i;
    return NN_OK;
}

static nn_status read_real(const reader *r, const spec_node *text, const char *name, double *x)
{
    const expr *n;
    bool negative;
    nn_status s = read_number(r, text, &n, &negative);
    if (s != NN_OK)
        return s;
    if (!n)
        return wrong(r, text, name, "a number");
    *x = n->kind == EX_INT ? (double)n->i : n->r;
    *x = negative ? -*x : *x;
    return NN_OK;
}

static nn_status read_list(const reader *r, const spec_pair *pair, ex_type type, inst_value *v)
{
    const spec_node *list = pair->value;
    if (list->kind != SPEC_LIST || list->count > MOST_LIST)
        return wrong(r, list, pair->key, "a list of at most 64 numbers");
    int64_t *ints = type == TY_INTS ? arena_calloc(r->a, list->count + 1, sizeof *ints) : NULL;
    double *reals = type == TY_REALS ? arena_calloc(r->a, list->count + 1, sizeof *reals) : NULL;
    if (!ints && !reals)
        return nn_nomem(r->err);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < list->count; i++)
        s = ints ? read_int(r, list->items[i], pair->key, &ints[i]) : read_real(r, list->items[i], pair->key, &reals[i]);
    v->ints = ints;
    v->reals = reals;
    v->n = list->count;
    return s;
}

/* ---- values ---- */

static bool outside(const expr *range, int64_t x)
{
    return range->kind == EX_RANGE &&
           ((range->a->kind == EX_INT && x < range->a->i) || (range->b->kind == EX_INT && x > range->b->i));
}

/* Whether a domain whose ends are numbers lacks the value. */
static bool cannot_be(const rule_var *v, const inst_value *x)
{
    const expr *d = v->domain;
    if (!v->choice || d->type != TY_DOMAIN)
        return false;
    if (v->type == TY_INT)
        return outside(d, x->i);
    bool list = v->type == TY_INTS && d->kind == EX_CALL && d->op == FN_LIST, is = false;
    for (size_t i = 0; list && i < x->n; i++)
        is |= outside(d->args[1], x->ints[i]);
    return is;
}

/* "NAME == TEXT" as a condition. */
static nn_status read_condition(const reader *r, const spec_pair *pair, usage_value *u)
{
    spec_node *text = arena_alloc(r->a, sizeof *text);
    if (!text)
        return nn_nomem(r->err);
    *text = *pair->value;
    text->exact = false;
    text->text = arena_printf(r->a, "%s == (%s)", pair->key, pair->value->text);
    u->kind = USAGE_CONDITION;
    return text->text ? op_extra_condition(&u->condition, r->op, text, pair->key, r->a, r->err) : nn_nomem(r->err);
}

static nn_status read_whole(const reader *r, const spec_pair *pair, usage_value *u)
{
    const expr *n;
    bool negative;
    nn_status s = read_number(r, pair->value, &n, &negative);
    if (s != NN_OK)
        return s;
    if (!n)
        return pair->value->kind == SPEC_SCALAR ? read_condition(r, pair, u) : wrong(r, pair->value, pair->key, "an integer");
    return read_int(r, pair->value, pair->key, &u->v.i);
}

static nn_status read_value(reader *r, const spec_pair *pair, usage_value *u)
{
    const op_rules *rules = r->op->rules;
    nn_status s;
    size_t i = 0;
    while (i < rules->n_vars && strcmp(rules->vars[i].name, pair->key) != 0)
        i++;
    if (i == rules->n_vars)
        return spec_error(r->err, pair->place, "%soperator %s: `%s` is not a variable or attribute of the operator", r->subject->s,
                          r->op->name, spec_show(pair->key).s);
    const rule_var *v = &rules->vars[i];
    *u = (usage_value){.var = (int)i};
    if (pair->value->kind == SPEC_NULL) {
        u->kind = USAGE_LEFT_OUT;
        return v->origin == VAR_ATTR && v->fallback ? NN_OK : wrong(r, pair->value, pair->key, "a value: it has no default");
    }
    switch (v->type) {
    case TY_INT:
    case TY_BOOL:
        s = read_whole(r, pair, u);
        break;
    case TY_REAL:
        s = read_real(r, pair->value, pair->key, &u->v.r);
        break;
    case TY_STRING:
        s = pair->value->kind == SPEC_SCALAR ? NN_OK : wrong(r, pair->value, pair->key, "a text");
        u->v.s = pair->value->text;
        break;
    case TY_INTS:
    case TY_REALS:
        s = read_list(r, pair, v->type, &u->v);
        break;
    default:
        return wrong(r, pair->value, pair->key, "a variable of another type: this one cannot be stated");
    }
    if (s == NN_OK && u->kind == USAGE_VALUE && cannot_be(v, &u->v))
        r->possible = false;
    return s;
}

static nn_status read_values(reader *r, const spec_node *map, manner_usage *to)
{
    usage_value *values = arena_calloc(r->a, map->count + 1, sizeof *values);
    if (!values)
        return nn_nomem(r->err);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < map->count; i++)
        s = read_value(r, &map->pairs[i], &values[i]);
    to->values = values;
    to->n_values = map->count;
    return s;
}

/* ---- operands ---- */

static nn_status read_operand(const reader *r, const spec_pair *pair, usage_operand *to)
{
    const op_model *op = r->op;
    inst_value dims = {0};
    size_t i = 0;
    while (i < op->n_inputs && strcmp(op->inputs[i].name, pair->key) != 0)
        i++;
    if (i == op->n_inputs)
        return spec_error(r->err, pair->place, "%soperator %s: `%s` is not an input of the operator", r->subject->s, op->name,
                          spec_show(pair->key).s);
    nn_status s = read_list(r, pair, TY_INTS, &dims);
    if (s == NN_OK && dims.n > NN_MAX_RANK)
        return wrong(r, pair->value, pair->key, "at most 8 dims");
    *to = (usage_operand){.input = (int)i, .rank = (int)dims.n};
    for (size_t k = 0; s == NN_OK && k < dims.n; k++) {
        if (dims.ints[k] != 0 && dims.ints[k] != 1)
            return wrong(r, pair->value, pair->key, "dims that are 1, or 0 for any");
        to->ones |= (uint32_t)dims.ints[k] << k;
    }
    return s;
}

static nn_status read_operands(const reader *r, const spec_node *map, manner_usage *to)
{
    usage_operand *operands = arena_calloc(r->a, map->count + 1, sizeof *operands);
    if (!operands)
        return nn_nomem(r->err);
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < map->count; i++)
        s = read_operand(r, &map->pairs[i], &operands[i]);
    to->operands = operands;
    to->n_operands = map->count;
    return s;
}

/* ---- one usage ---- */

static nn_status read_count(const reader *r, const spec_node *map, const char *key, int64_t most, int64_t *x)
{
    const spec_node *text = spec_get(map, key);
    nn_status s = text ? read_int(r, text, key, x) : NN_OK;
    if (s == NN_OK && text && (*x < 0 || *x > most))
        return spec_error(r->err, text->place, "%soperator %s: `%s`: expected an integer from 0 to %lld", r->subject->s,
                          r->op->name, key, (long long)most);
    return s;
}

static nn_status read_usage(reader *r, const spec_node *map, manner_usage *to, uint32_t *weight)
{
    static const char *const words[] = {"weight", "rank", "values", "operands"};
    int64_t w = 1, rank = -1;
    if (map->kind != SPEC_MAP)
        return spec_error(r->err, map->place, "%soperator %s: a usage must be a mapping, not %s", r->subject->s, r->op->name,
                          spec_kind_name(map->kind));
    const spec_node *values = spec_get(map, "values"), *operands = spec_get(map, "operands");
    nn_status s = spec_check_keys(map, words, 4, r->subject, r->err);
    if (s == NN_OK)
        s = read_count(r, map, "weight", MOST_WEIGHT, &w);
    if (s == NN_OK)
        s = read_count(r, map, "rank", NN_MAX_RANK, &rank);
    if (s == NN_OK && values && values->kind != SPEC_MAP)
        return wrong(r, values, "values", "a mapping from variables to values");
    if (s == NN_OK && operands && operands->kind != SPEC_MAP)
        return wrong(r, operands, "operands", "a mapping from inputs to dims");
    to->rank = (int)rank;
    *weight = (uint32_t)w;
    if (s == NN_OK && values)
        s = read_values(r, values, to);
    if (s == NN_OK && operands)
        s = read_operands(r, operands, to);
    return s;
}

nn_status manner_usages(manner_op *to, const op_model *op, const spec_node *list, const spec_subject *subject, arena *a,
                        nn_error *err)
{
    reader r = {.op = op, .subject = subject, .a = a, .err = err};
    if (list->kind != SPEC_LIST || list->count > MOST_USAGES)
        return spec_error(err, list->place, "%soperator %s: `usages`: expected a list of at most %d usages", subject->s, op->name,
                          MOST_USAGES);
    manner_usage *usages = arena_calloc(a, list->count + 1, sizeof *usages);
    uint32_t *weights = arena_calloc(a, list->count + 1, sizeof *weights);
    if (!usages || !weights)
        return nn_nomem(err);
    size_t n = 0;
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < list->count; i++) {
        r.possible = true;
        usages[n] = (manner_usage){0};
        s = read_usage(&r, list->items[i], &usages[n], &weights[n]);
        n += r.possible && weights[n] > 0;
    }
    to->usages = usages;
    to->usage_weights = weights;
    to->n_usages = n;
    return s;
}
