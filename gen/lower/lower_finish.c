#include "lower/lower_finish.h"
#include "lower/early.h"
#include "lower/empty.h"
#include "lower/eval.h"
#include "lower/given.h"
#include "lower/slot_domain.h"

#include <string.h>

/* The widest interval inside a whose ends are values of the type; those of float32 for double. */
static interval typed_ends(dtype t, interval a)
{
    if (!dtype_is_float(t))
        return iv(iv_ceil(a).lo, iv_floor(a).hi);
    if (t == DT_DOUBLE)
        t = DT_FLOAT32;
    return iv(dtype_toward(t, a.lo, true), dtype_toward(t, a.hi, false));
}

static bool within_limits(dtype t, interval a)
{
    double least, largest;
    return dtype_limits(t, &least, &largest) && least <= a.lo && a.hi <= largest;
}

static void fill_dims(lower *l, tensor_desc *d, const term *dims, int rank)
{
    d->rank = rank;
    for (int i = 0; i < rank && l->state == LOWER_OK; i++)
        if (!term_fixed(l, dims[i], &d->dims[i]))
            lower_fail(l, WHY_OVERFLOW);
}

static dtype type_of(lower *l, int type_var, dtype_mask mask)
{
    if (type_var >= 0)
        return frame_type_bound(l, type_var);
    return frame_single_type(mask);
}

static void fill_descs(lower *l, frame *f)
{
    for (int i = 0; i < f->n_slots && l->state == LOWER_OK; i++) {
        frame_slot *s = &f->slots[i];
        const op_input *in = &f->op->inputs[s->input];
        if (s->kind == SLOT_ABSENT)
            continue;
        if (s->kind == SLOT_TENSOR) {
            s->desc = *s->tensor;
            s->range_known = true;
            continue;
        }
        s->desc.type = type_of(l, in->type_var, in->types);
        fill_dims(l, &s->desc, s->dims, s->rank);
        if (s->kind == SLOT_LINK) {
            s->desc.range = l->frames[s->frame].outs[s->output].desc.range;
            s->desc.likely = l->frames[s->frame].outs[s->output].desc.likely;
            s->range_known = true;
        } else if (s->kind == SLOT_OPEN && !f->any_input && !(f->op->data >> s->desc.type & 1)) {
            lower_rule(l, AT_IN, (size_t)s->input, NULL);
            lower_fail(l, WHY_INPUT_TYPE);
        }
    }
    for (int i = 0; i < f->n_outs && l->state == LOWER_OK; i++) {
        frame_output *o = &f->outs[i];
        const op_output *rule = &f->op->outputs[o->output];
        if (!o->present)
            continue;
        o->desc.type = type_of(l, rule->type_var, rule->types);
        fill_dims(l, &o->desc, o->dims, o->rank);
    }
}

/* An interval for a new graph input: a usual one, cut to the domain, or the near end of a domain away from zero. */
static interval new_range(lower *l, const frame *f, const frame_slot *s, const interval *like)
{
    static const double usual[][2] = {{-1, 1}, {0, 1}, {-2, 2}, {-4, 4}, {0.5, 2}, {-8, 8}, {-0.5, 0.5}, {1, 4}, {-3, 1}};
    static const double whole[][2] = {{-8, 8}, {0, 10}, {-20, 20}, {-100, 100}, {1, 10}, {0, 100}, {-5, 5}, {1, 4}, {-50, 20}};
    static const interval far = {-0x1p34, 0x1p34}; /* beyond 32 bits, for whole numbers of 64 bits */
    const rule_input *rule = &f->rules->inputs[s->input];
    dtype t = s->desc.type;
    double least = 0, largest = 0;
    bool bounded = dtype_limits(t, &least, &largest), is_far = bounded && dtype_is_whole(t) && largest > 0x1p53 && !like;
    is_far = is_far && tape_draw(l->tape, "far", 8) == 7;
    interval all = is_far ? far : iv(-1e6, 1e6), base;
    if (rule->n_domain)
        all = slot_domain(l, s, tape_draw(l->tape, "domain", rule->n_domain));
    if (t != DT_FLOAT32) {
        all = iv_meet(all, iv(least, largest));
    }
    if (like) {
        base = *like;
    } else {
        size_t i = tape_draw(l->tape, "interval", sizeof usual / sizeof *usual);
        base = is_far ? far : dtype_is_whole(t) ? iv(whole[i][0], whole[i][1]) : iv(usual[i][0], usual[i][1]);
    }
    if (s->wanted && iv_valid(iv_meet(all, *s->wanted)))
        return typed_ends(t, iv_meet(all, *s->wanted));
    interval r = iv_meet(all, base);
    if (iv_valid(r) && (r.hi - r.lo >= 0.25 * (base.hi - base.lo) || r.hi - r.lo >= 0.5))
        return typed_ends(t, r);
    if (all.lo > 0 || (iv_finite(iv(all.lo, 0)) && !iv_finite(iv(0, all.hi)))) {
        double step = all.lo > 1 ? all.lo : 1;
        r = iv(all.lo, all.lo + step < all.hi ? all.lo + step : all.hi);
    } else if (all.hi < 0 || iv_finite(iv(all.hi, all.hi))) {
        double step = all.hi < -1 ? -all.hi : 1;
        r = iv(all.hi - step > all.lo ? all.hi - step : all.lo, all.hi);
    } else {
        r = iv(-1, 1);
    }
    return typed_ends(t, r);
}

