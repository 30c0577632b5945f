#include "motif/motif_node.h"

#include "rules/op_inner.h"
#include "rules/opfilter.h"
#include "rules/opmodel_rules.h"
#include "table/opset.h"

#include <string.h>

typedef struct {
    const motif_compile *c;
    const spec_node *node;
    const char *s;
    size_t at;
} scan;

static void skip(scan *x)
{
    while (x->s[x->at] == ' ' || x->s[x->at] == '\n' || x->s[x->at] == '\t' || x->s[x->at] == '\r')
        x->at++;
}

static nn_status unexpected(const scan *x, const char *what)
{
    if (x->s[x->at] == '\0')
        return motif_error(x->c, expr_place(x->node, x->at), "the node ends too early; %s was expected", what);
    return motif_error(x->c, expr_place(x->node, x->at), "unexpected `%s`; %s was expected", spec_show(x->s + x->at).s, what);
}

/* ---- operands ---- */

static nn_status find_operand(const scan *x, const char *name, size_t length, motif_operand *o)
{
    const motif_def *d = x->c->def;
    const char *names[MOTIF_MAX_SYMBOLS];
    size_t n = 0;
    for (size_t i = 0; i < d->n_symbols; i++) {
        const motif_symbol *y = &d->symbols[i];
        if (y->kind < SYM_INPUT)
            continue;
        names[n++] = y->name;
        if (y->name[0] != name[0] || strncmp(y->name, name, length) != 0 || y->name[length] != '\0')
            continue;
        *o = (motif_operand){y->kind == SYM_INPUT   ? MOTIF_INPUT
                             : y->kind == SYM_CONST ? MOTIF_CONST
                                                    : MOTIF_NODE,
                             y->index, y->output};
        return NN_OK;
    }
    const char *word = arena_strndup(x->c->a, name, length);
    if (word == NULL)
        return nn_nomem(x->c->err);
    motif_hint h = motif_near(word, names, n);
    return motif_error(x->c, expr_place(x->node, x->at), "unknown operand `%s`%s", spec_show(word).s,
                       h.s[0] != '\0' ? h.s : "; an input, a constant or an earlier node of the motif was expected");
}

/* operands: OP_MAX_SLOTS of them. */
static nn_status parse_operands(scan *x, motif_operand *operands, size_t *n)
{
    for (*n = 0, skip(x); x->s[x->at] != ')'; skip(x)) {
        if (*n == OP_MAX_SLOTS)
            return motif_error(x->c, expr_place(x->node, x->at), "more than %d operands", OP_MAX_SLOTS);
        motif_operand *o = &operands[(*n)++];
        size_t length = motif_name_length(x->s + x->at);
        if (x->s[x->at] == '*') {
            *o = (motif_operand){.kind = MOTIF_AUTO};
            length = 1;
        } else if (length == 1 && x->s[x->at] == '_') {
            *o = (motif_operand){.kind = MOTIF_ABSENT};
        } else if (length > 0) {
            nn_status s = find_operand(x, x->s + x->at, length, o);
            if (s != NN_OK)
                return s;
        } else {
            return unexpected(x, "an operand");
        }
        x->at += length;
        skip(x);
        if (x->s[x->at] != ',')
            break;
        x->at++;
    }
    if (x->s[x->at] != ')')
        return unexpected(x, "`,` or `)`");
    x->at++;
    return NN_OK;
}

static bool is_structural(const op_input *in)
{
    return in->roles == ROLE_CONSTANT;
}

