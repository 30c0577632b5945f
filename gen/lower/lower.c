/* The problem of one to four operators: opening frames, finding partners, searching. The intervals of values are computed in
 * lower_finish.c. */
#include "lower/lower_finish.h"
#include "lower/early.h"
#include "lower/empty.h"
#include "lower/eval.h"
#include "lower/habit.h"
#include "recheck/recheck.h"

#include <stddef.h>
#include <string.h>

#define MAX_PROPAGATIONS                                                                                     \
    5000 /* of one problem; operators take a few hundred, and problems that take more seldom have a solution \
          */

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
    for (csp_var v = 0; v < LOWER_UNITS; v++)
        l->unit[v] = (lin){1, v, 1};
    lower_set_limits(l, limits);
    lower_set_check(l, false);
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
    if (l->limits.max_window == 0)
        l->limits.max_window = 7;
    if (l->limits.max_rank == 0)
        l->limits.max_rank = 6;
    if (l->ops->table->max_rank != 0 && l->ops->table->max_rank < l->limits.max_rank)
        l->limits.max_rank = l->ops->table->max_rank;
    if (l->limits.max_magnitude == 0)
        l->limits.max_magnitude = 1e4;
    if (l->limits.min_magnitude == 0)
        l->limits.min_magnitude = 1e-3;
}

void lower_set_empty(lower *l, uint32_t share)
{
    l->limits.empty = share;
}

const lower_limits *lower_get_limits(const lower *l)
{
    return &l->limits;
}

void lower_set_check(lower *l, bool on)
{
#ifdef NN_CHECK
    on = true;
#endif
    l->check = on;
}

void lower_set_keep(lower *l, bool on)
{
    l->keep = on;
}

void lower_set_found(lower *l, lower_found how)
{
    l->found = how;
}

const nn_error *lower_fault(const lower *l)
{
    return l->fault.status != NN_OK ? &l->fault : NULL;
}

void lower_set_manner(lower *l, const manner_drawn *m)
{
    l->manner = m;
}

bool lower_has_manner(const lower *l)
{
    return l->manner != NULL;
}

/* 60 % plain, 25 % boundary, 15 % idioms, unless the manner states others. */
static void draw_style(lower *l)
{
    uint32_t boundary = manner_says(l->manner, MANNER_boundary) ? l->manner->value[MANNER_boundary] : 250;
    uint32_t idioms = manner_says(l->manner, MANNER_idioms) ? l->manner->value[MANNER_idioms] : 150;
    uint64_t style = tape_draw(l->tape, "style", l->manner ? 1000 : 20) * (l->manner ? 1 : 50);
    uint64_t plain = boundary + idioms < 1000 ? 1000 - boundary - idioms : 0;
    l->mode = style >= plain && style < plain + boundary ? CSP_BOUNDARY : CSP_LOG;
    l->idiom = style >= plain + boundary;
    l->max_rank = l->limits.max_rank;
    if (l->manner)
        habit_limit_rank(l);
}

void lower_begin(lower *l, tape *t)
{
    arena_reset(&l->scratch);
    csp_reset(l->csp);
    csp_set_limit(l->csp, MAX_PROPAGATIONS);
    l->tape = t;
    l->n_frames = 0;
    l->n_decide = 0;
    l->f = NULL;
    l->state = LOWER_OK;
    l->reason = WHY_NONE;
    l->rule = l->culprit = (rule_ref){0};
    l->n_posted = 0;
    l->steps = 0;
    l->depth = 0;
    draw_style(l);
}

uint64_t lower_steps(const lower *l)
{
    return l->steps;
}

uint64_t lower_propagations(const lower *l)
{
    return csp_propagations(l->csp);
}

/* ---- opening a frame ---- */

static void take_tensor(frame_slot *s, const tensor_desc *t)
{
    s->kind = SLOT_TENSOR;
    s->tensor = t;
    s->desc = *t;
    s->range_known = true;
}

