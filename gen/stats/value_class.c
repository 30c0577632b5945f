#include "stats/value_class.h"
#include "value/dmath.h"
#include "base/json_line.h"
#include "rules/opmodel_rules.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_CLASSES 24
#define EACH_VALUE 4 /* ranges with up to so many values are counted value by value */
#define WIDE 32      /* the end of a range wider than this is only a limit, and gets no class of its own */

enum { IS_ABSENT, IS_PRESENT, IS_NUMBER, IS_TEXT, IS_BETWEEN, IS_ALL_ZERO, IS_EQUAL, IS_IDENTITY, IS_LENGTH, IS_ANY };

typedef struct {
    arena *a;
    const op_model *op;
    int depth; /* number of references followed */
    value_class classes[MOST_CLASSES];
    size_t n;
} builder_of_classes;

static void add(builder_of_classes *b, const char *name, value_class c)
{
    if (name == NULL) /* out of memory, which the arena remembers */
        return;
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->classes[i].name, name) == 0)
            return;
    if (b->n == MOST_CLASSES - 1)
        return;
    c.name = name;
    b->classes[b->n++] = c;
}

static bool number(const expr *e, double *x)
{
    double inner;
    switch (e->kind) {
    case EX_INT:
        *x = (double)e->i;
        return true;
    case EX_REAL:
        *x = e->r;
        return true;
    case EX_COERCE:
        return number(e->a, x);
    case EX_NEG:
        if (!number(e->a, &inner))
            return false;
        *x = -inner;
        return true;
    default:
        return false;
    }
}

static const char *shown(builder_of_classes *b, int digits, double x)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*g", digits, x);
    (void)line_point(text);
    return arena_printf(b->a, "%s", text);
}

/* "LO..HI"; NULL: out of memory */
static const char *shown_range(builder_of_classes *b, int digits, double lo, double hi)
{
    const char *from = shown(b, digits, lo), *to = shown(b, digits, hi);
    return from != NULL && to != NULL ? arena_printf(b->a, "%s..%s", from, to) : NULL;
}

static void add_number(builder_of_classes *b, double x)
{
    add(b, shown(b, 9, x), (value_class){.test = IS_NUMBER, .lo = x});
}

/* [lo, hi] of integers */
static void add_between(builder_of_classes *b, double lo, double hi)
{
    add(b, shown_range(b, 9, lo, hi), (value_class){.test = IS_BETWEEN, .lo = lo, .hi = hi});
}

static bool negative(const expr *e)
{
    return e->kind == EX_NEG || (e->kind == EX_COERCE && negative(e->a));
}

static void range(builder_of_classes *b, const expr *low, const expr *high)
{
    double lo, hi;
    bool has_lo = number(low, &lo), has_hi = number(high, &hi);
    if (has_lo && has_hi && hi - lo < EACH_VALUE) {
        for (double x = lo; x <= hi; x++)
            add_number(b, x);
    } else if (has_lo && has_hi && hi - lo >= WIDE) {
        double least = lo < 0 && hi > 0 ? 0 : lo, middle = least + 1;
        while ((middle - least) * (middle - least) < hi - least)
            middle = least + 2 * (middle - least);
        if (least > lo)
            add_between(b, lo, least - 1);
        add_number(b, least);
        add_between(b, least + 1, middle);
        add_between(b, middle + 1, hi);
    } else if (has_lo && has_hi) {
        add_number(b, lo);
        add_between(b, lo + 1, hi - 1);
        add_number(b, hi);
    } else if (has_lo) {
        add_number(b, lo);
        add(b, arena_printf(b->a, "> %.0f", lo), (value_class){.test = IS_BETWEEN, .lo = lo, .hi = INFINITY});
    } else if (has_hi) {
        add_number(b, hi);
        add(b, arena_printf(b->a, "< %.0f", hi), (value_class){.test = IS_BETWEEN, .lo = -INFINITY, .hi = hi});
    } else if (negative(low)) {
        add(b, "< 0", (value_class){.test = IS_BETWEEN, .lo = -INFINITY, .hi = -1});
        add(b, ">= 0", (value_class){.test = IS_BETWEEN, .lo = 0, .hi = INFINITY});
    } else {
        add(b, "any", (value_class){.test = IS_ANY});
    }
}

