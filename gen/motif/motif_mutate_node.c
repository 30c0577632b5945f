/* Near misses of nodes: more of them, fewer, and inner tensors that are used elsewhere. */
#include "motif/motif_mutation.h"

#include <string.h>

/* ---- nodes ---- */

/* A node that applies op to o. An operator that may give another type is asked for the one of input 0, which most tensors have, or
 * of a constant. */
static motif_node unary(const motif_plan *p, const op_model *op, motif_operand o)
{
    motif_node n = {.name = op->name, .op = op};
    if (op->outputs[0].type_var >= 0 && op->outputs[0].type_var != op->inputs[0].type_var)
        n.output_type = o.kind == MOTIF_CONST ? p->consts[o.index].desc.type : p->inputs[0].desc.type;
    n.arity[0] = 1;
    n.operands[0] = o;
    return n;
}

static const op_model *draw_between(mutation *m)
{
    if (m->set->n_between == 0 || m->p->n_nodes == MOTIF_MAX_NODES)
        return NULL;
    return m->set->between[mutation_draw(m, m->set->n_between)];
}

/* An inner tensor: the output of a node that only the motif's nodes take. */
static motif_node *inner_node(mutation *m, size_t *k)
{
    motif_node *n = mutation_node(m, k);
    return n != NULL && (n->outs & 1) == 0 && mutation_uses(m->p, (motif_operand){MOTIF_NODE, (int)*k, 0}) > 0 ? n : NULL;
}

outcome mutate_consumer(mutation *m)
{
    size_t k;
    const op_model *op = draw_between(m);
    const motif_node *n = op != NULL ? inner_node(m, &k) : NULL;
    if (n == NULL)
        return MISS;
    motif_node *more = &m->p->nodes[m->p->n_nodes++];
    *more = unary(m->p, op, (motif_operand){MOTIF_NODE, (int)k, 0});
    more->outs = 1;
    return mutation_done(m, n->name, arena_printf(m->a, "%s also goes to %s", n->name, op->name));
}

outcome mutate_shown(mutation *m)
{
    size_t k;
    const motif_node *n = inner_node(m, &k);
    if (n == NULL || (m->p->shown >> k & 1) != 0)
        return MISS;
    m->p->shown |= UINT64_C(1) << k;
    return mutation_done(m, n->name, arena_printf(m->a, "%s is a graph output", n->name));
}

/* Makes room for a node at place k. */
static void make_room(motif_plan *p, size_t k)
{
    memmove(p->nodes + k + 1, p->nodes + k, (p->n_nodes - k) * sizeof *p->nodes);
    p->n_nodes++;
    for (size_t i = k + 1; i < p->n_nodes; i++)
        for (size_t j = 0; j < mutation_slots(&p->nodes[i]); j++)
            if (p->nodes[i].operands[j].kind == MOTIF_NODE && p->nodes[i].operands[j].index >= (int)k)
                p->nodes[i].operands[j].index++;
    uint64_t below = (UINT64_C(1) << k) - 1;
    p->shown = (p->shown & below) | (p->shown & ~below) << 1;
}

outcome mutate_between(mutation *m)
{
    size_t k;
    const op_model *op = draw_between(m);
    const motif_node *n = op != NULL && op != m->gone ? mutation_node(m, &k) : NULL;
    if (n == NULL || mutation_slots(n) == 0)
        return MISS;
    size_t i = mutation_draw(m, mutation_slots(n));
    motif_operand o = n->operands[i];
    if (o.kind < MOTIF_CONST || mutation_structural(n, i))
        return MISS;
    const char *name = n->name, *from = mutation_name(m->p, o);
    make_room(m->p, k);
    m->p->nodes[k] = unary(m->p, op, o);
    m->p->nodes[k + 1].operands[i] = (motif_operand){MOTIF_NODE, (int)k, 0};
    return mutation_done(m, name, arena_printf(m->a, "%s between %s and %s", op->name, from, name));
}