/* Whether a tensor may be this input. A relaxed frame takes one in place of a weight, and in place of a constant if that has the
 * contents to which the operator's choices lead: this is checked for a constant, and claimed of others. */
static bool role_allows(const frame *f, const frame_slot *s, const op_input *in)
{
    if (s->given && !f->relaxed)
        return (in->roles & (ROLE_WEIGHT | ROLE_CONSTANT)) != 0;
    return in->roles & ROLE_DATA || (f->relaxed && (s->given || f->claimed || !(in->roles & ROLE_CONSTANT)));
}

static lower_reason open_slots(lower *l, frame *f, const lower_request *r)
{
    const op_model *op = r->op;
    int at = 0;
    bool primary = false;
    for (size_t i = 0; i < op->n_inputs; i++) {
        int n = r->arity[i];
        lower_rule(l, AT_IN, i, NULL);
        if (n < op->inputs[i].min_arity || n > op->inputs[i].max_arity)
            return WHY_ARITY;
        f->first_slot[i] = at;
        f->arity[i] = n;
        for (int k = 0; k < n; k++, at++) {
            const lower_slot *from = &r->slots[at];
            frame_slot *s = &f->slots[at];
            *s = (frame_slot){.kind = from->kind,
                              .input = (int)i,
                              .tensor = from->tensor,
                              .given = from->init,
                              .share = from->share,
                              .rank = from->kind == SLOT_OPEN ? from->rank : -1,
                              .wanted = from->range,
                              .frame = from->frame,
                              .output = from->output};
            const op_input *in = &op->inputs[i];
            dtype t = DT_NONE;
            if (s->kind == SLOT_TENSOR) {
                take_tensor(s, s->tensor);
                t = s->tensor->type;
            } else if (s->kind == SLOT_LINK) {
                frame *g = &l->frames[s->frame];
                const op_output *o = &g->op->outputs[g->outs[s->output].output];
                l->f = g;
                t = o->type_var >= 0 ? frame_type_bound(l, o->type_var) : frame_single_type(o->types);
                l->f = f;
            }
            if (t != DT_NONE && !frame_bind_type(f, in->type_var, in->types, t))
                return WHY_TYPE;
            if ((s->kind == SLOT_TENSOR || s->kind == SLOT_OPEN || s->kind == SLOT_LINK)) {
                if (!role_allows(f, s, in))
                    return WHY_ROLE;
                primary = true;
            }
            if (s->kind == SLOT_INIT && !(in->roles & (ROLE_WEIGHT | ROLE_CONSTANT)))
                return WHY_ROLE;
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
    return WHY_NONE;
}

/* Binds the type variables that are requested. */
static lower_reason bind_types(frame *f, const lower_request *r)
{
    for (size_t i = 0; r->types && i < r->op->n_types; i++)
        if (r->types[i] != DT_NONE && !frame_bind_type(f, (int)i, r->op->type_masks[i], r->types[i]))
            return WHY_TYPE;
    return WHY_NONE;
}

/* Binds the types of outputs that are requested. */
static lower_reason bind_outputs(lower *l, frame *f, const lower_request *r)
{
    const op_model *op = r->op;
    if (r->target) {
        size_t i = r->target_output < (int)op->n_outputs ? (size_t)r->target_output : 0;
        lower_rule(l, AT_OUT, i, NULL);
        if (!frame_bind_type(f, op->outputs[i].type_var, op->outputs[i].types, r->target->type))
            return WHY_TYPE;
    }
    lower_rule(l, AT_OUT, 0, NULL);
    bool fits = r->output_type == DT_NONE || frame_bind_type(f, op->outputs[0].type_var, op->outputs[0].types, r->output_type);
    return fits ? WHY_NONE : WHY_TYPE;
}

/* Settles the variables with a required value, before other choices are drawn that depend on them. The type that an attribute
 * names is bound first. */
static void settle_pins(lower *l, frame *f)
{
    for (size_t i = 0; i < f->n_pins && l->state == LOWER_OK; i++) {
        const rule_var *v = &f->rules->vars[f->pins[i].var];
        lower_rule(l, AT_VAR, (size_t)f->pins[i].var, NULL);
        bool binds = v->attr == ATTR_TYPE_DTYPE && !f->pins[i].excluded;
        dtype t = binds ? dtype_parse(f->pins[i].v.s) : DT_NONE;
        if (binds && !frame_bind_type(f, v->domain->index, f->op->type_masks[v->domain->index], t))
            lower_fail(l, WHY_PINNED);
    }
    for (size_t i = 0; i < f->n_pins && l->state == LOWER_OK; i++)
        if (f->var_state[f->pins[i].var] == STATE_NEW && !f->pins[i].excluded)
            frame_settle_var(l, f->pins[i].var);
    l->rule = (rule_ref){0};
}

static void resolve_slots(lower *l, frame *f, bool form)
{
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++) {
        frame_slot *slot = &f->slots[s];
        if (op_input_is_form(f->op, (size_t)slot->input) != form)
            continue;
        if (!frame_input_present(l, slot->input))
            slot->kind = SLOT_ABSENT;
        else if (slot->kind == SLOT_AUTO)
            slot->kind = (f->op->inputs[slot->input].roles & (ROLE_WEIGHT | ROLE_CONSTANT)) ? SLOT_INIT : SLOT_OPEN;
    }
}

/* Whether two terms are equal by their form. */
static bool same_term(term a, term b)
{
    return a.c == b.c && (a.t == b.t || (term_count(a) == 1 && term_count(b) == 1 && a.t->k == b.t->k && a.t->v == b.t->v));
}

/* Whether the tensor has the dimensions of an input whose size is limited. */
static bool same_dims(const frame *f, const term *dims, int rank)
{
    for (int s = 0; s < f->n_slots; s++) {
        const frame_slot *slot = &f->slots[s];
        int i = 0;
        if (slot->kind == SLOT_ABSENT || slot->kind == SLOT_TENSOR || slot->rank != rank || rank == 0 || !slot->dims)
            continue;
        while (i < rank && same_term(slot->dims[i], dims[i]))
            i++;
        if (i == rank)
            return true;
    }
    return false;
}

/* least: of each dimension */
static void limit_size(lower *l, const term *dims, int rank, int64_t least)
{
    int64_t size = 1, lo, hi;
    bool small = true; /* whether the bounds show that the product cannot be too large */
    for (int i = 0; i < rank && l->state == LOWER_OK; i++) {
        term_bounds(l, dims[i], &lo, &hi);
        if (lo < least)
            term_post(l, CSP_LE, term_const(least), dims[i]);
        small = small && nn_mul64(size, hi, &size);
    }
    for (int i = 0; i < rank && least == 0 && l->state == LOWER_OK; i++) /* also where another one is 0 */
        term_post(l, CSP_LE, dims[i], term_const(l->limits.max_elements));
    if (l->state == LOWER_OK && !(small && size <= l->limits.max_elements))
        term_post(l, CSP_LE, term_product(l, dims, rank), term_const(l->limits.max_elements));
}

/* The shape of a given tensor is a constraint. */
static void post_shape(lower *l, const frame_slot *slot, const expr *shape)
{
    term_list want = eval(l, shape).ints;
    if (l->state == LOWER_OK && want.n != slot->rank)
        lower_fail(l, WHY_RANK);
    for (int i = 0; l->state == LOWER_OK && i < want.n; i++)
        term_post(l, CSP_EQ, want.p[i], slot->dims[i]);
}

/* Whether a rule for the rank that depends on other values, and from which no rank was drawn, allows this rank. */
static bool rank_in(lower *l, const expr *e, int rank)
{
    if (e->type != TY_DOMAIN)
        return eval_int(l, e) == rank;
    if (e->kind == EX_IF)
        return rank_in(l, eval_cond(l, e->a) ? e->b : e->c, rank);
    if (e->kind == EX_RANGE)
        return rank >= eval_int(l, e->a) && rank <= eval_int(l, e->b);
    if (e->kind != EX_SET)
        return true; /* drawn */
    bool found = false;
    for (size_t i = 0; i < e->n && !found; i++)
        found = eval_int(l, e->args[i]) == rank;
    return found;
}

static bool rank_allowed(lower *l, const frame *f, const frame_slot *slot)
{
    const expr *rule = f->rules->inputs[slot->input].rank;
    uint32_t ranks = f->op->inputs[slot->input].ranks;
    if (ranks != 0 && !(ranks >> slot->rank & 1))
        return false;
    return !rule || frame_rank_is_literal(rule) || rank_in(l, rule, slot->rank);
}

static void post_input(lower *l, const frame *f, frame_slot *slot)
{
    const rule_input *rule = &f->rules->inputs[slot->input];
    bool given = slot->kind == SLOT_TENSOR || slot->kind == SLOT_LINK;
    size_t input = (size_t)slot->input;
    frame_slot_dims(l, slot);
    if (slot->kind == SLOT_LINK && l->state == LOWER_OK)
        empty_post_link(l, f, slot);
    lower_rule(l, AT_IN_SHAPE, input, rule->shape ? rule->shape : rule->rank);
    if (l->state == LOWER_OK && rule->shape && (given || (slot->kind == SLOT_OPEN && (rule->rank || slot->rank >= 0))))
        post_shape(l, slot, rule->shape);
    if (l->state == LOWER_OK && !given) {
        lower_rule(l, AT_IN_SIZE, input, NULL);
        limit_size(l, slot->dims, slot->rank, f->op->inputs[input].empty ? 0 : f->least);
    }
    lower_rule(l, AT_IN_SHAPE, input, rule->rank);
    if (l->state == LOWER_OK && !rank_allowed(l, f, slot))
        lower_fail(l, WHY_RANK);
}

static void post_inputs(lower *l, frame *f)
{
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++)
        if (f->slots[s].kind != SLOT_ABSENT)
            post_input(l, f, &f->slots[s]);
}

