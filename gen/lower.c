/* The problem of one to four operators: opening frames, finding partners, searching. Values' intervals are in lower_finish.c. */
#include "lower_finish.h"
#include "lower_internal.h"

#include <string.h>

nn_status lower_new(lower **out, const op_set *ops, const lower_limits *limits, arena *a, nn_error *err)
{
    lower *l = nn_calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return nn_nomem(err);
    l->ops = ops;
    l->out = a;
    arena_init(&l->scratch, 0);
    l->csp = csp_new();
    if (!l->csp) {
        lower_free(l);
        return nn_nomem(err);
    }
    lower_set_limits(l, limits);
    *out = l;
    return NN_OK;
}

void lower_free(lower *l)
{
    if (!l)
        return;
    csp_free(l->csp);
    arena_free(&l->scratch);
    nn_free(l);
}

void lower_set_limits(lower *l, const lower_limits *limits)
{
    static const lower_limits zero;
    l->limits = limits ? *limits : zero;
    if (l->limits.max_elements == 0)
        l->limits.max_elements = 4096;
    if (l->limits.max_dim == 0)
        l->limits.max_dim = 64;
    if (l->limits.max_rank == 0)
        l->limits.max_rank = 6;
    if (l->limits.max_magnitude == 0)
        l->limits.max_magnitude = 1e4;
    if (l->limits.min_magnitude == 0)
        l->limits.min_magnitude = 1e-3;
}

void lower_begin(lower *l, tape *t)
{
    arena_reset(&l->scratch);
    csp_reset(l->csp);
    l->tape = t;
    l->n_frames = 0;
    l->n_decide = 0;
    l->f = NULL;
    l->state = LOWER_OK;
    uint64_t style = tape_draw(t, "style", 20); /* 60 % plain, 25 % boundary, 15 % idioms */
    l->mode = style >= 12 && style < 17 ? CSP_BOUNDARY : CSP_LOG;
    l->idiom = style >= 17;
}

/* ---- element types ---- */

static bool bind_type(frame *f, int type_var, dtype_mask mask, dtype t)
{
    if (!(mask >> t & 1))
        return false;
    if (type_var < 0)
        return true;
    if (f->types[type_var] == DT_NONE)
        f->types[type_var] = t;
    return f->types[type_var] == t;
}

static dtype single_type(dtype_mask mask)
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
    if (open && (mask >> DT_FLOAT32 & 1))
        f->types[type_var] = DT_FLOAT32;
    else
        f->types[type_var] = choices[tape_draw(l->tape, "type", n)];
    return f->types[type_var];
}

const char *frame_type(lower *l, int type_var)
{
    return dtype_name(frame_type_bound(l, type_var));
}

/* ---- lazily known facts ---- */

/* Evaluation of one name's rule in the middle of another's: the comprehension variables are kept. */
typedef struct {
    value locals[EXPR_MAX_LOCALS];
} kept;

static void keep(const lower *l, kept *k)
{
    memcpy(k->locals, l->locals, sizeof k->locals);
}

static void restore(lower *l, const kept *k)
{
    memcpy(l->locals, k->locals, sizeof k->locals);
}

bool frame_input_present(lower *l, int input)
{
    frame *f = l->f;
    if (f->present_state[input] == STATE_DONE)
        return f->input_present[input];
    if (f->present_state[input] == STATE_BUSY) {
        lower_fail(l);
        return false;
    }
    f->present_state[input] = STATE_BUSY;
    const op_input *in = &f->op->inputs[input];
    const expr *when = f->rules->inputs[input].when;
    slot_kind kind = f->slots[f->first_slot[input]].kind;
    bool present = true, allowed = true;
    if (when) {
        kept k;
        keep(l, &k);
        allowed = eval_cond(l, when);
        restore(l, &k);
    }
    if (!allowed)
        present = false;
    else if (in->optional)
        present = kind == SLOT_AUTO ? tape_draw(l->tape, "present", 2) != 0 : kind != SLOT_ABSENT;
    if (present ? kind == SLOT_ABSENT : kind != SLOT_AUTO && kind != SLOT_ABSENT)
        lower_fail(l);
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
        lower_fail(l);
        return false;
    }
    f->out_present_state[output] = STATE_BUSY;
    const op_output *o = &f->op->outputs[output];
    const expr *when = f->rules->outputs[output].when;
    bool present = true;
    if (when) {
        kept k;
        keep(l, &k);
        present = eval_cond(l, when);
        restore(l, &k);
    }
    if (present && o->optional)
        present = tape_draw(l->tape, "present", 2) != 0 || (f->target && f->target_output == output);
    f->out_present_state[output] = STATE_DONE;
    f->out_present[output] = present;
    return present;
}

