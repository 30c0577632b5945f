#include "lower/slot_domain.h"
#include "lower/eval.h"

interval slot_domain(lower *l, const frame_slot *s, size_t i)
{
    const rule_input *rule = &l->f->rules->inputs[s->input];
    lower_rule(l, AT_IN_DOMAIN, (size_t)s->input, rule->domain[i]);
    return rule->folded ? rule->constant[i] : eval_interval(l, rule->domain[i]);
}

bool slot_in_domain(lower *l, const frame_slot *s)
{
    const rule_input *rule = &l->f->rules->inputs[s->input];
    for (size_t i = 0; i < rule->n_domain; i++)
        if (iv_inside(s->desc.range, slot_domain(l, s, i)))
            return true;
    return rule->n_domain == 0;
}
