#include "lower/again.h"
#include "lower/again_choices.h"
#include "lower/lower_state.h"
#include "recheck/recheck.h"

#include <string.h>

/* ---- the request ---- */

/* The types of type variables, as the tensors have them. */
static void take_types(const op_instance *was, dtype types[FRAME_MAX_TYPES])
{
    const op_model *op = was->op;
    memset(types, 0, FRAME_MAX_TYPES * sizeof *types);
    for (size_t i = 0; i < was->n_inputs; i++) {
        const int v = op->inputs[was->inputs[i].input].type_var;
        if (was->inputs[i].kind != INST_ABSENT && v >= 0)
            types[v] = was->inputs[i].desc.type;
    }
    for (size_t i = 0; i < was->n_outputs; i++) {
        const int v = op->outputs[i < op->n_outputs ? i : op->n_outputs - 1].type_var;
        if (was->outputs[i].present && v >= 0)
            types[v] = was->outputs[i].desc.type;
    }
}

/* What was drawn, and attributes that are written although they have a default. Definitions, defaults and what data decide follow
 * from the sizes.
 * Returns their number. */
static size_t take_pins(const op_instance *was, lower_found found, inst_pin pins[OP_MAX_VARS])
{
    size_t n = 0;
    for (size_t i = 0; i < was->op->rules->n_vars; i++)
        if (was->vars[i].written && !(found != FOUND_DRAWN && rule_var_is_found(&was->op->rules->vars[i])) &&
            (was->op->rules->vars[i].choice || was->op->rules->vars[i].fallback))
            pins[n++] = (inst_pin){.var = (int)i, .v = was->vars[i].v};
    return n;
}

/* Whether a computed tensor takes the place of a constant. */
static bool is_claimed(const op_instance *was, size_t slot)
{
    const inst_kind k = was->inputs[slot].kind;
    const unsigned roles = was->op->inputs[was->inputs[slot].input].roles;
    return k != INST_ABSENT && k != INST_INIT && (roles & ROLE_DATA) == 0 && (roles & ROLE_CONSTANT) != 0;
}

/* Whether a size of the world is 0. */
static bool takes_empty(const again_request *a)
{
    for (size_t i = 0; i < a->was->n_inputs; i++)
        if (a->was->inputs[i].kind != INST_ABSENT && tensor_is_empty(&a->inputs[i]))
            return true;
    return false;
}

/* contents: room for those of each slot that are known. false: something takes the place of a constant, and nothing is known of
 * it. */
static bool request_again(const again_request *a, lower_request *r, inst_pin *pins, dtype *types, content *contents)
{
    const op_instance *was = a->was;
    take_types(was, types);
    *r = (lower_request){.op = was->op,
                         .types = types,
                         .any_input = true,
                         .pins = pins,
                         .n_pins = take_pins(was, a->found, pins),
                         .relaxed = true,
                         .still = was->still,
                         .none = a->found == FOUND_LEAST || takes_empty(a),
                         .shown = LOWER_SHOWS};
    for (size_t i = 0; i < was->n_inputs; i++) {
        const inst_input *x = &was->inputs[i];
        lower_slot *s = &r->slots[i];
        r->arity[x->input]++;
        *s = (lower_slot){.kind = x->kind == INST_ABSENT ? SLOT_ABSENT : SLOT_TENSOR,
                          .tensor = &a->inputs[i],
                          .init = x->kind == INST_INIT ? &x->init : NULL,
                          .rank = -1};
        if (!is_claimed(was, i))
            continue;
        const again_operand *o = &a->operands[i];
        const size_t n = (size_t)tensor_elements(&a->inputs[i]);
        contents[i] = (content){.kind = CONTENT_LIST, .list = o->values, .n_list = n};
        if (o->known && n > 0)
            s->init = &contents[i];
        else if (o->fixed)
            r->claimed = true;
        else
            return false;
    }
    for (size_t i = 0; i < was->n_outputs; i++)
        r->shown |= (uint32_t)was->outputs[i].present << (i < was->op->n_outputs ? i : was->op->n_outputs - 1);
    return true;
}

