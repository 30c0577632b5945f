#include "rules/op_inner.h"

#include <string.h>

void op_set_take_inner(op_set *s, op_set *inner)
{
    s->n_all = s->n_ops;
    for (size_t i = 0; i < inner->n_ops; i++) {
        op_model *op = &inner->ops[i];
        int same = op_find(s, op->name);
        op->data = s->data;
        op->index = (uint16_t)(same >= 0 ? (size_t)same : s->n_all);
        if (same < 0)
            s->ops[s->n_all++] = *op; /* there is room: the array has an element for each entry */
    }
    s->inner = inner;
}

const op_model *op_inner_find(const op_set *s, const char *name)
{
    const op_set *from = s->inner != NULL ? s->inner : s;
    int k = op_find(from, name);
    return k >= 0 ? &from->ops[k] : NULL;
}
