/* Near misses of constants and inputs. */
#include "motif/motif_draw.h"
#include "motif/motif_mutation.h"

#include "rules/opmodel_rules.h"

#include <string.h>

static void drop_input(motif_plan *p, size_t k)
{
    size_t last = --p->n_inputs;
    uint64_t bit = p->graph_input >> last & 1;
    p->inputs[k] = p->inputs[last];
    p->graph_input = (p->graph_input & ~(UINT64_C(1) << last) & ~(UINT64_C(1) << k)) | (k < last ? bit << k : 0);
    mutation_replace(p, (motif_operand){.kind = MOTIF_INPUT, .index = (int)last},
                     (motif_operand){.kind = MOTIF_INPUT, .index = (int)k});
}

/* ---- constants ---- */

outcome mutate_const_value(mutation *m)
{
    size_t k;
    motif_const *c = mutation_const(m, &k);
    if (c == NULL || c->init.kind != CONTENT_LIST || c->init.n_list == 0 || c->desc.type == DT_BOOL)
        return MISS;
    size_t n = c->init.n_list, i = mutation_draw(m, n);
    double x = c->init.list[i], *list = arena_alloc(m->a, n * sizeof *list), least, largest;
    if (list == NULL)
        return NO_MEMORY;
    memcpy(list, c->init.list, n * sizeof *list);
    /* a small one is often a step, which less 1 would be negative */
    const double others[] = {x * 2, x + 1, x / 2, x * 1.02, -x, x * 10, x < 1 ? x * 4 : x - 1};
    double y = motif_of_type(c->desc.type, others[mutation_draw(m, sizeof others / sizeof *others)]);
    if (y == x || (dtype_limits(c->desc.type, &least, &largest) && !(least <= y && y <= largest)))
        return MISS;
    list[i] = y;
    c->init.list = list;
    c->desc.range = iv_point(list[0]);
    for (size_t e = 1; e < n; e++)
        c->desc.range = iv_hull(c->desc.range, iv_point(list[e]));
    c->desc.likely = est_tied(est_still(c->desc.range), true);
    return mutation_done(m, c->name,
                         arena_printf(m->a, "constant %s: %s -> %s", c->name, mutation_number(m, x), mutation_number(m, y)));
}

/* Another shape that broadcasts: a few axes of size 1 in front more or fewer, one axis of size 1, or a single element. */
static void other_shape(mutation *m, tensor_desc *d)
{
    enum { FRONT, SINGLE, AXIS } way = (int)mutation_draw(m, 3);
    if (way == AXIS && d->rank > 0) {
        d->dims[mutation_draw(m, (size_t)d->rank)] = 1;
        return;
    }
    int rank = (int)mutation_draw(m, 4), kept = 0;
    if (way == FRONT) /* what remains of the shape stands last */
        while (kept < d->rank && d->dims[d->rank - kept - 1] != 1)
            kept++;
    tensor_desc to = {.type = d->type, .rank = kept + rank, .range = d->range, .likely = d->likely};
    if (to.rank > NN_MAX_RANK)
        return;
    for (int i = 0; i < to.rank; i++)
        to.dims[i] = i < rank ? 1 : d->dims[d->rank - kept + i - rank];
    *d = to;
}

outcome mutate_const_shape(mutation *m)
{
    size_t k;
    motif_const *c = mutation_const(m, &k);
    if (c == NULL)
        return MISS;
    tensor_desc to = c->desc;
    other_shape(m, &to);
    if (tensor_shape_equal(&to, &c->desc) || to.rank > m->limits->max_rank)
        return MISS;
    content init = c->init;
    if (init.kind == CONTENT_LIST && init.n_list > 1 && tensor_elements(&to) != (int64_t)init.n_list) {
        if (tensor_elements(&to) != 1)
            return MISS;
        init.n_list = 1;
        to.range = iv_point(init.list[0]);
        to.likely = est_tied(est_still(to.range), true);
    }
    const char *text = arena_printf(m->a, "constant %s: %s -> %s", c->name, mutation_shape(m, &c->desc), mutation_shape(m, &to));
    c->desc = to;
    c->init = init;
    return mutation_done(m, c->name, text);
}

/* The values of an input that takes the place of the constant. They vary. */
static interval input_range(const tensor_desc *c)
{
    interval r = c->range;
    if (r.lo == r.hi)
        r = r.lo == 0 ? iv(-1, 1) : r.lo > 0 ? iv(r.lo / 2, r.lo * 2) : iv(r.lo * 2, r.lo / 2);
    return mutation_range(&r, c->type) ? r : c->range;
}

static bool is_structural(const motif_plan *p, size_t k)
{
    bool is = false;
    for (size_t i = 0; i < p->n_nodes; i++)
        for (size_t j = 0; j < mutation_slots(&p->nodes[i]); j++)
            is |= mutation_same(p->nodes[i].operands[j], (motif_operand){MOTIF_CONST, (int)k, 0}) &&
                  mutation_structural(&p->nodes[i], j);
    return is;
}

outcome mutate_const_to_input(mutation *m)
{
    size_t k;
    motif_plan *p = m->p;
    const motif_const *c = mutation_const(m, &k);
    if (c == NULL || p->n_inputs == MOTIF_MAX_INPUTS || is_structural(p, k) || (m->set->ops->data >> c->desc.type & 1) == 0)
        return MISS;
    for (int i = 0; i < c->desc.rank; i++)
        if (c->desc.dims[i] > m->limits->max_dim)
            return MISS;
    motif_in *in = &p->inputs[p->n_inputs];
    *in = (motif_in){.name = c->name, .desc = c->desc};
    in->desc.range = input_range(&c->desc);
    in->desc.likely = (estimate){.known = false};
    const char *name = c->name;
    mutation_replace(p, (motif_operand){.kind = MOTIF_CONST, .index = (int)k},
                     (motif_operand){.kind = MOTIF_INPUT, .index = (int)p->n_inputs});
    mutation_drop_const(p, k);
    p->graph_input |= UINT64_C(1) << p->n_inputs++;
    return mutation_done(m, name, arena_printf(m->a, "constant %s is a graph input", name));
}

outcome mutate_input_to_const(mutation *m)
{
    motif_plan *p = m->p;
    if (p->n_inputs < 2 || p->n_consts == MOTIF_MAX_CONSTS)
        return MISS;
    size_t k = 1 + mutation_draw(m, p->n_inputs - 1);
    if (m->input[k] || m->p->inputs[k].name == m->last)
        return MISS;
    motif_const *c = &p->consts[p->n_consts];
    *c = (motif_const){.name = p->inputs[k].name, .desc = p->inputs[k].desc};
    motif_fill_random(c);
    if (!iv_valid(c->desc.range))
        return MISS;
    mutation_replace(p, (motif_operand){.kind = MOTIF_INPUT, .index = (int)k},
                     (motif_operand){.kind = MOTIF_CONST, .index = (int)p->n_consts++});
    drop_input(p, k);
    return mutation_done(m, c->name, arena_printf(m->a, "input %s is a constant", c->name));
}
