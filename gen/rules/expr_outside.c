/* The checker works on an operator, so that it is given one that has no tensors, and the symbols as its variables. */
#include "rules/expr_outside.h"
#include "rules/op_compile.h"

#include <string.h>

_Static_assert(EXPR_MAX_SYMBOLS <= OP_MAX_VARS, "each symbol is a variable");

nn_status expr_check_outside(expr **e, ex_type want, const expr_symbol *symbols, size_t n, const char *subject, arena *a,
                             nn_error *err)
{
    rule_var vars[EXPR_MAX_SYMBOLS];
    op_rules rules = {.vars = vars, .n_vars = n};
    op_model op = {.name = "", .rules = &rules};
    op_compile c = {.op = &op, .rules = &rules, .a = a};
    nn_error local;
    c.err = &local;
    for (size_t i = 0; i < n; i++) {
        vars[i] = (rule_var){.name = symbols[i].name, .type = symbols[i].type};
        c.var_state[i] = 2; /* there is nothing to check */
    }
    nn_status s = expr_check(&c, e, want);
    if (s != NN_ERR_TABLE)
        return s == NN_OK ? s : nn_nomem(err);
    static const char prefix[] = "operator : ";
    const char *text = strncmp(local.message, prefix, sizeof prefix - 1) == 0 ? local.message + sizeof prefix - 1 : local.message;
    return spec_error(err, (spec_place){local.file, local.line, local.column}, "%s: %s", subject, text);
}
