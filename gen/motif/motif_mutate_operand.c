/* Near misses of the operands and pins of nodes. */
#include "motif/motif_mutation.h"

#include "rules/opmodel_rules.h"

#include <string.h>

static bool written(motif_operand o)
{
    return o.kind >= MOTIF_CONST;
}

/* ---- operands of nodes ---- */

/* Two slots of a node that hold different operands. */
static motif_node *two_slots(mutation *m, size_t *i, size_t *j)
{
    size_t k;
    motif_node *n = mutation_node(m, &k);
    size_t count = n != NULL ? mutation_slots(n) : 0;
    if (count < 2)
        return NULL;
    *i = mutation_draw(m, count);
    *j = mutation_draw(m, count);
    if (mutation_structural(n, *i) || mutation_structural(n, *j))
        return NULL;
    return written(n->operands[*i]) && written(n->operands[*j]) && !mutation_same(n->operands[*i], n->operands[*j]) ? n : NULL;
}

outcome mutate_swap(mutation *m)
{
    size_t i, j;
    motif_node *n = two_slots(m, &i, &j);
    if (n == NULL)
        return MISS;
    motif_operand o = n->operands[i];
    n->operands[i] = n->operands[j];
    n->operands[j] = o;
    return mutation_done(m, n->name, arena_printf(m->a, "operands of %s swapped", n->name));
}

outcome mutate_twice(mutation *m)
{
    size_t i, j;
    motif_node *n = two_slots(m, &i, &j);
    if (n == NULL)
        return MISS;
    motif_operand o = n->operands[j];
    if (!mutation_spare(m, o)) /* nothing else would use it */
        return MISS;
    n->operands[j] = n->operands[i];
    m->replaced = mutation_name(m->p, o);
    if (o.kind == MOTIF_CONST && mutation_uses(m->p, o) == 0)
        mutation_drop_const(m->p, (size_t)o.index);
    return mutation_done(m, n->name, arena_printf(m->a, "%s takes the same tensor twice", n->name));
}

/* An operand is another input or node of the motif. */
outcome mutate_rewire(mutation *m)
{
    size_t k;
    motif_node *n = mutation_node(m, &k);
    if (n == NULL || mutation_slots(n) == 0)
        return MISS;
    size_t i = mutation_draw(m, mutation_slots(n)), at = mutation_draw(m, m->p->n_inputs + k);
    motif_operand o = n->operands[i], to = {MOTIF_INPUT, (int)at, 0};
    if (at >= m->p->n_inputs)
        to = (motif_operand){MOTIF_NODE, (int)(at - m->p->n_inputs), 0};
    if (!written(o) || mutation_structural(n, i) || mutation_same(o, to) || !mutation_spare(m, o))
        return MISS;
    const char *name = mutation_name(m->p, to), *before = mutation_name(m->p, o);
    if (name == before) /* a node and its copy compute the same */
        return MISS;
    n->operands[i] = to;
    m->replaced = before;
    if (o.kind == MOTIF_CONST && mutation_uses(m->p, o) == 0)
        mutation_drop_const(m->p, (size_t)o.index);
    return mutation_done(m, n->name, arena_printf(m->a, "%s takes %s, not %s", n->name, name, before));
}

/* ---- pins ---- */

static bool all_equal(const int64_t *list, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (list[i] != list[0])
            return false;
    return true;
}

/* One more or one less. Few operators take a negative number where they take 0. */
static int64_t step_from(mutation *m, int64_t x)
{
    return mutation_draw(m, 2) == 0 || x == 0 ? 1 : -1;
}

/* True: *v is another value. */
static bool change_value(mutation *m, ex_type type, inst_value *v, bool *nomem)
{
    if (type == TY_BOOL || (type == TY_INT && (v->i == 0 || v->i == 1))) {
        v->i = 1 - v->i;
        return true;
    }
    if (type == TY_INT) {
        v->i += mutation_draw(m, 2) == 0 ? 1 : -1;
        return true;
    }
    if (type == TY_REAL) {
        const double others[] = {v->r * 2, v->r + 1, v->r / 2, v->r * 1.02, -v->r};
        double r = others[mutation_draw(m, sizeof others / sizeof *others)];
        bool changed = r != v->r;
        v->r = r;
        return changed;
    }
    if (type != TY_INTS || v->n == 0)
        return false;
    int64_t *list = arena_alloc(m->a, v->n * sizeof *list);
    *nomem = list == NULL;
    if (list == NULL)
        return false;
    memcpy(list, v->ints, v->n * sizeof *list);
    size_t i = mutation_draw(m, v->n), j = mutation_draw(m, v->n);
    if (list[i] != list[j]) { /* a permutation stays one */
        list[i] = v->ints[j];
        list[j] = v->ints[i];
    } else if (i != j && all_equal(list, v->n)) { /* symmetrical windows stay symmetrical */
        int64_t x = list[0] + step_from(m, list[0]);
        for (size_t k = 0; k < v->n; k++)
            list[k] = x;
    } else {
        list[i] += step_from(m, list[i]);
    }
    v->ints = list;
    return true;
}

/* A copy of the node's pins that may be changed; *i: one of them. NULL: there is none, or no memory. */
static motif_pin *free_pins(mutation *m, motif_node **n, size_t *i, bool *nomem)
{
    size_t k;
    *nomem = false;
    *n = mutation_node(m, &k);
    if (*n == NULL || (*n)->n_pins == 0)
        return NULL;
    *i = mutation_draw(m, (*n)->n_pins);
    if ((*n)->pins[*i].excluded)
        return NULL;
    motif_pin *pins = arena_alloc(m->a, (*n)->n_pins * sizeof *pins);
    *nomem = pins == NULL;
    if (pins != NULL)
        memcpy(pins, (*n)->pins, (*n)->n_pins * sizeof *pins);
    return pins;
}

outcome mutate_pin(mutation *m)
{
    motif_node *n;
    size_t i;
    bool nomem;
    motif_pin *pins = free_pins(m, &n, &i, &nomem);
    if (pins == NULL)
        return nomem ? NO_MEMORY : MISS;
    const rule_var *v = &n->op->rules->vars[pins[i].var];
    if (!change_value(m, v->type, &pins[i].v, &nomem))
        return nomem ? NO_MEMORY : MISS;
    n->pins = pins;
    return mutation_done(m, n->name, arena_printf(m->a, "%s of %s changed", v->name, n->name));
}

outcome mutate_unpin(mutation *m)
{
    motif_node *n;
    size_t i;
    bool nomem;
    motif_pin *pins = free_pins(m, &n, &i, &nomem);
    if (pins == NULL)
        return nomem ? NO_MEMORY : MISS;
    const rule_var *v = &n->op->rules->vars[pins[i].var];
    pins[i].excluded = true; /* otherwise the motif's value could be drawn again */
    n->pins = pins;
    return mutation_done(m, n->name, arena_printf(m->a, "%s of %s drawn", v->name, n->name));
}