static void reals(builder_of_classes *b, const expr *e)
{
    double lo, hi;
    if (e->n != 2 || !number(e->args[0], &lo) || !number(e->args[1], &hi)) {
        add(b, "any", (value_class){.test = IS_ANY});
        return;
    }
    /* rounding to float32 may move a value slightly outside */
    double middle = e->op == FN_LOGREAL ? dm_sqrt(lo * hi) : (lo + hi) / 2, slack = 1e-6 * (fabs(lo) + fabs(hi));
    add(b, shown_range(b, 6, lo, middle), (value_class){.test = IS_BETWEEN, .lo = lo - slack, .hi = middle});
    add(b, shown_range(b, 6, middle, hi), (value_class){.test = IS_BETWEEN, .lo = middle, .hi = hi + slack});
}

static void int_list(builder_of_classes *b, const expr *element)
{
    double lo, hi;
    bool known = element->kind == EX_RANGE && number(element->a, &lo) && number(element->b, &hi);
    if (known && lo == 0)
        add(b, "zeros", (value_class){.test = IS_ALL_ZERO});
    if (!known || hi > 0 || lo != 0)
        add(b, "equal", (value_class){.test = IS_EQUAL});
    if (!known || lo != hi)
        add(b, "mixed", (value_class){.test = IS_ANY});
}

static void by_length(builder_of_classes *b)
{
    add(b, "one", (value_class){.test = IS_LENGTH, .lo = 1, .hi = 1, .undeclared = true});
    add(b, "several", (value_class){.test = IS_LENGTH, .lo = 2, .hi = INFINITY, .undeclared = true});
}

static void type_names(builder_of_classes *b, dtype_mask mask)
{
    for (int t = 0; t < DT_COUNT; t++)
        if ((mask >> t & 1) != 0)
            add(b, dtype_name((dtype)t), (value_class){.test = IS_TEXT, .text = dtype_name((dtype)t)});
}

static bool is_list(ex_type t)
{
    return t == TY_INTS || t == TY_REALS || t == TY_STRINGS;
}

/* Whether a condition can have the value, judged only by the types that a type variable allows. */
static bool can_be(const op_model *op, const expr *e, bool wanted)
{
    const expr *x = e->kind == EX_CALL && e->n == 1 ? e->args[0] : e->a;
    bool is_typed = (e->kind == EX_CALL && (e->op == FN_WHOLE || e->op == FN_CHOSEN)) ||
                    (e->kind == EX_BINARY && (e->op == OP_EQ || e->op == OP_NE) && e->b->kind == EX_STRING);
    if (e->kind == EX_NOT)
        return can_be(op, e->a, !wanted);
    if (e->kind == EX_BINARY && (e->op == OP_AND || e->op == OP_OR)) {
        bool one = can_be(op, e->a, wanted), other = can_be(op, e->b, wanted);
        return (e->op == OP_AND) == wanted ? one && other : one || other;
    }
    if (!is_typed || x->kind != EX_TYPEVAR)
        return true;
    for (int t = 1; t < DT_COUNT; t++) {
        if (!(op->type_masks[x->index] >> t & 1))
            continue;
        bool holds = e->kind == EX_BINARY ? (strcmp(dtype_name((dtype)t), e->b->s) == 0) == (e->op == OP_EQ)
                     : e->op == FN_WHOLE  ? dtype_is_whole((dtype)t)
                                          : (op->data >> t & 1) != 0;
        if (holds == wanted)
            return true;
    }
    return false;
}

