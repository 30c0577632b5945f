/* Steps that remove parts of the main graph. */
#include "reduce/reduce_names.h"
#include "reduce/reduce_step.h"

#include <string.h>

size_t step_count_outputs(const reduce_base *b)
{
    return b->m->graph->n_output;
}

bool step_leave_outputs(reduce_edit *e, const bool *chosen)
{
    e->g.n_output = reduce_filter(e->g.output, e->g.n_output, chosen);
    return true;
}

/* Walks from the last node to the first. A file may have them in another order; what is left then is only more. */
bool step_cut_outputs(reduce_edit *e, const bool *chosen)
{
    size_t n = e->g.n_node;
    bool *needed = arena_calloc(&e->memory, n + 1, 1), *gone = arena_calloc(&e->memory, n + 1, 1);
    reduce_names names = {.names = NULL};
    if (needed == NULL || gone == NULL)
        return false;
    size_t all = e->g.n_output;
    e->g.n_output = reduce_filter(e->g.output, all, chosen);
    if (e->g.n_output == all)
        return true;
    for (size_t i = 0; i < e->g.n_output; i++)
        reduce_names_add(&names, e->g.output[i]->name);
    reduce_names_sort(&names);
    for (size_t i = n; i-- > 0;) {
        size_t known = names.n;
        for (size_t k = 0; k < e->g.node[i]->n_output; k++)
            needed[i] = needed[i] || reduce_names_has(&names, e->g.node[i]->output[k]);
        if (needed[i])
            reduce_reads(&names, e->g.node[i]);
        if (names.n != known)
            reduce_names_sort(&names);
    }
    for (size_t i = 0; i < n; i++)
        gone[i] = !needed[i];
    e->dead = true;
    e->g.n_node = reduce_filter(e->g.node, n, gone);
    bool good = !names.failed;
    reduce_names_free(&names);
    return good;
}

size_t step_count_nodes(const reduce_base *b)
{
    return b->m->graph->n_node;
}

bool step_nodes(reduce_edit *e, const bool *chosen)
{
    return reduce_remove_nodes(e, chosen);
}

bool step_nodes_constant(reduce_edit *e, const bool *chosen)
{
    e->constants = true;
    return reduce_remove_nodes(e, chosen);
}

/* The input that a node can be replaced by: of the same type and shape as its only used output. NULL: none. */
static char *through(const reduce_base *b, const Onnx__NodeProto *n)
{
    if (n->n_output == 0)
        return NULL;
    for (size_t k = 1; k < n->n_output; k++)
        if (n->output[k][0] != '\0')
            return NULL;
    for (size_t k = 0; k < n->n_input; k++)
        if (n->input[k][0] != '\0' && reduce_same_kind(b, n->input[k], n->output[0]))
            return n->input[k];
    return NULL;
}

typedef struct {
    const char *from;
    char *to;
} change;

static char *follow(const change *all, size_t n, char *name)
{
    for (size_t i = n; i-- > 0;) /* a later change may lead to an earlier one */
        if (strcmp(all[i].from, name) == 0)
            name = all[i].to;
    return name;
}

/* Whether a body reads the tensor, which keeps its name there. */
static bool body_reads(const reduce_base *b, const char *name)
{
    const Onnx__GraphProto *g = b->m->graph;
    for (size_t i = 0; i < g->n_node; i++) {
        reduce_names all = {.names = NULL};
        Onnx__NodeProto inner = *g->node[i];
        inner.n_input = 0;
        if (inner.n_attribute > 0)
            reduce_reads(&all, &inner);
        reduce_names_sort(&all);
        bool found = all.failed || reduce_names_has(&all, name);
        reduce_names_free(&all);
        if (found)
            return true;
    }
    return false;
}

bool step_bypass(reduce_edit *e, const bool *chosen)
{
    size_t n = e->g.n_node, count = 0;
    bool *gone = arena_calloc(&e->memory, n + 1, 1);
    change *all = arena_alloc(&e->memory, (n + 1) * sizeof *all);
    if (gone == NULL || all == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        char *to = chosen[i] ? through(e->base, e->g.node[i]) : NULL;
        if (to == NULL || body_reads(e->base, e->g.node[i]->output[0]))
            continue;
        all[count++] = (change){e->g.node[i]->output[0], to};
        gone[i] = true;
    }
    for (size_t i = 0; i < n && count > 0; i++) {
        Onnx__NodeProto *own = gone[i] ? NULL : reduce_own_node(e, i);
        if (!gone[i] && own == NULL)
            return false;
        for (size_t k = 0; own != NULL && k < own->n_input; k++)
            own->input[k] = follow(all, count, own->input[k]);
    }
    e->g.n_node = reduce_filter(e->g.node, n, gone);
    return true;
}

size_t step_count_inputs(const reduce_base *b)
{
    return b->m->graph->n_input;
}

size_t step_count_initializers(const reduce_base *b)
{
    return b->m->graph->n_initializer;
}

/* The names that nodes and outputs use. */
static bool used_names(reduce_names *to, const reduce_edit *e)
{
    *to = (reduce_names){.names = NULL};
    for (size_t i = 0; i < e->g.n_node; i++)
        reduce_reads(to, e->g.node[i]);
    for (size_t i = 0; i < e->g.n_output; i++)
        reduce_names_add(to, e->g.output[i]->name);
    reduce_names_sort(to);
    return !to->failed;
}

bool step_unused_inputs(reduce_edit *e, const bool *chosen)
{
    reduce_names used;
    bool *gone = arena_calloc(&e->memory, e->g.n_input + 1, 1), good = gone != NULL && used_names(&used, e);
    if (gone == NULL)
        return false;
    for (size_t i = 0; good && i < e->g.n_input; i++)
        gone[i] = chosen[i] && !reduce_names_has(&used, e->g.input[i]->name);
    e->g.n_input = reduce_filter(e->g.input, e->g.n_input, gone);
    reduce_names_free(&used);
    return good;
}

bool step_unused_initializers(reduce_edit *e, const bool *chosen)
{
    reduce_names used;
    bool *gone = arena_calloc(&e->memory, e->g.n_initializer + 1, 1), good = gone != NULL && used_names(&used, e);
    if (gone == NULL)
        return false;
    for (size_t i = 0; good && i < e->g.n_initializer; i++)
        gone[i] = chosen[i] && !reduce_names_has(&used, e->g.initializer[i]->name);
    e->g.n_initializer = reduce_filter(e->g.initializer, e->g.n_initializer, gone);
    reduce_names_free(&used);
    return good;
}
