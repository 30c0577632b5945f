/* Steps that remove what a model can do without: functions, imports, stated types, metadata. */
#include "reduce/reduce_names.h"
#include "reduce/reduce_step.h"

#include <string.h>

/* ---- what nodes name ---- */

/* Calls, as "domain\1name", and domains. */
typedef struct {
    reduce_names calls, domains;
    arena *memory;
} mentions;

static void mention_graph(mentions *x, const Onnx__GraphProto *g);

static void mention(mentions *x, Onnx__NodeProto *const *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Onnx__NodeProto *node = nodes[i];
        const char *domain = node->domain != NULL ? node->domain : "";
        const char *call = arena_printf(x->memory, "%s\1%s", domain, node->op_type != NULL ? node->op_type : "");
        x->calls.failed = x->calls.failed || call == NULL;
        reduce_names_add(&x->calls, call);
        reduce_names_add(&x->domains, domain[0] != '\0' ? domain : "ai.onnx");
        for (size_t k = 0; k < node->n_attribute; k++) {
            if (node->attribute[k]->g != NULL)
                mention_graph(x, node->attribute[k]->g);
            for (size_t j = 0; j < node->attribute[k]->n_graphs; j++)
                mention_graph(x, node->attribute[k]->graphs[j]);
        }
    }
}

static void mention_graph(mentions *x, const Onnx__GraphProto *g)
{
    mention(x, g->node, g->n_node);
}

static bool mentions_open(mentions *x, reduce_edit *e)
{
    *x = (mentions){.memory = &e->memory};
    mention_graph(x, &e->g);
    for (size_t i = 0; i < e->m.n_functions; i++)
        mention(x, e->m.functions[i]->node, e->m.functions[i]->n_node);
    reduce_names_sort(&x->calls);
    reduce_names_sort(&x->domains);
    return !x->calls.failed && !x->domains.failed;
}

static void mentions_close(mentions *x)
{
    reduce_names_free(&x->calls);
    reduce_names_free(&x->domains);
}

size_t step_count_functions(const reduce_base *b)
{
    return b->m->n_functions;
}

bool step_functions(reduce_edit *e, const bool *chosen)
{
    mentions x;
    bool *gone = arena_calloc(&e->memory, e->m.n_functions + 1, 1);
    if (gone == NULL)
        return false;
    bool good = mentions_open(&x, e);
    for (size_t i = 0; good && i < e->m.n_functions; i++) {
        const Onnx__FunctionProto *f = e->m.functions[i];
        const char *call = arena_printf(&e->memory, "%s\1%s", f->domain != NULL ? f->domain : "", f->name != NULL ? f->name : "");
        gone[i] = chosen[i] && call != NULL && !reduce_names_has(&x.calls, call);
    }
    e->m.n_functions = reduce_filter(e->m.functions, e->m.n_functions, gone);
    mentions_close(&x);
    return good;
}

size_t step_count_imports(const reduce_base *b)
{
    return b->m->n_opset_import;
}

bool step_imports(reduce_edit *e, const bool *chosen)
{
    mentions x;
    bool *gone = arena_calloc(&e->memory, e->m.n_opset_import + 1, 1);
    if (gone == NULL)
        return false;
    bool good = mentions_open(&x, e);
    for (size_t i = 0; good && i < e->m.n_opset_import; i++) {
        const char *domain = e->m.opset_import[i]->domain;
        gone[i] = chosen[i] && !reduce_names_has(&x.domains, domain != NULL && domain[0] != '\0' ? domain : "ai.onnx");
    }
    e->m.n_opset_import = reduce_filter(e->m.opset_import, e->m.n_opset_import, gone);
    mentions_close(&x);
    return good;
}

/* ---- texts ---- */

size_t step_count_infos(const reduce_base *b)
{
    return b->m->graph->n_value_info;
}

bool step_infos(reduce_edit *e, const bool *chosen)
{
    e->g.n_value_info = reduce_filter(e->g.value_info, e->g.n_value_info, chosen);
    return true;
}

size_t step_count_metadata(const reduce_base *b)
{
    return b->m->n_metadata_props;
}

bool step_metadata(reduce_edit *e, const bool *chosen)
{
    e->m.n_metadata_props = reduce_filter(e->m.metadata_props, e->m.n_metadata_props, chosen);
    return true;
}