/* The content of a weight without `values`: uniform over its domain, or [-1, 1]. */
static void default_content(lower *l, const frame *f, frame_slot *s)
{
    interval r = f->rules->inputs[s->input].n_domain ? new_range(l, f, s, NULL) : iv(-1, 1);
    double least, largest;
    if (s->desc.type != DT_FLOAT32 && dtype_limits(s->desc.type, &least, &largest))
        r = iv_meet(r, iv(least, largest));
    if (s->desc.type == DT_BOOL) {
        s->init = (content){.kind = CONTENT_MASK, .count = -1};
        s->desc.range = iv(0, 1);
        return;
    }
    bool whole = !dtype_is_float(s->desc.type);
    s->init = (content){.kind = whole ? CONTENT_INTEGERS : CONTENT_UNIFORM, .lo = r.lo, .hi = r.hi};
    s->desc.range = r;
}

static void fill_content(lower *l, frame *f, frame_slot *s)
{
    const expr *values = f->rules->inputs[s->input].values;
    s->init = (content){0};
    if (f->least == 0 && tensor_is_empty(&s->desc)) {
        s->init = (content){.kind = CONTENT_LIST};
        s->desc.range = iv_point(0);
        s->desc.likely = est_still(s->desc.range);
        s->range_known = true;
        return;
    }
    lower_rule(l, AT_VALUES, (size_t)s->input, values);
    if (values)
        eval_content(l, values, &s->desc, &s->init, &s->desc.range);
    else
        default_content(l, f, s);
    s->desc.likely = est_tied(est_still(s->desc.range), s->init.kind != CONTENT_UNIFORM);
    s->range_known = true;
}

/* The bounds of integers are integers, those of bools 0 and 1, and those of narrow reals values of their type. */
static interval typed_range(dtype t, interval r)
{
    if (t == DT_BOOL)
        return iv_meet(iv_valid(r) ? iv(r.lo > 0 ? 1 : 0, r.hi < 1 ? 0 : 1) : r, iv(0, 1));
    if (dtype_format_of(t) != NULL)
        return iv_valid(r) ? iv(dtype_toward(t, r.lo, false), dtype_toward(t, r.hi, true)) : r;
    if (!dtype_is_float(t))
        return iv(iv_ceil(r).lo, iv_floor(r).hi);
    return r;
}

/* Whether every input that is not an initializer can have only one value, as the output of a source. */
static bool constant_inputs(const frame *f)
{
    for (int i = 0; i < f->n_slots; i++) {
        const frame_slot *s = &f->slots[i];
        if (!s->given && (s->kind == SLOT_TENSOR || s->kind == SLOT_LINK || s->kind == SLOT_OPEN) &&
            s->desc.range.lo < s->desc.range.hi)
            return false;
    }
    return true;
}

/* The largest share of movement (est_share) of an input. beside: only among inputs that the output's range does not use, such as
 * indices, which select values. */
static double moving_share(const frame *f, bool beside)
{
    double share = 0;
    for (int i = 0; i < f->n_slots; i++) {
        const frame_slot *s = &f->slots[i];
        if ((s->kind != SLOT_TENSOR && s->kind != SLOT_LINK && s->kind != SLOT_OPEN) || (beside && s->estimated))
            continue;
        double x = s->desc.likely.known ? est_share(s->desc.likely) : 1;
        share = x > share ? x : share;
    }
    return share;
}

/* Whether a has at most half as many elements as b, in total or along an axis. It does not count if only the order of dimensions
 * differs. */
