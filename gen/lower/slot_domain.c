#include "lower/slot_domain.h"
#include "lower/eval.h"

interval slot_domain(lower *l, const frame_slot *s, size_t i)
{
    const rule_input *rule = &l->f->rules->inputs[s->input];
    lower_rule(l, AT_IN_DOMAIN, (size_t)s->input, rule->domain[i]);
    interval d = rule->folded ? rule->constant[i] : eval_interval(l, rule->domain[i]);
    return l->f->relaxed && dtype_is_float(s->desc.type) ? rule_relaxed_domain(d) : d;
}

bool slot_in_domain(lower *l, const frame_slot *s)
{
    const rule_input *rule = &l->f->rules->inputs[s->input];
    const op_input *in = &l->f->op->inputs[s->input];
    if (l->f->claimed && !s->given && in->roles & ROLE_CONSTANT && !dtype_is_float(s->desc.type))
        return true; /* the pins state the values; the bounds of a computed tensor are wider */
    if (tensor_is_empty(&s->desc))
        return true; /* there are no values */
    for (size_t i = 0; i < rule->n_domain; i++)
        if (iv_inside(s->desc.range, slot_domain(l, s, i)))
            return true;
    return rule->n_domain == 0;
}
