/* The facts of the current frame, determined when they are first needed: types, presence, variables, ranks and dimensions. */
#include "lower/eval.h"
#include "lower/habit.h"
#include "lower/usage.h"

#include <string.h>

/* ---- element types ---- */

bool frame_bind_type(frame *f, int type_var, dtype_mask mask, dtype t)
{
    if (!(mask >> t & 1))
        return false;
    if (type_var < 0)
        return true;
    if (f->types[type_var] == DT_NONE)
        f->types[type_var] = t;
    return f->types[type_var] == t;
}

dtype frame_single_type(dtype_mask mask)
{
    for (int t = 1; t < DT_COUNT; t++)
        if (mask == 1u << t)
            return (dtype)t;
    return DT_NONE;
}

dtype frame_type_bound(lower *l, int type_var)
{
    frame *f = l->f;
    if (f->types[type_var] != DT_NONE)
        return f->types[type_var];
    dtype_mask mask = f->op->type_masks[type_var];
    bool open = false;
    for (int s = 0; s < f->n_slots; s++)
        open |= f->slots[s].kind == SLOT_OPEN && f->op->inputs[f->slots[s].input].type_var == type_var;
    dtype choices[DT_COUNT];
    size_t n = 0;
    for (int t = 1; t < DT_COUNT; t++)
        if (mask >> t & 1)
            choices[n++] = (dtype)t;
    const dtype_mask float32 = dtype_bit(DT_FLOAT32);
    dtype_mask data = mask & f->op->data;
    if (open && data & float32 && (data == float32 || tape_draw(l->tape, "float32", 5) < 2)) {
        f->types[type_var] = DT_FLOAT32;
    } else {
        if (open && data & ~float32) { /* one that a graph input may have */
            mask = data & ~float32;
            n = 0;
            for (int t = 1; t < DT_COUNT; t++)
                if (mask >> t & 1)
                    choices[n++] = (dtype)t;
        }
        f->types[type_var] = choices[tape_draw(l->tape, "type", n)];
    }
    return f->types[type_var];
}

const char *frame_type(lower *l, int type_var)
{
    return dtype_name(frame_type_bound(l, type_var));
}

/* ---- facts determined on demand ---- */

/* The evaluation of one rule may require that of another. The first rule and its comprehension variables are kept meanwhile. */
typedef struct {
    rule_ref rule;
    bool inside; /* within an evaluation; otherwise there are no comprehension variables */
    value locals[EXPR_MAX_LOCALS];
} kept;

/* Keeps the current rule and begins another. */
static inline void keep(lower *l, kept *k, lower_section section, int index, const expr *at)
{
    k->rule = l->rule;
    k->inside = l->depth > 0;
    if (k->inside)
        memcpy(k->locals, l->locals, sizeof k->locals);
    lower_rule(l, section, (size_t)index, at);
}

static inline void restore(lower *l, const kept *k)
{
    if (k->inside)
        memcpy(l->locals, k->locals, sizeof k->locals);
    l->rule = k->rule;
}

bool frame_input_present(lower *l, int input)
{
    frame *f = l->f;
    if (f->present_state[input] == STATE_DONE)
        return f->input_present[input];
    if (f->present_state[input] == STATE_BUSY) {
        lower_fail(l, WHY_CIRCLE);
        return false;
    }
    f->present_state[input] = STATE_BUSY;
    const op_input *in = &f->op->inputs[input];
    const expr *when = f->rules->inputs[input].when;
    slot_kind kind = f->slots[f->first_slot[input]].kind;
    bool present = true, allowed = true;
    kept k;
    keep(l, &k, AT_IN_WHEN, input, when);
    if (when)
        allowed = eval_cond(l, when);
    if (!allowed)
        present = false;
    else if (in->optional)
        present = kind == SLOT_AUTO ? tape_draw(l->tape, "present", 2) != 0 : kind != SLOT_ABSENT;
    if (present ? kind == SLOT_ABSENT : kind != SLOT_AUTO && kind != SLOT_ABSENT)
        lower_fail(l, WHY_PRESENCE);
    restore(l, &k);
    f->present_state[input] = STATE_DONE;
    f->input_present[input] = present;
    return present;
}

