#include "recheck/recheck.h"
#include "recheck/recheck_eval.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- complaints ---- */

typedef struct {
    char bytes[300];
} text;

/* Appends to the text; the part that does not fit is cut off. */
__attribute__((format(printf, 2, 3))) static void put(text *t, const char *format, ...)
{
    size_t n = strlen(t->bytes);
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(t->bytes + n, sizeof t->bytes - n, format, ap);
    va_end(ap);
}

static void put_ints(text *t, const char *name, const int64_t *x, size_t n)
{
    put(t, "%.16s[", name);
    for (size_t i = 0; i < n; i++)
        put(t, "%s%lld", i > 0 ? "," : "", (long long)x[i]);
    put(t, "] ");
}

/* "X[2,3] W[1] axis=1 -> [2,3]" */
static void put_values(const recheck *c, text *t)
{
    const op_instance *x = c->inst;
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].kind != INST_ABSENT)
            put_ints(t, c->op->inputs[x->inputs[i].input].name, x->inputs[i].desc.dims, (size_t)x->inputs[i].desc.rank);
    for (size_t i = 0; i < c->rules->n_vars; i++) {
        const rule_var *v = &c->rules->vars[i];
        const inst_value *y = &x->vars[i].v;
        if (!x->vars[i].known)
            continue;
        if (v->type == TY_STRING)
            put(t, "%.16s=%.16s ", v->name, y->s);
        else if (v->type == TY_REAL)
            put(t, "%.16s=%g ", v->name, y->r);
        else if (v->type == TY_INT || v->type == TY_BOOL)
            put(t, "%.16s=%lld ", v->name, (long long)y->i);
        else if (v->type == TY_INTS)
            put_ints(t, v->name, y->ints, y->n);
    }
    for (size_t i = 0; i < x->n_outputs; i++)
        if (x->outputs[i].present)
            put_ints(t, "-> ", x->outputs[i].desc.dims, (size_t)x->outputs[i].desc.rank);
}

/* Reports a complaint, if it is the first. place: of the rule in the table, or NULL. */
static bool complain(recheck *c, nn_error *err, const spec_place *place, const char *rule, const char *name)
{
    text values = {""};
    put_values(c, &values);
    char at[64] = "";
    if (place != NULL)
        (void)snprintf(at, sizeof at, " (line %d, column %d)", place->line, place->column);
    (void)nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "internal: re-check of operator %s: %s %s%s%s%s: %s", c->op->name, rule, name, at,
                  c->fault != NULL ? ": " : "", c->fault != NULL ? c->fault : "", values.bytes);
    return false;
}

/* Judges what was just evaluated: vague values never count against the instance. */
static bool judge(recheck *c, bool holds, nn_error *err, const spec_place *place, const char *rule, const char *name)
{
    bool vague = c->vague;
    c->vague = false;
    if (c->nomem)
        return false;
    if (holds && c->fault == NULL)
        return true;
    if (vague) {
        c->fault = NULL;
        return true;
    }
    return complain(c, err, place, rule, name);
}

/* ---- structure ---- */

static bool check_counts(recheck *c, nn_error *err)
{
    const op_instance *x = c->inst;
    int last = -1;
    for (size_t i = 0; i < x->n_inputs; i++) {
        int input = x->inputs[i].input;
        if (input < last || input > last + 1 || (size_t)input >= c->op->n_inputs)
            return complain(c, err, NULL, "order of", "inputs");
        if (input != last)
            c->first_in[input] = i;
        c->n_in[input]++;
        last = input;
    }
    for (size_t i = 0; i < c->op->n_inputs; i++)
        if ((int)c->n_in[i] < c->op->inputs[i].min_arity || (int)c->n_in[i] > c->op->inputs[i].max_arity)
            return complain(c, err, NULL, "number of tensors of", c->op->inputs[i].name);
    return true;
}

