#include "reduce/reduce_site.h"
#include "onnx/onnx_parse.h"
#include "reduce/reduce_inline.h"

#include <string.h>

enum { DEEPEST = 100 };

static size_t bodies_of(const Onnx__AttributeProto *a)
{
    return a->g != NULL ? 1 : a->n_graphs;
}

static Onnx__GraphProto *body_of(const Onnx__AttributeProto *a, size_t k)
{
    return a->g != NULL ? a->g : a->graphs[k];
}

typedef struct {
    size_t sites, nodes;
} extent;

static void measure(extent *to, Onnx__NodeProto *const *nodes, size_t n)
{
    to->nodes += n;
    to->sites++;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < nodes[i]->n_attribute; j++)
            for (size_t k = 0; k < bodies_of(nodes[i]->attribute[j]); k++) {
                const Onnx__GraphProto *g = body_of(nodes[i]->attribute[j], k);
                measure(to, g->node, g->n_node);
            }
}

static extent measure_all(const Onnx__ModelProto *m)
{
    extent x = {0, 0};
    measure(&x, m->graph->node, m->graph->n_node);
    x.nodes -= m->graph->n_node;
    x.sites--;
    for (size_t i = 0; i < m->n_functions; i++)
        measure(&x, m->functions[i]->node, m->functions[i]->n_node);
    return x;
}

size_t reduce_inner_nodes(const Onnx__ModelProto *m)
{
    return measure_all(m).nodes;
}

size_t reduce_count_sites(const Onnx__ModelProto *m)
{
    return measure_all(m).sites;
}

/* ---- opening ---- */

static void list_bodies(reduce_sites *x, reduce_site *up, Onnx__NodeProto *const *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < nodes[i]->n_attribute; j++) {
            const Onnx__AttributeProto *a = nodes[i]->attribute[j];
            for (size_t k = 0; k < bodies_of(a); k++) {
                Onnx__GraphProto *g = body_of(a, k);
                reduce_site *s = &x->all[x->n++];
                *s = (reduce_site){.graph = g, .nodes = g->node, .n_nodes = &g->n_node, .up = up, .holder = nodes[i]};
                if (up == NULL || up->prefix != NULL)
                    s->prefix = reduce_inner_prefix(&x->e->memory, up != NULL ? up->prefix : "", nodes[i], a, k);
                list_bodies(x, s, g->node, g->n_node);
            }
        }
}

static void count_calls(reduce_sites *x, reduce_site *in, Onnx__NodeProto *const *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Onnx__FunctionProto *f = onnx_function_of(&x->e->m, nodes[i]);
        for (size_t k = 0; f != NULL && k < x->n; k++)
            if (x->all[k].function == f) {
                x->all[k].calls++;
                x->all[k].holder = nodes[i];
                x->all[k].caller = in;
            }
    }
}

/* The prefix of a function is that of its only call. The prefixes of bodies inside follow. */
static void find_prefix(reduce_sites *x, reduce_site *s, int depth)
{
    if (s->prefix != NULL || depth > DEEPEST)
        return;
    reduce_site *outer = s->function != NULL ? s->caller : s->up;
    if (s->function != NULL && s->calls != 1)
        return;
    if (outer != NULL)
        find_prefix(x, outer, depth + 1);
    if (outer != NULL && outer->prefix == NULL)
        return;
    const char *prefix = outer != NULL ? outer->prefix : "";
    if (s->function != NULL) {
        s->prefix = reduce_inner_prefix(&x->e->memory, prefix, s->holder, NULL, 0);
        return;
    }
    for (size_t j = 0; j < s->holder->n_attribute; j++)
        for (size_t k = 0; k < bodies_of(s->holder->attribute[j]); k++)
            if (body_of(s->holder->attribute[j], k) == s->graph)
                s->prefix = reduce_inner_prefix(&x->e->memory, prefix, s->holder, s->holder->attribute[j], k);
}

