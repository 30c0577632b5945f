/* One node's operator and attributes, by the table's entry. */
#include "eval/eval_bind.h"
#include "onnx.pb-c.h"
#include "rules/opmodel_rules.h"

#include <string.h>

typedef Onnx__AttributeProto attribute;

static nn_status find_operator(const eval_graph *g, eval_node *to, const char *domain, nn_error *err)
{
    const eval_table *t = g->table;
    if (!eval_is_standard(domain))
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "domain \"%.60s\" is not in the table", domain);
    to->op = op_find(t->ops, to->op_type);
    if (to->op < 0)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the table does not have the operator at opset %d", t->opset);
    if (!ref_table_has(t->rules, to->op))
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the table has no rules for the outputs of the operator");
    return NN_OK;
}

/* ---- attributes ---- */

static char *text_of(arena *a, const ProtobufCBinaryData *from)
{
    return arena_strndup(a, from->len > 0 ? (const char *)from->data : "", from->len);
}

/* Whether the set of texts in a domain has s. *any: it has a text at all. */
static bool has_text(const expr *e, const char *s, bool *any)
{
    bool found = false;
    if (e == NULL)
        return false;
    if (e->kind == EX_STRING) {
        *any = true;
        return strcmp(e->s, s) == 0;
    }
    if (e->kind == EX_IF) {
        bool then = has_text(e->b, s, any), other = has_text(e->c, s, any);
        return then || other;
    }
    for (size_t i = 0; e->kind == EX_SET && i < e->n; i++)
        found |= has_text(e->args[i], s, any);
    return found;
}

/* Whether the table's rules cover a value of an attribute that has few: others may mean something else. */
static bool is_covered(const rule_var *v, const attr_value *x)
{
    const expr *d = v->domain;
    bool any = false, found = false;
    if (!v->choice)
        return true;
    if (x->kind == ATTR_STRING) {
        found = has_text(d, x->s, &any);
        return found || !any;
    }
    if (x->kind != ATTR_INT || v->attr != ATTR_TYPE_INT || v->fallback == NULL) /* without a default it is no mode */
        return true;
    if (d->kind == EX_BOOLS)
        return x->i == 0 || x->i == 1;
    if (d->kind == EX_RANGE && d->a->kind == EX_INT && d->b->kind == EX_INT && d->b->i - d->a->i <= 1)
        return d->a->i <= x->i && x->i <= d->b->i;
    for (size_t i = 0; d->kind == EX_SET && i < d->n; i++) {
        any |= d->args[i]->kind != EX_INT;
        found |= d->args[i]->kind == EX_INT && d->args[i]->i == x->i;
    }
    return d->kind != EX_SET || found || any;
}

/* Whether no number of the attribute is below the least one of its domain, where that is a constant. */
static bool is_in_limits(const rule_var *v, const attr_value *x)
{
    const expr *d = v->domain;
    if (d != NULL && d->kind == EX_CALL && d->op == FN_LIST && d->n == 2)
        d = d->args[1];
    if (d == NULL || d->kind != EX_RANGE || d->a->kind != EX_INT)
        return true;
    bool in = x->kind != ATTR_INT || x->i >= d->a->i;
    for (size_t i = 0; x->kind == ATTR_INTS && in && i < x->n; i++)
        in = x->ints[i] >= d->a->i;
    return in;
}

static bool read_floats(attr_value *to, const attribute *from, arena *a)
{
    double *list = arena_alloc(a, (from->n_floats + 1) * sizeof *list);
    for (size_t i = 0; list != NULL && i < from->n_floats; i++)
        list[i] = (double)from->floats[i];
    to->kind = ATTR_FLOATS;
    to->floats = list;
    to->n = from->n_floats;
    return list != NULL;
}

static bool read_strings(attr_value *to, const attribute *from, arena *a)
{
    const char **list = arena_calloc(a, from->n_strings + 1, sizeof *list);
    bool good = list != NULL;
    for (size_t i = 0; good && i < from->n_strings; i++)
        good = (list[i] = text_of(a, &from->strings[i])) != NULL;
    to->kind = ATTR_STRINGS;
    to->strings = list;
    to->n = from->n_strings;
    return good;
}

typedef Onnx__AttributeProto__AttributeType attribute_type;

/* Old files do not state the type. */
static attribute_type type_of(const attribute *from)
{
    if (from->has_type && from->type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED)
        return from->type;
    return from->has_i           ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
           : from->has_f         ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
           : from->has_s         ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
           : from->t != NULL     ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
           : from->n_floats > 0  ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
           : from->n_strings > 0 ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
                                 : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
}