bool frame_output_present(lower *l, int output)
{
    frame *f = l->f;
    if (f->out_present_state[output] == STATE_DONE)
        return f->out_present[output];
    if (f->out_present_state[output] == STATE_BUSY) {
        lower_fail(l, WHY_CIRCLE);
        return false;
    }
    f->out_present_state[output] = STATE_BUSY;
    const op_output *o = &f->op->outputs[output];
    const expr *when = f->rules->outputs[output].when;
    bool present = true;
    if (when) {
        kept k;
        keep(l, &k, AT_OUT_WHEN, output, when);
        present = eval_cond(l, when);
        restore(l, &k);
    }
    if (present && o->optional)
        present = f->shown != 0 ? f->shown >> output & 1
                                : tape_draw(l->tape, "present", 2) != 0 || (f->target && f->target_output == output);
    f->out_present_state[output] = STATE_DONE;
    f->out_present[output] = present;
    return present;
}

static const inst_value *pinned_value(const frame *f, int var)
{
    for (size_t i = 0; i < f->n_pins; i++)
        if (f->pins[i].var == var && !f->pins[i].excluded)
            return &f->pins[i].v;
    return NULL;
}

/* A variable with a required value. A default that is the same value need not be written, but is. */
static value var_pinned(lower *l, int var, const inst_value *want)
{
    frame *f = l->f;
    const rule_var *v = &f->rules->vars[var];
    value r = {0};
    f->var_usable[var] = f->var_written[var] = true;
    if (v->when && !eval_cond(l, v->when)) {
        lower_fail(l, WHY_PINNED);
    } else if (v->left_out) {
        f->var_written[var] = false;
        r = domain_pin(l, v->fallback, v->type, want);
    } else if (v->attr == ATTR_TYPE_DTYPE) {
        r.s = frame_type(l, v->domain->index);
    } else {
        r = domain_pin(l, v->domain, v->type, want);
    }
    if (v->type == TY_REAL && v->origin == VAR_ATTR)
        r.r = lower_float32(l, r.r);
    return r;
}

static value var_value(lower *l, int var)
{
    frame *f = l->f;
    const rule_var *v = &f->rules->vars[var];
    value r = {0};
    const inst_value *want = f->n_pins > 0 ? pinned_value(f, var) : NULL;
    if (want)
        return var_pinned(l, var, want);
    f->var_usable[var] = true;
    const usage_value *seen = l->manner ? usage_of_var(l, f, var) : NULL;
    bool leave_out = v->left_out || (v->when && !eval_cond(l, v->when));
    if (!leave_out && v->fallback)
        leave_out = seen ? usage_leaves_out(seen, v) : tape_draw(l->tape, "default", 4) == 0;
    if (leave_out) {
        if (v->fallback)
            return eval(l, v->fallback);
        f->var_usable[var] = false;
        return r;
    }
    f->var_written[var] = true;
    if (v->attr == ATTR_TYPE_DTYPE) {
        r.s = frame_type(l, v->domain->index);
        return r;
    }
    r = domain_draw(l, l->manner ? habit_domain(l, f, (size_t)var) : v->domain);
    if (seen && !(v->type == TY_REAL && expr_domain_type(v->domain) == TY_INT))
        r = usage_prefer(l, f, seen, r);
    if (v->type == TY_REAL && expr_domain_type(v->domain) == TY_INT) {
        int64_t whole = term_need(l, r.t);
        r.r = (double)whole;
    } else if (v->type == TY_REAL && v->origin == VAR_ATTR)
        r.r = lower_float32(l, r.r);
    return r;
}

void frame_settle_var(lower *l, int var)
{
    frame *f = l->f;
    if (f->var_state[var] == STATE_NEW) {
        f->var_state[var] = STATE_BUSY;
        kept k;
        keep(l, &k, AT_VAR, var, NULL);
        f->vars[var] = var_value(l, var);
        restore(l, &k);
        f->var_state[var] = STATE_DONE;
    } else if (f->var_state[var] == STATE_BUSY) {
        lower_fail(l, WHY_CIRCLE);
    }
}

value frame_var(lower *l, int var)
{
    frame_settle_var(l, var);
    if (!l->f->var_usable[var]) /* left out, without a default */
        lower_fail(l, WHY_LEFT_OUT);
    return l->state == LOWER_OK ? l->f->vars[var] : (value){0};
}

