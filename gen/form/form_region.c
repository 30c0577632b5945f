#include "form/form_region.h"
#include "form/form_chain.h"

#include <string.h>

typedef struct {
    form_model *m;
    const form_graph *g;
    form_list *to;
    uint32_t epoch; /* of nodes in the part */
} walking;

static void add_producer(void *data, form_value **slot)
{
    walking *w = data;
    form_node *n = (*slot)->producer;
    if ((*slot)->home == w->g && n != NULL)
        form_push(w->m, w->to, n);
}

/* The producers of all nodes, by position. */
static form_list *producers_of(form_model *m, form_graph *g)
{
    form_list *all = form_memory(m, (g->nodes.n + 1) * sizeof *all);
    for (size_t i = 0; all != NULL && i < g->nodes.n; i++) {
        walking w = {m, g, &all[i], 0};
        form_each_use(m, FORM_NODE(g->nodes, i), add_producer, &w);
    }
    return all;
}

enum { IN_PART = 1, REACHED = 2, REACHES = 4 };

/* Adds every node on a path between nodes of the part. `done` holds the positions of nodes. */
static void close_paths(form_graph *g, const form_list *producers, uint8_t *flags)
{
    for (size_t i = 0; i < g->nodes.n; i++)
        for (size_t k = 0; k < producers[i].n; k++)
            if ((flags[FORM_NODE(producers[i], k)->done] & (IN_PART | REACHED)) != 0)
                flags[i] |= REACHED;
    for (size_t i = g->nodes.n; i-- > 0;)
        for (size_t k = 0; k < producers[i].n; k++)
            if ((flags[i] & (IN_PART | REACHES)) != 0)
                flags[FORM_NODE(producers[i], k)->done] |= REACHES;
    for (size_t i = 0; i < g->nodes.n; i++)
        if ((flags[i] & REACHED) != 0 && (flags[i] & REACHES) != 0)
            flags[i] |= IN_PART;
}

/* For each position, the nodes that it is linked to in either direction. */
static form_list *neighbours_of(form_model *m, form_graph *g, const form_list *producers)
{
    form_list *all = form_memory(m, (g->nodes.n + 1) * sizeof *all);
    for (size_t i = 0; all != NULL && i < g->nodes.n; i++)
        for (size_t k = 0; k < producers[i].n; k++) {
            form_push(m, &all[i], producers[i].items[k]);
            form_push(m, &all[FORM_NODE(producers[i], k)->done], g->nodes.items[i]);
        }
    return all;
}

/* Adds nodes one by one; each is drawn among those that are linked to the part. */
static void grow(form_model *m, form_graph *g, const form_list *neighbours, uint8_t *flags, uint32_t most)
{
    for (uint32_t size = 1; size < most; size++) {
        size_t found = g->nodes.n;
        uint32_t n = 0;
        for (size_t i = 0; i < g->nodes.n; i++)
            for (size_t k = 0; k < neighbours[i].n && (flags[i] & IN_PART) == 0; k++)
                if ((flags[FORM_NODE(neighbours[i], k)->done] & IN_PART) != 0 && form_draw(m, ++n) == 0)
                    found = i;
        if (found == g->nodes.n)
            return;
        flags[found] |= IN_PART;
    }
}

static void add_input(void *data, form_value **slot)
{
    walking *w = data;
    form_value *v = *slot;
    bool inside = v->producer != NULL && v->home == w->g && v->producer->mark == w->epoch;
    if (!inside && form_is_inside(w->g, v->home) && !form_holds(w->to, v))
        form_push(w->m, w->to, v);
}

static void add_output(void *data, form_value **slot)
{
    walking *w = data;
    form_value *v = *slot;
    if (v->home == w->g && v->producer != NULL && v->producer->mark == w->epoch && !form_holds(w->to, v))
        form_push(w->m, w->to, v);
}

void form_region_edges(form_model *m, form_region *r)
{
    uint32_t epoch = ++m->epoch;
    form_graph *g = r->graph;
    r->inputs.n = r->outputs.n = 0;
    for (size_t i = 0; i < r->nodes.n; i++)
        FORM_NODE(r->nodes, i)->mark = epoch;
    walking in = {m, g, &r->inputs, epoch}, out = {m, g, &r->outputs, epoch};
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++) {
        form_node *n = FORM_NODE(g->nodes, i);
        form_each_use(m, n, n->mark == epoch ? add_input : add_output, n->mark == epoch ? &in : &out);
    }
    for (size_t i = 0; i < g->outputs.n; i++)
        add_output(&out, (form_value **)&g->outputs.items[i]);
}

bool form_region_draw(form_model *m, form_graph *g, uint32_t most, form_region *out)
{
    *out = (form_region){.graph = g};
    form_list *producers = producers_of(m, g);
    uint8_t *flags = form_memory(m, g->nodes.n + 1);
    if (g->nodes.n == 0 || producers == NULL || flags == NULL || m->failed)
        return false;
    for (size_t i = 0; i < g->nodes.n; i++)
        FORM_NODE(g->nodes, i)->done = (uint32_t)i;
    form_list *neighbours = neighbours_of(m, g, producers);
    if (neighbours == NULL || m->failed)
        return false;
    flags[form_draw(m, (uint32_t)g->nodes.n)] = IN_PART;
    grow(m, g, neighbours, flags, most);
    close_paths(g, producers, flags);
    for (size_t i = 0; i < g->nodes.n; i++)
        if ((flags[i] & IN_PART) != 0)
            form_push(m, &out->nodes, g->nodes.items[i]);
    for (size_t i = 0; i < g->nodes.n; i++)
        FORM_NODE(g->nodes, i)->done = 0;
    form_region_edges(m, out);
    return out->outputs.n > 0 && !m->failed;
}