bool reduce_sites_open(reduce_sites *x, reduce_edit *e)
{
    Onnx__ModelProto *own;
    nn_error ignored;
    const reduce_bytes *from = &e->base->from.model;
    *x = (reduce_sites){.e = e};
    if (onnx_parse_all(&own, from->bytes, from->n, &e->memory, NULL, &ignored) != NN_OK)
        return false;
    e->g = *own->graph;
    e->m = *own;
    e->m.graph = &e->g;
    x->all = arena_calloc(&e->memory, reduce_count_sites(&e->m) + 1, sizeof *x->all);
    if (x->all == NULL)
        return false;
    list_bodies(x, NULL, e->g.node, e->g.n_node);
    for (size_t i = 0; i < e->m.n_functions; i++) {
        Onnx__FunctionProto *f = e->m.functions[i];
        reduce_site *s = &x->all[x->n++];
        *s = (reduce_site){.function = f, .nodes = f->node, .n_nodes = &f->n_node};
        list_bodies(x, s, f->node, f->n_node);
    }
    if (e->m.n_functions > 0)
        count_calls(x, NULL, e->g.node, e->g.n_node);
    for (size_t i = 0; e->m.n_functions > 0 && i < x->n; i++)
        count_calls(x, &x->all[i], x->all[i].nodes, *x->all[i].n_nodes);
    for (size_t i = 0; i < x->n; i++)
        find_prefix(x, &x->all[i], 0);
    return !arena_failed(&e->memory);
}

/* ---- names ---- */

void reduce_site_defines(reduce_names *to, const reduce_site *s)
{
    if (s->graph != NULL) {
        reduce_defines(to, s->graph);
        return;
    }
    for (size_t i = 0; i < s->function->n_input; i++)
        reduce_names_add(to, s->function->input[i]);
    for (size_t i = 0; i < *s->n_nodes; i++)
        for (size_t k = 0; k < s->nodes[i]->n_output; k++)
            reduce_names_add(to, s->nodes[i]->output[k]);
}

static bool defines(const reduce_site *s, const char *name)
{
    reduce_names own = {.names = NULL};
    reduce_site_defines(&own, s);
    reduce_names_sort(&own);
    bool found = reduce_names_has(&own, name);
    reduce_names_free(&own);
    return found;
}

const char *reduce_site_key(const reduce_sites *x, const reduce_site *s, const char *name)
{
    for (int depth = 0; s != NULL && name != NULL && depth < DEEPEST; depth++) {
        const reduce_site *outer = s->up;
        const char *actual = name;
        bool formal = false;
        for (size_t i = 0; s->function != NULL && i < s->function->n_input && !formal; i++) {
            formal = strcmp(s->function->input[i], name) == 0;
            if (formal) /* it is what the call passes */
                actual = s->calls == 1 && i < s->holder->n_input ? s->holder->input[i] : NULL;
        }
        if (!formal && (s->function != NULL || defines(s, name)))
            return s->prefix != NULL ? arena_printf(&x->e->memory, "%s%s", s->prefix, name) : NULL;
        if (formal)
            outer = s->caller;
        name = actual;
        s = outer;
    }
    return s == NULL ? name : NULL;
}

static void rename_nodes(Onnx__NodeProto *const *nodes, size_t n, const char *from, char *to)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < nodes[i]->n_input; k++)
            if (strcmp(nodes[i]->input[k], from) == 0)
                nodes[i]->input[k] = to;
        for (size_t j = 0; j < nodes[i]->n_attribute; j++)
            for (size_t k = 0; k < bodies_of(nodes[i]->attribute[j]); k++) {
                const Onnx__GraphProto *g = body_of(nodes[i]->attribute[j], k);
                rename_nodes(g->node, g->n_node, from, to);
                for (size_t o = 0; o < g->n_output; o++) /* a body may give back what is outside */
                    if (g->output[o]->name != NULL && strcmp(g->output[o]->name, from) == 0)
                        g->output[o]->name = to;
            }
    }
}

void reduce_site_rename(const reduce_site *s, const char *from, char *to)
{
    rename_nodes(s->nodes, *s->n_nodes, from, to);
}

/* Adds an operand behind all formals. */
static bool add_operand(const reduce_sites *x, Onnx__NodeProto *call, size_t place, char *name)
{
    static char absent[] = "";
    char **list = arena_alloc(&x->e->memory, (place + 2) * sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < place; i++)
        list[i] = i < call->n_input ? call->input[i] : absent;
    list[place] = name;
    call->input = list;
    call->n_input = place + 1;
    return true;
}

bool reduce_site_pass(const reduce_sites *x, reduce_site *s, char *name)
{
    for (int depth = 0; s != NULL && depth < DEEPEST; depth++) {
        if (s->function == NULL) {
            s = s->up;
            continue;
        }
        Onnx__FunctionProto *f = s->function;
        char **list = arena_alloc(&x->e->memory, (f->n_input + 2) * sizeof *list);
        for (size_t i = 0; i < f->n_input; i++)
            if (strcmp(f->input[i], name) == 0)
                return true;
        if (list == NULL || !add_operand(x, s->holder, f->n_input, name))
            return false;
        if (f->n_input > 0)
            memcpy(list, f->input, f->n_input * sizeof *list);
        list[f->n_input++] = name;
        f->input = list;
        s = s->caller;
    }
    return true;
}
