/* Steps that remove what a graph can do without: functions, imports, texts, attributes, names. */
#include "reduce/reduce_names.h"
#include "reduce/reduce_step.h"

#include <string.h>

size_t step_count_one(const reduce_base *b)
{
    (void)b;
    return 1;
}

/* ---- what nodes name ---- */

static bool has_body(const Onnx__NodeProto *n)
{
    bool any = false;
    for (size_t k = 0; k < n->n_attribute; k++)
        any = any || n->attribute[k]->g != NULL || n->attribute[k]->n_graphs > 0;
    return any;
}

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

static bool bare_infos(reduce_edit *e, Onnx__ValueInfoProto **all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        Onnx__ValueInfoProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *all[i];
        own->doc_string = NULL;
        all[i] = own;
    }
    return true;
}

/* Documentation, names of nodes and of the producer. */
bool step_texts(reduce_edit *e, const bool *chosen)
{
    if (!chosen[0])
        return true;
    e->m.doc_string = e->m.producer_name = e->m.producer_version = e->m.domain = NULL;
    e->m.has_model_version = 0;
    e->g.doc_string = NULL;
    e->g.name = arena_strdup(&e->memory, "g");
    for (size_t i = 0; i < e->g.n_node; i++) {
        Onnx__NodeProto *own = reduce_own_node(e, i);
        if (own == NULL)
            return false;
        own->name = own->doc_string = NULL;
    }
    for (size_t i = 0; i < e->g.n_initializer; i++) {
        Onnx__TensorProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *e->g.initializer[i];
        own->doc_string = NULL;
        e->g.initializer[i] = own;
    }
    return bare_infos(e, e->g.input, e->g.n_input) && bare_infos(e, e->g.output, e->g.n_output) &&
           bare_infos(e, e->g.value_info, e->g.n_value_info) && e->g.name != NULL;
}

/* ---- parts of nodes ---- */

size_t step_count_attributes(const reduce_base *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->m->graph->n_node; i++)
        n += b->m->graph->node[i]->n_attribute;
    return n;
}

/* Whether a change of the node can be judged: the table computes its results, or a failure is no harm. */
static bool can_change(const reduce_edit *e, const Onnx__NodeProto *n)
{
    bool any = e->base->whole || e->invalid;
    for (size_t k = 0; k < n->n_output && !any; k++) {
        const reduce_fact *f = reduce_find_fact(e->base, n->output[k]);
        any = f != NULL && f->evaluated;
    }
    return any && (e->invalid || !has_body(n));
}

bool step_attributes(reduce_edit *e, const bool *chosen)
{
    for (size_t i = 0; i < e->g.n_node; i++) {
        size_t n = e->g.node[i]->n_attribute;
        Onnx__NodeProto *own = n > 0 ? reduce_own_node(e, i) : NULL;
        if (n > 0 && own == NULL)
            return false;
        if (n > 0 && can_change(e, own))
            own->n_attribute = reduce_filter(own->attribute, n, chosen);
        chosen += n;
    }
    return true;
}

/* Whether all numbers of the attribute are x. */
static bool are_all(const Onnx__AttributeProto *a, int64_t x)
{
    bool all = (a->has_i == 0 || a->i == x) && (a->has_f == 0 || (a->f >= (float)x && a->f <= (float)x));
    for (size_t i = 0; all && i < a->n_ints; i++)
        all = a->ints[i] == x;
    for (size_t i = 0; all && i < a->n_floats; i++)
        all = a->floats[i] >= (float)x && a->floats[i] <= (float)x;
    return all;
}

/* The attribute with all its numbers x; the attribute itself if it has none, or if they are 0, so that no step undoes another.
 * NULL: out of memory. */
static Onnx__AttributeProto *with_numbers(reduce_edit *e, Onnx__AttributeProto *from, int64_t x)
{
    if (are_all(from, 0) || are_all(from, x))
        return from;
    Onnx__AttributeProto *a = arena_alloc(&e->memory, sizeof *a);
    int64_t *ints = arena_alloc(&e->memory, (from->n_ints + 1) * sizeof *ints);
    float *floats = arena_alloc(&e->memory, (from->n_floats + 1) * sizeof *floats);
    if (arena_failed(&e->memory))
        return NULL;
    *a = *from;
    a->ints = ints;
    a->floats = floats;
    for (size_t i = 0; i < a->n_ints; i++)
        ints[i] = x;
    for (size_t i = 0; i < a->n_floats; i++)
        floats[i] = (float)x;
    a->i = a->has_i != 0 ? x : a->i;
    a->f = a->has_f != 0 ? (float)x : a->f;
    return a;
}