/* Gives the n written operands to the operator's inputs: a variadic input takes those that no other input needs. */
static nn_status assign(const scan *x, def_node *d, const motif_operand *written, size_t n)
{
    const op_model *op = d->op;
    size_t next = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        size_t left = n - next, after = op->n_inputs - i - 1;
        size_t count = in->max_arity == 1 ? 1 : left > after ? left - after : (size_t)in->min_arity;
        if (in->max_arity > 1 && ((int)count < in->min_arity || (int)count > in->max_arity))
            return motif_misfit(x->c, x->node->place, "input %s of %s takes %d to %d operands, not %d", in->name, op->name,
                                in->min_arity, in->max_arity, (int)count);
        d->arity[i] = (int)count;
        for (size_t k = 0; k < count; k++) {
            motif_operand o = next < n ? written[next++] : (motif_operand){.kind = MOTIF_AUTO};
            if (o.kind == MOTIF_ABSENT && !in->optional && !in->conditional)
                return motif_misfit(x->c, x->node->place, "input %s of %s is not optional; an operand instead of `_` was expected",
                                    in->name, op->name);
            if (d->n_slots == OP_MAX_SLOTS)
                return motif_error(x->c, x->node->place, "more than %d operands", OP_MAX_SLOTS);
            d->claimed |= is_structural(in) && (o.kind == MOTIF_NODE || o.kind == MOTIF_CONST);
            d->operands[d->n_slots++] = o;
        }
    }
    while (x->c->ops->table->opset < OPSET_MOTIFS && next < n &&
           (written[next].kind == MOTIF_AUTO || written[next].kind == MOTIF_ABSENT))
        next++; /* older opsets have attributes instead of some inputs */
    if (next < n)
        return motif_misfit(x->c, x->node->place, "%d operands, but %s has %d input%s", (int)n, op->name, (int)op->n_inputs,
                            op->n_inputs == 1 ? "" : "s");
    return NN_OK;
}

/* ---- pins ---- */

/* The length of `NAME=` or `NAME?=` at s, 0: there is none. */
static size_t pin_start(const char *s)
{
    size_t n = motif_name_length(s), sign = n + (s[n] == '?');
    return n > 0 && (s[0] < '0' || s[0] > '9') && s[sign] == '=' && s[sign + 1] != '=' ? sign + 1 : 0;
}

/* End of the value that begins at `at`: before the next pin, or of the text. */
static size_t value_end(const char *s, size_t at)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = at; s[i] != '\0'; i++) {
        quoted ^= s[i] == '\'';
        if (quoted)
            continue;
        depth += (strchr("[({", s[i]) != NULL) - (strchr("])}", s[i]) != NULL);
        if (depth == 0 && i > at && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t') && pin_start(s + i + 1) > 0)
            return i;
    }
    return strlen(s);
}

static int find_var(const op_model *op, const char *name)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (strcmp(op->rules->vars[i].name, name) == 0)
            return (int)i;
    return -1;
}

static nn_status unknown_pin(const scan *x, const op_model *op, const char *name)
{
    const char *names[OP_MAX_VARS];
    for (size_t i = 0; i < op->rules->n_vars; i++)
        names[i] = op->rules->vars[i].name;
    motif_hint h = motif_near(name, names, op->rules->n_vars);
    return motif_misfit(x->c, expr_place(x->node, x->at), "operator %s has no variable or attribute `%s` at opset %d%s", op->name,
                        spec_show(name).s, x->c->ops->table->opset, h.s);
}

/* A `type` attribute that is the type of output 0 is a request for that type. */
static bool is_output_type(const op_model *op, const rule_var *v)
{
    return v->attr == ATTR_TYPE_DTYPE && v->domain->kind == EX_TYPEVAR && op->n_outputs > 0 &&
           op->outputs[0].type_var == v->domain->index;
}

static nn_status parse_pin(scan *x, def_node *d, size_t start)
{
    const motif_compile *c = x->c;
    bool where_known = x->s[x->at + start - 2] == '?';
    const char *name = arena_strndup(c->a, x->s + x->at, start - 1 - where_known);
    if (name == NULL)
        return nn_nomem(c->err);
    int v = find_var(d->op, name);
    if (v < 0 && where_known) {
        x->at = value_end(x->s, x->at + start);
        return NN_OK;
    }
    if (v < 0)
        return unknown_pin(x, d->op, name);
    for (size_t i = 0; i < d->n_pins; i++)
        if (d->pins[i].var == v)
            return motif_error(c, expr_place(x->node, x->at), "`%s` is pinned twice", name);
    size_t from = x->at + start, to = value_end(x->s, from);
    const spec_node *text = motif_text(x->node, to, c->a);
    if (text == NULL)
        return nn_nomem(c->err);
    const rule_var *var = &d->op->rules->vars[v];
    motif_expr *out = &d->pins[d->n_pins].e;
    if (is_output_type(d->op, var))
        out = &d->output_type;
    else
        d->pins[d->n_pins++].var = v;
    x->at = to;
    return motif_expr_parse(out, c, text, from, var->type);
}