/* Determines the number of tensors of each output. The variables must have been checked, because the numbers may depend on them. */
static bool check_output_counts(recheck *c, nn_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < c->op->n_outputs; i++) {
        const expr *arity = c->rules->outputs[i].arity;
        int64_t n = 1;
        c->first_out[i] = at;
        if (arity != NULL) {
            n = recheck_eval(c, arity).i;
            if (!judge(c, n >= 1 && n <= OP_MAX_OUTPUTS, err, &arity->place, "number of tensors of", c->op->outputs[i].name))
                return false;
        }
        c->n_out[i] = (size_t)n;
        at += (size_t)n;
    }
    return at == c->inst->n_outputs || complain(c, err, NULL, "number of", "outputs");
}

static bool bind_type(recheck *c, int type_var, dtype_mask mask, dtype t)
{
    if ((mask >> t & 1) == 0 || t == DT_NONE)
        return false;
    if (type_var < 0)
        return true;
    if (c->types[type_var] == DT_NONE)
        c->types[type_var] = t;
    return c->types[type_var] == t && (c->op->type_masks[type_var] >> t & 1) != 0;
}

static bool check_types(recheck *c, nn_error *err)
{
    const op_instance *x = c->inst;
    for (size_t i = 0; i < x->n_inputs; i++) {
        const op_input *in = &c->op->inputs[x->inputs[i].input];
        if (x->inputs[i].kind != INST_ABSENT && !bind_type(c, in->type_var, in->types, x->inputs[i].desc.type))
            return complain(c, err, NULL, "type of", in->name);
        if (x->inputs[i].kind == INST_NEW_INPUT && !x->any_input && !(c->ops->data >> x->inputs[i].desc.type & 1))
            return complain(c, err, NULL, "type of new graph input", in->name);
    }
    for (size_t i = 0, k = 0; i < c->op->n_outputs; i++)
        for (size_t n = 0; n < c->n_out[i]; n++, k++)
            if (x->outputs[k].present &&
                !bind_type(c, c->op->outputs[i].type_var, c->op->outputs[i].types, x->outputs[k].desc.type))
                return complain(c, err, NULL, "type of", c->op->outputs[i].name);
    return true;
}

static bool check_presence(recheck *c, nn_error *err)
{
    const op_instance *x = c->inst;
    for (size_t i = 0; i < x->n_inputs; i++) {
        const op_input *in = &c->op->inputs[x->inputs[i].input];
        const expr *when = c->rules->inputs[x->inputs[i].input].when;
        inst_kind kind = x->inputs[i].kind;
        bool allowed = when == NULL || recheck_true(c, when), present = kind != INST_ABSENT;
        if (!judge(c, present ? allowed : !allowed || in->optional, err, when != NULL ? &when->place : NULL, "presence of input",
                   in->name))
            return false;
        unsigned role = kind == INST_INIT ? ROLE_WEIGHT | ROLE_CONSTANT : ROLE_DATA;
        if (present && !x->relaxed && (in->roles & role) == 0)
            return complain(c, err, NULL, "role of", in->name);
    }
    for (size_t i = 0, k = 0; i < c->op->n_outputs; i++) {
        const op_output *out = &c->op->outputs[i];
        const expr *when = c->rules->outputs[i].when;
        for (size_t n = 0; n < c->n_out[i]; n++, k++) {
            bool allowed = when == NULL || recheck_true(c, when), present = x->outputs[k].present;
            if (!judge(c, present ? allowed : !allowed || out->optional, err, when != NULL ? &when->place : NULL,
                       "presence of output", out->name))
                return false;
        }
    }
    return true;
}

/* ---- variables ---- */

static bool check_var(recheck *c, size_t i, nn_error *err)
{
    const rule_var *v = &c->rules->vars[i];
    const inst_var *y = &c->inst->vars[i];
    bool allowed = v->when == NULL || recheck_true(c, v->when);
    if (!judge(c, allowed || !y->written, err, v->when != NULL ? &v->when->place : &v->place, "presence of", v->name))
        return false;
    if (!y->written) {
        if (v->fallback == NULL)
            return judge(c, !y->known && v->when != NULL && !allowed, err, &v->place, "absence of", v->name);
        inst_value want = recheck_eval(c, v->fallback);
        return judge(c, y->known && (c->fault != NULL || recheck_same(v->type, &want, &y->v)), err, &v->fallback->place,
                     "default of", v->name);
    }
    if (!y->known)
        return complain(c, err, &v->place, "value of", v->name);
    bool inside = recheck_in_domain(c, v->domain, v->type, &y->v);
    return judge(c, inside, err, &v->domain->place, v->choice ? "domain of" : "definition of", v->name);
}

