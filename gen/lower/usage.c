#include "lower/usage.h"
#include "lower/eval.h"

#include <string.h>

#define SHARE 950     /* of the instances, in thousandths; the others do not follow a usage, so that every operator can be placed */
#define TRIES 6       /* usages that are posted until one holds */
#define HALVED_MOST 8 /* a size is divided by so much at most */

bool usage_keep_or_undo(lower *l, csp_mark m, size_t decide)
{
    if (l->state == LOWER_OK)
        lower_propagate(l);
    if (l->state != LOWER_FAIL)
        return l->state == LOWER_OK;
    lower_undo(l, m);
    l->n_decide = decide;
    l->state = LOWER_OK;
    return false;
}

/* ---- which one ---- */

/* The rank of the first input, if it is known. */
static int first_rank(const frame *f)
{
    const frame_slot *s = &f->slots[0];
    return f->n_slots == 0 ? -1 : s->kind == SLOT_TENSOR ? s->tensor->rank : s->rank;
}

/* rank: of the first input; -1: unknown */
static bool suits(const manner_usage *u, int rank)
{
    return rank < 0 || u->rank < 0 || u->rank == rank;
}

/* Draws one of the usages that suit the rank of the first input. NULL: there is none. */
static const manner_usage *draw_usage(lower *l, const manner_op *x, int rank)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < x->n_usages; i++)
        if (suits(&x->usages[i], rank))
            sum += x->usage_weights[i];
    if (sum == 0)
        return NULL;
    uint64_t at = tape_draw(l->tape, "usage", sum);
    for (size_t i = 0; i < x->n_usages; i++) {
        if (!suits(&x->usages[i], rank))
            continue;
        if (at < x->usage_weights[i])
            return &x->usages[i];
        at -= x->usage_weights[i];
    }
    return NULL;
}

const manner_op *usage_rules(const lower *l, const frame *f)
{
    const manner_op *all = l->manner ? l->manner->of->ops : NULL;
    return all && f->op->index < l->ops->n_ops ? &all[f->op->index] : NULL; /* operators inside motifs only have none */
}

static const manner_usage *usage_of(lower *l, frame *f)
{
    if (f->usage_drawn)
        return f->usage;
    const manner_op *x = usage_rules(l, f);
    f->usage_drawn = true;
    if (x && !f->relaxed && x->n_usages > 0 && tape_chance(l->tape, "follows a usage", SHARE, 1000))
        f->usage = draw_usage(l, x, first_rank(f));
    return f->usage;
}

/* ---- variables ---- */

const usage_value *usage_of_var(lower *l, frame *f, int var)
{
    const manner_usage *u = usage_of(l, f);
    for (size_t i = 0; u && i < u->n_values; i++)
        if (u->values[i].var == var)
            return &u->values[i];
    return NULL;
}

bool usage_leaves_out(const usage_value *u, const rule_var *v)
{
    if (u->kind == USAGE_LEFT_OUT)
        return true;
    return v->type == TY_STRING && v->fallback && v->fallback->kind == EX_STRING && strcmp(v->fallback->s, u->v.s) == 0;
}

/* Whether a variable is an index or a switch, on which shapes depend. Sizes can still be found by the search. */
static bool is_structure(lower *l, const rule_var *v, value drawn)
{
    int64_t lo, hi;
    if (v->type == TY_INTS) {
        for (int i = 0; i < drawn.ints.n; i++)
            if (!term_fixed(l, drawn.ints.p[i], &lo))
                return false;
        return true;
    }
    if (v->type != TY_INT || !drawn.t.t)
        return true;
    term_bounds(l, drawn.t, &lo, &hi);
    return lo <= 0;
}

value usage_prefer(lower *l, frame *f, const usage_value *u, value drawn)
{
    const rule_var *v = &f->rules->vars[u->var];
    value r = drawn;
    if (l->state != LOWER_OK || u->kind != USAGE_VALUE || !is_structure(l, v, drawn))
        return drawn;
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    if ((v->type == TY_INT || v->type == TY_BOOL) && drawn.t.t)
        term_post(l, CSP_EQ, drawn.t, term_const(u->v.i));
    else
        r = domain_pin(l, v->domain, v->type, &u->v);
    if (usage_keep_or_undo(l, m, decide))
        return r;
    f->usage = NULL; /* the rest of it would be a mixture */
    return drawn;
}

/* ---- ranks ---- */

enum { ANY_INPUT = -1 };

static const usage_operand *operand_of(const manner_usage *u, int input)
{
    for (size_t i = 0; i < u->n_operands; i++)
        if (input == ANY_INPUT || u->operands[i].input == input)
            return &u->operands[i];
    return NULL;
}

