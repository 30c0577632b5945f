#include "rules/op_extra.h"
#include "rules/expr_check.h"

#include <string.h>

/* A compilation in which all rules of the entry are done. */
static op_compile finished(const op_model *op, arena *a, nn_error *err)
{
    op_compile c = {.op = (op_model *)(uintptr_t)op, .rules = op->rules, .a = a, .err = err, .asked = op->data};
    memset(c.var_state, 2, sizeof c.var_state);
    memset(c.input_state, 2, sizeof c.input_state);
    memset(c.output_state, 2, sizeof c.output_state);
    c.known_outputs = (int)op->n_outputs;
    return c;
}

static nn_status read(expr **out, op_compile *c, const spec_node *text, const char *what, ex_type want)
{
    nn_error inner;
    if (text->kind != SPEC_SCALAR)
        return spec_error(c->err, text->place, "operator %s: %s: an expression was expected", c->op->name, what);
    nn_status s = expr_parse(out, text, 0, NULL, c->a, &inner);
    if (s == NN_ERR_TABLE)
        return spec_error(c->err, (spec_place){inner.file, inner.line, inner.column}, "operator %s: %s", c->op->name,
                          inner.message);
    return s == NN_OK ? expr_check(c, out, want) : nn_nomem(c->err);
}

nn_status op_extra_condition(expr **out, const op_model *op, const spec_node *text, const char *what, arena *a, nn_error *err)
{
    op_compile c = finished(op, a, err);
    return read(out, &c, text, what, TY_BOOL);
}

nn_status op_extra_domain(expr **out, int *var, int *input, const op_model *op, const spec_pair *named, const spec_node *text,
                          arena *a, nn_error *err)
{
    op_compile c = finished(op, a, err);
    *var = *input = -1;
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (strcmp(op->rules->vars[i].name, named->key) == 0)
            *var = (int)i;
    for (size_t i = 0; i < op->n_inputs; i++)
        if (*var < 0 && strcmp(op->inputs[i].name, named->key) == 0)
            *input = (int)i;
    if (*var < 0 && *input < 0)
        return spec_error(err, named->place, "operator %s: `%s` is not a variable, attribute or input of the operator%s", op->name,
                          named->key, op_suggest(&c, named->key).s);
    if (*var >= 0 && !op->rules->vars[*var].choice)
        return spec_error(err, named->place, "operator %s: `%s` is not drawn but computed; expected a variable with a domain",
                          op->name, named->key);
    nn_status s = read(out, &c, text, named->key, TY_DOMAIN);
    if (s != NN_OK)
        return s;
    ex_type want = *var >= 0 ? expr_domain_type(op->rules->vars[*var].domain) : TY_INT, found = expr_domain_type(*out);
    return found == want ? NN_OK
                         : spec_error(err, text->place, "operator %s: %s: its domain draws %s, but %s was expected", op->name,
                                      named->key, expr_type_name(found), expr_type_name(want));
}