static bool attr_agrees(const rule_var *v, const inst_value *y, const attr_value *a)
{
    static const attr_kind kinds[] = {
        [ATTR_TYPE_INT] = ATTR_INT,   [ATTR_TYPE_FLOAT] = ATTR_FLOAT,   [ATTR_TYPE_STRING] = ATTR_STRING,
        [ATTR_TYPE_INTS] = ATTR_INTS, [ATTR_TYPE_FLOATS] = ATTR_FLOATS, [ATTR_TYPE_STRINGS] = ATTR_STRINGS,
        [ATTR_TYPE_DTYPE] = ATTR_INT, [ATTR_TYPE_TENSOR] = ATTR_TENSOR};
    if (strcmp(v->name, a->name) != 0 || kinds[v->attr] != a->kind)
        return false;
    if (v->attr == ATTR_TYPE_DTYPE)
        return a->i == (int64_t)dtype_parse(y->s);
    inst_value got = {.i = a->i, .r = a->f, .s = a->s, .ints = a->ints, .reals = a->floats, .strings = a->strings, .n = a->n};
    return recheck_same(v->type, y, &got);
}

/* The node's attributes are those written, in order, each a float32 where it is a float. */
static bool check_attrs(recheck *c, nn_error *err)
{
    const op_instance *x = c->inst;
    size_t at = 0;
    for (size_t i = 0; i < c->rules->n_vars; i++) {
        const rule_var *v = &c->rules->vars[i];
        if (v->origin != VAR_ATTR || !x->vars[i].written)
            continue;
        if (at >= x->n_attrs || !attr_agrees(v, &x->vars[i].v, &x->attrs[at]))
            return complain(c, err, &v->place, "attribute", v->name);
        at++;
    }
    return at == x->n_attrs || complain(c, err, NULL, "number of", "attributes");
}

/* ---- shapes ---- */

/* whole: the tensor keeps the limits of new ones. least: of each dimension. */
static bool check_size(recheck *c, const tensor_desc *d, bool whole, int64_t least, const char *name, nn_error *err)
{
    int64_t n = 1;
    bool fine = d->rank >= 0 && d->rank <= NN_MAX_RANK && (!whole || d->rank <= c->limits->max_rank);
    for (int i = 0; fine && i < d->rank; i++)
        fine = d->dims[i] >= least && !__builtin_mul_overflow(n, d->dims[i], &n);
    fine = fine && (!whole || n <= c->limits->max_elements);
    return fine || complain(c, err, NULL, "size of", name);
}

static bool check_shape(recheck *c, const expr *shape, const tensor_desc *d, const char *name, nn_error *err)
{
    inst_value want = recheck_eval(c, shape), got = {.ints = d->dims, .n = (size_t)d->rank};
    return judge(c, recheck_same(TY_INTS, &want, &got), err, &shape->place, "shape of", name);
}

static bool check_input_shapes(recheck *c, nn_error *err)
{
    for (size_t i = 0; i < c->inst->n_inputs; i++) {
        const inst_input *y = &c->inst->inputs[i];
        const op_input *in = &c->op->inputs[y->input];
        const rule_input *r = &c->rules->inputs[y->input];
        bool made = y->kind == INST_NEW_INPUT || (y->kind == INST_INIT && !y->given); /* others keep the limits of what made them */
        if (y->kind == INST_ABSENT)
            continue;
        if (!check_size(c, &y->desc, made, in->empty || c->inst->empty ? 0 : 1, in->name, err))
            return false;
        if (r->rank != NULL) {
            inst_value rank = {.i = y->desc.rank};
            bool inside = recheck_in_domain(c, r->rank, TY_INT, &rank);
            if (!judge(c, inside, err, &r->rank->place, "rank of", in->name))
                return false;
        } else if (r->shape == NULL && y->desc.rank > 5) {
            return complain(c, err, NULL, "rank of", in->name);
        }
        if (r->shape != NULL && !check_shape(c, r->shape, &y->desc, in->name, err))
            return false;
        for (int k = 0; made && r->shape == NULL && k < y->desc.rank; k++)
            if (y->desc.dims[k] > c->limits->max_dim)
                return complain(c, err, NULL, "greatest dimension of", in->name);
    }
    return true;
}

