#include "form/form_chain.h"
#include "form/form_control.h"
#include "form/form_region.h"
#include "form/form_sizes.h"

uint32_t form_part_size(form_model *m)
{
    uint32_t all = (uint32_t)m->main->nodes.n;
    return form_draw(m, 4) == 0 ? 1 + form_draw(m, all / 2 + 1) : 1 + form_draw(m, 6);
}

form_value *form_new_input(form_model *m, dtype type, int64_t x)
{
    tensor_desc d = form_desc(type, 0, NULL);
    d.range = (interval){(double)x, (double)x};
    form_value *v = form_value_new(m, m->main, &d);
    form_push(m, &m->main->inputs, v);
    return v;
}

form_value *form_cut(form_model *m, form_value *v)
{
    form_value *w = form_value_new(m, v->home, &v->desc);
    form_node *n = v->producer;
    w->producer = n;
    v->producer = NULL;
    for (size_t i = 0; n != NULL && i < n->outputs.n; i++)
        if (n->outputs.items[i] == v)
            n->outputs.items[i] = w;
    return w;
}

void form_give(form_model *m, form_node *n, size_t i, form_value *v)
{
    if (m->failed || i >= n->outputs.n)
        return;
    n->outputs.items[i] = v;
    v->producer = n;
}

form_value *form_identity(form_model *m, form_graph *g, form_value *v)
{
    form_node *n = form_node_new(m, g, m->rules->words[WORD_IDENTITY], "");
    form_add_input(m, n, v);
    form_push(m, &g->nodes, n);
    return form_add_output(m, n, &v->desc);
}

form_value *form_pass(form_model *m, form_graph *g, form_value *v)
{
    return v->home != g || form_draw(m, 2) == 0 ? form_identity(m, g, v) : v;
}

void form_count_nested(form_model *m, const form_graph *g, form_feature f)
{
    if (form_depth(g) > 0)
        form_count(m, f);
}

form_value *form_alike(form_model *m, const form_graph *g, const form_list *candidates, const tensor_desc *d)
{
    form_value *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < candidates->n; i++)
        if (form_is_inside(g, FORM_VALUE(*candidates, i)->home) && FORM_VALUE(*candidates, i)->desc.type == d->type &&
            form_sizes_equal(m, &FORM_VALUE(*candidates, i)->desc, d) && form_draw(m, ++n) == 0)
            found = FORM_VALUE(*candidates, i);
    return found;
}

/* ---- conditions ---- */

typedef struct {
    form_graph *g;
    form_value *value;
    bool truth, known; /* known: truth is its value */
} condition;

/* Computes the condition from an input of the part. false: no chain fits. */
static bool compute(form_model *m, const form_region *r, form_use use, condition *c)
{
    form_value *x = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < r->inputs.n; i++) {
        form_value *v = FORM_VALUE(r->inputs, i);
        if (!form_ever_empty(m, &v->desc) && form_chain_fits(m, use, &v->desc) && form_draw(m, ++n) == 0)
            x = v;
    }
    const int64_t length = x != NULL && x->desc.rank > 0 ? x->desc.dims[0] : 0;
    c->value = x != NULL ? form_chain_put(m, c->g, use, x, &(form_scene){.limit = length}) : NULL;
    return c->value != NULL;
}

/* known: the value must be known, because the branches differ. */
static void draw_condition(form_model *m, const form_region *r, bool known, condition *c)
{
    const bool sure = m->request->onnx->modes == NULL || !input_modes_leave_intervals(m->request->onnx->modes);
    uint32_t kind = form_draw(m, 4);
    c->truth = form_draw(m, 2) == 1;
    c->known = true;
    if (kind <= 1 && sure && compute(m, r, c->truth ? USE_ALWAYS : USE_NEVER, c)) {
        form_count(m, FORM_IF_PROVEN);
    } else if (kind <= 2 && !known && compute(m, r, USE_EITHER, c)) {
        form_count(m, FORM_IF_EITHER);
        c->known = false;
    } else if (kind != 3 && c->g->function == NULL) {
        c->value = form_new_input(m, DT_BOOL, c->truth);
        form_count(m, FORM_IF_INPUT);
    } else {
        c->value = form_constant_bool(m, c->g, c->truth);
        form_count(m, FORM_IF_CONSTANT);
    }
}

/* ---- the other branch ---- */

/* A branch of constants, or of values from outside where some fit. NULL: an output has symbolic dims, and nothing gives them. */
static form_graph *other_branch(form_model *m, const form_region *r, bool pass)
{
    for (size_t i = 0; i < r->outputs.n; i++)
        if (!form_can_fill(m, r->graph, &r->inputs, &FORM_VALUE(r->outputs, i)->desc))
            return NULL;
    form_graph *b = form_graph_new(m, r->graph, "branch");
    size_t passed = 0;
    for (size_t i = 0; i < r->outputs.n && !m->failed; i++) {
        const tensor_desc *d = &FORM_VALUE(r->outputs, i)->desc;
        form_value *v = pass ? form_alike(m, r->graph, &r->inputs, d) : NULL;
        passed += v != NULL;
        if (v == NULL)
            v = form_filled(m, b, &r->inputs, d);
        form_push(m, &b->outputs, form_pass(m, b, v));
    }
    form_count(m, passed > 0 ? FORM_IF_PASSED : FORM_IF_FILLED);
    return b;
}

void form_if(form_model *m)
{
    form_region r;
    form_graph *g = form_scope_draw(m, 1, true);
    if (g == NULL || !form_region_draw(m, g, form_part_size(m), &r) || !form_region_nests(m, &r))
        return;
    const uint32_t kind = form_draw(m, 3);
    condition c = {.g = g};
    draw_condition(m, &r, kind != 0, &c);
    form_graph *part = form_region_take(m, &r, g, "branch");
    if (form_draw(m, 2) == 0)
        form_bring_constants(m, part, 600);
    form_graph *other = kind != 0 ? other_branch(m, &r, kind == 1) : NULL;
    if (other == NULL) {
        other = form_clone(m, part, g);
        form_count(m, FORM_IF_COPY);
    }
    form_node *n = form_node_new(m, g, m->rules->words[WORD_IF], "");
    form_add_input(m, n, c.value);
    form_attr_graph(m, n, m->rules->words[WORD_THEN], c.truth ? part : other);
    form_attr_graph(m, n, m->rules->words[WORD_ELSE], c.truth ? other : part);
    if (!c.truth)
        form_count(m, FORM_IF_ELSE);
    form_count_nested(m, g, FORM_IF_NESTED);
    form_region_replace(m, &r, n);
}
