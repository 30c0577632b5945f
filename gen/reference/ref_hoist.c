/* Moves what is the same in all terms of a sum out of its body. It is computed once for each lane of the frame around the sum.
 *
 * Branches of `if`, and second operands of `and` and `or`, stay where they are, because they may not be computed at all. */
#include "reference/ref_rules.h"

#include <string.h>

typedef struct {
    ref_expr *comprehension;
    int first;
    int *n_locals;
    arena *a;
    bool failed;
} hoisting;

static bool uses_variables(const ref_expr *x, int first)
{
    if (x == NULL)
        return false;
    if (x->kind == RX_LOCAL)
        return x->slot >= first;
    if (uses_variables(x->a, first) || uses_variables(x->b, first) || uses_variables(x->c, first))
        return true;
    for (size_t i = 0; x->args != NULL && i < x->n; i++)
        if (uses_variables(x->args[i], first))
            return true;
    for (size_t i = 0; x->binders != NULL && i < x->n; i++)
        if (uses_variables(x->binders[i].from, first) || uses_variables(x->binders[i].to, first))
            return true;
    for (size_t i = 0; i < x->n_hoisted; i++)
        if (uses_variables(x->hoisted[i].from, first))
            return true;
    return false;
}

static bool is_worth(const ref_expr *x)
{
    switch (x->kind) {
    case RX_NEG:
    case RX_NOT:
    case RX_BINARY:
    case RX_ELEMENT:
    case RX_SLICE:
    case RX_LIST:
    case RX_CALL:
    case RX_DEF:
    case RX_IF:
        return true;
    default:
        return false;
    }
}

/* The tensor that a call or an element names is no value that a variable holds. */
static bool is_value(const ref_expr *x)
{
    return !(x->kind == RX_CALL && (x->op == RF_NTH || ref_function_form(x->op) == FORM_AXES));
}

static const ref_expr *move(hoisting *h, const ref_expr *x)
{
    ref_expr *all = h->comprehension;
    if (all->n_hoisted == REF_MAX_LOCALS || *h->n_locals == REF_MAX_LOCALS)
        return x;
    if (all->hoisted == NULL)
        all->hoisted = arena_calloc(h->a, REF_MAX_LOCALS, sizeof *all->hoisted);
    ref_expr *local = arena_calloc(h->a, 1, sizeof *local);
    if (all->hoisted == NULL || local == NULL) {
        h->failed = true;
        return x;
    }
    *local = (ref_expr){.kind = RX_LOCAL, .slot = (*h->n_locals)++, .place = x->place};
    all->hoisted[all->n_hoisted++] = (ref_binder){.slot = local->slot, .from = x};
    return local;
}

static const ref_expr *visit(hoisting *h, const ref_expr *x)
{
    if (x == NULL || h->failed)
        return x;
    if (is_worth(x) && is_value(x) && !uses_variables(x, h->first))
        return move(h, x);
    ref_expr *y = (ref_expr *)(uintptr_t)x; /* of the same compilation */
    switch (x->kind) {
    case RX_IF:
    case RX_AND:
    case RX_OR:
        y->a = visit(h, x->a);
        return y;
    case RX_FOR: /* has hoisted already */
        return y;
    case RX_ELEMENT:
        if (x->a->kind == RX_DEF || x->a->kind == RX_LIST)
            y->a = visit(h, x->a);
        break;
    default:
        y->a = visit(h, x->a);
        y->b = visit(h, x->b);
        y->c = visit(h, x->c);
    }
    for (size_t i = 0; x->args != NULL && i < x->n; i++)
        y->args[i] = visit(h, x->args[i]);
    return y;
}

bool ref_hoist(ref_expr *comprehension, int first, int *n_locals, arena *a)
{
    hoisting h = {.comprehension = comprehension, .first = first, .n_locals = n_locals, .a = a};
    if (!comprehension->varies)
        comprehension->a = visit(&h, comprehension->a);
    return !h.failed;
}