static bool far_fewer(const tensor_desc *a, const tensor_desc *b)
{
    int64_t n = tensor_elements(a), m = tensor_elements(b);
    bool fewer = n * 2 <= m;
    for (int k = 0; k < a->rank && a->rank == b->rank && n != m; k++)
        fewer |= a->dims[k] * 2 <= b->dims[k];
    return fewer;
}

/* Whether the output may consist of few elements of an input in which some elements do not move or many are equal. */
static bool selects(const frame *f, const frame_output *o, interval likely)
{
    for (int i = 0; i < f->n_slots; i++) {
        const tensor_desc *d = &f->slots[i].desc;
        interval r = d->likely.range;
        if (f->slots[i].estimated && d->likely.known && (d->likely.ties || est_share(d->likely) < 0.9) && r.lo == likely.lo &&
            r.hi == likely.hi && far_fewer(&o->desc, d))
            return true;
    }
    return false;
}

/* Whether redrawn graph inputs may change the output not at all, or by little more than rounding. */
static bool lossy(const frame *f, const frame_output *o, estimate e)
{
    enum { FEW = 8 };
    dtype t = o->desc.type;
    if (!(dtype_is_float(t) || (dtype_is_whole(t) && f->op->data >> t & 1)) || f->op->flags & OP_SOURCE)
        return true;
    if (dtype_is_whole(t) && f->op->outputs[o->output].type_var < 0) /* places and counts rather than values */
        return true;
    if (dtype_is_whole(t)) /* single units */
        return e.live < (tensor_elements(&o->desc) < FEW ? 4 : 1) || selects(f, o, e.range);
    if (e.ties && (f->op->flags & OP_DISCONTINUOUS || tensor_elements(&o->desc) < FEW))
        return true;
    return e.live < 3e-5 * iv_mag(e.range) || selects(f, o, e.range);
}

static estimate likely_output(lower *l, frame *f, const frame_output *o)
{
    for (int i = 0; i < f->n_slots; i++)
        f->slots[i].estimated = false;
    estimate e = eval_estimate(l, f->rules->outputs[o->output].range);
    if (l->state != LOWER_OK || !iv_valid(e.range)) /* a likely value may lie outside a function's domain */
        e = est_all(o->desc.range);
    e = est_within(e, o->desc.range);
    double share = moving_share(f, false), chosen = moving_share(f, true);
    if (est_share(e) < chosen)
        e.live = chosen * iv_width(e.range) / 2;
    if (est_share(e) > share)
        e = est_scale(e, share / est_share(e));
    const bool nothing = e.range.lo == e.range.hi && empty_input(f); /* such as the sum of no elements */
    if (nothing || lossy(f, o, e))
        return est_tied(est_weak(e.range), e.ties || !dtype_is_float(o->desc.type));
    e.weak = false;
    return est_tied(e, !dtype_is_float(o->desc.type));
}

/* The largest magnitude of an output. A tensor of a motif may exceed the usual limit; so may what is computed from it. */
static double largest_magnitude(const lower *l, const frame *f)
{
    const double most = l->limits.max_magnitude, relaxed = 1e30;
    double taken = 0;
    if (f->relaxed)
        return relaxed;
    for (int i = 0; i < f->n_slots && l->limits.follows; i++) {
        const frame_slot *s = &f->slots[i];
        if ((s->kind == SLOT_TENSOR || s->kind == SLOT_LINK) && dtype_is_float(s->desc.type) && iv_mag(s->desc.range) > taken)
            taken = iv_mag(s->desc.range);
    }
    return taken <= most ? most : taken * most < relaxed ? taken * most : relaxed;
}

/* Why the values of an output are refused; WHY_NONE: they are not. */
static lower_reason objection(const lower *l, const frame *f, const frame_output *o, bool first)
{
    interval r = o->desc.range;
    if (!iv_finite(r) || !within_limits(o->desc.type, r)) /* no overflow, no wrapping round */
        return WHY_BEYOND_TYPE;
    if (dtype_is_float(o->desc.type) && iv_mag(r) > l->limits.max_magnitude && iv_mag(r) > largest_magnitude(l, f))
        return WHY_TOO_LARGE;
    /* A motif may compute a size from numbers that vary. One of 0 is what is left of small numbers. */
    const bool size = f->relaxed && !(l->ops->data >> o->desc.type & 1) && r.lo > 0;
    if (!first || (f->op->flags & OP_SOURCE) || size)
        return WHY_NONE;
    if (r.lo >= r.hi) /* provably constant */
        return r.lo == r.hi && (f->still || constant_inputs(f) || empty_input(f)) ? WHY_NONE : WHY_ONE_VALUE;
    if (f->relaxed)
        return WHY_NONE;
    if (!constant_inputs(f)) /* likely values are more informative than bounds */
        r = o->desc.likely.range;
    bool wide = !dtype_is_float(o->desc.type) || (iv_mag(r) >= l->limits.min_magnitude && r.hi - r.lo >= 1e-4 * iv_mag(r));
    return wide ? WHY_NONE : WHY_TOO_NARROW;
}

