#include "rules/expr_names.h"

void expr_collect_names(const expr *e, expr_names *n)
{
    if (!e)
        return;
    if (e->kind == EX_VAR)
        n->vars |= (uint64_t)1 << e->index;
    else if (e->kind == EX_INPUT)
        n->inputs |= (uint32_t)1 << e->index;
    else if (e->kind == EX_TYPEVAR)
        n->types |= (uint32_t)1 << e->index;
    n->late |= e->kind == EX_OUTPUT || (e->kind == EX_CALL && e->op == FN_CAN);
    expr_collect_names(e->a, n);
    expr_collect_names(e->b, n);
    expr_collect_names(e->c, n);
    for (size_t i = 0; i < e->n; i++)
        expr_collect_names(e->args[i], n);
}
