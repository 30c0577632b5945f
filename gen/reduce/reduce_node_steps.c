/* Steps that make the parts of a node fewer or simpler: attributes and operands. */
#include "reduce/reduce_step.h"

#include <string.h>

static bool has_body(const Onnx__NodeProto *n)
{
    bool any = false;
    for (size_t k = 0; k < n->n_attribute; k++)
        any = any || n->attribute[k]->g != NULL || n->attribute[k]->n_graphs > 0;
    return any;
}

/* Whether a change of the node can be judged: the table computes its results, or a failure is no harm. */
static bool can_change(const reduce_edit *e, const Onnx__NodeProto *n)
{
    bool any = e->base->whole || e->invalid;
    for (size_t k = 0; k < n->n_output && !any; k++) {
        const reduce_fact *f = reduce_find_fact(e->base, n->output[k]);
        any = f != NULL && f->evaluated;
    }
    return any && (e->invalid || !has_body(n));
}

size_t step_count_attributes(const reduce_base *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->m->graph->n_node; i++)
        n += b->m->graph->node[i]->n_attribute;
    return n;
}

bool step_attributes(reduce_edit *e, const bool *chosen)
{
    for (size_t i = 0; i < e->g.n_node; i++) {
        size_t n = e->g.node[i]->n_attribute;
        Onnx__NodeProto *own = n > 0 ? reduce_own_node(e, i) : NULL;
        if (n > 0 && own == NULL)
            return false;
        if (n > 0 && can_change(e, own))
            own->n_attribute = reduce_filter(own->attribute, n, chosen);
        chosen += n;
    }
    return true;
}

/* Whether all numbers of the attribute are x. */
static bool are_all(const Onnx__AttributeProto *a, int64_t x)
{
    bool all = (a->has_i == 0 || a->i == x) && (a->has_f == 0 || (a->f >= (float)x && a->f <= (float)x));
    for (size_t i = 0; all && i < a->n_ints; i++)
        all = a->ints[i] == x;
    for (size_t i = 0; all && i < a->n_floats; i++)
        all = a->floats[i] >= (float)x && a->floats[i] <= (float)x;
    return all;
}

/* The attribute with all its numbers x; the attribute itself if it has none, or if they are 0, so that no step undoes another.
 * NULL: out of memory. */
static Onnx__AttributeProto *with_numbers(reduce_edit *e, Onnx__AttributeProto *from, int64_t x)
{
    if (are_all(from, 0) || are_all(from, x))
        return from;
    Onnx__AttributeProto *a = arena_alloc(&e->memory, sizeof *a);
    int64_t *ints = arena_alloc(&e->memory, (from->n_ints + 1) * sizeof *ints);
    float *floats = arena_alloc(&e->memory, (from->n_floats + 1) * sizeof *floats);
    if (arena_failed(&e->memory))
        return NULL;
    *a = *from;
    a->ints = ints;
    a->floats = floats;
    for (size_t i = 0; i < a->n_ints; i++)
        ints[i] = x;
    for (size_t i = 0; i < a->n_floats; i++)
        floats[i] = (float)x;
    a->i = a->has_i != 0 ? x : a->i;
    a->f = a->has_f != 0 ? (float)x : a->f;
    return a;
}

static bool set_attributes(reduce_edit *e, const bool *chosen, int64_t x)
{
    for (size_t i = 0; i < e->g.n_node; i++) {
        size_t n = e->g.node[i]->n_attribute;
        Onnx__NodeProto *own = n > 0 ? reduce_own_node(e, i) : NULL;
        for (size_t k = 0; k < n; k++) {
            if (own == NULL)
                return false;
            if (chosen[k] && can_change(e, own))
                own->attribute[k] = with_numbers(e, own->attribute[k], x);
            if (own->attribute[k] == NULL)
                return false;
        }
        chosen += n;
    }
    return true;
}

bool step_attributes_zero(reduce_edit *e, const bool *chosen)
{
    return set_attributes(e, chosen, 0);
}

bool step_attributes_one(reduce_edit *e, const bool *chosen)
{
    return set_attributes(e, chosen, 1);
}

size_t step_count_operands(const reduce_base *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->m->graph->n_node; i++)
        n += b->m->graph->node[i]->n_input;
    return n;
}

bool step_operands(reduce_edit *e, const bool *chosen)
{
    static char absent[] = "";
    for (size_t i = 0; i < e->g.n_node; i++) {
        size_t n = e->g.node[i]->n_input;
        Onnx__NodeProto *own = reduce_own_node(e, i);
        if (own == NULL)
            return false;
        bool may = can_change(e, own);
        for (size_t k = 0; k < n; k++)
            if (chosen[k] && may)
                own->input[k] = absent;
        while (may && own->n_input > 0 && own->input[own->n_input - 1][0] == '\0')
            own->n_input--;
        chosen += n;
    }
    return true;
}
