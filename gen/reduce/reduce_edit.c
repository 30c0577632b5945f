#include "reduce/reduce_edit.h"
#include "reduce/reduce_names.h"

#include <string.h>

enum { BARE_CONSTANTS = 4 }; /* the IR version from which an initializer need not be an input too */

static void *copy_list(reduce_edit *e, void *list, size_t n)
{
    void *to = arena_alloc(&e->memory, (n + 1) * sizeof(void *));
    if (to != NULL && n > 0)
        memcpy(to, list, n * sizeof(void *));
    return to;
}

bool reduce_edit_revert(reduce_edit *e)
{
    e->m = *e->base->m;
    e->g = *e->base->m->graph;
    e->m.graph = &e->g;
    e->g.node = copy_list(e, e->g.node, e->g.n_node);
    e->g.initializer = copy_list(e, e->g.initializer, e->g.n_initializer);
    e->g.input = copy_list(e, e->g.input, e->g.n_input);
    e->g.output = copy_list(e, e->g.output, e->g.n_output);
    e->g.value_info = copy_list(e, e->g.value_info, e->g.n_value_info);
    e->g.sparse_initializer = copy_list(e, e->g.sparse_initializer, e->g.n_sparse_initializer);
    e->m.opset_import = copy_list(e, e->m.opset_import, e->m.n_opset_import);
    e->m.functions = copy_list(e, e->m.functions, e->m.n_functions);
    e->m.metadata_props = copy_list(e, e->m.metadata_props, e->m.n_metadata_props);
    return !arena_failed(&e->memory);
}

nn_status reduce_edit_open(reduce_edit *e, const reduce_base *base, nn_error *err)
{
    *e = (reduce_edit){.base = base};
    arena_init(&e->memory, 0);
    return reduce_edit_revert(e) ? NN_OK : nn_nomem(err);
}

void reduce_edit_close(reduce_edit *e)
{
    nn_free(e->changed);
    arena_free(&e->memory);
    *e = (reduce_edit){.base = NULL};
}

Onnx__NodeProto *reduce_own_node(reduce_edit *e, size_t i)
{
    Onnx__NodeProto *n = arena_alloc(&e->memory, sizeof *n);
    if (n == NULL)
        return NULL;
    *n = *e->g.node[i];
    n->input = copy_list(e, n->input, n->n_input);
    n->output = copy_list(e, n->output, n->n_output);
    n->attribute = copy_list(e, n->attribute, n->n_attribute);
    if (arena_failed(&e->memory))
        return NULL;
    e->g.node[i] = n;
    return n;
}

size_t reduce_filter(void *list, size_t n, const bool *gone)
{
    void **all = list;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!gone[i])
            all[kept++] = all[i];
    return kept;
}

const Onnx__TensorProto *reduce_input_value(const reduce_edit *e, const char *name)
{
    for (size_t i = 0; i < e->n_changed; i++)
        if (strcmp(e->changed[i].name, name) == 0)
            return e->changed[i].value;
    const reduce_fact *f = reduce_find_fact(e->base, name);
    return f != NULL ? f->value : NULL;
}

bool reduce_change_input(reduce_edit *e, const char *name, const Onnx__TensorProto *value)
{
    if (!nn_grow((void **)&e->changed, &e->room_changed, e->n_changed + 1, sizeof *e->changed))
        return false;
    e->changed[e->n_changed++] = (reduce_fact){.name = name, .value = value};
    return true;
}

/* Names of a graph: what its nodes read, and what it defines. */
typedef struct {
    reduce_names reads, defines;
    size_t twice; /* names with two definitions, as an input with an initializer */
} graph_names;

static bool names_of(graph_names *x, const Onnx__GraphProto *g)
{
    *x = (graph_names){.reads = {.names = NULL}};
    reduce_defines(&x->defines, g);
    for (size_t i = 0; i < g->n_node; i++)
        reduce_reads(&x->reads, g->node[i]);
    size_t n = x->defines.n;
    reduce_names_sort(&x->reads);
    reduce_names_sort(&x->defines);
    x->twice = n - x->defines.n;
    return !x->reads.failed && !x->defines.failed;
}

static void names_free(graph_names *x)
{
    reduce_names_free(&x->reads);
    reduce_names_free(&x->defines);
}

static bool can_be_input(const reduce_edit *e, const char *name)
{
    const reduce_fact *f = reduce_find_fact(e->base, name);
    return e->invalid || (f != NULL && (f->type != NULL || f->value != NULL));
}