/* The values of an output without elements: any interval bounds them. */
static void range_of_nothing(const frame *f, frame_output *o)
{
    const bool data = f->op->data >> o->desc.type & 1 && !(f->op->flags & OP_SOURCE);
    o->desc.range = iv(0, 1);
    o->desc.likely = data ? est_all(o->desc.range) : est_weak(o->desc.range);
    o->range_known = true;
}

static void fill_ranges(lower *l, frame *f)
{
    for (int i = 0; i < f->n_outs && l->state == LOWER_OK; i++) {
        frame_output *o = &f->outs[i];
        if (!o->present)
            continue;
        if (tensor_is_empty(&o->desc)) {
            range_of_nothing(f, o);
            continue;
        }
        const expr *rule = f->rules->outputs[o->output].range;
        lower_rule(l, AT_RANGE, (size_t)o->output, rule);
        l->locals[0].t = term_const(i - f->first_out[o->output]);
        l->rounds = dtype_format_of(o->desc.type);
        interval r = eval_interval(l, rule);
        l->rounds = NULL;
        if (l->state != LOWER_OK)
            return;
        o->desc.range = typed_range(o->desc.type, r);
        if (iv_finite(o->desc.range))
            o->desc.likely = likely_output(l, f, o);
        o->range_known = true;
        lower_reason why = objection(l, f, o, i == 0);
        if (why != WHY_NONE)
            lower_fail(l, why);
    }
}

/* Whether an output may replace a graph input with that interval. The consumers of the graph input expect values that move in all
 * of it. */
static bool replaces(const tensor_desc *d, interval target)
{
    double width = iv_width(target);
    return iv_inside(d->range, target) && 3 * iv_width(d->likely.range) >= width && 6 * d->likely.live >= width;
}

static void check_require(lower *l, const frame *f, size_t from, size_t to)
{
    const bool relaxed = f->relaxed || empty_input(f) || empty_output(f);
    for (size_t i = from; i < to && l->state == LOWER_OK; i++) {
        if (early_condition_holds(f, i) || (relaxed && rule_keeps_interest(f->rules->require[i])))
            continue;
        lower_rule(l, AT_REQUIRE, i, f->rules->require[i]);
        if (!eval_cond(l, f->rules->require[i]))
            lower_fail(l, WHY_CONDITION);
    }
}

/* Where most values of a given tensor of the same type lie; NULL: there is no such tensor. */
static const interval *partner_range(const frame *f, const frame_slot *s)
{
    for (int i = 0; i < f->n_slots; i++) {
        const frame_slot *x = &f->slots[i];
        if ((x->kind == SLOT_TENSOR || x->kind == SLOT_LINK) && x->desc.type == s->desc.type)
            return x->desc.likely.known ? &x->desc.likely.range : &x->desc.range;
    }
    return NULL;
}

/* The output that takes the place of another tensor has values like it. */
static void check_target(lower *l, const frame *f)
{
    const tensor_desc *d = &f->outs[f->target_output].desc;
    lower_rule(l, AT_OUT_TARGET, (size_t)f->outs[f->target_output].output, NULL);
    if (!(f->target_inside ? iv_inside(d->range, f->target->range) : replaces(d, f->target->range)))
        lower_fail(l, WHY_REPLACES);
}

/* The contents of initializers: those of weights and constants are made, given ones checked. */
static void settle_contents(lower *l, frame *f)
{
    for (int i = 0; i < f->n_slots && l->state == LOWER_OK; i++) {
        frame_slot *s = &f->slots[i];
        if (s->kind == SLOT_INIT)
            fill_content(l, f, s);
        else if (s->given && f->op->inputs[s->input].roles & ROLE_CONSTANT)
            given_check(l, s);
    }
}