/* A node is computed twice, and one of its consumers takes the copy. */
outcome mutate_double(mutation *m)
{
    size_t k;
    motif_plan *p = m->p;
    const motif_node *n = p->n_nodes < MOTIF_MAX_NODES ? mutation_node(m, &k) : NULL;
    if (n == NULL || mutation_uses(p, (motif_operand){MOTIF_NODE, (int)k, 0}) < 2)
        return MISS;
    size_t at = mutation_draw(m, mutation_uses(p, (motif_operand){MOTIF_NODE, (int)k, 0})), user = k + 1, slot = 0;
    for (;; slot++) {
        while (slot == mutation_slots(&p->nodes[user])) {
            user++;
            slot = 0;
        }
        if (mutation_same(p->nodes[user].operands[slot], (motif_operand){MOTIF_NODE, (int)k, 0}) && at-- == 0)
            break;
    }
    if (m->node[user])
        return MISS;
    make_room(p, k + 1);
    p->nodes[k + 1] = p->nodes[k];
    p->nodes[k + 1].outs = 0;
    p->nodes[user + 1].operands[slot] = (motif_operand){MOTIF_NODE, (int)k + 1, 0};
    return mutation_done(m, p->nodes[k].name, arena_printf(m->a, "%s is computed twice", p->nodes[k].name));
}

/* Whether the near miss before changed an operand of node k, or replaced the node, or changed a node that takes its output: without
 * the node, nothing of that may be left. */
static bool was_changed_around(const mutation *m, size_t k)
{
    const motif_plan *p = m->p;
    const motif_node *n = &p->nodes[k];
    bool changed = n->name == m->replaced;
    for (size_t i = 0; i < mutation_slots(n); i++)
        changed |= n->operands[i].kind >= MOTIF_CONST && mutation_name(p, n->operands[i]) == m->last;
    for (size_t i = k + 1; i < p->n_nodes; i++)
        for (size_t j = 0; j < mutation_slots(&p->nodes[i]); j++)
            changed |=
                p->nodes[i].name == m->last && mutation_same(p->nodes[i].operands[j], (motif_operand){MOTIF_NODE, (int)k, 0});
    return changed;
}

/* Whether the node may go: its output 0 alone is used, by nodes of the motif, and its operands but the first are spare. */
static bool may_go(const mutation *m, size_t k)
{
    const motif_plan *p = m->p;
    const motif_node *n = &p->nodes[k];
    for (size_t i = 1; i < mutation_slots(n); i++)
        if (!mutation_spare(m, n->operands[i]))
            return false;
    for (size_t i = k + 1; i < p->n_nodes; i++)
        for (size_t j = 0; j < mutation_slots(&p->nodes[i]); j++) {
            motif_operand o = p->nodes[i].operands[j];
            if (o.kind == MOTIF_NODE && o.index == (int)k && o.output != 0)
                return false;
        }
    return n->outs == 0 && p->n_nodes > 1 && (p->shown >> k & 1) == 0 && mutation_slots(n) > 0 &&
           n->operands[0].kind >= MOTIF_INPUT;
}

/* Takes out node k, which nothing uses. */
static void drop_node(motif_plan *p, size_t k)
{
    memmove(p->nodes + k, p->nodes + k + 1, (p->n_nodes - k - 1) * sizeof *p->nodes);
    p->n_nodes--;
    for (size_t i = k; i < p->n_nodes; i++)
        for (size_t j = 0; j < mutation_slots(&p->nodes[i]); j++)
            if (p->nodes[i].operands[j].kind == MOTIF_NODE && p->nodes[i].operands[j].index > (int)k)
                p->nodes[i].operands[j].index--;
    uint64_t below = (UINT64_C(1) << k) - 1;
    p->shown = (p->shown & below) | (p->shown >> 1 & ~below);
}

/* A node is left out: its consumers take its first operand. */
outcome mutate_leave_out(mutation *m)
{
    size_t k;
    const motif_node *n = mutation_node(m, &k);
    if (n == NULL || !may_go(m, k) || was_changed_around(m, k))
        return MISS;
    const motif_node gone = *n;
    mutation_replace(m->p, (motif_operand){MOTIF_NODE, (int)k, 0}, gone.operands[0]);
    drop_node(m->p, k);
    for (size_t c = m->p->n_consts; c-- > 0;) /* from the last one on, which takes the number of one that goes */
        if (mutation_uses(m->p, (motif_operand){MOTIF_CONST, (int)c, 0}) == 0)
            mutation_drop_const(m->p, c);
    m->gone = gone.op;
    return mutation_done(m, gone.name, arena_printf(m->a, "%s is left out", gone.name));
}