static void declare(builder_of_classes *b, const expr *e)
{
    double x;
    switch (e->kind) {
    case EX_COERCE:
        declare(b, e->a);
        return;
    case EX_IF:
        if (can_be(b->op, e->a, true))
            declare(b, e->b);
        if (can_be(b->op, e->a, false))
            declare(b, e->c);
        return;
    case EX_BOOLS:
        add_number(b, 0);
        add_number(b, 1);
        return;
    case EX_RANGE:
        range(b, e->a, e->b);
        return;
    case EX_STRING:
        add(b, e->s, (value_class){.test = IS_TEXT, .text = e->s});
        return;
    case EX_TYPEVAR:
        type_names(b, b->op->type_masks[e->index]);
        return;
    case EX_VAR: /* the attribute's value is a variable: use the variable's domain */
        if (b->depth < 8 && b->op->rules->vars[e->index].domain != NULL) {
            b->depth++;
            declare(b, b->op->rules->vars[e->index].domain);
            b->depth--;
            return;
        }
        break;
    case EX_SET:
        for (size_t i = 0; i < e->n; i++)
            declare(b, e->args[i]);
        return;
    case EX_CALL:
        switch (e->op) {
        case FN_LIST:
            int_list(b, e->args[1]);
            return;
        case FN_SELECT:
            declare(b, e->args[0]);
            return;
        case FN_PERMUTATION:
            add(b, "identity", (value_class){.test = IS_IDENTITY});
            add(b, "other order", (value_class){.test = IS_ANY});
            return;
        case FN_SUBSET:
            by_length(b);
            return;
        case FN_REALRANGE:
        case FN_LOGREAL:
            reals(b, e);
            return;
        default:
            break;
        }
        break;
    default:
        break;
    }
    if (number(e, &x))
        add_number(b, x);
    else if (is_list(e->type))
        by_length(b);
    else
        add(b, "any", (value_class){.test = IS_ANY});
}

static bool finish(class_subject *s, builder_of_classes *b, size_t *total)
{
    add(b, "other", (value_class){.test = IS_ANY, .undeclared = true});
    s->classes = arena_alloc(b->a, b->n * sizeof *s->classes);
    if (s->classes == NULL || arena_failed(b->a))
        return false;
    memcpy(s->classes, b->classes, b->n * sizeof *s->classes);
    s->n_classes = b->n;
    s->first = *total;
    *total += b->n;
    return true;
}

static bool of_vars(class_operator *c, const op_model *op, var_origin origin, arena *a, size_t *total)
{
    for (size_t i = 0; i < op->rules->n_vars; i++) {
        const rule_var *v = &op->rules->vars[i];
        if (v->origin != origin || (origin == VAR_CHOOSE && !v->choice))
            continue;
        builder_of_classes b = {.a = a, .op = op};
        if (v->fallback != NULL || v->when != NULL)
            add(&b, "absent", (value_class){.test = IS_ABSENT});
        if (v->domain != NULL)
            declare(&b, v->domain);
        class_subject *s = &c->subjects[c->n_subjects++];
        *s = (class_subject){.name = v->name, .input = -1, .var = (int)i};
        if (!finish(s, &b, total))
            return false;
    }
    return true;
}

static bool of_operator(class_operator *c, const op_model *op, bool choices, arena *a, size_t *total)
{
    c->subjects = arena_calloc(a, op->rules->n_vars + op->n_inputs, sizeof *c->subjects);
    if (c->subjects == NULL || !of_vars(c, op, VAR_ATTR, a, total))
        return false;
    if (choices && !of_vars(c, op, VAR_CHOOSE, a, total))
        return false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        if (!op->inputs[i].optional && !op->inputs[i].conditional)
            continue;
        builder_of_classes b = {.a = a, .op = op};
        add(&b, "absent", (value_class){.test = IS_ABSENT});
        add(&b, "present", (value_class){.test = IS_PRESENT});
        class_subject *s = &c->subjects[c->n_subjects++];
        *s = (class_subject){.name = op->inputs[i].name, .input = (int)i, .var = -1};
        if (!finish(s, &b, total))
            return false;
    }
    return true;
}