/* Draws the intervals of new graph inputs; parameters as for try_values. */
static void open_ranges(lower *l, frame *f, const interval *like, bool again)
{
    for (int i = 0; i < f->n_slots; i++)
        if (f->slots[i].kind == SLOT_OPEN || f->slots[i].kind == SLOT_INIT)
            f->slots[i].range_known = false;
    for (int i = 0; i < f->n_slots && l->state == LOWER_OK; i++) {
        frame_slot *s = &f->slots[i];
        if (s->kind == SLOT_OPEN) {
            s->desc.range = new_range(l, f, s, like ? like : again ? partner_range(f, s) : NULL);
            s->desc.likely = est_all(s->desc.range);
            s->range_known = true;
        }
    }
}

/* One attempt at the values; the shapes are known. New graph inputs take the interval `like`, if there is one. again: a first
 * attempt failed; they take that of a given tensor. */
static void try_values(lower *l, frame *f, const interval *like, bool again)
{
    open_ranges(l, f, like, again);
    settle_contents(l, f);
    for (int i = 0; i < f->n_slots && l->state == LOWER_OK; i++) {
        const frame_slot *s = &f->slots[i];
        if ((s->kind == SLOT_TENSOR || s->kind == SLOT_LINK || s->kind == SLOT_OPEN) && !early_domain_holds(f, i) &&
            !slot_in_domain(l, s))
            lower_fail(l, WHY_DOMAIN);
    }
    check_require(l, f, 0, f->rules->n_early);
    fill_ranges(l, f);
    check_require(l, f, f->rules->n_early, f->rules->n_require);
    if (l->state == LOWER_OK && f->target)
        check_target(l, f);
}

/* ---- instance ---- */

static void copy_ints(lower *l, attr_value *a, term_list t)
{
    int64_t *p = arena_alloc(l->out, (size_t)t.n * sizeof *p);
    if (!p) {
        lower_nomem(l);
        return;
    }
    for (int i = 0; i < t.n; i++)
        p[i] = term_need(l, t.p[i]);
    a->ints = p;
    a->n = (size_t)t.n;
}

/* rounded: to float32, as attributes are; fails if this makes a finite number infinite. */
static void copy_reals(lower *l, attr_value *a, real_list t, bool rounded)
{
    double *p = arena_alloc(l->out, (size_t)t.n * sizeof *p);
    if (!p) {
        lower_nomem(l);
        return;
    }
    for (int i = 0; i < t.n; i++)
        p[i] = rounded ? lower_float32(l, t.p[i]) : t.p[i];
    a->floats = p;
    a->n = (size_t)t.n;
}

static void copy_strings(lower *l, attr_value *a, string_list t)
{
    const char **p = arena_alloc(l->out, (size_t)t.n * sizeof *p);
    for (int i = 0; i < t.n && p; i++) {
        p[i] = arena_strdup(l->out, t.p[i]);
        if (!p[i])
            p = NULL;
    }
    if (!p) {
        lower_nomem(l);
        return;
    }
    a->strings = p;
    a->n = (size_t)t.n;
}

static void make_attr(lower *l, const rule_var *v, const value *x, attr_value *a)
{
    *a = (attr_value){.name = v->name};
    switch (v->attr) {
    case ATTR_TYPE_INT:
        a->kind = ATTR_INT;
        a->i = term_need(l, x->t);
        return;
    case ATTR_TYPE_FLOAT:
        a->kind = ATTR_FLOAT;
        a->f = x->r;
        return;
    case ATTR_TYPE_STRING:
        a->kind = ATTR_STRING;
        a->s = arena_strdup(l->out, x->s);
        if (!a->s)
            lower_nomem(l);
        return;
    case ATTR_TYPE_INTS:
        a->kind = ATTR_INTS;
        copy_ints(l, a, x->ints);
        return;
    case ATTR_TYPE_FLOATS:
    case ATTR_TYPE_TENSOR:
        a->kind = v->attr == ATTR_TYPE_TENSOR ? ATTR_TENSOR : ATTR_FLOATS;
        copy_reals(l, a, x->reals, true);
        return;
    case ATTR_TYPE_STRINGS:
        a->kind = ATTR_STRINGS;
        copy_strings(l, a, x->strings);
        return;
    default:
        a->kind = ATTR_INT;
        a->i = (int64_t)dtype_parse(x->s);
        return;
    }
}

/* A variable was drawn freely, and has the value that it must not have. */
static void check_excluded(lower *l, const frame *f)
{
    for (size_t i = 0; i < f->n_pins && l->state == LOWER_OK; i++) {
        int v = f->pins[i].var;
        if (f->pins[i].excluded && f->var_usable[v] && value_is(l, f->rules->vars[v].type, &f->vars[v], &f->pins[i].v))
            lower_fail(l, WHY_PINNED);
    }
}

