#include "rules/op_inner.h"
#include "rules/opfilter.h"

#include <string.h>

const char *op_inner_option(unsigned flags)
{
    return flags & OP_FOUND ? "data-dependent" : flags & OP_NONDETERMINISTIC ? "random" : NULL;
}

/* Whether the entry of that name is for motifs only. */
static bool is_inner_entry(const op_set *s, const char *name)
{
    for (size_t i = 0; i < s->table->n_entries; i++)
        if (strcmp(s->compiled[i].name, name) == 0)
            return op_inner_option(s->compiled[i].flags) != NULL;
    return false;
}

nn_status op_set_drop_inner(op_set *s, nn_error *err)
{
    bool *keep = nn_calloc(s->n_ops + 1, sizeof *keep);
    if (keep == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < s->n_ops; i++)
        keep[i] = op_inner_option(s->ops[i].flags) == NULL;
    op_set_keep(s, keep);
    nn_free(keep);
    size_t n = 0;
    for (size_t i = 0; i < s->n_untyped; i++)
        if (!is_inner_entry(s, s->untyped[i].op))
            s->untyped[n++] = s->untyped[i];
    s->n_untyped = n;
    return NN_OK;
}

/* The index of the operator of that name, also of one behind those of the set. -1: there is none. */
static int find_all(const op_set *s, const char *name)
{
    int found = op_find(s, name);
    for (size_t k = s->n_ops; k < s->n_all && found < 0; k++)
        found = strcmp(s->ops[k].name, name) == 0 ? (int)k : -1;
    return found;
}

void op_set_take_inner(op_set *s, op_set *inner)
{
    s->n_all = s->n_ops;
    for (size_t i = 0; i < inner->n_ops; i++) {
        op_model *op = &inner->ops[i];
        int same = find_all(s, op->type);
        op->data = s->data;
        op->index = (uint16_t)(same >= 0 ? (size_t)same : s->n_all);
        if (same >= 0)
            continue;
        s->ops[s->n_all] = *op; /* there is room: the array has an element for each entry */
        s->ops[s->n_all++].name = op->type;
    }
    s->inner = inner;
}

nn_status op_inner_drop_alone(op_set *inner, nn_error *err)
{
    bool *keep = nn_calloc(inner->n_ops + 1, sizeof *keep);
    if (keep == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < inner->n_ops; i++)
        keep[i] = op_find(inner, inner->ops[i].type) >= 0;
    op_set_keep(inner, keep);
    nn_free(keep);
    return NN_OK;
}

const op_set *op_set_inside(const op_set *s)
{
    return s->inner != NULL ? s->inner : s;
}

const op_model *op_inner_find(const op_set *s, const char *name)
{
    const op_set *from = op_set_inside(s);
    int k = op_find(from, name);
    return k >= 0 ? &from->ops[k] : NULL;
}
