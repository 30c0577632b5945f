/* Near misses of types, and of the shapes of inputs. */
#include "motif/motif_draw.h"
#include "motif/motif_mutation.h"

#include "rules/opmodel_rules.h"

#include <string.h>

static bool convert(mutation *m, motif_const *c, dtype to, bool *nomem)
{
    c->desc.type = to;
    if (c->init.kind != CONTENT_LIST) {
        motif_fill_random(c);
        return iv_valid(c->desc.range);
    }
    double *list = arena_alloc(m->a, (c->init.n_list + 1) * sizeof *list), least, largest;
    *nomem |= list == NULL;
    bool limited = dtype_limits(to, &least, &largest);
    interval r = iv_point(0);
    for (size_t i = 0; list != NULL && i < c->init.n_list; i++) {
        list[i] = motif_of_type(to, c->init.list[i]);
        if (c->name == m->last && list[i] != c->init.list[i]) /* it may have been this value before the near miss */
            return false;
        if (limited && !(least <= list[i] && list[i] <= largest))
            return false;
        r = i == 0 ? iv_point(list[i]) : iv_hull(r, iv_point(list[i]));
    }
    c->init.list = list;
    c->desc.range = r;
    c->desc.likely = est_tied(est_still(r), true);
    return list != NULL;
}

static dtype other_type(mutation *m, dtype from)
{
    dtype_mask mask = m->set->ops->data & ~dtype_bit(from);
    if (mask == 0)
        return DT_NONE;
    uint64_t k = tape_draw(m->t, "near miss", (uint64_t)__builtin_popcount(mask));
    for (int t = 1; t < DT_COUNT; t++)
        if ((mask >> t & 1) != 0 && k-- == 0)
            return (dtype)t;
    return DT_NONE;
}

/* Whether a tensor of the type must stay as it is: of another type it could have other values. */
static bool is_locked(const mutation *m, dtype t)
{
    bool locked = false;
    for (size_t i = 0; i < m->p->n_inputs; i++)
        locked |= m->input[i] && m->p->inputs[i].desc.type == t;
    for (size_t i = 0; i < m->p->n_consts; i++)
        locked |= m->constant[i] && m->p->consts[i].desc.type == t;
    return locked;
}

/* All tensors that have the type of input 0 get another. */
outcome mutate_types(mutation *m)
{
    motif_plan *p = m->p;
    dtype from = p->inputs[0].desc.type, to = other_type(m, from);
    bool nomem = false;
    if (m->given || m->typed || to == DT_NONE || is_locked(m, from))
        return MISS;
    motif_const *consts = arena_alloc(m->a, MOTIF_MAX_CONSTS * sizeof *consts);
    if (consts == NULL)
        return NO_MEMORY;
    memcpy(consts, p->consts, p->n_consts * sizeof *consts);
    interval ranges[MOTIF_MAX_INPUTS];
    for (size_t i = 0; i < p->n_inputs; i++) {
        ranges[i] = p->inputs[i].desc.range;
        if (p->inputs[i].desc.type == from && !mutation_range(&ranges[i], to))
            return MISS;
    }
    for (size_t i = 0; i < p->n_consts; i++)
        if (consts[i].desc.type == from && !convert(m, &consts[i], to, &nomem))
            return nomem ? NO_MEMORY : MISS;
    p->consts = consts;
    for (size_t i = 0; i < p->n_inputs; i++)
        if (p->inputs[i].desc.type == from) {
            p->inputs[i].desc.type = to;
            p->inputs[i].desc.range = ranges[i];
        }
    for (size_t k = 0; k < p->n_nodes; k++)
        if (p->nodes[k].output_type == from)
            p->nodes[k].output_type = to;
    m->typed = true;
    return mutation_done(m, dtype_name(to), arena_printf(m->a, "type %s -> %s", dtype_name(from), dtype_name(to)));
}

outcome mutate_input_shape(mutation *m)
{
    size_t k = mutation_draw(m, m->p->n_inputs), way = mutation_draw(m, 3);
    motif_in *in = &m->p->inputs[k];
    tensor_desc *d = &in->desc, before = *d;
    if (m->input[k] || in->name == m->last || (k == 0 && m->given))
        return MISS;
    if (way == 0 && d->rank > 0) {
        d->dims[mutation_draw(m, (size_t)d->rank)] = 1;
    } else if (way == 1 && d->rank < m->limits->max_rank && d->rank < NN_MAX_RANK) {
        memmove(d->dims + 1, d->dims, (size_t)d->rank * sizeof *d->dims);
        d->dims[0] = 1;
        d->rank++;
    } else if (way == 2 && d->rank > 1) {
        d->rank--;
        memmove(d->dims, d->dims + 1, (size_t)d->rank * sizeof *d->dims);
    }
    if (tensor_shape_equal(d, &before))
        return MISS;
    return mutation_done(m, in->name,
                         arena_printf(m->a, "input %s: %s -> %s", in->name, mutation_shape(m, &before), mutation_shape(m, d)));
}
