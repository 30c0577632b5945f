#include "onnx/onnx_sound.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    size_t node; /* node that defines the tensor, from 1; 0: an input or initializer */
} definition;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const definition *)a)->name, ((const definition *)b)->name);
}

static size_t define(definition *d, size_t n, const char *name, size_t node)
{
    if (name == NULL || name[0] == '\0')
        return n;
    d[n] = (definition){name, node};
    return n + 1;
}

static size_t count_names(const Onnx__GraphProto *g)
{
    size_t n = g->n_input + g->n_initializer;
    for (size_t i = 0; i < g->n_node; i++)
        n += g->node[i]->n_output;
    return n;
}

static size_t collect(definition *d, const Onnx__GraphProto *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_input; i++)
        n = define(d, n, g->input[i]->name, 0);
    for (size_t i = 0; i < g->n_initializer; i++)
        n = define(d, n, g->initializer[i]->name, 0);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            n = define(d, n, g->node[i]->output[k], i + 1);
    qsort(d, n, sizeof *d, by_name);
    return n;
}

static const definition *find(const definition *d, size_t n, const char *name)
{
    return n > 0 ? bsearch(&(definition){.name = name}, d, n, sizeof *d, by_name) : NULL;
}

static bool check_uses(const Onnx__GraphProto *g, const definition *d, size_t n, char *why, size_t size)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(d[i - 1].name, d[i].name) == 0) {
            (void)snprintf(why, size, "defines tensor %.80s twice", d[i].name);
            return false;
        }
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++) {
            const char *name = g->node[i]->input[k];
            const definition *from = find(d, n, name);
            if (name[0] != '\0' && (from == NULL || from->node > i)) {
                (void)snprintf(why, size, "uses tensor %.80s before it is defined", name);
                return false;
            }
        }
    for (size_t i = 0; i < g->n_output; i++)
        if (g->output[i]->name == NULL || find(d, n, g->output[i]->name) == NULL) {
            (void)snprintf(why, size, "has a graph output that no node produces");
            return false;
        }
    return true;
}

bool onnx_is_sound(const void *bytes, size_t n, uint64_t nodes, char *why, size_t size)
{
    onnx_scan_report report;
    Onnx__ModelProto *m;
    nn_error err;
    onnx_source from;
    onnx_source_bytes(&from, bytes, n);
    nn_status s = onnx_parse(&m, &report, &from, 0, "", &err);
    if (s != NN_OK) {
        (void)snprintf(why, size, "%.200s", s == NN_ERR_NOMEM ? "" : err.message);
        return false;
    }
    const Onnx__GraphProto *g = m->graph;
    bool good = false;
    if (size > 0)
        why[0] = '\0';
    if (g->n_node != nodes) {
        (void)snprintf(why, size, "has %zu nodes, not %llu", g->n_node, (unsigned long long)nodes);
    } else {
        definition *d = nn_calloc(count_names(g) + 1, sizeof *d);
        good = d != NULL && check_uses(g, d, collect(d, g), why, size);
        nn_free(d);
    }
    onnx_parse_free(m);
    return good;
}