static nn_status parse_pins(scan *x, def_node *d)
{
    d->pins = arena_calloc(x->c->a, d->op->rules->n_vars, sizeof *d->pins);
    if (d->pins == NULL)
        return nn_nomem(x->c->err);
    nn_status s = NN_OK;
    for (skip(x); s == NN_OK && x->c->def->left_out == NULL && x->s[x->at] != '\0'; skip(x)) {
        size_t start = pin_start(x->s + x->at);
        s = start > 0 ? parse_pin(x, d, start) : unexpected(x, "NAME=VALUE");
    }
    return s;
}

/* ---- nodes ---- */

/* "a, b" are the names of outputs 0 and 1. */
static nn_status add_outputs(const motif_compile *c, const spec_pair *pair, const def_node *d)
{
    const char *s = pair->key;
    nn_status status = NN_OK;
    for (int k = 0; status == NN_OK; k++) {
        s += strspn(s, " ");
        size_t n = strcspn(s, ","), used = n;
        while (used > 0 && s[used - 1] == ' ')
            used--;
        const char *name = s[used] == '\0' ? s : arena_strndup(c->a, s, used);
        if (name == NULL)
            return nn_nomem(c->err);
        if (d->op != NULL && k >= (int)d->op->n_outputs && !d->op->outputs[d->op->n_outputs - 1].variadic)
            return motif_misfit(c, pair->place, "operator %s has %d output%s, not more", d->op->name, (int)d->op->n_outputs,
                                d->op->n_outputs == 1 ? "" : "s");
        if (k == OP_MAX_OUTPUTS)
            return motif_error(c, pair->place, "more than %d outputs", OP_MAX_OUTPUTS);
        status = motif_symbol_add(c, name, SYM_OUTPUT, (int)c->def->n_nodes - 1, k, pair->place);
        if (s[n] == '\0')
            break;
        s += n + 1;
    }
    return status;
}

static nn_status find_op(const motif_compile *c, def_node *d, const char *name, size_t length)
{
    nn_error why;
    int k;
    if (c->def->left_out != NULL)
        return NN_OK;
    nn_status s = op_set_find(op_set_inside(c->ops), name, length, &k, &why);
    if (s == NN_OK) {
        d->op = &op_set_inside(c->ops)->ops[k];
        return s;
    }
    if (s == NN_ERR_NOMEM)
        return nn_nomem(c->err);
    return motif_leave_out(c, arena_strdup(c->a, why.message));
}

nn_status motif_node_parse(const motif_compile *c, const spec_pair *pair)
{
    if (pair->value->kind != SPEC_SCALAR)
        return motif_error(c, pair->value->place, "node %s: text such as Op(x) was expected", spec_show(pair->key).s);
    if (c->def->n_nodes == MOTIF_MAX_NODES)
        return motif_error(c, pair->place, "more than %d nodes", MOTIF_MAX_NODES);
    def_node *d = &c->def->nodes[c->def->n_nodes++];
    *d = (def_node){.name = pair->key};
    scan x = {.c = c, .node = pair->value, .s = pair->value->text};
    skip(&x);
    size_t length = motif_name_length(x.s + x.at), start = x.at;
    x.at += length;
    if (length == 0 || x.s[x.at] != '(')
        return unexpected(&x, length == 0 ? "the name of an operator" : "`(`");
    x.at++;
    motif_operand written[OP_MAX_SLOTS];
    size_t n;
    nn_status s = find_op(c, d, x.s + start, length);
    if (s == NN_OK)
        s = parse_operands(&x, written, &n);
    if (s == NN_OK && d->op != NULL)
        s = assign(&x, d, written, n);
    if (s == NN_OK && d->op != NULL && c->def->left_out == NULL && !c->outline)
        s = parse_pins(&x, d);
    if (c->def->left_out != NULL)
        d->op = NULL;
    return s == NN_OK ? add_outputs(c, pair, d) : s;
}