static nn_status read_value(eval_node *n, attr_value *to, const eval_attribute *stated, attr_type want, arena *a, nn_error *err)
{
    static const attribute_type types[] = {[ATTR_TYPE_INT] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT,
                                           [ATTR_TYPE_FLOAT] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT,
                                           [ATTR_TYPE_STRING] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING,
                                           [ATTR_TYPE_INTS] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS,
                                           [ATTR_TYPE_FLOATS] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS,
                                           [ATTR_TYPE_STRINGS] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS,
                                           [ATTR_TYPE_DTYPE] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT,
                                           [ATTR_TYPE_TENSOR] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR};
    const attribute *from = stated->value;
    bool good = true;
    if (type_of(from) != types[want] || (from->ref_attr_name != NULL && *from->ref_attr_name != '\0'))
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s has another type than the operator states", stated->name);
    switch (want) {
    case ATTR_TYPE_INT:
    case ATTR_TYPE_DTYPE:
        to->kind = ATTR_INT;
        to->i = from->i;
        break;
    case ATTR_TYPE_FLOAT:
        to->kind = ATTR_FLOAT;
        to->f = (double)from->f;
        break;
    case ATTR_TYPE_STRING:
        to->kind = ATTR_STRING;
        to->s = text_of(a, &from->s);
        good = to->s != NULL;
        break;
    case ATTR_TYPE_INTS:
        to->kind = ATTR_INTS;
        to->ints = from->ints;
        to->n = from->n_ints;
        break;
    case ATTR_TYPE_FLOATS:
        good = read_floats(to, from, a);
        break;
    case ATTR_TYPE_STRINGS:
        good = read_strings(to, from, a);
        break;
    default:
        to->kind = ATTR_HELD;
        if (from->t == NULL || n->held != NULL)
            return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s: one tensor was expected", stated->name);
        n->held = from->t;
        break;
    }
    return good ? NN_OK : nn_nomem(err);
}

static nn_status read_attribute(const eval_binding *b, const eval_graph *g, eval_node *n, attr_value *to,
                                const eval_attribute *from, nn_error *err)
{
    const op_model *op = &g->table->ops->ops[n->op];
    const rule_var *v = NULL;
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (op->rules->vars[i].origin == VAR_ATTR && strcmp(op->rules->vars[i].name, from->name) == 0)
            v = &op->rules->vars[i];
    if (v == NULL)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the table does not have attribute %.60s at opset %d", from->name,
                       g->table->opset);
    *to = (attr_value){.name = v->name};
    nn_status s = read_value(n, to, from, v->attr, &b->m->memory, err);
    if (s == NN_OK && b->m->limits && !is_in_limits(v, to))
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "attribute %.60s is below what the table allows", v->name);
    if (s != NN_OK || is_covered(v, to))
        return s;
    if (to->kind == ATTR_STRING)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the table does not have attribute %.60s = \"%.60s\"", v->name, to->s);
    return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the table does not have attribute %.60s = %lld", v->name,
                   (long long)to->i);
}

static nn_status read_attributes(const eval_binding *b, const eval_graph *g, eval_node *to, const eval_attribute *from, size_t n,
                                 nn_error *err)
{
    attr_value *attrs = arena_calloc(&b->m->memory, n + 1, sizeof *attrs);
    nn_status s = attrs != NULL ? NN_OK : nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = read_attribute(b, g, to, &attrs[i], &from[i], err);
    to->attrs = attrs;
    to->n_attrs = n;
    return s;
}

/* ---- tensors ---- */

static nn_status check_counts(const eval_table *t, const eval_node *n, nn_error *err)
{
    const op_model *op = &t->ops->ops[n->op];
    size_t fewest = 0, most = op->n_inputs, at = 0;
    bool variadic = ref_table_takes_more(t->rules, n->op), more = false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        variadic |= op->inputs[i].max_arity != 1;
        if (!op->inputs[i].optional && !op->inputs[i].conditional)
            fewest = i + 1;
    }
    for (size_t i = 0; i < op->n_outputs; i++)
        more |= op->outputs[i].variadic;
    if (n->n_inputs > most && !variadic)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "has %zu inputs; the table has at most %zu", n->n_inputs, most);
    if (n->n_outputs > op->n_outputs && !more)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "has %zu outputs; the table has at most %zu", n->n_outputs,
                       op->n_outputs);
    for (; at < fewest; at++)
        if ((at >= n->n_inputs || n->inputs[at] < 0) && !op->inputs[at].optional && !op->inputs[at].conditional)
            return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "input %s is absent, but the operator requires it", op->inputs[at].name);
    for (size_t i = 0; variadic && i < n->n_inputs; i++)
        if (n->inputs[i] < 0)
            return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "input %zu is absent, but the operator requires it", i);
    return NN_OK;
}

nn_status eval_bind_node(eval_binding *b, const eval_graph *g, eval_node *to, const eval_attribute *attributes, size_t n,
                         const char *domain, nn_error *err)
{
    nn_status s = find_operator(g, to, domain, err);
    if (s == NN_OK)
        s = check_counts(g->table, to, err);
    return s == NN_OK ? read_attributes(b, g, to, attributes, n, err) : s;
}