static void post_outputs(lower *l, frame *f)
{
    for (size_t i = 0; i < f->op->n_outputs && l->state == LOWER_OK; i++) {
        int n = frame_output_arity(l, (int)i);
        if (l->state != LOWER_OK || !frame_output_present(l, (int)i))
            continue;
        for (int k = 0; k < n && l->state == LOWER_OK; k++) {
            frame_output *o = &f->outs[f->first_out[i] + k];
            o->present = true;
            frame_output_dims(l, o, k);
            lower_rule(l, AT_OUT_SIZE, i, NULL);
            if (l->state == LOWER_OK && !same_dims(f, o->dims, o->rank))
                limit_size(l, o->dims, o->rank, f->least);
        }
    }
    if (!f->target || l->state != LOWER_OK)
        return;
    const frame_output *o = f->target_output < f->n_outs ? &f->outs[f->target_output] : NULL;
    lower_rule(l, AT_OUT_TARGET, o ? (size_t)o->output : 0, NULL);
    if (!o || !o->present || o->rank != f->target->rank) {
        lower_fail(l, WHY_TARGET);
        return;
    }
    for (int i = 0; i < o->rank && l->state == LOWER_OK; i++)
        term_post(l, CSP_EQ, o->dims[i], term_const(f->target->dims[i]));
}

