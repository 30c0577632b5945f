/* Computes the domains that depend on nothing, once for a table instead of once for each instance. */
#include "lower/eval.h"

/* The workspace has no solver, because an expression that uses no names needs none. */
static nn_status fold_input(lower *l, const op_model *op, size_t input, nn_error *err)
{
    rule_input *rule = &op->rules->inputs[input];
    for (size_t k = 0; rule->constant && k < rule->n_domain; k++) {
        arena_reset(&l->scratch);
        l->state = LOWER_OK;
        l->steps = 0;
        rule->constant[k] = eval_interval(l, rule->domain[k]);
        if (l->state == LOWER_NOMEM)
            return nn_nomem(err);
        if (l->state != LOWER_OK || !iv_valid(rule->constant[k]))
            return spec_error(err, rule->domain[k]->place, "operator %s: `domain` of %s: the interval is empty", op->name,
                              op->inputs[input].name);
    }
    rule->folded = rule->constant != NULL;
    return NN_OK;
}

nn_status lower_fold_domains(op_set *ops, nn_error *err)
{
    lower *l = nn_calloc(1, sizeof *l);
    if (!l)
        return nn_nomem(err);
    nn_status st = NN_OK;
    arena_init(&l->scratch, 0);
    for (size_t i = 0; i < ops->n_ops && st == NN_OK; i++)
        for (size_t k = 0; k < ops->ops[i].n_inputs && st == NN_OK; k++)
            st = fold_input(l, &ops->ops[i], k, err);
    arena_free(&l->scratch);
    nn_free(l);
    return st;
}