static bool set_attributes(reduce_edit *e, const bool *chosen, int64_t x)
{
    for (size_t i = 0; i < e->g.n_node; i++) {
        size_t n = e->g.node[i]->n_attribute;
        Onnx__NodeProto *own = n > 0 ? reduce_own_node(e, i) : NULL;
        for (size_t k = 0; k < n; k++) {
            if (own == NULL)
                return false;
            if (chosen[k])
                own->attribute[k] = with_numbers(e, own->attribute[k], x);
            if (own->attribute[k] == NULL)
                return false;
        }
        chosen += n;
    }
    return true;
}

bool step_attributes_zero(reduce_edit *e, const bool *chosen)
{
    return set_attributes(e, chosen, 0);
}

bool step_attributes_one(reduce_edit *e, const bool *chosen)
{
    return set_attributes(e, chosen, 1);
}

size_t step_count_operands(const reduce_base *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->m->graph->n_node; i++)
        n += b->m->graph->node[i]->n_input;
    return n;
}

bool step_operands(reduce_edit *e, const bool *chosen)
{
    static char absent[] = "";
    for (size_t i = 0; i < e->g.n_node; i++) {
        size_t n = e->g.node[i]->n_input;
        Onnx__NodeProto *own = reduce_own_node(e, i);
        if (own == NULL)
            return false;
        bool may = can_change(e, own);
        for (size_t k = 0; k < n; k++)
            if (chosen[k] && may)
                own->input[k] = absent;
        while (may && own->n_input > 0 && own->input[own->n_input - 1][0] == '\0')
            own->n_input--;
        chosen += n;
    }
    return true;
}

/* ---- names ---- */

typedef struct {
    const char *from;
    char *to;
} renamed;

typedef struct {
    renamed *all;
    size_t n;
    arena *memory;
} renaming;

/* The new name: one for each tensor, in the order of first use. NULL: out of memory. */
static char *rename_one(renaming *r, char *name, char kind)
{
    if (name == NULL || name[0] == '\0')
        return name;
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->all[i].from, name) == 0)
            return r->all[i].to;
    char *to = arena_printf(r->memory, "%c%zu", kind, r->n);
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

static bool has_bodies(const Onnx__GraphProto *g)
{
    bool any = false;
    for (size_t i = 0; i < g->n_node; i++)
        any = any || has_body(g->node[i]);
    return any;
}

enum { RENAMED = 2000 }; /* the time is quadratic */

/* Not where bodies use the names. */
bool step_names(reduce_edit *e, const bool *chosen)
{
    size_t room = step_count_operands(e->base) + e->g.n_input + e->g.n_output + e->g.n_initializer + e->g.n_value_info;
    for (size_t i = 0; i < e->g.n_node; i++)
        room += e->g.node[i]->n_output;
    if (!chosen[0] || has_bodies(&e->g) || e->g.n_sparse_initializer > 0 || room > RENAMED)
        return true;
    renaming r = {.all = arena_alloc(&e->memory, (room + 1) * sizeof *r.all), .memory = &e->memory};
    if (r.all == NULL || !rename_infos(e, &r, e->g.input, e->g.n_input, 'x'))
        return false;
    for (size_t i = 0; i < e->g.n_initializer; i++) {
        Onnx__TensorProto *own = arena_alloc(&e->memory, sizeof *own);
        if (own == NULL)
            return false;
        *own = *e->g.initializer[i];
        own->name = rename_one(&r, own->name, 'w');
        e->g.initializer[i] = own;
    }
    for (size_t i = 0; i < e->g.n_node; i++) {
        Onnx__NodeProto *own = reduce_own_node(e, i);
        if (own == NULL)
            return false;
        for (size_t k = 0; k < own->n_input; k++)
            own->input[k] = rename_one(&r, own->input[k], 't');
        for (size_t k = 0; k < own->n_output; k++)
            own->output[k] = rename_one(&r, own->output[k], 't');
    }
    return rename_infos(e, &r, e->g.output, e->g.n_output, 'y') && rename_infos(e, &r, e->g.value_info, e->g.n_value_info, 't') &&
           !arena_failed(&e->memory);
}