/* Draws the shape of a constant operand from the usages that have one at this input. */
static const usage_operand *draw_operand(lower *l, const manner_op *x, int input, int rank)
{
    uint64_t sum = 0, at;
    for (size_t i = 0; i < x->n_usages; i++)
        if (suits(&x->usages[i], rank) && operand_of(&x->usages[i], input))
            sum += x->usage_weights[i];
    at = sum > 0 ? tape_draw(l->tape, "operand", sum) : 0;
    for (size_t i = 0; i < x->n_usages && sum > 0; i++) {
        const usage_operand *o = operand_of(&x->usages[i], input);
        if (!o || !suits(&x->usages[i], rank))
            continue;
        if (at < x->usage_weights[i])
            return o;
        at -= x->usage_weights[i];
    }
    return NULL;
}

int usage_rank(lower *l, frame *f, const frame_slot *s, uint32_t mask)
{
    const manner_usage *u = usage_of(l, f);
    int rank = -1;
    if (u && s->input == 0 && s->kind == SLOT_OPEN)
        rank = u->rank;
    if (u && s->kind == SLOT_INIT) {
        f->operand = operand_of(u, s->input);
        if (!f->operand)
            f->operand = draw_operand(l, usage_rules(l, f), s->input, first_rank(f));
        if (!f->operand) /* the operands may change places */
            f->operand = draw_operand(l, usage_rules(l, f), ANY_INPUT, first_rank(f));
        f->operand_input = s->input;
        rank = f->operand ? f->operand->rank : -1;
    }
    return rank >= 0 && rank <= l->max_rank && mask >> rank & 1 ? rank : -1;
}

/* ---- the whole ---- */

/* A size is divided by `by`. */
static void post_value(lower *l, const frame *f, const usage_value *u, int64_t by)
{
    const rule_var *v = &f->rules->vars[u->var];
    value have = f->vars[u->var];
    lower_rule(l, AT_VAR, (size_t)u->var, NULL);
    if (u->kind == USAGE_LEFT_OUT || !f->var_usable[u->var])
        return;
    if (u->kind == USAGE_CONDITION) {
        eval_post(l, u->condition, true);
    } else if (v->type == TY_INT || v->type == TY_BOOL) {
        term_post(l, CSP_EQ, have.t, term_const(u->v.i / by));
    } else if (v->type == TY_INTS) {
        if ((size_t)have.ints.n != u->v.n)
            lower_fail(l, WHY_PINNED);
        for (int i = 0; i < have.ints.n && l->state == LOWER_OK; i++)
            term_post(l, CSP_EQ, have.ints.p[i], term_const(u->v.ints[i]));
    }
}

static void post_operand(lower *l, const frame *f, const usage_operand *o)
{
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++) {
        const frame_slot *slot = &f->slots[s];
        if (slot->input != f->operand_input || slot->kind != SLOT_INIT || slot->rank != o->rank || !slot->dims)
            continue;
        for (int i = 0; i < slot->rank && l->state == LOWER_OK; i++)
            if (o->ones >> i & 1)
                term_post(l, CSP_EQ, slot->dims[i], term_const(1));
    }
}

/* A size of a constant operand, such as the number of kernels. */
static bool is_size(const frame *f, const usage_value *u)
{
    return u->kind == USAGE_VALUE && f->rules->vars[u->var].origin == VAR_CHOOSE;
}

/* Posts all values but sizes. */
static bool post_usage(lower *l, frame *f, const manner_usage *u)
{
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    for (size_t i = 0; i < u->n_values && l->state == LOWER_OK; i++)
        if (!is_size(f, &u->values[i]))
            post_value(l, f, &u->values[i], 1);
    return usage_keep_or_undo(l, m, decide);
}

/* Posts one value if it can hold. A size that is too large is halved. */
static void post_one(lower *l, frame *f, const usage_value *u)
{
    const bool halves = is_size(f, u);
    for (int64_t by = 1; by <= HALVED_MOST && l->state == LOWER_OK; by *= 2) {
        csp_mark m = csp_get_mark(l->csp);
        size_t decide = l->n_decide;
        post_value(l, f, u, by);
        if (usage_keep_or_undo(l, m, decide) || !halves || u->v.i % (2 * by) != 0)
            return;
    }
}

static void post_shape(lower *l, const frame *f, const usage_operand *o)
{
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    l->rule = (rule_ref){0};
    post_operand(l, f, o);
    (void)usage_keep_or_undo(l, m, decide);
}

void usage_follow(lower *l, frame *f)
{
    const manner_usage *u = f->usage;
    const int rank = first_rank(f);
    bool held = false;
    l->f = f;
    for (int i = 0; u && i < TRIES && l->state == LOWER_OK && !held; i++) {
        held = post_usage(l, f, u);
        u = held ? u : draw_usage(l, usage_rules(l, f), rank);
    }
    if (!held)
        u = f->usage;
    for (size_t i = 0; u && i < u->n_values && l->state == LOWER_OK; i++)
        if (!held || is_size(f, &u->values[i]))
            post_one(l, f, &u->values[i]);
    if (f->operand && l->state == LOWER_OK)
        post_shape(l, f, f->operand);
}