static unsigned height(const form_node *n)
{
    unsigned most = 0;
    for (size_t i = 0; i < n->attrs.n; i++) {
        const form_graph *g = FORM_ATTR(n->attrs, i)->graph;
        for (size_t k = 0; g != NULL && k <= g->nodes.n; k++) {
            unsigned h = 1 + (k < g->nodes.n ? height(FORM_NODE(g->nodes, k)) : 0);
            most = h > most ? h : most;
        }
    }
    return most;
}

static bool are_carried(const form_model *m, const form_list *values)
{
    for (size_t i = 0; i < values->n; i++) {
        int oldest = m->rules->carried[((const form_value *)values->items[i])->desc.type];
        if (oldest == 0 || oldest > m->request->onnx->opset)
            return false;
    }
    return true;
}

bool form_region_carried(const form_model *m, const form_region *r)
{
    return are_carried(m, &r->inputs) && are_carried(m, &r->outputs);
}

static bool have_chains(const form_model *m, const form_list *values)
{
    static const form_use uses[] = {USE_PICK, USE_TAKE, USE_RAISE};
    for (size_t i = 0; i < values->n; i++)
        for (size_t k = 0; k < sizeof uses / sizeof uses[0]; k++)
            if (!form_chain_fits(m, uses[k], &((const form_value *)values->items[i])->desc))
                return false;
    return true;
}

bool form_region_repeats(const form_model *m, const form_region *r)
{
    return form_region_nests(m, r) && have_chains(m, &r->inputs) && have_chains(m, &r->outputs);
}

bool form_region_nests(const form_model *m, const form_region *r)
{
    unsigned most = 0;
    if (!form_region_carried(m, r))
        return false;
    for (size_t i = 0; i < r->nodes.n && !m->failed; i++) {
        unsigned h = height(FORM_NODE(r->nodes, i));
        most = h > most ? h : most;
    }
    return form_depth(r->graph) + 1 + most <= m->rules->limits[LIMIT_DEPTH];
}

/* ---- moving ---- */

static void move_node(form_node *n, form_graph *to)
{
    n->home = to;
    for (size_t i = 0; i < n->outputs.n; i++)
        if (n->outputs.items[i] != NULL)
            FORM_VALUE(n->outputs, i)->home = to;
    for (size_t i = 0; i < n->attrs.n; i++)
        if (FORM_ATTR(n->attrs, i)->graph != NULL)
            FORM_ATTR(n->attrs, i)->graph->parent = to;
}

void form_set_functions(form_model *m)
{
    for (size_t i = 0; i < m->graphs.n; i++) {
        form_graph *g = FORM_GRAPH(m->graphs, i), *top = g;
        while (top->parent != NULL)
            top = top->parent;
        g->function = top->function;
    }
}

form_graph *form_region_take(form_model *m, form_region *r, form_graph *parent, const char *name)
{
    form_graph *body = form_graph_new(m, parent, name);
    for (size_t i = 0; i < r->nodes.n && !m->failed; i++) {
        form_node *n = FORM_NODE(r->nodes, i);
        form_remove(&r->graph->nodes, n);
        form_push(m, &body->nodes, n);
        move_node(n, body);
    }
    for (size_t i = 0; i < r->outputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(r->outputs, i), *w = form_value_new(m, body, &v->desc);
        w->producer = v->producer;
        for (size_t k = 0; k < v->producer->outputs.n; k++)
            if (v->producer->outputs.items[k] == v)
                v->producer->outputs.items[k] = w;
        form_replace(m, body, v, w, NULL);
        v->home = r->graph;
        v->producer = NULL;
        form_push(m, &body->outputs, w);
    }
    form_set_functions(m);
    return body;
}

void form_region_replace(form_model *m, const form_region *r, form_node *n)
{
    n->outputs.n = 0;
    for (size_t i = 0; i < r->outputs.n; i++) {
        form_value *v = FORM_VALUE(r->outputs, i);
        v->producer = n;
        form_push(m, &n->outputs, v);
    }
    form_push(m, &r->graph->nodes, n);
    form_sort(m, r->graph, false);
}

static void add_constant(void *data, form_value **slot)
{
    walking *w = data;
    form_value *v = *slot;
    if (v->data != NULL && v->home != w->g && !form_is_inside(v->home, w->g) && !form_holds(w->to, v))
        form_push(w->m, w->to, v);
}

void form_bring_constants(form_model *m, form_graph *body, uint32_t share)
{
    form_list found = {.n = 0};
    walking w = {m, body, &found, 0};
    for (size_t i = 0; i < body->nodes.n && !m->failed; i++)
        form_each_use(m, FORM_NODE(body->nodes, i), add_constant, &w);
    for (size_t i = 0; i < found.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(found, i);
        if (v->overridable || form_holds(&v->home->outputs, v) || form_uses(m, v->home, v) > 0 || !form_chance(m, share))
            continue;
        form_remove(&v->home->constants, v);
        v->home = body;
        form_push(m, &body->constants, v);
    }
}

form_graph *form_scope_draw(form_model *m, size_t least, bool nesting)
{
    form_graph *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < m->graphs.n; i++) {
        form_graph *g = FORM_GRAPH(m->graphs, i);
        bool deep = nesting && form_depth(g) >= m->rules->limits[LIMIT_DEPTH];
        uint32_t weight = g == m->main ? 3 : 1;
        if (g->nodes.n < least || deep || (g->function != NULL && g->function->shared))
            continue;
        n += weight;
        if (form_draw(m, n) < weight)
            found = g;
    }
    return found;
}
