/* Operators with the same rules take the same draws, and so make the same graphs. Their forms may differ, because forms take no
 * part in the draws:
 * - attributes that are computed from other choices, and constant inputs after all others whose values are a list (axes as an
 *   attribute or as an input);
 * - attributes with a default that one of the opsets lacks, or defines as equal to the default: they are left out in all opsets. */
#include "rules/op_common.h"
#include "rules/opmodel_rules.h"

#include <string.h>

typedef struct {
    const op_model *a, *b;
} pair;

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The name that a reference refers to; NULL: the expression is not a reference. */
static const char *referred(const op_model *op, const expr *e)
{
    switch (e->kind) {
    case EX_VAR:
        return op->rules->vars[e->index].name;
    case EX_INPUT:
        return op->inputs[e->index].name;
    case EX_OUTPUT:
        return op->outputs[e->index].name;
    case EX_TYPEVAR:
        return op->type_names[e->index];
    default:
        return NULL;
    }
}

/* Recursion is bounded by EXPR_MAX_HEIGHT. */
static bool same_expr(const pair *p, const expr *x, const expr *y)
{
    if (!x || !y)
        return x == y;
    if (x->kind != y->kind || x->type != y->type || x->op != y->op || x->n != y->n || x->kind == EX_OPSET)
        return false;
    const char *name = referred(p->a, x);
    if (name ? !same_text(name, referred(p->b, y)) : x->index != y->index)
        return false;
    if (x->i != y->i || x->r < y->r || x->r > y->r || (x->kind == EX_STRING && !same_text(x->s, y->s)))
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!same_expr(p, x->args[i], y->args[i]))
            return false;
    return same_expr(p, x->a, y->a) && same_expr(p, x->b, y->b) && same_expr(p, x->c, y->c);
}

static bool same_exprs(const pair *p, expr *const *x, size_t n, expr *const *y, size_t m)
{
    if (n != m)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!same_expr(p, x[i], y[i]))
            return false;
    return true;
}

/* ---- inputs and outputs ---- */

static size_t inputs_without_form(const op_model *op)
{
    size_t n = op->n_inputs;
    while (n > 0 && op_input_is_form(op, n - 1))
        n--;
    return n;
}

static bool same_inputs(const pair *p)
{
    size_t n = inputs_without_form(p->a);
    if (n != inputs_without_form(p->b))
        return false;
    for (size_t i = 0; i < n; i++) {
        const op_input *x = &p->a->inputs[i], *y = &p->b->inputs[i];
        const rule_input *r = &p->a->rules->inputs[i], *s = &p->b->rules->inputs[i];
        if (!same_text(x->name, y->name) || x->types != y->types || x->type_var != y->type_var || x->roles != y->roles ||
            x->optional != y->optional || x->empty != y->empty || x->conditional != y->conditional || x->min_arity != y->min_arity ||
            x->max_arity != y->max_arity || x->ranks != y->ranks)
            return false;
        if (!same_expr(p, r->shape, s->shape) || !same_expr(p, r->rank, s->rank) || !same_expr(p, r->when, s->when) ||
            !same_expr(p, r->values, s->values) || !same_exprs(p, r->domain, r->n_domain, s->domain, s->n_domain))
            return false;
    }
    return true;
}

static bool same_outputs(const pair *p)
{
    if (p->a->n_outputs != p->b->n_outputs)
        return false;
    for (size_t i = 0; i < p->a->n_outputs; i++) {
        const op_output *x = &p->a->outputs[i], *y = &p->b->outputs[i];
        const rule_output *r = &p->a->rules->outputs[i], *s = &p->b->rules->outputs[i];
        if (!same_text(x->name, y->name) || x->types != y->types || x->type_var != y->type_var || x->optional != y->optional ||
            x->conditional != y->conditional || x->variadic != y->variadic)
            return false;
        if (!same_expr(p, r->shape, s->shape) || !same_expr(p, r->when, s->when) || !same_expr(p, r->range, s->range) ||
            !same_expr(p, r->arity, s->arity))
            return false;
    }
    return true;
}

static bool same_types(const op_model *a, const op_model *b)
{
    if (a->n_types != b->n_types || a->flags != b->flags)
        return false;
    for (size_t i = 0; i < a->n_types; i++)
        if (!same_text(a->type_names[i], b->type_names[i]) || a->type_masks[i] != b->type_masks[i])
            return false;
    return true;
}

/* ---- variables ---- */

static rule_var *find_var(const op_model *op, const char *name)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (same_text(op->rules->vars[i].name, name))
            return &op->rules->vars[i];
    return NULL;
}

static bool is_optional(const rule_var *v)
{
    return v->origin == VAR_ATTR && v->fallback;
}

static bool is_definition(const rule_var *v)
{
    return v->origin == VAR_CHOOSE && !v->choice;
}