bool reduce_remove_nodes(reduce_edit *e, const bool *gone)
{
    size_t n = e->g.n_node;
    bool *all = arena_alloc(&e->memory, n + 1);
    reduce_names lost = {.names = NULL};
    if (all == NULL)
        return false;
    memcpy(all, gone, n);
    for (size_t i = 0; i < n && !lost.failed; i++) {
        reduce_names reads = {.names = NULL};
        const Onnx__NodeProto *node = e->g.node[i];
        reduce_reads(&reads, node);
        for (size_t k = 0; k < reads.n && !all[i]; k++)
            all[i] = reduce_names_has(&lost, reads.names[k]);
        lost.failed = lost.failed || reads.failed;
        reduce_names_free(&reads);
        size_t known = lost.n;
        for (size_t k = 0; k < node->n_output && all[i]; k++)
            if (!can_be_input(e, node->output[k]))
                reduce_names_add(&lost, node->output[k]);
        if (lost.n > known)
            reduce_names_sort(&lost);
    }
    bool good = !lost.failed;
    reduce_names_free(&lost);
    e->g.n_node = reduce_filter(e->g.node, n, all);
    return good;
}

static Onnx__ValueInfoProto *info(reduce_edit *e, const char *name)
{
    const reduce_fact *f = reduce_find_fact(e->base, name);
    Onnx__ValueInfoProto *v = arena_alloc(&e->memory, sizeof *v);
    if (v == NULL)
        return NULL;
    onnx__value_info_proto__init(v);
    v->name = arena_strdup(&e->memory, name);
    v->type = f != NULL ? f->type : NULL;
    return v->name != NULL ? v : NULL;
}

static bool add_constant(reduce_edit *e, const char *name, const Onnx__TensorProto *value)
{
    Onnx__TensorProto *t = arena_alloc(&e->memory, sizeof *t);
    Onnx__TensorProto **list = arena_alloc(&e->memory, (e->g.n_initializer + 2) * sizeof *list);
    if (t == NULL || list == NULL)
        return false;
    *t = *value;
    t->name = arena_strdup(&e->memory, name);
    if (e->g.n_initializer > 0)
        memcpy(list, e->g.initializer, e->g.n_initializer * sizeof *list);
    list[e->g.n_initializer++] = t;
    e->g.initializer = list;
    return t->name != NULL;
}

/* NULL: out of memory. */
static Onnx__ValueInfoProto **with(reduce_edit *e, Onnx__ValueInfoProto **all, size_t n, Onnx__ValueInfoProto *one)
{
    Onnx__ValueInfoProto **list = arena_alloc(&e->memory, (n + 2) * sizeof *list);
    if (list == NULL || one == NULL)
        return NULL;
    if (n > 0)
        memcpy(list, all, n * sizeof *list);
    list[n] = one;
    return list;
}

/* Defines what nodes read and nothing makes. *sound: it could be done. false: out of memory. */
static bool define_missing(reduce_edit *e, const graph_names *now, bool *sound)
{
    for (size_t i = 0; i < now->reads.n; i++) {
        const char *name = now->reads.names[i];
        if (reduce_names_has(&now->defines, name))
            continue;
        const reduce_fact *f = reduce_find_fact(e->base, name);
        const Onnx__TensorProto *value = f != NULL ? f->value : NULL;
        if (e->constants && value != NULL && e->m.ir_version >= BARE_CONSTANTS) {
            if (!add_constant(e, name, value))
                return false;
            continue;
        }
        *sound = *sound && can_be_input(e, name);
        e->g.input = with(e, e->g.input, e->g.n_input, info(e, name));
        if (e->g.input == NULL)
            return false;
        e->g.n_input++;
    }
    return true;
}

/* Removes outputs that nothing makes; results that lost their last reader become outputs. */
static bool mend_outputs(reduce_edit *e, const graph_names *before, const graph_names *now)
{
    bool *gone = arena_calloc(&e->memory, e->g.n_output + 1, 1);
    reduce_names outputs = {.names = NULL};
    if (gone == NULL)
        return false;
    for (size_t i = 0; i < e->g.n_output; i++) {
        gone[i] = !reduce_names_has(&now->defines, e->g.output[i]->name);
        reduce_names_add(&outputs, e->g.output[i]->name);
    }
    e->g.n_output = reduce_filter(e->g.output, e->g.n_output, gone);
    reduce_names_sort(&outputs);
    bool good = !outputs.failed;
    for (size_t i = 0; good && !e->dead && i < e->g.n_node; i++)
        for (size_t k = 0; good && k < e->g.node[i]->n_output; k++) {
            const char *name = e->g.node[i]->output[k];
            const reduce_fact *f = reduce_find_fact(e->base, name);
            if (name[0] == '\0' || f == NULL || f->type == NULL || !reduce_names_has(&before->reads, name) ||
                reduce_names_has(&now->reads, name) || reduce_names_has(&outputs, name))
                continue;
            e->g.output = with(e, e->g.output, e->g.n_output, info(e, name));
            good = e->g.output != NULL;
            e->g.n_output += good;
        }
    reduce_names_free(&outputs);
    return good;
}

