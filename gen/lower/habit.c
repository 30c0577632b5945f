#include "lower/habit.h"
#include "lower/eval.h"
#include "lower/usage.h"

void habit_impose(lower *l, frame *f, size_t index, expr *const *conditions, size_t n)
{
    csp_mark m = csp_get_mark(l->csp);
    size_t decide = l->n_decide;
    l->f = f;
    for (size_t i = 0; i < n && l->state == LOWER_OK; i++) {
        lower_rule(l, AT_IDIOM, index, conditions[i]);
        eval_post(l, conditions[i], true);
    }
    (void)usage_keep_or_undo(l, m, decide);
}

static bool chance(lower *l, const char *label, uint32_t share)
{
    return share > 0 && tape_chance(l->tape, label, share, 1000);
}

/* ---- dims ---- */

static int64_t draw_dim(lower *l, const manner_dims *of)
{
    const manner_dim *d = &of->rows[tape_weighted(l->tape, "dims", of->weights, of->n)];
    return d->least + d->step * (int64_t)tape_draw(l->tape, "dim", (uint64_t)((d->most - d->least) / d->step) + 1);
}

/* Gives a dimension that is still open a value of the manner, if it can have it. */
static void prefer_dim(lower *l, const manner_dims *of, term dim)
{
    int64_t fixed;
    if (of->n == 0 || !dim.t || dim.t->n != 1 || dim.t->k != 1 || term_fixed(l, dim, &fixed))
        return;
    int64_t want = draw_dim(l, of) - dim.c;
    if (!csp_contains(l->csp, dim.t->v, want))
        return;
    csp_mark m = csp_get_mark(l->csp);
    lower_check(l, csp_restrict(l->csp, dim.t->v, want, want));
    (void)usage_keep_or_undo(l, m, l->n_decide);
}

/* A tensor is new if no shape of the entry states its dimensions. */
static void prefer_dims(lower *l, frame *f)
{
    l->f = f;
    l->rule = (rule_ref){0};
    const manner *m = l->manner->of;
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++) {
        const frame_slot *slot = &f->slots[s];
        const rule_input *rule = &f->rules->inputs[slot->input];
        bool fresh = slot->kind == SLOT_OPEN || (slot->kind == SLOT_INIT && !rule->shape);
        for (int i = 0; fresh && slot->dims && i < slot->rank && l->state == LOWER_OK; i++)
            prefer_dim(l, i == 0 && slot->rank >= 2 ? &m->batch : &m->dims, slot->dims[i]);
    }
}

void habit_follow(lower *l, frame *f)
{
    const manner_op *x = usage_rules(l, f);
    usage_follow(l, f);
    for (size_t i = 0; x && i < x->n_habits && l->state == LOWER_OK; i++)
        if (chance(l, "habit", x->habits[i].share))
            habit_impose(l, f, INT16_MAX, x->habits[i].conditions, x->habits[i].n);
    prefer_dims(l, f);
}

/* ---- ranks ---- */

void habit_limit_rank(lower *l)
{
    const uint32_t *weights = l->manner->of->ranks;
    int top = NN_MAX_RANK;
    while (top >= 0 && weights[top] == 0)
        top--;
    if (top < 0 || top >= l->max_rank || !manner_says(l->manner, MANNER_high_ranks))
        return;
    if (!chance(l, "high ranks", l->manner->value[MANNER_high_ranks]))
        l->max_rank = top;
}

void habit_lift_rank(lower *l, const op_model *op)
{
    const uint32_t below = (2u << l->max_rank) - 1;
    for (size_t i = 0; i < op->n_inputs; i++)
        if (!op->inputs[i].optional && op->inputs[i].ranks != 0 && !(op->inputs[i].ranks & below))
            l->max_rank = l->limits.max_rank;
}

/* ---- static choices ---- */

const expr *habit_domain(lower *l, const frame *f, size_t var)
{
    const manner_op *x = usage_rules(l, f);
    if (x && x->vars && chance(l, "usual", x->vars[var].share))
        return x->vars[var].from;
    return f->rules->vars[var].domain;
}

int habit_rank(lower *l, frame *f, const frame_slot *s, uint32_t mask)
{
    const manner_op *x = usage_rules(l, f);
    int seen = usage_rank(l, f, s, mask);
    if (seen >= 0)
        return seen;
    const manner_choice *c = x && x->ranks ? &x->ranks[s->input] : NULL;
    if (c && s->kind == SLOT_INIT && chance(l, "usual", c->share)) {
        int rank = (int)term_need(l, domain_draw(l, c->from).t);
        if (l->state == LOWER_OK && rank >= 0 && rank <= NN_MAX_RANK && rank <= l->max_rank && mask >> rank & 1)
            return rank;
    }
    uint32_t w[NN_MAX_RANK + 1] = {0}, any = 0;
    for (int r = 0; r <= NN_MAX_RANK && r <= l->max_rank; r++) {
        w[r] = (mask >> r & 1) ? l->manner->of->ranks[r] : 0;
        any |= w[r];
    }
    return any > 0 ? (int)tape_weighted(l->tape, "rank", w, NN_MAX_RANK + 1) : -1;
}