/* What the entry demands of shapes and attributes; with an empty input also what it demands then. */
static void post_conditions(lower *l, frame *f)
{
    for (size_t i = 0; i < f->rules->n_where && l->state == LOWER_OK; i++) {
        lower_rule(l, AT_WHERE, i, f->rules->where[i]);
        eval_post(l, f->rules->where[i], true);
    }
    for (size_t i = 0; i < f->rules->n_empty && f->least == 0 && l->state == LOWER_OK; i++) {
        lower_rule(l, AT_EMPTY, i, f->rules->empty[i]);
        eval_post(l, f->rules->empty[i], true);
    }
}

lower_result lower_add(lower *l, const lower_request *r, int *number)
{
    if (l->n_frames == LOWER_MAX_FRAMES) {
        l->rule = (rule_ref){0};
        lower_fail(l, WHY_OPERATORS);
    }
    if (l->state != LOWER_OK)
        return l->state;
    frame *f = &l->frames[l->n_frames];
    memset(f, 0, offsetof(frame, slots));
    f->op = r->op;
    f->rules = r->op->rules;
    f->target = r->target;
    f->target_output = r->target_output;
    f->target_inside = r->target_inside;
    f->pins = r->pins;
    f->n_pins = r->n_pins;
    f->relaxed = r->relaxed;
    f->claimed = r->claimed;
    f->still = r->still;
    f->none = r->none;
    f->any_input = r->any_input;
    f->shown = r->shown;
    if (r->relaxed) { /* what the motif leaves open is drawn as in plain operators */
        l->mode = CSP_LOG;
        l->idiom = false;
    }
    l->f = f;
    for (size_t i = 0; i < r->op->n_outputs; i++)
        f->out_arity[i] = -1;
    lower_reason why = r->op->n_types <= FRAME_MAX_TYPES ? bind_types(f, r) : WHY_TYPE;
    if (why == WHY_NONE)
        why = open_slots(l, f, r);
    if (why == WHY_NONE)
        empty_settle(l, f);
    if (why == WHY_NONE)
        why = bind_outputs(l, f, r);
    if (why != WHY_NONE) {
        lower_fail(l, why);
        return LOWER_FAIL;
    }
    l->rule = (rule_ref){0};
    settle_pins(l, f);
    if (l->manner)
        habit_lift_rank(l, r->op);
    resolve_slots(l, f, false);
    for (int form = 0; form < 2; form++)
        for (size_t i = 0; i < f->rules->n_vars && l->state == LOWER_OK; i++)
            if (rule_var_is_form(&f->rules->vars[i]) == form && f->var_state[i] == STATE_NEW)
                frame_settle_var(l, (int)i);
    resolve_slots(l, f, true);
    if (l->state == LOWER_OK)
        early_check(l);
    if (l->state == LOWER_OK)
        post_inputs(l, f);
    post_conditions(l, f);
    if (l->state == LOWER_OK)
        post_outputs(l, f);
    if (l->state == LOWER_OK)
        lower_propagate(l);
    if (l->state != LOWER_OK)
        return l->state;
    *number = l->n_frames++;
    return LOWER_OK;
}

