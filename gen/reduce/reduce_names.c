#include "reduce/reduce_names.h"
#include "onnx.pb-c.h"

#include <stdlib.h>
#include <string.h>

void reduce_names_add(reduce_names *s, const char *name)
{
    if (name == NULL || name[0] == '\0' || s->failed)
        return;
    void *all = s->names;
    if (!nn_grow(&all, &s->room, s->n + 1, sizeof *s->names)) {
        s->failed = true;
        return;
    }
    s->names = all;
    s->names[s->n++] = name;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void reduce_names_sort(reduce_names *s)
{
    size_t kept = 0;
    if (s->n > 0)
        qsort(s->names, s->n, sizeof *s->names, by_text);
    for (size_t i = 0; i < s->n; i++)
        if (kept == 0 || strcmp(s->names[kept - 1], s->names[i]) != 0)
            s->names[kept++] = s->names[i];
    s->n = kept;
}

bool reduce_names_has(const reduce_names *s, const char *name)
{
    return name != NULL && s->n > 0 && bsearch(&name, s->names, s->n, sizeof *s->names, by_text) != NULL;
}

void reduce_names_free(reduce_names *s)
{
    nn_free(s->names);
    *s = (reduce_names){.names = NULL};
}

void reduce_defines(reduce_names *to, const Onnx__GraphProto *g)
{
    for (size_t i = 0; i < g->n_input; i++)
        reduce_names_add(to, g->input[i]->name);
    for (size_t i = 0; i < g->n_initializer; i++)
        reduce_names_add(to, g->initializer[i]->name);
    for (size_t i = 0; i < g->n_sparse_initializer; i++)
        if (g->sparse_initializer[i]->values != NULL)
            reduce_names_add(to, g->sparse_initializer[i]->values->name);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            reduce_names_add(to, g->node[i]->output[k]);
}

/* What a body uses and does not define. The nesting of a parsed model is bounded. */
static void body_reads(reduce_names *to, const Onnx__GraphProto *g)
{
    reduce_names used = {.names = NULL}, own = {.names = NULL};
    reduce_defines(&own, g);
    reduce_names_sort(&own);
    for (size_t i = 0; i < g->n_node; i++)
        reduce_reads(&used, g->node[i]);
    for (size_t i = 0; i < g->n_output; i++)
        reduce_names_add(&used, g->output[i]->name);
    for (size_t i = 0; i < used.n; i++)
        if (!reduce_names_has(&own, used.names[i]))
            reduce_names_add(to, used.names[i]);
    to->failed = to->failed || used.failed || own.failed;
    reduce_names_free(&used);
    reduce_names_free(&own);
}

void reduce_reads(reduce_names *to, const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_input; i++)
        reduce_names_add(to, node->input[i]);
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->attribute[i];
        if (a->g != NULL)
            body_reads(to, a->g);
        for (size_t k = 0; k < a->n_graphs; k++)
            body_reads(to, a->graphs[k]);
    }
}
