/* Steps that remove texts and shorten names, one by one if it cannot be all. */
#include "reduce/reduce_site.h"
#include "reduce/reduce_step.h"

#include <string.h>

/* ---- texts ---- */

enum { MODEL_TEXTS = 7 }; /* of the model and its graph */

/* Then two for each node, and one for each initializer and stated tensor of the graph, and one for each body or function. */
size_t step_count_texts(const reduce_base *b)
{
    const Onnx__GraphProto *g = b->m->graph;
    return MODEL_TEXTS + 2 * g->n_node + g->n_initializer + g->n_input + g->n_output + g->n_value_info + reduce_count_sites(b->m);
}

static bool bare_model(reduce_edit *e, const bool *chosen)
{
    char **const texts[] = {&e->m.doc_string, &e->m.producer_name, &e->m.producer_version, &e->m.domain, &e->g.doc_string};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (chosen[i])
            *texts[i] = NULL;
    if (chosen[5])
        e->m.has_model_version = 0;
    if (chosen[6])
        e->g.name = arena_strdup(&e->memory, "g");
    return !arena_failed(&e->memory);
}

static bool bare_infos(reduce_edit *e, Onnx__ValueInfoProto **all, size_t n, const bool *chosen)
{
    for (size_t i = 0; i < n; i++) {
        if (!chosen[i] || all[i]->doc_string == NULL)
            continue;
        Onnx__ValueInfoProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *all[i];
        own->doc_string = NULL;
        all[i] = own;
    }
    return true;
}

static bool bare_constants(reduce_edit *e, const bool *chosen)
{
    for (size_t i = 0; i < e->g.n_initializer; i++) {
        Onnx__TensorProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *e->g.initializer[i];
        if (chosen[i])
            own->doc_string = NULL;
        e->g.initializer[i] = own;
    }
    return true;
}

static void bare_site(const reduce_site *s)
{
    for (size_t i = 0; i < *s->n_nodes; i++)
        s->nodes[i]->name = s->nodes[i]->doc_string = NULL;
    if (s->function != NULL)
        s->function->doc_string = NULL;
    if (s->graph != NULL)
        s->graph->doc_string = NULL;
}

static bool any_of(const bool *chosen, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || chosen[i];
    return any;
}

/* Bodies come first, because the edit then has other lists. */
static bool bare_sites(reduce_edit *e, const bool *chosen)
{
    reduce_sites x;
    size_t n = reduce_count_sites(e->base->m);
    if (!any_of(chosen, n))
        return true;
    if (!reduce_sites_open(&x, e))
        return false;
    for (size_t i = 0; i < x.n; i++)
        if (chosen[i])
            bare_site(&x.all[i]);
    return true;
}

/* Documentation, names of nodes and of the producer. */
bool step_texts(reduce_edit *e, const bool *chosen)
{
    const Onnx__GraphProto *g = &e->g;
    const bool *nodes = chosen + MODEL_TEXTS, *constants = nodes + 2 * g->n_node, *inputs = constants + g->n_initializer,
               *outputs = inputs + g->n_input, *infos = outputs + g->n_output, *sites = infos + g->n_value_info;
    if (!bare_sites(e, sites) || !bare_model(e, chosen) || !bare_constants(e, constants))
        return false;
    for (size_t i = 0; i < g->n_node; i++) {
        bool name = nodes[2 * i], doc = nodes[2 * i + 1];
        Onnx__NodeProto *own = name || doc ? reduce_own_node(e, i) : NULL;
        if ((name || doc) && own == NULL)
            return false;
        if (name)
            own->name = NULL;
        if (doc)
            own->doc_string = NULL;
    }
    return bare_infos(e, e->g.input, g->n_input, inputs) && bare_infos(e, e->g.output, g->n_output, outputs) &&
           bare_infos(e, e->g.value_info, g->n_value_info, infos);
}

/* ---- names ---- */

typedef struct {
    const char *from;
    char *to;
} renamed;

typedef struct {
    renamed *all;
    size_t n;
    const bool *chosen; /* by the place in the list */
    arena *memory;
} renaming;

static bool has_bodies(const Onnx__GraphProto *g)
{
    bool any = g->n_sparse_initializer > 0;
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_attribute; k++)
            any = any || g->node[i]->attribute[k]->g != NULL || g->node[i]->attribute[k]->n_graphs > 0;
    return any;
}

enum { RENAMED = 2000 }; /* the time is quadratic */

/* Uses of names, of which each is at most one item: those that are no first use change nothing. None where bodies use them. */
size_t step_count_names(const reduce_base *b)
{
    const Onnx__GraphProto *g = b->m->graph;
    size_t n = g->n_input + g->n_initializer + g->n_output + g->n_value_info;
    for (size_t i = 0; i < g->n_node; i++)
        n += g->node[i]->n_input + g->node[i]->n_output;
    return has_bodies(g) || n > RENAMED ? 0 : n;
}

/* The new name: one for each tensor, in the order of first use. NULL: out of memory. */
static char *rename_one(renaming *r, char *name, char kind)
{
    if (name == NULL || name[0] == '\0')
        return name;
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->all[i].from, name) == 0)
            return r->all[i].to;
    char *to = r->chosen[r->n] ? arena_printf(r->memory, "%c%zu", kind, r->n) : name;
    r->all[r->n++] = (renamed){name, to};
    return to;
}

static bool rename_infos(reduce_edit *e, renaming *r, Onnx__ValueInfoProto **all, size_t n, char kind)
{
    for (size_t i = 0; i < n; i++) {
        Onnx__ValueInfoProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *all[i];
        const reduce_fact *f = kind == 'x' ? reduce_find_fact(e->base, own->name) : NULL;
        const Onnx__TensorProto *value = f != NULL ? f->value : NULL;
        own->name = rename_one(r, own->name, kind);
        if (value != NULL && own->name != NULL && !reduce_change_input(e, own->name, value))
            return false;
        all[i] = own;
    }
    return true;
}

static bool rename_all(reduce_edit *e, renaming *r)
{
    if (!rename_infos(e, r, e->g.input, e->g.n_input, 'x'))
        return false;
    for (size_t i = 0; i < e->g.n_initializer; i++) {
        Onnx__TensorProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *e->g.initializer[i];
        own->name = rename_one(r, own->name, 'w');
        e->g.initializer[i] = own;
    }
    for (size_t i = 0; i < e->g.n_node; i++) {
        Onnx__NodeProto *own = reduce_own_node(e, i);
        if (own == NULL)
            return false;
        for (size_t k = 0; k < own->n_input; k++)
            own->input[k] = rename_one(r, own->input[k], 't');
        for (size_t k = 0; k < own->n_output; k++)
            own->output[k] = rename_one(r, own->output[k], 't');
    }
    return rename_infos(e, r, e->g.output, e->g.n_output, 'y') && rename_infos(e, r, e->g.value_info, e->g.n_value_info, 't') &&
           !arena_failed(&e->memory);
}

bool step_names(reduce_edit *e, const bool *chosen)
{
    size_t n = step_count_names(e->base);
    renaming r = {.all = arena_alloc(&e->memory, (n + 1) * sizeof *r.all), .chosen = chosen, .memory = &e->memory};
    return r.all != NULL && (n == 0 || rename_all(e, &r));
}
