#include "onnx/onnx_sound.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_function.h"
#include "onnx/onnx_parse.h"
#include "onnx/onnx_scope.h"

#include <stdio.h>
#include <string.h>

/* A graph while its nodes are checked; those around it are at the node that holds it. */
typedef struct place {
    onnx_scope scope;
    const struct place *around; /* NULL: none */
    size_t at;                  /* the node that is checked */
} place;

typedef struct {
    char *why; /* empty: memory ran out */
    size_t size;
} reason;

/* Whether the tensor is defined before the node that is checked, in the graph or around it. */
static bool is_defined(const place *p, const char *name)
{
    for (; p != NULL; p = p->around) {
        const onnx_definition *d = onnx_scope_find(&p->scope, name);
        if (d != NULL)
            return d->place < (int64_t)p->at;
    }
    return false;
}

static bool check_graph(const Onnx__GraphProto *g, const place *around, const reason *r);

static bool check_node(const Onnx__NodeProto *n, const place *p, const reason *r)
{
    for (size_t k = 0; k < n->n_input; k++)
        if (n->input[k][0] != '\0' && !is_defined(p, n->input[k])) {
            (void)snprintf(r->why, r->size, "uses tensor %.80s before it is defined", n->input[k]);
            return false;
        }
    bool good = true;
    for (size_t k = 0; good && k < n->n_attribute; k++) {
        const Onnx__AttributeProto *a = n->attribute[k];
        if (a->g != NULL)
            good = check_graph(a->g, p, r);
        for (size_t i = 0; good && i < a->n_graphs; i++)
            good = check_graph(a->graphs[i], p, r);
    }
    return good;
}

static bool check_nodes(const Onnx__GraphProto *g, place *p, const reason *r)
{
    for (; p->at < g->n_node; p->at++)
        if (!check_node(g->node[p->at], p, r))
            return false;
    for (size_t i = 0; i < g->n_output; i++)
        if (g->output[i]->name == NULL || !is_defined(p, g->output[i]->name)) {
            (void)snprintf(r->why, r->size, "has a graph output that no node produces");
            return false;
        }
    return true;
}

static bool check_graph(const Onnx__GraphProto *g, const place *around, const reason *r)
{
    place p = {.around = around};
    nn_error err;
    nn_status s = onnx_scope_open(&p.scope, NULL, g, NULL, &err);
    bool good = s == NN_OK && check_nodes(g, &p, r);
    if (s == NN_ERR_IO)
        (void)snprintf(r->why, r->size, "%.200s", err.message);
    onnx_scope_close(&p.scope);
    return good;
}

/* A function as a graph that no other is around. */
static bool check_function(const Onnx__FunctionProto *f, const reason *r)
{
    arena a;
    arena_init(&a, 0);
    const Onnx__GraphProto *g = onnx_function_graph(f, &a);
    bool good = g != NULL && check_graph(g, NULL, r);
    arena_free(&a);
    return good;
}

bool onnx_is_sound(const void *bytes, size_t n, uint64_t nodes, char *why, size_t size)
{
    onnx_scan_report report;
    Onnx__ModelProto *m;
    nn_error err;
    onnx_source from;
    const reason r = {why, size};
    onnx_source_bytes(&from, bytes, n);
    nn_status s = onnx_parse(&m, &report, &from, 0, "", &err);
    if (s != NN_OK) {
        (void)snprintf(why, size, "%.200s", s == NN_ERR_NOMEM ? "" : err.message);
        return false;
    }
    if (size > 0)
        why[0] = '\0';
    bool good = nodes == ONNX_ANY_NODES || m->graph->n_node == nodes;
    if (!good)
        (void)snprintf(why, size, "has %zu nodes, not %llu", m->graph->n_node, (unsigned long long)nodes);
    good = good && check_graph(m->graph, NULL, &r);
    for (size_t i = 0; good && i < m->n_functions; i++)
        good = check_function(m->functions[i], &r);
    onnx_parse_free(m);
    return good;
}
