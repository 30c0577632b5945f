#include "recheck/recheck_value.h"
#include "recheck/recheck_eval.h"

static recheck_result result_of(const recheck *c)
{
    return c->nomem ? RECHECK_NOMEM : c->fault != NULL || c->vague ? RECHECK_UNKNOWN : RECHECK_KNOWN;
}

recheck_result recheck_value(const op_set *ops, const lower_limits *limits, const expr *e, const inst_var *vars, arena *mem,
                             inst_value *out, const char **why)
{
    const op_rules none = {0};
    const op_model op = {.name = ""};
    const op_instance x = {.op = &op, .vars = vars};
    recheck c;
    recheck_begin(&c, ops, limits, &x, &none, mem);
    *out = recheck_eval(&c, e);
    *why = c.fault != NULL ? c.fault : "it depends on the values of tensors";
    return result_of(&c);
}

/* The types of type variables, as far as tensors give them. */
static void find_types(recheck *c)
{
    for (size_t i = 0; i < c->inst->n_inputs; i++) {
        const inst_input *in = &c->inst->inputs[i];
        int v = c->op->inputs[in->input].type_var;
        if (in->kind != INST_ABSENT && v >= 0 && v < RECHECK_MAX_TYPES)
            c->types[v] = in->desc.type;
    }
}

/* Whether e uses nothing that is unsure; the evaluation notices what else is missing. */
static bool sure(const expr *e, const bool *unsure, const op_model *op)
{
    expr_names names = {0};
    expr_collect_names(e, &names);
    for (size_t i = 0; i < op->n_inputs; i++)
        if ((names.inputs >> i & 1) != 0 && unsure[i])
            return false;
    return !names.late;
}

static inst_value attempt(recheck *c, const expr *e, const bool *unsure)
{
    c->fault = NULL;
    c->vague = false;
    if (e == NULL || !sure(e, unsure, c->op))
        return rc_none(c, "it is not decided yet");
    return recheck_eval(c, e);
}

recheck_result recheck_output_shape(const op_set *ops, const lower_limits *limits, const op_instance *x, inst_var *vars,
                                    const bool *unsure, size_t output, arena *mem, inst_value *dims)
{
    const op_model *op = x->op;
    recheck c;
    recheck_begin(&c, ops, limits, x, op->rules, mem);
    for (size_t i = 0; i < x->n_inputs; i++) {
        int in = x->inputs[i].input;
        if (c.n_in[in]++ == 0)
            c.first_in[in] = i;
    }
    find_types(&c);
    for (size_t i = 0; i < op->rules->n_vars; i++) {
        const rule_var *v = &op->rules->vars[i];
        if (vars[i].known || v->choice || v->when != NULL || v->fallback != NULL)
            continue;
        inst_value value = attempt(&c, v->domain, unsure);
        if (result_of(&c) == RECHECK_KNOWN)
            vars[i] = (inst_var){.known = true, .v = value};
    }
    const rule_output *r = &op->rules->outputs[output];
    if (r->when != NULL || r->arity != NULL)
        return RECHECK_UNKNOWN;
    *dims = attempt(&c, r->shape, unsure);
    return result_of(&c);
}