/* ---- types ---- */

/* Of a tensor: a type variable of the motif, or a type, or neither. */
typedef struct {
    int var;
    dtype type;
} tensor_type;

typedef struct {
    const motif_compile *c;
    tensor_type outputs[MOTIF_MAX_NODES][OP_MAX_OUTPUTS];
} typing;

static tensor_type type_of(const typing *t, motif_operand o)
{
    const motif_def *d = t->c->def;
    if (o.kind == MOTIF_NODE) { /* the last output may be variadic */
        const size_t n = d->nodes[o.index].op->n_outputs;
        return t->outputs[o.index][(size_t)o.output < n ? (size_t)o.output : n - 1];
    }
    if (o.kind != MOTIF_INPUT && o.kind != MOTIF_CONST)
        return (tensor_type){.var = -1};
    const motif_pattern *p = o.kind == MOTIF_INPUT ? &d->inputs[o.index].p : &d->consts[o.index].p;
    return (tensor_type){p->type_var, p->type};
}

/* A type that graphs could have, but that was not chosen, is worth a hint. */
static const char *hint(const motif_compile *c, dtype t)
{
    return (op_set_inside(c->ops)->asked >> t & 1) != 0 ? "" : " without --types";
}

static nn_status allow(const motif_compile *c, tensor_type y, dtype_mask types, const def_node *n, const op_input *in)
{
    motif_def *d = c->def;
    if (y.var >= 0) {
        d->type_masks[y.var] &= types;
        if (d->type_masks[y.var] == 0)
            return motif_leave_out(
                c, arena_printf(c->a, "input %s of %s takes none of the types of %s", in->name, n->op->name, d->type_names[y.var]));
    } else if (y.type != DT_NONE && (types >> y.type & 1) == 0) {
        return motif_leave_out(
            c, arena_printf(c->a, "input %s of %s does not take %s%s", in->name, n->op->name, dtype_name(y.type), hint(c, y.type)));
    }
    return NN_OK;
}

static nn_status narrow_node(typing *t, size_t k)
{
    const def_node *n = &t->c->def->nodes[k];
    tensor_type bound[OP_MAX_TYPES];
    for (size_t i = 0; i < OP_MAX_TYPES; i++)
        bound[i] = (tensor_type){.var = -1};
    size_t slot = 0;
    nn_status s = NN_OK;
    for (size_t i = 0; i < n->op->n_inputs; i++) {
        const op_input *in = &n->op->inputs[i];
        for (int j = 0; j < n->arity[i] && s == NN_OK; j++, slot++) {
            tensor_type y = type_of(t, n->operands[slot]);
            s = allow(t->c, y, in->types, n, in);
            if (in->type_var < 0 || (y.var < 0 && y.type == DT_NONE))
                continue;
            tensor_type *b = &bound[in->type_var];
            if (b->type != DT_NONE && b->var < 0 && s == NN_OK)
                s = allow(t->c, y, dtype_bit(b->type), n, in);
            *b = b->var >= 0 || b->type == DT_NONE ? y : *b;
        }
    }
    for (size_t i = 0; i < n->op->n_outputs; i++) {
        const op_output *o = &n->op->outputs[i];
        t->outputs[k][i] = o->type_var >= 0 ? bound[o->type_var] : (tensor_type){.var = -1};
        if (o->type_var < 0 && o->types != 0 && (o->types & (o->types - 1)) == 0)
            t->outputs[k][i].type = (dtype)__builtin_ctz(o->types);
    }
    return s;
}

nn_status motif_types_narrow(const motif_compile *c)
{
    typing t = {.c = c};
    nn_status s = NN_OK;
    for (size_t k = 0; s == NN_OK && c->def->left_out == NULL && k < c->def->n_nodes; k++)
        s = narrow_node(&t, k);
    return s;
}