static bool check_output_shapes(recheck *c, nn_error *err)
{
    for (size_t i = 0, k = 0; i < c->op->n_outputs; i++)
        for (size_t n = 0; n < c->n_out[i]; n++, k++) {
            const inst_output *y = &c->inst->outputs[k];
            if (!y->present)
                continue;
            if (!check_size(c, &y->desc, true, c->inst->empty ? 0 : 1, c->op->outputs[i].name, err))
                return false;
            c->locals[0] = (inst_value){.i = (int64_t)n};
            if (!check_shape(c, c->rules->outputs[i].shape, &y->desc, c->op->outputs[i].name, err))
                return false;
            double least = 0, largest = 0;
            if (!(y->desc.range.lo <= y->desc.range.hi && y->desc.range.lo > -1e300 && y->desc.range.hi < 1e300 &&
                  dtype_limits(y->desc.type, &least, &largest) && least <= y->desc.range.lo && y->desc.range.hi <= largest))
                return complain(c, err, NULL, "interval of", c->op->outputs[i].name);
        }
    return true;
}

/* ---- values ---- */

static int64_t elements(const tensor_desc *d)
{
    int64_t n = 1;
    for (int i = 0; i < d->rank; i++)
        n *= d->dims[i];
    return n;
}

/* Equal but for the rounding to the tensor's type. */
static bool near_typed(dtype t, double a, double b)
{
    double error = a < 0 ? -a : a;
    error = dtype_format_of(t) != NULL ? error * 2 * dtype_unit(t) + dtype_least_subnormal(t) : dtype_is_whole(t) ? 0.5 : 0;
    return recheck_near(a, b) || (a - b <= error && b - a <= error);
}

static bool list_holds(recheck *c, const expr *e, const inst_input *y)
{
    inst_value want = recheck_eval(c, e);
    bool many = e->type == TY_INTS || e->type == TY_REALS || e->type == TY_EMPTY;
    size_t n = many ? want.n : 1;
    if (c->fault != NULL || c->vague)
        return false;
    if (y->init.kind != CONTENT_LIST || y->init.n_list != n || (n != 1 && (int64_t)n != elements(&y->desc)))
        return false;
    for (size_t i = 0; i < n; i++) {
        double x = !many                 ? (e->type == TY_REAL ? want.r : (double)want.i)
                   : e->type == TY_REALS ? want.reals[i]
                                         : (double)want.ints[i];
        if (!near_typed(y->desc.type, x, y->init.list[i]) || y->init.list[i] < y->desc.range.lo ||
            y->init.list[i] > y->desc.range.hi)
            return false;
    }
    return true;
}

/* uniform(lo, hi), as the tensor's type can hold it. */
static bool uniform_holds(dtype t, const content *x, double lo, double hi)
{
    bool inside = x->lo >= lo && x->hi <= hi && x->lo <= x->hi;
    if (t == DT_BOOL)
        return x->kind == CONTENT_MASK && x->count < 0;
    if (dtype_is_whole(t))
        return x->kind == CONTENT_INTEGERS && inside;
    if (x->kind != CONTENT_UNIFORM)
        return false;
    const dtype_format *f = dtype_format_of(t);
    if (f != NULL) /* cut to what the type can hold */
        return inside && (near_typed(t, lo, x->lo) || lo < -f->largest) && (near_typed(t, hi, x->hi) || hi > f->largest);
    return recheck_near(x->lo, lo) && recheck_near(x->hi, hi);
}