/* Whether only removed nodes used a tensor. */
static bool is_left_over(const reduce_edit *e, const graph_names *before, const graph_names *now, const char *name)
{
    if (!reduce_names_has(&before->reads, name) || reduce_names_has(&now->reads, name))
        return false;
    for (size_t i = 0; i < e->g.n_output; i++)
        if (e->g.output[i]->name != NULL && name != NULL && strcmp(e->g.output[i]->name, name) == 0)
            return false;
    return true;
}

static bool drop_left_over(reduce_edit *e, const graph_names *before, const graph_names *now)
{
    Onnx__GraphProto *g = &e->g;
    size_t most = g->n_input + g->n_initializer + g->n_value_info + g->n_sparse_initializer;
    bool *gone = arena_calloc(&e->memory, most + 1, 1);
    if (gone == NULL)
        return false;
    for (size_t i = 0; i < g->n_input; i++)
        gone[i] = is_left_over(e, before, now, g->input[i]->name);
    g->n_input = reduce_filter(g->input, g->n_input, gone);
    for (size_t i = 0; i < g->n_initializer; i++)
        gone[i] = is_left_over(e, before, now, g->initializer[i]->name);
    g->n_initializer = reduce_filter(g->initializer, g->n_initializer, gone);
    for (size_t i = 0; i < g->n_sparse_initializer; i++)
        gone[i] = g->sparse_initializer[i]->values != NULL && is_left_over(e, before, now, g->sparse_initializer[i]->values->name);
    g->n_sparse_initializer = reduce_filter(g->sparse_initializer, g->n_sparse_initializer, gone);
    for (size_t i = 0; i < g->n_value_info; i++)
        gone[i] = !reduce_names_has(&now->defines, g->value_info[i]->name);
    g->n_value_info = reduce_filter(g->value_info, g->n_value_info, gone);
    return true;
}

static bool pack_input(reduce_bytes *to, const char *name, const Onnx__TensorProto *value)
{
    Onnx__TensorProto t = *value;
    t.name = (char *)(uintptr_t)name;
    to->n = onnx__tensor_proto__get_packed_size(&t);
    to->bytes = nn_malloc(to->n + 1);
    if (to->bytes == NULL)
        return false;
    onnx__tensor_proto__pack(&t, to->bytes);
    return true;
}

static bool pack(reduce_edit *e, reduce_case *out)
{
    reduce_names constants = {.names = NULL};
    out->model.n = onnx__model_proto__get_packed_size(&e->m);
    out->model.bytes = nn_malloc(out->model.n + 1);
    out->inputs = nn_calloc(e->g.n_input + 1, sizeof *out->inputs);
    if (out->model.bytes == NULL || out->inputs == NULL)
        return false;
    onnx__model_proto__pack(&e->m, out->model.bytes);
    for (size_t i = 0; i < e->g.n_initializer; i++)
        reduce_names_add(&constants, e->g.initializer[i]->name);
    reduce_names_sort(&constants);
    bool good = !constants.failed;
    for (size_t i = 0; good && i < e->g.n_input; i++) {
        const char *name = e->g.input[i]->name;
        if (name == NULL || reduce_names_has(&constants, name))
            continue;
        const Onnx__TensorProto *value = reduce_input_value(e, name);
        if (value != NULL)
            good = pack_input(&out->inputs[out->n_inputs], name, value);
        out->n_inputs++;
    }
    reduce_names_free(&constants);
    return good;
}

nn_status reduce_edit_finish(reduce_edit *e, reduce_case *out, nn_error *err)
{
    graph_names before, now = {.reads = {.names = NULL}}, last = now;
    bool sound = true;
    *out = (reduce_case){.inputs = NULL};
    bool good = names_of(&before, e->base->m->graph) && names_of(&now, &e->g) && define_missing(e, &now, &sound) &&
                names_of(&last, &e->g) && mend_outputs(e, &before, &last) && drop_left_over(e, &before, &last);
    sound = sound && e->g.n_output > 0 && last.twice <= before.twice;
    if (good && sound)
        good = pack(e, out);
    names_free(&before);
    names_free(&now);
    names_free(&last);
    e->good = good && sound;
    if (!good || arena_failed(&e->memory)) {
        e->good = false;
        reduce_case_free(out);
        return nn_nomem(err);
    }
    return NN_OK;
}