static value var_value(lower *l, int var)
{
    frame *f = l->f;
    const rule_var *v = &f->rules->vars[var];
    value r = {0};
    f->var_usable[var] = true;
    bool leave_out = v->when && !eval_cond(l, v->when);
    if (!leave_out && v->fallback)
        leave_out = tape_draw(l->tape, "default", 4) == 0;
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
    r = domain_draw(l, v->domain);
    if (v->type == TY_REAL && expr_domain_type(v->domain) == TY_INT)
        r.r = (double)term_need(l, r.t);
    else if (v->type == TY_REAL && v->origin == VAR_ATTR)
        r.r = (double)(float)r.r;
    return r;
}

value frame_var(lower *l, int var)
{
    frame *f = l->f;
    if (f->var_state[var] == STATE_NEW) {
        f->var_state[var] = STATE_BUSY;
        kept k;
        keep(l, &k);
        f->vars[var] = var_value(l, var);
        restore(l, &k);
        f->var_state[var] = STATE_DONE;
    } else if (f->var_state[var] == STATE_BUSY || !f->var_usable[var]) {
        lower_fail(l);
    }
    return f->vars[var];
}

static int draw_rank(lower *l, const frame_slot *s)
{
    static const uint8_t weights[NN_MAX_RANK + 1] = {1, 3, 6, 6, 6, 2, 1, 1, 1};
    const frame *f = l->f;
    const expr *rule = f->rules->inputs[s->input].rank;
    uint32_t mask = f->op->inputs[s->input].ranks, w[NN_MAX_RANK + 1] = {0};
    bool simple = !rule || rule->kind == EX_INT || rule->kind == EX_SET ||
                  (rule->kind == EX_RANGE && rule->a->kind == EX_INT && rule->b->kind == EX_INT);
    if (!simple)
        return (int)term_need(l, domain_draw(l, rule).t);
    if (f->target && f->target->rank <= NN_MAX_RANK && (mask >> f->target->rank & 1) &&
        tape_draw(l->tape, "rank of target", 4) != 3)
        return f->target->rank;
    for (int r = 0; r <= NN_MAX_RANK && r <= l->limits.max_rank; r++)
        w[r] = (mask >> r & 1) ? weights[r] : 0;
    return (int)tape_weighted(l->tape, "rank", w, NN_MAX_RANK + 1);
}

static void new_dims(lower *l, frame_slot *s, int rank)
{
    if (l->state != LOWER_OK || rank < 0 || rank > l->limits.max_rank || rank > NN_MAX_RANK) {
        lower_fail(l);
        return;
    }
    int64_t top = l->limits.max_dim < l->limits.max_elements ? l->limits.max_dim : l->limits.max_elements;
    s->rank = rank;
    s->dims = lower_alloc(l, (size_t)rank, sizeof *s->dims);
    for (int i = 0; i < rank && l->state == LOWER_OK; i++)
        s->dims[i] = term_new(l, 1, top, true);
}