/* integers(lo, hi) and distinct(lo, hi): the integers between these bounds. */
static bool whole_bounds_hold(const inst_input *y, bool distinct, double lo, double hi)
{
    const content *x = &y->init;
    bool tight = x->lo >= lo && x->lo < lo + 1 && x->hi <= hi && x->hi > hi - 1;
    if (distinct)
        return x->kind == CONTENT_DISTINCT && tight && (double)elements(&y->desc) <= x->hi - x->lo + 1;
    return x->kind == CONTENT_INTEGERS && tight;
}

static bool bounds_hold(recheck *c, const expr *e, const inst_input *y)
{
    double lo = recheck_real(c, e->args[0]), hi = recheck_real(c, e->args[1]);
    if (c->fault != NULL || c->vague)
        return false;
    return e->op == FN_UNIFORM ? uniform_holds(y->desc.type, &y->init, lo, hi) : whole_bounds_hold(y, e->op == FN_DISTINCT, lo, hi);
}

static bool content_holds(recheck *c, const expr *e, const inst_input *y, bool negative)
{
    const content *x = &y->init;
    if (e->kind == EX_IF)
        return content_holds(c, recheck_true(c, e->a) ? e->b : e->c, y, negative);
    if (e->type != TY_CONTENT)
        return list_holds(c, e, y);
    if (e->op == FN_SIGNED)
        return content_holds(c, e->args[0], y, true);
    if (x->negative != negative)
        return false;
    switch ((ex_fn)e->op) {
    case FN_PERMUTED: {
        int64_t axis = recheck_eval(c, e->args[0]).i, n = recheck_eval(c, e->args[1]).i;
        axis += axis < 0 ? y->desc.rank : 0;
        return x->kind == CONTENT_PERMUTED && x->axis == axis && x->count == n && axis >= 0 && axis < y->desc.rank &&
               y->desc.dims[axis] <= n;
    }
    case FN_TUPLES: {
        inst_value s = recheck_eval(c, e->args[0]);
        if (x->kind != CONTENT_TUPLES || x->n_list != s.n || y->desc.rank < 1 || y->desc.dims[y->desc.rank - 1] != (int64_t)s.n)
            return false;
        double tuples = 1;
        for (size_t i = 0; i < s.n; i++) {
            if (x->list[i] != (double)s.ints[i])
                return false;
            tuples *= (double)s.ints[i];
        }
        int64_t n = s.n > 0 ? elements(&y->desc) / (int64_t)s.n : 0;
        return (double)n <= tuples;
    }
    case FN_MASK:
        return x->kind == CONTENT_MASK &&
               (e->n == 0 ? x->count < 0 : x->count == recheck_eval(c, e->args[0]).i && x->count <= elements(&y->desc));
    default:
        return bounds_hold(c, e, y);
    }
}

/* Whether a given constant has the number of elements that its list says, in its interval. */
static bool given_inside(const inst_input *y)
{
    const content *x = &y->init;
    bool counted = x->kind != CONTENT_LIST || x->n_list == 1 || (int64_t)x->n_list == elements(&y->desc);
    for (size_t i = 0; x->kind == CONTENT_LIST && counted && i < x->n_list; i++)
        counted = y->desc.range.lo <= x->list[i] && x->list[i] <= y->desc.range.hi;
    return counted;
}

/* Whether nothing but the interval restricts the contents of a given constant: a weight's, and those that a generator draws. */
static bool free_content(const recheck *c, const rule_input *r, const inst_input *y)
{
    return (c->op->inputs[y->input].roles & ROLE_CONSTANT) == 0 || r->values->type == TY_CONTENT;
}

/* Whether a computed tensor takes the place of a constant, whose values the operator's choices state. */
static bool stated(const recheck *c, const inst_input *y)
{
    return c->inst->relaxed && y->kind != INST_INIT && (c->op->inputs[y->input].roles & ROLE_CONSTANT) != 0 &&
           !dtype_is_float(y->desc.type);
}

static bool in_domain(recheck *c, const rule_input *r, const inst_input *y)
{
    const interval a = y->desc.range;
    bool inside = r->n_domain == 0, vague = false;
    for (size_t i = 0; i < r->n_domain && !inside; i++) {
        c->vague = false;
        interval d = recheck_interval(c, r->domain[i]);
        d = c->inst->relaxed && dtype_is_float(y->desc.type) ? rule_relaxed_domain(d) : d;
        inside = d.lo <= a.lo && a.hi <= d.hi;
        vague |= c->vague;
    }
    c->vague = vague;
    return inside;
}