bool frame_rank_is_literal(const expr *rule)
{
    bool literal = rule->kind == EX_INT || rule->kind == EX_SET ||
                   (rule->kind == EX_RANGE && rule->a->kind == EX_INT && rule->b->kind == EX_INT);
    for (size_t i = 0; rule->kind == EX_SET && i < rule->n; i++)
        literal = literal && rule->args[i]->kind == EX_INT;
    return literal;
}

static int draw_rank(lower *l, const frame_slot *s)
{
    static const uint8_t weights[NN_MAX_RANK + 1] = {1, 3, 6, 6, 6, 2, 1, 1, 1};
    frame *f = l->f;
    const expr *rule = f->rules->inputs[s->input].rank;
    uint32_t mask = f->op->inputs[s->input].ranks, w[NN_MAX_RANK + 1] = {0};
    if (rule && !frame_rank_is_literal(rule))
        return (int)term_need(l, domain_draw(l, rule).t);
    if (f->target && f->target->rank <= NN_MAX_RANK && (mask >> f->target->rank & 1) &&
        tape_draw(l->tape, "rank of target", 4) != 3)
        return f->target->rank;
    int usual = l->manner ? habit_rank(l, f, s, mask) : -1;
    if (usual >= 0 || l->state != LOWER_OK)
        return usual;
    bool any = false;
    for (int r = 0; r <= NN_MAX_RANK && r <= l->max_rank; r++) {
        w[r] = (mask >> r & 1) ? weights[r] : 0;
        any |= w[r] > 0;
    }
    if (!any) /* all ranks are above the limit */
        return -1;
    return (int)tape_weighted(l->tape, "rank", w, NN_MAX_RANK + 1);
}

static void new_dims(lower *l, frame_slot *s, int rank)
{
    if (l->state != LOWER_OK || rank < 0 || rank > l->max_rank || rank > NN_MAX_RANK) {
        lower_fail(l, WHY_RANK);
        return;
    }
    int64_t top = l->limits.max_dim < l->limits.max_elements ? l->limits.max_dim : l->limits.max_elements;
    s->rank = rank;
    s->dims = lower_alloc(l, (size_t)rank, sizeof *s->dims);
    for (int i = 0; i < rank && l->state == LOWER_OK; i++)
        s->dims[i] = term_new(l, l->f->least, top, true);
}

static void dims_from_shape(lower *l, frame_slot *s, const expr *shape)
{
    term_list d = eval(l, shape).ints;
    if (l->state != LOWER_OK || d.n > l->max_rank) {
        lower_fail(l, WHY_RANK);
        return;
    }
    s->rank = d.n;
    s->dims = (term *)(uintptr_t)d.p;
}

static void constant_dims(lower *l, frame_slot *s, const tensor_desc *d)
{
    s->rank = d->rank;
    s->dims = lower_alloc(l, (size_t)d->rank, sizeof *s->dims);
    for (int i = 0; i < d->rank && s->dims; i++)
        s->dims[i] = term_const(d->dims[i]);
}

void frame_slot_dims(lower *l, frame_slot *s)
{
    const frame *f = l->f;
    const rule_input *rule = &f->rules->inputs[s->input];
    if (s->dims_state == STATE_DONE)
        return;
    if (s->dims_state == STATE_BUSY || !frame_input_present(l, s->input)) {
        lower_fail(l, s->dims_state == STATE_BUSY ? WHY_CIRCLE : WHY_LEFT_OUT);
        return;
    }
    s->dims_state = STATE_BUSY;
    kept k;
    keep(l, &k, AT_IN_SHAPE, s->input, rule->shape ? rule->shape : rule->rank);
    switch (s->kind) {
    case SLOT_TENSOR:
        constant_dims(l, s, s->tensor);
        break;
    case SLOT_LINK: {
        const frame_output *o = &l->frames[s->frame].outs[s->output];
        s->rank = o->rank;
        s->dims = o->dims;
        break;
    }
    case SLOT_OPEN:
        if (rule->shape && !rule->rank) /* the shape decides; a requested rank is ignored */
            dims_from_shape(l, s, rule->shape);
        else
            new_dims(l, s, s->rank >= 0 ? s->rank : draw_rank(l, s));
        break;
    case SLOT_INIT:
        if (rule->shape)
            dims_from_shape(l, s, rule->shape);
        else
            new_dims(l, s, draw_rank(l, s));
        break;
    default:
        lower_fail(l, WHY_LEFT_OUT);
        break;
    }
    restore(l, &k);
    s->dims_state = STATE_DONE;
}

