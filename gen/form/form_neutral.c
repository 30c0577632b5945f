#include "form/form_neutral.h"
#include "form/form_chain.h"
#include "form/form_control.h"
#include "form/form_region.h"
#include "form/form_sizes.h"

/* A chain after some value; its consumers take the result, or only some of them do. */
static void put_chain(form_model *m, form_graph *g)
{
    form_node *n = FORM_NODE(g->nodes, form_draw(m, (uint32_t)g->nodes.n));
    form_value *v = n->outputs.n > 0 ? FORM_VALUE(n->outputs, form_draw(m, (uint32_t)n->outputs.n)) : NULL;
    if (form_draw(m, 4) == 0 && n->inputs.n > 0)
        v = FORM_VALUE(n->inputs, form_draw(m, (uint32_t)n->inputs.n));
    if (v == NULL || v->data != NULL || (form_ever_empty(m, &v->desc) && v->desc.open == 0))
        return;
    size_t before = g->nodes.n;
    form_value *y = form_chain_put(m, g, USE_NEUTRAL, v, &(form_scene){.axis = 0});
    if (y == NULL)
        return;
    uint32_t share = form_draw(m, 2) == 0 ? 1000 : 400;
    for (size_t i = 0; i < before && !m->failed; i++)
        if (form_chance(m, share))
            form_replace_in(m, FORM_NODE(g->nodes, i), v, y);
    form_sort(m, g, false);
    form_count(m, FORM_NEUTRAL_STEP);
}

/* A node is computed again; some consumers take the second result. */
static void put_twice(form_model *m, form_graph *g)
{
    form_node *n = FORM_NODE(g->nodes, form_draw(m, (uint32_t)g->nodes.n)), *again = form_clone_node(m, n);
    size_t moved = 0;
    for (size_t i = 0; i < n->outputs.n && !m->failed; i++)
        for (size_t k = 0; k < g->nodes.n && n->outputs.items[i] != NULL && !m->failed; k++)
            if (form_draw(m, 2) == 0) {
                form_replace_in(m, FORM_NODE(g->nodes, k), FORM_VALUE(n->outputs, i), FORM_VALUE(again->outputs, i));
                moved++;
            }
    if (moved == 0)
        return;
    form_push(m, &g->nodes, again);
    form_sort(m, g, false);
    form_count(m, FORM_NEUTRAL_TWICE);
}

void form_neutral_steps(form_model *m)
{
    form_graph *g = form_scope_draw(m, 1, false);
    if (g == NULL)
        return;
    if (form_draw(m, 4) == 0)
        put_twice(m, g);
    else
        put_chain(m, g);
}

/* An inner tensor of the plain graph becomes an output. */
static void put_output(form_model *m)
{
    form_graph *g = m->main;
    form_value *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < g->nodes.n; i++)
        for (size_t k = 0; k < FORM_NODE(g->nodes, i)->outputs.n; k++) {
            form_value *v = FORM_VALUE(FORM_NODE(g->nodes, i)->outputs, k);
            if (v != NULL && v->tensor >= 0 && !form_holds(&g->outputs, v) && form_draw(m, ++n) == 0)
                found = v;
        }
    if (found == NULL)
        return;
    form_push(m, &g->outputs, found);
    form_count(m, FORM_NEUTRAL_OUTPUT);
}

void form_neutral_end(form_model *m)
{
    if (form_draw(m, 2) == 0) {
        for (size_t i = 0; i < m->graphs.n && !m->failed; i++)
            form_sort(m, FORM_GRAPH(m->graphs, i), true);
        form_count(m, FORM_NEUTRAL_ORDER);
    }
    for (uint32_t n = form_draw(m, 2) == 0 ? 1 + form_draw(m, 3) : 0; n > 0; n--)
        put_output(m);
}