/* The values of all variables, for the re-check. */
static void copy_vars(lower *l, const frame *f, op_instance *out)
{
    const op_rules *r = f->rules;
    inst_var *vars = arena_calloc(l->out, r->n_vars + 1, sizeof *vars);
    if (!vars) {
        lower_nomem(l);
        return;
    }
    for (size_t i = 0; i < r->n_vars && l->state == LOWER_OK; i++) {
        const value *x = &f->vars[i];
        attr_value a = {0};
        vars[i] = (inst_var){.known = f->var_usable[i], .written = f->var_written[i]};
        if (!vars[i].known)
            continue;
        switch (r->vars[i].type) {
        case TY_REAL:
            vars[i].v.r = x->r;
            break;
        case TY_STRING:
            vars[i].v.s = arena_strdup(l->out, x->s);
            if (!vars[i].v.s)
                lower_nomem(l);
            break;
        case TY_INTS:
            copy_ints(l, &a, x->ints);
            vars[i].v = (inst_value){.ints = a.ints, .n = a.n};
            break;
        case TY_REALS:
            copy_reals(l, &a, x->reals, r->vars[i].origin == VAR_ATTR);
            vars[i].v = (inst_value){.reals = a.floats, .n = a.n};
            break;
        case TY_STRINGS:
            copy_strings(l, &a, x->strings);
            vars[i].v = (inst_value){.strings = a.strings, .n = a.n};
            break;
        default:
            vars[i].v.i = term_need(l, x->t);
            break;
        }
    }
    out->vars = vars;
}

static void make_instance(lower *l, frame *f, op_instance *out)
{
    const op_rules *r = f->rules;
    *out = (op_instance){.op = f->op};
    out->inputs = arena_calloc(l->out, (size_t)f->n_slots, sizeof *out->inputs);
    out->outputs = arena_calloc(l->out, (size_t)f->n_outs, sizeof *out->outputs);
    out->attrs = arena_calloc(l->out, r->n_vars, sizeof *out->attrs);
    if (!out->inputs || !out->outputs || !out->attrs) {
        lower_nomem(l);
        return;
    }
    static const inst_kind kinds[] = {[SLOT_AUTO] = INST_ABSENT,   [SLOT_ABSENT] = INST_ABSENT,  [SLOT_INIT] = INST_INIT,
                                      [SLOT_TENSOR] = INST_TENSOR, [SLOT_OPEN] = INST_NEW_INPUT, [SLOT_LINK] = INST_LINK};
    for (int i = 0; i < f->n_slots; i++) {
        const frame_slot *s = &f->slots[i];
        out->inputs[i] = (inst_input){
            .kind = kinds[s->kind], .input = s->input, .desc = s->desc, .init = s->init, .frame = s->frame, .output = s->output};
        if (s->given) {
            out->inputs[i].kind = INST_INIT;
            out->inputs[i].init = *s->given;
            out->inputs[i].given = true;
            out->inputs[i].share = s->share;
        }
    }
    out->relaxed = f->relaxed;
    out->empty = f->least == 0;
    out->still = f->still;
    out->any_input = f->any_input;
    out->n_inputs = (size_t)f->n_slots;
    for (int i = 0; i < f->n_outs; i++)
        out->outputs[i] = (inst_output){f->outs[i].present, f->outs[i].desc};
    out->n_outputs = (size_t)f->n_outs;
    check_excluded(l, f);
    for (size_t i = 0; i < r->n_vars && l->state == LOWER_OK; i++)
        if (r->vars[i].origin == VAR_ATTR && f->var_written[i])
            make_attr(l, &r->vars[i], &f->vars[i], &out->attrs[out->n_attrs++]);
    if ((l->check || l->keep) && l->state == LOWER_OK)
        copy_vars(l, f, out);
}

void lower_finish(lower *l, op_instance *out)
{
    frame *f = l->f;
    fill_descs(l, f);
    if (l->state != LOWER_OK)
        return;
    bool open = false;
    for (int i = 0; i < f->n_slots; i++)
        open |= f->slots[i].kind == SLOT_OPEN;
    for (int attempt = 0; attempt < (open ? 4 : 1); attempt++) {
        l->state = LOWER_OK;
        try_values(l, f, f->target && !f->target_inside && attempt == 0 ? &f->target->range : NULL, attempt > 0);
        if (l->state != LOWER_FAIL)
            break;
    }
    if (l->state == LOWER_OK)
        make_instance(l, f, out);
}