/* ---- partners ---- */

static bool term_admits(const lower *l, term t, int64_t x)
{
    int64_t lo, hi;
    if (!t.t)
        return t.c == x;
    if (t.t->n == 1 && t.t->k == 1)
        return csp_contains(l->csp, t.t->v, x - t.c);
    term_bounds(l, t, &lo, &hi);
    return lo <= x && x <= hi;
}

static bool domain_admits(const op_model *op, size_t input, interval range)
{
    const rule_input *rule = &op->rules->inputs[input];
    if (!rule->folded)
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
    return (in->types >> t->type & 1) && (in->ranks >> t->rank & 1) &&
           (tensor_is_empty(t) ? op->empty : domain_admits(op, input, t->range));
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
    return in->type_var >= 0 ? f->types[in->type_var] : frame_single_type(in->types);
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
    if (s->kind != SLOT_OPEN || s->rank != t->rank || !frame_bind_type(f, in->type_var, in->types, t->type)) {
        if (in->type_var >= 0)
            f->types[in->type_var] = before;
        return LOWER_FAIL;
    }
    csp_mark m = csp_get_mark(l->csp);
    l->f = f;
    lower_rule(l, AT_PARTNER, (size_t)s->input, NULL);
    for (int i = 0; i < s->rank && l->state == LOWER_OK; i++)
        term_post(l, CSP_EQ, s->dims[i], term_const(t->dims[i]));
    if (l->state == LOWER_OK)
        lower_propagate(l);
    const frame_slot open = *s;
    const uint64_t conditions = f->conditions_held;
    const uint32_t domains = f->domains_held;
    if (l->state == LOWER_OK) {
        take_tensor(s, t);
        early_check(l);
    }
    if (l->state == LOWER_OK)
        return LOWER_OK;
    *s = open;
    f->conditions_held = conditions;
    f->domains_held = domains;
    lower_undo(l, m);
    if (in->type_var >= 0)
        f->types[in->type_var] = before;
    if (l->state == LOWER_NOMEM)
        return LOWER_NOMEM;
    l->state = LOWER_OK;
    return LOWER_FAIL;
}