static void dims_from_shape(lower *l, frame_slot *s, const expr *shape)
{
    term_list d = eval(l, shape).ints;
    if (l->state != LOWER_OK || d.n > l->limits.max_rank) {
        lower_fail(l);
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

static void slot_dims(lower *l, frame_slot *s)
{
    const frame *f = l->f;
    const rule_input *rule = &f->rules->inputs[s->input];
    if (s->dims_state == STATE_DONE)
        return;
    if (s->dims_state == STATE_BUSY || !frame_input_present(l, s->input)) {
        lower_fail(l);
        return;
    }
    s->dims_state = STATE_BUSY;
    kept k;
    keep(l, &k);
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
        if (s->rank < 0 && rule->shape && !rule->rank)
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
        lower_fail(l);
        break;
    }
    restore(l, &k);
    s->dims_state = STATE_DONE;
}

static void output_dims(lower *l, frame_output *o, int number)
{
    frame *f = l->f;
    if (o->state == STATE_DONE)
        return;
    if (o->state == STATE_BUSY || !frame_output_present(l, o->output)) {
        lower_fail(l);
        return;
    }
    o->state = STATE_BUSY;
    kept k;
    keep(l, &k);
    l->locals[0].t = term_const(number);
    term_list d = eval(l, f->rules->outputs[o->output].shape).ints;
    restore(l, &k);
    if (l->state != LOWER_OK || d.n > l->limits.max_rank)
        lower_fail(l);
    o->rank = l->state == LOWER_OK ? d.n : 0;
    o->dims = (term *)(uintptr_t)d.p;
    o->state = STATE_DONE;
}

static int output_arity(lower *l, int output)
{
    frame *f = l->f;
    if (f->out_arity[output] >= 0)
        return f->out_arity[output];
    const expr *arity = f->rules->outputs[output].arity;
    int64_t n = 1;
    if (arity) {
        kept k;
        keep(l, &k);
        n = eval_int(l, arity);
        restore(l, &k);
    }
    if (l->state != LOWER_OK || n < 1 || f->n_outs + n > OP_MAX_OUTPUTS) {
        lower_fail(l);
        n = 0;
    }
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
    int n = output_arity(l, index);
    return (tensor_ref){true, f->first_out[index], n};
}

term_list frame_dims(lower *l, tensor_ref t, int k)
{
    frame *f = l->f;
    if (l->state != LOWER_OK || k >= t.n) {
        lower_fail(l);
        return (term_list){0};
    }
    if (t.output) {
        frame_output *o = &f->outs[t.first + k];
        output_dims(l, o, t.first + k - f->first_out[o->output]);
        return (term_list){o->dims, o->rank};
    }
    frame_slot *s = &f->slots[t.first + k];
    slot_dims(l, s);
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

/* ---- opening a frame ---- */

static bool open_slots(lower *l, frame *f, const lower_request *r)
{
    const op_model *op = r->op;
    int at = 0;
    bool primary = false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        int n = r->arity[i];
        if (n < op->inputs[i].min_arity || n > op->inputs[i].max_arity)
            return false;
        f->first_slot[i] = at;
        f->arity[i] = n;
        for (int k = 0; k < n; k++, at++) {
            const lower_slot *from = &r->slots[at];
            frame_slot *s = &f->slots[at];
            *s = (frame_slot){.kind = from->kind,
                              .input = (int)i,
                              .tensor = from->tensor,
                              .rank = from->kind == SLOT_OPEN ? from->rank : -1,
                              .frame = from->frame,
                              .output = from->output};
            const op_input *in = &op->inputs[i];
            dtype t = DT_NONE;
            if (s->kind == SLOT_TENSOR) {
                t = s->tensor->type;
            } else if (s->kind == SLOT_LINK) {
                const frame *g = &l->frames[s->frame];
                const op_output *o = &g->op->outputs[g->outs[s->output].output];
                t = o->type_var >= 0 ? g->types[o->type_var] : single_type(o->types);
                if (t == DT_NONE)
                    t = DT_FLOAT32; /* an unbound output type: see link_types */
            }
            if (t != DT_NONE && !bind_type(f, in->type_var, in->types, t))
                return false;
            if ((s->kind == SLOT_TENSOR || s->kind == SLOT_OPEN || s->kind == SLOT_LINK)) {
                if (!(in->roles & ROLE_DATA))
                    return false;
                primary = true;
            }
            if (s->kind == SLOT_INIT && !(in->roles & (ROLE_WEIGHT | ROLE_CONSTANT)))
                return false;
        }
    }
    f->n_slots = at;
    /* A node needs one input that is not an initializer. */
    for (int s = 0; s < at && !primary; s++) {
        const op_input *in = &op->inputs[f->slots[s].input];
        if (f->slots[s].kind == SLOT_AUTO && (in->roles & ROLE_DATA) && !in->optional) {
            f->slots[s].kind = SLOT_OPEN;
            primary = true;
        }
    }
    return true;
}

static void resolve_slots(lower *l, frame *f)
{
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++) {
        frame_slot *slot = &f->slots[s];
        if (!frame_input_present(l, slot->input))
            slot->kind = SLOT_ABSENT;
        else if (slot->kind == SLOT_AUTO)
            slot->kind = (f->op->inputs[slot->input].roles & (ROLE_WEIGHT | ROLE_CONSTANT)) ? SLOT_INIT : SLOT_OPEN;
    }
}