static nn_status all_classes(class_table *out, const op_set *ops, bool choices, arena *a, nn_error *err)
{
    *out = (class_table){.operators = arena_calloc(a, ops->n_all + 1, sizeof *out->operators)};
    if (out->operators == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < ops->n_ops; i++)
        if (!of_operator(&out->operators[i], &ops->ops[i], choices, a, &out->n_classes))
            return nn_nomem(err);
    return NN_OK;
}

nn_status class_table_new(class_table *out, const op_set *ops, arena *a, nn_error *err)
{
    return all_classes(out, ops, false, a, err);
}

nn_status class_table_of_choices(class_table *out, const op_set *ops, arena *a, nn_error *err)
{
    return all_classes(out, ops, true, a, err);
}

/* ---- classification of values ---- */

static bool value_of(const attr_value *v, double *x)
{
    *x = v->kind == ATTR_INT ? (double)v->i : v->f;
    return v->kind == ATTR_INT || v->kind == ATTR_FLOAT;
}

/* Whether all elements of a list are equal; *x gets their value. */
static bool all_equal(const attr_value *v, int64_t *x)
{
    if (v->kind != ATTR_INTS)
        return false;
    *x = v->n > 0 ? v->ints[0] : 0;
    for (size_t i = 1; i < v->n; i++)
        if (v->ints[i] != *x)
            return false;
    return true;
}

static bool identity(const attr_value *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->ints[i] != (int64_t)i)
            return false;
    return true;
}

static bool fits(const value_class *c, const attr_value *v)
{
    double x;
    int64_t element;
    if (v == NULL)
        return c->test == IS_ABSENT;
    switch (c->test) {
    case IS_NUMBER:
        return value_of(v, &x) && (x == c->lo || (v->kind == ATTR_FLOAT && x == (double)(float)c->lo));
    case IS_TEXT:
        return strcmp(v->kind == ATTR_STRING ? v->s : v->kind == ATTR_INT ? dtype_name((dtype)v->i) : "", c->text) == 0;
    case IS_BETWEEN:
        return value_of(v, &x) && x >= c->lo && x <= c->hi;
    case IS_ALL_ZERO:
        return all_equal(v, &element) && element == 0;
    case IS_EQUAL:
        return all_equal(v, &element);
    case IS_IDENTITY:
        return v->kind == ATTR_INTS && identity(v);
    case IS_LENGTH:
        return (double)v->n >= c->lo && (double)v->n <= c->hi;
    case IS_ANY:
        return true;
    default:
        return false;
    }
}

size_t class_of_attr(const class_subject *s, const attr_value *v)
{
    size_t i = 0;
    while (i + 1 < s->n_classes && !fits(&s->classes[i], v))
        i++;
    return i;
}

size_t class_of_input(const class_subject *s, bool present)
{
    for (size_t i = 0; i < s->n_classes; i++)
        if (s->classes[i].test == (present ? IS_PRESENT : IS_ABSENT))
            return i;
    return s->n_classes - 1;
}

bool class_example(const class_subject *s, size_t k, bool real, attr_value *v)
{
    const value_class *c = &s->classes[k];
    *v = (attr_value){.name = s->name, .kind = real ? ATTR_FLOAT : ATTR_INT};
    if (c->test == IS_TEXT) {
        v->kind = ATTR_STRING;
        v->s = c->text;
        return true;
    }
    bool finite = c->lo - c->lo == 0 && c->hi - c->hi == 0;
    if (c->test == IS_NUMBER)
        v->f = c->lo;
    else if (c->test == IS_BETWEEN)
        v->f = real && finite ? (c->lo + c->hi) / 2 : c->lo - c->lo == 0 ? c->lo : c->hi;
    v->i = (int64_t)v->f;
    return c->test == IS_NUMBER || c->test == IS_BETWEEN;
}
