#include "lower/early.h"
#include "lower/eval.h"
#include "lower/slot_domain.h"

/* Whether the variable has a value already, so that its evaluation decides nothing. */
static bool var_known(const frame *f, int var)
{
    if (f->var_state[var] != STATE_DONE || !f->var_usable[var])
        return false;
    switch (f->rules->vars[var].type) {
    case TY_REAL:
    case TY_STRING:
    case TY_REALS:
    case TY_STRINGS:
        return true;
    case TY_INT:
    case TY_BOOL:
        return !f->vars[var].t.t;
    default:
        return false;
    }
}

static bool input_known(const frame *f, int input)
{
    for (int s = f->first_slot[input]; s < f->first_slot[input] + f->arity[input]; s++)
        if (f->slots[s].kind != SLOT_TENSOR)
            return false;
    return true;
}

static bool known(const frame *f, const expr_names *n)
{
    if (n->late)
        return false;
    for (int i = 0; n->inputs >> i; i++)
        if (n->inputs >> i & 1 && !input_known(f, i))
            return false;
    for (int i = 0; n->types >> i; i++)
        if (n->types >> i & 1 && f->types[i] == DT_NONE)
            return false;
    for (int i = 0; n->vars >> i; i++)
        if (n->vars >> i & 1 && !var_known(f, i))
            return false;
    return true;
}

static void check_domains(lower *l, frame *f)
{
    for (int s = 0; s < f->n_slots && l->state == LOWER_OK; s++) {
        const frame_slot *slot = &f->slots[s];
        const rule_input *rule = &f->rules->inputs[slot->input];
        if (slot->kind != SLOT_TENSOR || rule->n_domain == 0 || early_domain_holds(f, s) || !known(f, &rule->names))
            continue;
        if (!slot_in_domain(l, slot))
            lower_fail(l, WHY_DOMAIN);
        f->domains_held |= (uint32_t)1 << s;
    }
}

void early_check(lower *l)
{
    frame *f = l->f;
    const op_rules *r = f->rules;
    check_domains(l, f);
    for (size_t i = 0; i < r->n_early && i < EARLY_CONDITIONS && l->state == LOWER_OK; i++) {
        if (early_condition_holds(f, i) || !known(f, &r->early_names[i]) || ((f->relaxed || f->least == 0) && rule_keeps_interest(r->require[i])))
            continue;
        lower_rule(l, AT_REQUIRE, i, r->require[i]);
        if (!eval_cond(l, r->require[i]))
            lower_fail(l, WHY_CONDITION);
        f->conditions_held |= (uint64_t)1 << i;
    }
}