static void limit_size(lower *l, const term *dims, int rank)
{
    for (int i = 0; i < rank && l->state == LOWER_OK; i++)
        if (dims[i].n || dims[i].c < 1)
            term_post(l, CSP_LE, term_const(1), dims[i]);
    if (l->state == LOWER_OK)
        term_post(l, CSP_LE, term_product(l, dims, rank), term_const(l->limits.max_elements));
}

static void post_inputs(lower *l, frame *f)
{
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++) {
        frame_slot *slot = &f->slots[s];
        if (slot->kind == SLOT_ABSENT)
            continue;
        slot_dims(l, slot);
        const rule_input *rule = &f->rules->inputs[slot->input];
        bool data =
            slot->kind == SLOT_TENSOR || slot->kind == SLOT_LINK || (slot->kind == SLOT_OPEN && (rule->rank || slot->rank >= 0));
        if (l->state == LOWER_OK && data && rule->shape) { /* a shape is a constraint on an existing tensor */
            term_list want = eval(l, rule->shape).ints;
            if (l->state == LOWER_OK && want.n != slot->rank)
                lower_fail(l);
            for (int i = 0; l->state == LOWER_OK && i < want.n; i++)
                term_post(l, CSP_EQ, want.p[i], slot->dims[i]);
        }
        if (l->state == LOWER_OK && slot->kind != SLOT_TENSOR && slot->kind != SLOT_LINK)
            limit_size(l, slot->dims, slot->rank);
        if (l->state == LOWER_OK && (slot->kind == SLOT_TENSOR || slot->kind == SLOT_LINK) &&
            f->op->inputs[slot->input].ranks != 0 && !(f->op->inputs[slot->input].ranks >> slot->rank & 1))
            lower_fail(l);
        /* A rank that depends on other tensors is a condition on a given one. */
        if (l->state == LOWER_OK && rule->rank && slot->kind != SLOT_INIT && rule->rank->kind == EX_RANGE &&
            (rule->rank->a->kind != EX_INT || rule->rank->b->kind != EX_INT)) {
            if (slot->rank < eval_int(l, rule->rank->a) || slot->rank > eval_int(l, rule->rank->b))
                lower_fail(l);
        }
    }
}