static bool check_values(recheck *c, nn_error *err)
{
    for (size_t i = 0; i < c->inst->n_inputs; i++) {
        const inst_input *y = &c->inst->inputs[i];
        const rule_input *r = &c->rules->inputs[y->input];
        const char *name = c->op->inputs[y->input].name;
        if (y->kind == INST_ABSENT)
            continue;
        if (!(y->desc.range.lo <= y->desc.range.hi))
            return complain(c, err, NULL, "interval of", name);
        if (elements(&y->desc) == 0 && c->inst->empty) /* it has no values */
            continue;
        c->filled = y->kind != INST_INIT;
        if (y->kind == INST_INIT && y->given && !given_inside(y))
            return complain(c, err, NULL, "given contents of", name);
        if (y->kind != INST_INIT || (y->given && c->op->inputs[y->input].roles & ROLE_DATA)) {
            bool inside = in_domain(c, r, y) || stated(c, y);
            if (!judge(c, inside, err, r->n_domain > 0 ? &r->domain[0]->place : NULL, "domain of values of", name))
                return false;
        } else if (r->values != NULL && !(y->given && free_content(c, r, y))) {
            bool holds = content_holds(c, r->values, y, false);
            if (!judge(c, holds, err, &r->values->place, "contents of", name))
                return false;
        }
    }
    c->filled = true;
    return true;
}

/* interest: those that only keep values of interest are left out. */
static bool check_conditions(recheck *c, expr *const *list, size_t n, bool interest, const char *rule, nn_error *err)
{
    char number[24];
    for (size_t i = 0; i < n; i++) {
        if (interest && rule_keeps_interest(list[i]))
            continue;
        bool holds = recheck_true(c, list[i]);
        (void)snprintf(number, sizeof number, "%zu", i + 1);
        if (!judge(c, holds, err, &list[i]->place, rule, number))
            return false;
    }
    return true;
}

/* Whether an output, or an input that is no initializer, has no elements, so that its values are of no interest. */
static bool has_empty(const op_instance *x)
{
    bool found = false;
    for (size_t i = 0; i < x->n_inputs && !found; i++)
        found = x->inputs[i].kind != INST_ABSENT && x->inputs[i].kind != INST_INIT && elements(&x->inputs[i].desc) == 0;
    for (size_t i = 0; i < x->n_outputs && !found; i++)
        found = x->outputs[i].present && elements(&x->outputs[i].desc) == 0;
    return found;
}

static bool check_all(recheck *c, nn_error *err)
{
    if (c->op->n_types > RECHECK_MAX_TYPES)
        return complain(c, err, NULL, "number of", "types");
    if (c->inst->empty && !c->op->empty)
        return complain(c, err, NULL, "emptiness of", "tensors");
    if (!check_counts(c, err) || !check_output_counts(c, err) || !check_types(c, err) || !check_presence(c, err))
        return false;
    for (size_t i = 0; i < c->rules->n_vars; i++)
        if (!check_var(c, i, err))
            return false;
    return check_attrs(c, err) && check_input_shapes(c, err) &&
           check_conditions(c, c->rules->where, c->rules->n_where, false, "where", err) &&
           (!c->inst->empty || check_conditions(c, c->rules->empty, c->rules->n_empty, false, "empty", err)) &&
           check_output_shapes(c, err) && check_values(c, err) &&
           check_conditions(c, c->rules->require, c->rules->n_require, c->inst->relaxed || has_empty(c->inst), "require", err);
}

nn_status recheck_instance(const op_set *ops, const lower_limits *limits, const op_instance *x, arena *scratch, nn_error *err)
{
    arena_mark m = arena_get_mark(scratch);
    recheck c;
    recheck_begin(&c, ops, limits, x, x->op->rules, scratch);
    c.filled = true;
    bool fine = check_all(&c, err);
    arena_release(scratch, m);
    return fine ? NN_OK : c.nomem ? nn_nomem(err) : NN_ERR_BUILD;
}