/* ---- comparison ---- */

static bool same_numbers(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static bool same_attribute(const attr_value *a, const attr_value *b)
{
    bool same = a->name == b->name && a->kind == b->kind && a->n == b->n;
    if (!same)
        return false;
    switch (a->kind) {
    case ATTR_INT:
    case ATTR_HELD:
        return a->i == b->i;
    case ATTR_FLOAT:
        return a->f == b->f;
    case ATTR_STRING:
        return strcmp(a->s, b->s) == 0;
    case ATTR_INTS:
        return a->n == 0 || memcmp(a->ints, b->ints, a->n * sizeof *a->ints) == 0;
    case ATTR_FLOATS:
    case ATTR_TENSOR:
        return same_numbers(a->floats, b->floats, a->n);
    case ATTR_STRINGS:
        break;
    }
    for (size_t i = 0; i < a->n && same; i++)
        same = strcmp(a->strings[i], b->strings[i]) == 0;
    return same;
}

/* Whether the node would be the same, with outputs of the same types and ranks. */
static bool same_node(const op_instance *a, const op_instance *b)
{
    bool same = a->n_attrs == b->n_attrs && a->n_outputs == b->n_outputs;
    for (size_t i = 0; i < a->n_attrs && same; i++)
        same = same_attribute(&a->attrs[i], &b->attrs[i]);
    for (size_t i = 0; i < a->n_outputs && same; i++) {
        const inst_output *x = &a->outputs[i], *y = &b->outputs[i];
        same = x->present == y->present && (!x->present || (x->desc.type == y->desc.type && x->desc.rank == y->desc.rank));
    }
    return same;
}

/* ---- judgement ---- */

/* Contents that are drawn when they are written must be those that the rule gives here too: the re-check compares them. Others are
 * compared with the rule, or only have to lie in the domain. */
static bool drawn_whole(const content *c)
{
    return c->kind == CONTENT_DISTINCT || c->kind == CONTENT_PERMUTED || c->kind == CONTENT_TUPLES || c->kind == CONTENT_MASK;
}

static lower_result judge(lower *l, op_instance *x)
{
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].kind == INST_INIT && drawn_whole(&x->inputs[i].init))
            x->inputs[i].given = false;
    nn_error err = {0};
    nn_status st = recheck_instance(l->ops, &l->limits, x, &l->scratch, &err);
    return st == NN_OK ? LOWER_OK : st == NN_ERR_NOMEM ? LOWER_NOMEM : LOWER_FAIL;
}

/* One attempt, with these choices. */
static lower_result attempt(lower *l, tape *zeros, const again_request *a, const lower_request *r, op_instance *out)
{
    int number;
    lower_set_found(l, a->found);
    lower_begin(l, zeros);
    lower_result res = lower_add(l, r, &number);
    if (res == LOWER_OK)
        res = lower_close(l, out);
    if (res == LOWER_OK)
        res = same_node(a->was, out) ? judge(l, out) : LOWER_FAIL;
    return res;
}

lower_result lower_again(lower *l, tape *zeros, const again_request *a, op_instance *out)
{
    inst_pin pins[OP_MAX_VARS], changed[OP_MAX_VARS];
    dtype types[FRAME_MAX_TYPES];
    lower_request r;
    again_choices choices;
    content contents[OP_MAX_SLOTS];
    bool nomem = false;
    if (a->was->vars == NULL || !request_again(a, &r, pins, types, contents))
        return LOWER_FAIL;
    lower_result res = attempt(l, zeros, a, &r, out);
    if (res != LOWER_FAIL || r.claimed) /* the choices say what a tensor contains, which does not follow sizes */
        return res;
    again_choices_begin(&choices, a, pins, r.n_pins);
    r.pins = changed;
    while (res == LOWER_FAIL && again_choices_next(&choices, l->out, changed, &nomem))
        res = attempt(l, zeros, a, &r, out);
    return nomem ? LOWER_NOMEM : res;
}