static void post_outputs(lower *l, frame *f)
{
    for (size_t i = 0; i < f->op->n_outputs && l->state == LOWER_OK; i++) {
        int n = output_arity(l, (int)i);
        if (l->state != LOWER_OK || !frame_output_present(l, (int)i))
            continue;
        for (int k = 0; k < n && l->state == LOWER_OK; k++) {
            frame_output *o = &f->outs[f->first_out[i] + k];
            o->present = true;
            output_dims(l, o, k);
            if (l->state == LOWER_OK)
                limit_size(l, o->dims, o->rank);
        }
    }
    if (!f->target || l->state != LOWER_OK)
        return;
    const frame_output *o = f->target_output < f->n_outs ? &f->outs[f->target_output] : NULL;
    if (!o || !o->present || o->rank != f->target->rank) {
        lower_fail(l);
        return;
    }
    for (int i = 0; i < o->rank && l->state == LOWER_OK; i++)
        term_post(l, CSP_EQ, o->dims[i], term_const(f->target->dims[i]));
}

lower_result lower_add(lower *l, const lower_request *r, int *number)
{
    if (l->state != LOWER_OK || l->n_frames == LOWER_MAX_FRAMES)
        return l->state != LOWER_OK ? l->state : LOWER_FAIL;
    frame *f = &l->frames[l->n_frames];
    memset(f, 0, sizeof *f);
    f->op = r->op;
    f->rules = r->op->rules;
    f->target = r->target;
    f->target_output = r->target_output;
    l->f = f;
    for (size_t i = 0; i < r->op->n_outputs; i++)
        f->out_arity[i] = -1;
    bool ok = r->op->n_types <= FRAME_MAX_TYPES && open_slots(l, f, r);
    if (ok && r->target) {
        const op_output *o = &r->op->outputs[r->target_output < (int)r->op->n_outputs ? r->target_output : 0];
        ok = bind_type(f, o->type_var, o->types, r->target->type);
    }
    if (ok && r->output_type != DT_NONE)
        ok = bind_type(f, r->op->outputs[0].type_var, r->op->outputs[0].types, r->output_type);
    if (!ok) {
        l->state = LOWER_FAIL;
        return LOWER_FAIL;
    }
    resolve_slots(l, f);
    for (size_t i = 0; i < f->rules->n_vars && l->state == LOWER_OK; i++)
        if (f->var_state[i] == STATE_NEW)
            frame_var(l, (int)i);
    if (l->state == LOWER_OK)
        post_inputs(l, f);
    for (size_t i = 0; i < f->rules->n_where && l->state == LOWER_OK; i++)
        eval_post(l, f->rules->where[i], true);
    if (l->state == LOWER_OK)
        post_outputs(l, f);
    /* An output type that nothing binds is drawn now: later frames may link to it. */
    for (size_t i = 0; i < f->op->n_outputs && l->state == LOWER_OK; i++) {
        int tv = f->op->outputs[i].type_var;
        bool input = false;
        for (size_t k = 0; k < f->op->n_inputs; k++)
            input |= f->op->inputs[k].type_var == tv;
        if (tv >= 0 && !input)
            frame_type_bound(l, tv);
    }
    if (l->state == LOWER_OK)
        lower_check(l, csp_propagate(l->csp));
    if (l->state != LOWER_OK)
        return l->state;
    *number = l->n_frames++;
    return LOWER_OK;
}

/* ---- partners ---- */

static bool term_admits(const lower *l, term t, int64_t x)
{
    int64_t lo, hi;
    if (t.n == 0)
        return t.c == x;
    if (t.n == 1 && t.t[0].k == 1)
        return csp_contains(l->csp, t.t[0].v, x - t.c);
    term_bounds(l, t, &lo, &hi);
    return lo <= x && x <= hi;
}

static bool domain_admits(const op_model *op, size_t input, interval range)
{
    const rule_input *rule = &op->rules->inputs[input];
    if (!rule->constant)
        return true;
    for (size_t i = 0; i < rule->n_domain; i++)
        if (iv_inside(range, rule->constant[i]))
            return true;
    return false;
}

bool lower_may_take(const lower *l, const op_model *op, size_t input, const tensor_desc *t)
{
    (void)l;
    const op_input *in = &op->inputs[input];
    return (in->types >> t->type & 1) && (in->ranks >> t->rank & 1) && domain_admits(op, input, t->range);
}