lower_result lower_fix(lower *l, int frame_number, int slot, int axis, int64_t size)
{
    frame *f = &l->frames[frame_number];
    const frame_slot *s = &f->slots[slot];
    if (l->state != LOWER_OK)
        return l->state;
    if (s->kind != SLOT_OPEN || axis >= s->rank)
        return LOWER_FAIL;
    csp_mark m = csp_get_mark(l->csp);
    l->f = f;
    lower_rule(l, AT_IN_SIZE, (size_t)s->input, NULL);
    term_post(l, CSP_EQ, s->dims[axis], term_const(size));
    if (l->state == LOWER_OK)
        lower_propagate(l);
    if (l->state != LOWER_FAIL)
        return l->state;
    lower_undo(l, m);
    l->state = LOWER_OK;
    return LOWER_FAIL;
}

bool lower_leave(lower *l, int frame_number, int slot)
{
    const frame *f = &l->frames[frame_number];
    frame_slot *s = &l->frames[frame_number].slots[slot];
    if (s->kind != SLOT_OPEN || !(f->op->inputs[s->input].roles & (ROLE_WEIGHT | ROLE_CONSTANT)))
        return false;
    s->kind = SLOT_INIT;
    return true;
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
    size_t i = tape_draw(l->tape, "idiom", f->rules->n_idioms);
    const rule_idiom *idiom = &f->rules->idioms[i];
    habit_impose(l, f, i, idiom->conditions, idiom->n);
}

/* A complaint is a fault of the program, not of the draws, so it is kept for the caller. */
static void run_check(lower *l, const op_instance *x)
{
    nn_error err = {0};
    nn_status st = recheck_instance(l->ops, &l->limits, x, &l->scratch, &err);
    if (st == NN_ERR_NOMEM)
        lower_nomem(l);
    else if (st != NN_OK)
        lower_fail(l, WHY_RECHECK);
    if (st == NN_ERR_BUILD && l->fault.status == NN_OK)
        l->fault = err;
}

lower_result lower_close(lower *l, op_instance *instances)
{
    if (l->state != LOWER_OK)
        return l->state;
    for (int i = 0; i < l->n_frames && l->state == LOWER_OK; i++)
        empty_impose(l, &l->frames[i]);
    for (int i = 0; i < l->n_frames && l->state == LOWER_OK && l->idiom; i++)
        impose_idiom(l, &l->frames[i]);
    for (int i = 0; i < l->n_frames && l->state == LOWER_OK && l->manner; i++)
        habit_follow(l, &l->frames[i]);
    csp_search search = {.mode = l->mode, .draw = draw, .user = l->tape};
    l->rule = (rule_ref){0};
    if (l->state == LOWER_OK) {
        csp_result r = csp_solve(l->csp, &search, l->decide, l->n_decide);
        if (r == CSP_FAIL)
            lower_fail(l, WHY_NO_SOLUTION);
        else
            lower_check(l, r);
    }
    for (int i = 0; i < l->n_frames && l->state == LOWER_OK; i++) {
        l->f = &l->frames[i];
        lower_finish(l, &instances[i]);
        if (l->check && l->state == LOWER_OK)
            run_check(l, &instances[i]);
    }
    return l->state;
}