/* Whether a variable of both operators has the same rules in both, or its default in one is its definition in the other. */
static bool same_shared(const pair *p, const rule_var *x, const rule_var *y)
{
    if (x->type != y->type)
        return false;
    if (is_optional(x) && is_definition(y))
        return same_expr(p, x->fallback, y->domain);
    if (is_definition(x) && is_optional(y))
        return same_expr(p, x->domain, y->fallback);
    return x->origin == y->origin && x->attr == y->attr && x->choice == y->choice && same_expr(p, x->domain, y->domain) &&
           same_expr(p, x->fallback, y->fallback) && same_expr(p, x->when, y->when);
}

/* Whether a variable takes part in the draws. */
static bool is_drawn(const rule_var *v, const rule_var *other)
{
    return !rule_var_is_form(v) && other && !(is_optional(v) && is_definition(other)) && !(is_definition(v) && is_optional(other));
}

/* The next variable from *i on that takes part in the draws; NULL: none. */
static const rule_var *next_drawn(const op_model *op, const op_model *other, size_t *i)
{
    while (*i < op->rules->n_vars) {
        const rule_var *v = &op->rules->vars[(*i)++];
        if (is_drawn(v, find_var(other, v->name)))
            return v;
    }
    return NULL;
}

static bool same_variables(const pair *p)
{
    for (int side = 0; side < 2; side++) {
        const op_model *mine = side ? p->b : p->a, *other = side ? p->a : p->b;
        for (size_t i = 0; i < mine->rules->n_vars; i++) {
            const rule_var *v = &mine->rules->vars[i], *w = find_var(other, v->name);
            if (!w ? !rule_var_is_form(v) && !is_optional(v) && !is_definition(v)
                   : side == 0 && !(rule_var_is_form(v) && rule_var_is_form(w)) && !same_shared(p, v, w))
                return false;
        }
    }
    size_t i = 0, j = 0;
    for (;;) {
        const rule_var *x = next_drawn(p->a, p->b, &i), *y = next_drawn(p->b, p->a, &j);
        if (!x || !y)
            return x == y;
        if (!same_text(x->name, y->name))
            return false;
    }
}

static bool same_idioms(const pair *p)
{
    const op_rules *r = p->a->rules, *s = p->b->rules;
    if (r->n_idioms != s->n_idioms)
        return false;
    for (size_t i = 0; i < r->n_idioms; i++)
        if (!same_exprs(p, r->idioms[i].conditions, r->idioms[i].n, s->idioms[i].conditions, s->idioms[i].n))
            return false;
    return true;
}

static bool same_rules(const op_model *a, const op_model *b)
{
    const pair p = {a, b};
    const op_rules *r = a->rules, *s = b->rules;
    return same_types(a, b) && same_inputs(&p) && same_outputs(&p) && same_variables(&p) && same_idioms(&p) &&
           same_exprs(&p, r->where, r->n_where, s->where, s->n_where) && a->empty == b->empty &&
           same_exprs(&p, r->empty, r->n_empty, s->empty, s->n_empty) &&
           same_exprs(&p, r->require, r->n_require, s->require, s->n_require);
}

/* Leaves out optional attributes that the other operator lacks or defines. */
static void leave_out(op_model *op, const op_model *other)
{
    for (size_t i = 0; i < op->rules->n_vars; i++) {
        rule_var *v = &op->rules->vars[i];
        const rule_var *w = find_var(other, v->name);
        v->left_out |= is_optional(v) && (!w || !is_optional(w));
    }
}

/* Removes from s the operators that `other` lacks or, with `same`, has with different rules. */
static void keep_shared(op_set *s, const op_set *other, bool same)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n_ops; i++) {
        int k = op_find(other, s->ops[i].name);
        if (k < 0 || (same && !same_rules(&s->ops[i], &other->ops[k])))
            continue;
        s->ops[kept] = s->ops[i];
        s->ops[kept].index = (uint16_t)kept;
        kept++;
    }
    s->n_ops = s->n_all = kept;
}

nn_status op_set_common(op_set *s, const spec_file *files, size_t n_files, const spec_file *profile, int first, int last,
                        nn_error *err)
{
    op_set *reference = NULL;
    nn_status st = op_set_new_typed(&reference, files, n_files, profile, first, s->asked, err);
    for (int opset = first; opset <= last && st == NN_OK; opset++) {
        op_set *other = NULL;
        st = op_set_new_typed(&other, files, n_files, profile, opset, s->asked, err);
        if (st != NN_OK)
            break;
        keep_shared(reference, other, true);
        for (size_t i = 0; i < s->n_ops; i++) {
            int k = op_find(other, s->ops[i].name);
            if (k >= 0)
                leave_out(&s->ops[i], &other->ops[k]);
        }
        op_set_free(other);
    }
    if (st == NN_OK)
        keep_shared(s, reference, false);
    s->common[0] = first;
    s->common[1] = last;
    op_set_free(reference);
    return st;
}