int lower_open_rank(const lower *l, int frame_number, int slot)
{
    const frame_slot *s = &l->frames[frame_number].slots[slot];
    return s->kind == SLOT_OPEN ? s->rank : -1;
}

dtype lower_open_type(const lower *l, int frame_number, int slot)
{
    const frame *f = &l->frames[frame_number];
    const op_input *in = &f->op->inputs[f->slots[slot].input];
    return in->type_var >= 0 ? f->types[in->type_var] : single_type(in->types);
}

bool lower_fits(const lower *l, int frame_number, int slot, const tensor_desc *t)
{
    const frame *f = &l->frames[frame_number];
    const frame_slot *s = &f->slots[slot];
    if (s->kind != SLOT_OPEN || s->rank != t->rank || !lower_may_take(l, f->op, (size_t)s->input, t))
        return false;
    dtype bound = lower_open_type(l, frame_number, slot);
    if (bound != DT_NONE && bound != t->type)
        return false;
    for (int i = 0; i < s->rank; i++)
        if (!term_admits(l, s->dims[i], t->dims[i]))
            return false;
    return true;
}

lower_result lower_bind(lower *l, int frame_number, int slot, const tensor_desc *t)
{
    frame *f = &l->frames[frame_number];
    frame_slot *s = &f->slots[slot];
    if (l->state != LOWER_OK)
        return l->state;
    const op_input *in = &f->op->inputs[s->input];
    dtype before = in->type_var >= 0 ? f->types[in->type_var] : DT_NONE;
    if (s->kind != SLOT_OPEN || s->rank != t->rank || !bind_type(f, in->type_var, in->types, t->type)) {
        if (in->type_var >= 0)
            f->types[in->type_var] = before;
        return LOWER_FAIL;
    }
    csp_mark m = csp_get_mark(l->csp);
    l->f = f;
    for (int i = 0; i < s->rank && l->state == LOWER_OK; i++)
        term_post(l, CSP_EQ, s->dims[i], term_const(t->dims[i]));
    if (l->state == LOWER_OK)
        lower_check(l, csp_propagate(l->csp));
    if (l->state == LOWER_OK) {
        s->kind = SLOT_TENSOR;
        s->tensor = t;
        return LOWER_OK;
    }
    csp_undo(l->csp, m);
    if (in->type_var >= 0)
        f->types[in->type_var] = before;
    if (l->state == LOWER_NOMEM)
        return LOWER_NOMEM;
    l->state = LOWER_OK;
    return LOWER_FAIL;
}

/* ---- search ---- */

static uint64_t draw(void *user, uint64_t bound)
{
    return tape_draw(user, "search", bound);
}

static void impose_idiom(lower *l, frame *f)
{
    if (f->rules->n_idioms == 0)
        return;
    const rule_idiom *idiom = &f->rules->idioms[tape_draw(l->tape, "idiom", f->rules->n_idioms)];
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    l->f = f;
    for (size_t i = 0; i < idiom->n && l->state == LOWER_OK; i++)
        eval_post(l, idiom->conditions[i], true);
    if (l->state == LOWER_OK)
        lower_check(l, csp_propagate(l->csp));
    if (l->state == LOWER_FAIL) {
        csp_undo(l->csp, m);
        l->n_decide = decide;
        l->state = LOWER_OK;
    }
}

lower_result lower_close(lower *l, op_instance *instances)
{
    if (l->state != LOWER_OK)
        return l->state;
    for (int i = 0; i < l->n_frames && l->state == LOWER_OK && l->idiom; i++)
        impose_idiom(l, &l->frames[i]);
    csp_search search = {.mode = l->mode, .draw = draw, .user = l->tape};
    if (l->state == LOWER_OK)
        lower_check(l, csp_solve(l->csp, &search, l->decide, l->n_decide));
    for (int i = 0; i < l->n_frames && l->state == LOWER_OK; i++) {
        l->f = &l->frames[i];
        lower_finish(l, &instances[i]);
    }
    return l->state;
}