void frame_output_dims(lower *l, frame_output *o, int number)
{
    frame *f = l->f;
    if (o->state == STATE_DONE)
        return;
    if (o->state == STATE_BUSY || !frame_output_present(l, o->output)) {
        lower_fail(l, o->state == STATE_BUSY ? WHY_CIRCLE : WHY_LEFT_OUT);
        return;
    }
    o->state = STATE_BUSY;
    const expr *shape = f->rules->outputs[o->output].shape;
    kept k;
    keep(l, &k, AT_OUT_SHAPE, o->output, shape);
    l->locals[0].t = term_const(number);
    term_list d = eval(l, shape).ints;
    if (l->state != LOWER_OK || d.n > l->max_rank)
        lower_fail(l, WHY_RANK);
    restore(l, &k);
    o->rank = l->state == LOWER_OK ? d.n : 0;
    o->dims = (term *)(uintptr_t)d.p;
    o->state = STATE_DONE;
}

int frame_output_arity(lower *l, int output)
{
    frame *f = l->f;
    if (f->out_arity[output] >= 0)
        return f->out_arity[output];
    const expr *arity = f->rules->outputs[output].arity;
    int64_t n = 1;
    kept k;
    keep(l, &k, AT_ARITY_OF, output, arity);
    if (arity)
        n = eval_int(l, arity);
    if (l->state != LOWER_OK || n < 1 || f->n_outs + n > OP_MAX_OUTPUTS) {
        lower_fail(l, WHY_OUTPUTS);
        n = 0;
    }
    restore(l, &k);
    f->first_out[output] = f->n_outs;
    f->out_arity[output] = (int)n;
    for (int i = 0; i < n; i++)
        f->outs[f->n_outs++] = (frame_output){.output = output};
    return (int)n;
}

tensor_ref frame_tensor(lower *l, bool output, int index)
{
    frame *f = l->f;
    if (!output)
        return (tensor_ref){false, f->first_slot[index], f->arity[index]};
    int n = frame_output_arity(l, index);
    return (tensor_ref){true, f->first_out[index], n};
}

term_list frame_dims(lower *l, tensor_ref t, int k)
{
    frame *f = l->f;
    if (l->state != LOWER_OK || k >= t.n) {
        lower_fail(l, WHY_INDEX);
        return (term_list){0};
    }
    if (t.output) {
        frame_output *o = &f->outs[t.first + k];
        frame_output_dims(l, o, t.first + k - f->first_out[o->output]);
        return (term_list){o->dims, o->rank};
    }
    frame_slot *s = &f->slots[t.first + k];
    frame_slot_dims(l, s);
    return (term_list){s->dims, s->rank};
}

interval frame_range(lower *l, tensor_ref t, int k)
{
    const frame *f = l->f;
    if (k >= t.n)
        return iv_point(0);
    if (t.output) {
        const frame_output *o = &f->outs[t.first + k];
        return o->range_known ? o->desc.range : iv(-1, 1);
    }
    const frame_slot *s = &f->slots[t.first + k];
    if (f->present_state[s->input] == STATE_DONE && !f->input_present[s->input])
        return iv_point(0); /* an optional input that is left out counts as zero */
    return s->range_known ? s->desc.range : iv(-1, 1);
}

static estimate likely_values(const tensor_desc *d)
{
    return d->likely.known ? d->likely : est_tied(est_all(d->range), !dtype_is_float(d->type));
}

double frame_elements(lower *l, tensor_ref t, double other)
{
    const frame_slot *s = t.n > 0 && !t.output ? &l->f->slots[t.first] : NULL;
    return s && s->kind != SLOT_ABSENT && s->range_known ? (double)tensor_elements(&s->desc) : other;
}

estimate frame_estimate(lower *l, tensor_ref t, int k)
{
    frame *f = l->f;
    if (k >= t.n)
        return est_point(0);
    if (t.output) {
        const frame_output *o = &f->outs[t.first + k];
        return o->range_known ? likely_values(&o->desc) : est_all(iv(-1, 1));
    }
    frame_slot *s = &f->slots[t.first + k];
    s->estimated = true;
    if (f->present_state[s->input] == STATE_DONE && !f->input_present[s->input])
        return est_point(0);
    return s->range_known ? likely_values(&s->desc) : est_still(iv(-1, 1));
}
