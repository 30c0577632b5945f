#include "onnx/onnx_view.h"
#include "value/dtype.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_function.h"
#include "onnx/onnx_order.h"
#include "onnx/onnx_parse.h"
#include "onnx/onnx_tensor.h"
#include "base/sorted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS_MOST = 32, EXPANDED_MOST = 200000 }; /* nested calls; nodes in calls: further functions are not entered */
#define CONTENTS_SIZE (10 * ONNX_VIEW_CONTENTS)   /* bytes of a field with so many numbers; a packed int64 takes up to 10 */

/* A graph or body that is being read. */
typedef struct level level;
struct level {
    const level *up;       /* the graph that this one is inside and sees; NULL: none */
    bool main;             /* the graph of the model */
    const onnx_call *call; /* of the function that this is, or is inside; NULL: none */
    onnx_scope names;      /* maps names to node numbers of the view, once the node has been read */
    uint32_t container;    /* the node of the view that contains this body */
    size_t tensors;        /* tensor of the view for the first of the names; the others follow in order */
};

typedef struct {
    uint64_t *all; /* pairs of numbers */
    size_t n, capacity;
} pair_list;

typedef struct {
    onnx_view *v;
    size_t node_room, attribute_room, tensor_room, operand_room;
    bool whole; /* tensors, names and values of attributes are requested */
    pair_list edges, reads, makes;
    const Onnx__ModelProto *m;
    uint32_t bodies, calls; /* calls: of the bodies, those that are functions */
    size_t expanded;        /* nodes of calls */
    const char *file;
    nn_error *err;
} reader;

static nn_status wrong(const reader *r, const char *what, const char *name)
{
    return onnx_wrong(r->file, what, name, r->err);
}

static nn_status add_pair(reader *r, pair_list *l, uint32_t a, uint32_t b)
{
    if (!nn_grow((void **)&l->all, &l->capacity, l->n + 1, sizeof *l->all))
        return nn_nomem(r->err);
    l->all[l->n++] = (uint64_t)a << 32 | b;
    return NN_OK;
}

/* A number for a tensor that a graph inside a node takes from outside, among those that one node reads. */
static uint32_t entry(size_t depth, size_t index)
{
    return UINT32_C(1) << 31 | (uint32_t)(depth & 127) << 24 | (uint32_t)(index & 0xffffff);
}

/* Notes that the current node, or the node around its body, uses a tensor. Each body that it comes into is entered there. */
static nn_status use(reader *r, const level *l, const char *name, uint32_t node)
{
    const onnx_definition *d = NULL;
    const level *from = l;
    size_t depth = 0;
    nn_status status = NN_OK;
    for (; from != NULL && (d = onnx_scope_find(&from->names, name)) == NULL; from = from->up)
        depth++;
    if (d == NULL)
        return wrong(r, "uses a tensor that nothing produces", name);
    if (d->place == ONNX_CONSTANT)
        return NN_OK;
    for (const level *at = l; at != from && status == NN_OK; at = at->up) {
        status = add_pair(r, &r->reads, node, entry(depth, (size_t)(d - from->names.all)));
        node = at->up->container;
    }
    if (status != NN_OK)
        return status;
    if (d->place >= 0)
        return add_pair(r, &r->edges, d->number, node);
    return add_pair(r, &r->reads, node, from->main ? d->number : entry(0, (size_t)(d - from->names.all)));
}

/* ---- tensors ---- */

/* Describes the tensors that a graph defines. Those that nodes make follow when the nodes are read. */
static nn_status add_tensors(reader *r, level *l, const Onnx__GraphProto *g)
{
    onnx_view *v = r->v;
    bool ok = nn_grow((void **)&v->tensors, &r->tensor_room, v->n_tensors + l->names.n, sizeof *v->tensors);
    l->tensors = v->n_tensors;
    for (size_t i = 0; i < l->names.n && ok; i++) {
        char *name = arena_strdup(&v->memory, l->names.all[i].name);
        v->tensors[v->n_tensors++] = (onnx_view_tensor){
            .name = name, .maker = ONNX_VIEW_NONE, .constant = l->names.all[i].place == ONNX_CONSTANT, .rank = ONNX_VIEW_NONE};
        ok = name != NULL;
    }
    Onnx__ValueInfoProto **const infos[] = {g->input, g->output, g->value_info};
    const size_t counts[] = {g->n_input, g->n_output, g->n_value_info};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < counts[k] && ok; i++) {
            const onnx_definition *d = infos[k][i]->name != NULL ? onnx_scope_find(&l->names, infos[k][i]->name) : NULL;
            if (d != NULL)
                ok = onnx_tensor_shape(&v->tensors[l->tensors + (size_t)(d - l->names.all)], infos[k][i], &v->memory);
        }
    for (size_t i = 0; i < g->n_initializer && ok; i++) {
        const onnx_definition *d = g->initializer[i]->name != NULL ? onnx_scope_find(&l->names, g->initializer[i]->name) : NULL;
        if (d != NULL)
            ok = onnx_tensor_contents(&v->tensors[l->tensors + (size_t)(d - l->names.all)], g->initializer[i], &v->memory);
    }
    return ok ? NN_OK : nn_nomem(r->err);
}

/* Appends an operand or a result of a node. */
static nn_status add_operand(reader *r, const level *l, const char *name)
{
    onnx_view *v = r->v;
    int64_t tensor = ONNX_VIEW_NONE;
    for (const level *at = l; at != NULL && *name != '\0' && tensor < 0; at = at->up) {
        const onnx_definition *d = onnx_scope_find(&at->names, name);
        if (d != NULL)
            tensor = (int64_t)(at->tensors + (size_t)(d - at->names.all));
    }
    if (v->n_operands >= UINT32_MAX || !nn_grow((void **)&v->operands, &r->operand_room, v->n_operands + 1, sizeof *v->operands))
        return nn_nomem(r->err);
    v->operands[v->n_operands++] = tensor;
    return NN_OK;
}

/* Notes the operands and results of the node that was added last. */
static nn_status add_operands(reader *r, const Onnx__NodeProto *n, const level *l)
{
    onnx_view *v = r->v;
    onnx_view_node *to = &v->nodes[v->n_nodes - 1];
    nn_status status = NN_OK;
    to->name = arena_strdup(&v->memory, n->name != NULL ? n->name : "");
    to->first_operand = (uint32_t)v->n_operands;
    to->n_operands = (uint32_t)n->n_input;
    for (size_t k = 0; k < n->n_input && status == NN_OK; k++)
        status = add_operand(r, l, n->input[k]);
    to->first_result = (uint32_t)v->n_operands;
    to->n_results = (uint32_t)n->n_output;
    for (size_t k = 0; k < n->n_output && status == NN_OK; k++) {
        status = add_operand(r, l, n->output[k]);
        if (status == NN_OK && v->operands[v->n_operands - 1] >= 0)
            v->tensors[v->operands[v->n_operands - 1]].maker = (int64_t)v->n_nodes - 1;
    }
    if (status == NN_OK && n->n_input == 0 && n->n_output == 1 && n->n_attribute == 1 && v->operands[to->first_result] >= 0) {
        onnx_view_tensor *t = &v->tensors[v->operands[to->first_result]];
        t->constant = strncmp(n->attribute[0]->name, "value", 5) == 0;
        if (t->constant && !onnx_attribute_tensor(t, n->attribute[0], &v->memory))
            return nn_nomem(r->err);
    }
    return to->name != NULL ? status : nn_nomem(r->err);
}

/* ---- attributes ---- */

static const char *sign(double x)
{
    return x != x ? "NaN" : x == 0 ? "0" : x == 1 ? "1" : x == -1 ? "-1" : x < 0 ? "negative" : x < 1 ? "below 1" : "above 1";
}

static bool is_plain(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' || s[i] > '~')
            return false;
    return true;
}

static const char *class_of_list(reader *r, const char *what, size_t n, bool equal)
{
    return n == 0 ? "empty" : arena_printf(&r->v->memory, "%zu %s%s", n, what, n == 1 ? "" : equal ? ", equal" : ", mixed");
}

static const char *class_of_ints(reader *r, const Onnx__AttributeProto *a)
{
    bool equal = true;
    for (size_t i = 1; i < a->n_ints; i++)
        equal = equal && a->ints[i] == a->ints[0];
    if (a->n_ints > 0 && equal)
        return arena_printf(&r->v->memory, "%zu times %s", a->n_ints, sign((double)a->ints[0]));
    return class_of_list(r, "numbers", a->n_ints, equal);
}

static const char *class_of(reader *r, const Onnx__AttributeProto *a)
{
    bool equal = true;
    switch (a->type) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
        return sign((double)a->i);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
        return sign((double)a->f);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
        if (a->s.len == 0)
            return "empty";
        if (a->s.len > 40 || !is_plain((const char *)a->s.data, a->s.len))
            return "text";
        return arena_printf(&r->v->memory, "'%.*s'", (int)a->s.len, (const char *)a->s.data);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
        return class_of_ints(r, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
        for (size_t i = 1; i < a->n_floats; i++)
            equal = equal && a->floats[i] == a->floats[0];
        return class_of_list(r, "reals", a->n_floats, equal);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
        return class_of_list(r, "texts", a->n_strings, a->n_strings < 2);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
        if (a->t == NULL)
            return "tensor";
        return arena_printf(&r->v->memory, "%s tensor of rank %zu",
                            dtype_of_number(a->t->data_type) != DT_NONE ? dtype_name((dtype)a->t->data_type) : "other",
                            a->t->n_dims);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
        return "graph";
    default:
        return "other";
    }
}

static nn_status add_attribute(reader *r, const Onnx__AttributeProto *a)
{
    onnx_view *v = r->v;
    if (a->name == NULL || a->name[0] == '\0' || !is_plain(a->name, strlen(a->name)) || strlen(a->name) > 200)
        return wrong(r, "has an attribute without a valid name", NULL);
    if (!nn_grow((void **)&v->attributes, &r->attribute_room, v->n_attributes + 1, sizeof *v->attributes))
        return nn_nomem(r->err);
    onnx_view_attribute *to = &v->attributes[v->n_attributes++];
    to->name = arena_strdup(&v->memory, a->name);
    to->value_class = class_of(r, a);
    *to = (onnx_view_attribute){.name = to->name, .value_class = to->value_class};
    if (r->whole && !onnx_attribute_values(to, a, &v->memory))
        return nn_nomem(r->err);
    return to->name != NULL && to->value_class != NULL ? NN_OK : nn_nomem(r->err);
}

/* ---- nodes ---- */

static bool is_operator(const char *s)
{
    size_t n = 0;
    for (; s[n] != '\0'; n++)
        if (s[n] <= ' ' || s[n] > '~' || s[n] == ',' || s[n] == '"' || s[n] == '\\' || s[n] == '#')
            return false;
    return n > 0 && n <= 200;
}

static nn_status add_node(reader *r, const char *op, uint32_t body)
{
    onnx_view *v = r->v;
    if (v->n_nodes >= UINT32_MAX - 1)
        return wrong(r, "has too many nodes", NULL);
    if (!nn_grow((void **)&v->nodes, &r->node_room, v->n_nodes + 1, sizeof *v->nodes))
        return nn_nomem(r->err);
    v->nodes[v->n_nodes] = (onnx_view_node){.op = op, .body = body, .first_attribute = (uint32_t)v->n_attributes};
    return v->nodes[v->n_nodes++].op != NULL ? NN_OK : nn_nomem(r->err);
}

static nn_status read_graph(reader *r, const Onnx__GraphProto *g, level *up, const onnx_call *call);

/* The attributes of a node. Those that refer to one of a call are as the call states. */
static nn_status add_attributes(reader *r, const Onnx__NodeProto *n, const level *l, uint32_t number)
{
    nn_status status = NN_OK;
    uint32_t count = 0;
    for (size_t k = 0; k < n->n_attribute && status == NN_OK; k++) {
        const Onnx__AttributeProto *a = onnx_attribute_of(l->call, n->attribute[k]);
        Onnx__AttributeProto named;
        if (a == NULL && l->call != NULL)
            continue; /* the call leaves it out */
        named = a != NULL ? *a : *n->attribute[k];
        named.name = n->attribute[k]->name;
        status = add_attribute(r, &named);
        count++;
    }
    if (status == NN_OK)
        r->v->nodes[number].n_attributes = count;
    return status;
}

/* The function that a node calls, as a body of the node. */
static nn_status read_call(reader *r, const Onnx__NodeProto *n, level *l, const Onnx__FunctionProto *f)
{
    const onnx_call call = {.up = l->call, .function = f, .node = n};
    size_t depth = 0;
    arena a;
    for (const onnx_call *c = l->call; c != NULL; c = c->up)
        depth++;
    if (depth >= CALLS_MOST || onnx_calls(l->call, f) || r->expanded + f->n_node > EXPANDED_MOST)
        return NN_OK;
    r->expanded += f->n_node;
    r->calls++;
    arena_init(&a, 0);
    const Onnx__GraphProto *g = onnx_function_graph(f, &a);
    nn_status status = g != NULL ? read_graph(r, g, NULL, &call) : nn_nomem(r->err);
    arena_free(&a);
    return status;
}

/* The graphs inside a node. */
static nn_status read_bodies(reader *r, const Onnx__NodeProto *n, level *l, uint32_t number)
{
    const uint32_t before = r->bodies;
    const Onnx__FunctionProto *f = r->m->n_functions > 0 ? onnx_function_of(r->m, n) : NULL;
    nn_status status = f != NULL ? read_call(r, n, l, f) : NN_OK;
    for (size_t k = 0; k < n->n_attribute && status == NN_OK; k++) {
        const Onnx__AttributeProto *a = n->attribute[k];
        if (a->g != NULL)
            status = read_graph(r, a->g, l, l->call);
        for (size_t i = 0; i < a->n_graphs && status == NN_OK; i++)
            status = read_graph(r, a->graphs[i], l, l->call);
    }
    r->v->nodes[number].holds = r->bodies > before;
    return status;
}

static nn_status read_node(reader *r, const Onnx__NodeProto *n, level *l, uint32_t body)
{
    onnx_view *v = r->v;
    bool own = n->domain == NULL || n->domain[0] == '\0' || strcmp(n->domain, "ai.onnx") == 0;
    if (n->op_type == NULL || !is_operator(n->op_type))
        return wrong(r, "has a node without a valid operator", n->op_type);
    if (!own && !is_operator(n->domain))
        return wrong(r, "has a node of an invalid domain", n->domain);
    uint32_t number = (uint32_t)v->n_nodes;
    nn_status status =
        add_node(r, own ? arena_strdup(&v->memory, n->op_type) : arena_printf(&v->memory, "%s.%s", n->domain, n->op_type), body);
    l->container = number;
    for (size_t k = 0; k < n->n_input && status == NN_OK; k++)
        if (n->input[k][0] != '\0')
            status = use(r, l, n->input[k], number);
    for (size_t k = 0; k < n->n_output && status == NN_OK; k++)
        if (n->output[k][0] != '\0')
            onnx_scope_find(&l->names, n->output[k])->number = number;
    if (status == NN_OK)
        status = add_attributes(r, n, l, number);
    if (status == NN_OK && r->whole)
        status = add_operands(r, n, l);
    return status == NN_OK ? read_bodies(r, n, l, number) : status;
}

static nn_status read_outputs(reader *r, const Onnx__GraphProto *g, const level *l)
{
    nn_status status = NN_OK;
    for (size_t i = 0; i < g->n_output && status == NN_OK; i++) {
        const char *name = g->output[i]->name;
        const onnx_definition *d = NULL;
        const level *at = l;
        for (; at != NULL && name != NULL && (d = onnx_scope_find(&at->names, name)) == NULL; at = at->up)
            continue;
        if (d == NULL)
            return wrong(r, "has a graph output that nothing produces", name != NULL ? name : "");
        if (at != l) /* the node that contains a body also passes on tensors that are made around it */
            status = use(r, l->up, name, l->up->container);
        else if (d->place >= 0)
            status = add_pair(r, &r->makes, d->number, (uint32_t)(d - l->names.all));
    }
    return status;
}

static nn_status read_nodes(reader *r, const Onnx__GraphProto *g, level *l, uint32_t body)
{
    uint32_t *order = nn_malloc((g->n_node + 1) * sizeof *order);
    nn_status status = order != NULL ? onnx_order(order, g, &l->names, r->file, r->err) : nn_nomem(r->err);
    for (size_t i = 0; i < g->n_node && status == NN_OK; i++)
        status = read_node(r, g->node[order[i]], l, body);
    nn_free(order);
    return status;
}

/* Lists the tensors of the model's inputs and outputs. */
static nn_status list_ends(reader *r, const Onnx__GraphProto *g, const level *l)
{
    onnx_view *v = r->v;
    v->input_tensors = arena_calloc(&v->memory, v->n_inputs + 1, sizeof *v->input_tensors);
    v->output_tensors = arena_calloc(&v->memory, v->n_outputs + 1, sizeof *v->output_tensors);
    if (v->input_tensors == NULL || v->output_tensors == NULL)
        return nn_nomem(r->err);
    for (size_t i = 0, n = 0; i < g->n_input && n < v->n_inputs; i++) {
        const onnx_definition *d = g->input[i]->name != NULL ? onnx_scope_find(&l->names, g->input[i]->name) : NULL;
        if (d != NULL && d->place == ONNX_INPUT)
            v->input_tensors[n++] = (uint32_t)(l->tensors + (size_t)(d - l->names.all));
    }
    for (size_t i = 0; i < g->n_output; i++) {
        const onnx_definition *d = onnx_scope_find(&l->names, g->output[i]->name);
        if (d != NULL) /* read_outputs has refused others */
            v->output_tensors[i] = (uint32_t)(l->tensors + (size_t)(d - l->names.all));
    }
    return NN_OK;
}

static nn_status read_graph(reader *r, const Onnx__GraphProto *g, level *up, const onnx_call *call)
{
    level l = {.up = up, .main = up == NULL && call == NULL, .call = call};
    uint32_t body = l.main ? 0 : ++r->bodies;
    nn_status status = onnx_scope_open(&l.names, up != NULL ? &up->names : NULL, g, r->file, r->err);
    if (status == NN_OK && r->whole)
        status = add_tensors(r, &l, g);
    if (status == NN_OK)
        status = read_nodes(r, g, &l, body);
    if (status == NN_OK)
        status = read_outputs(r, g, &l);
    if (status == NN_OK && l.main) {
        r->v->n_outputs = g->n_output;
        for (size_t i = 0; i < l.names.n; i++)
            r->v->n_inputs += l.names.all[i].place == ONNX_INPUT;
        if (r->whole)
            status = list_ends(r, g, &l);
    }
    onnx_scope_close(&l.names);
    return status;
}

/* ---- finishing ---- */

/* Turns the pairs into lists of readers and counts. */
static nn_status close_reader(reader *r)
{
    onnx_view *v = r->v;
    r->edges.n = sort_unique64(r->edges.all, r->edges.n);
    r->reads.n = sort_unique64(r->reads.all, r->reads.n);
    r->makes.n = sort_unique64(r->makes.all, r->makes.n);
    v->readers = nn_malloc((r->edges.n + 1) * sizeof *v->readers);
    if (v->readers == NULL || r->edges.n >= UINT32_MAX)
        return nn_nomem(r->err);
    for (size_t i = 0; i < r->edges.n; i++) {
        onnx_view_node *from = &v->nodes[r->edges.all[i] >> 32];
        if (from->n_readers++ == 0)
            from->first_reader = (uint32_t)i;
        v->readers[i] = (uint32_t)r->edges.all[i];
    }
    v->n_readers = r->edges.n;
    for (size_t i = 0; i < r->reads.n; i++)
        v->nodes[r->reads.all[i] >> 32].graph_inputs++;
    for (size_t i = 0; i < r->makes.n; i++)
        v->nodes[r->makes.all[i] >> 32].graph_outputs++;
    return NN_OK;
}

static nn_status finish(reader *r, nn_status status)
{
    if (status == NN_OK)
        status = close_reader(r);
    nn_free(r->edges.all);
    nn_free(r->reads.all);
    nn_free(r->makes.all);
    if (status != NN_OK)
        onnx_view_free(r->v);
    return status;
}

static nn_status read_source(onnx_view *v, onnx_source *from, bool whole, const char *file, nn_error *err)
{
    reader r = {.v = v, .whole = whole, .file = file, .err = err};
    onnx_scan_report report;
    Onnx__ModelProto *m;
    *v = (onnx_view){.nodes = NULL};
    nn_status status = onnx_parse(&m, &report, from, whole ? CONTENTS_SIZE : 0, file, err);
    if (status != NN_OK)
        return status;
    arena_init(&v->memory, 4096);
    v->n_external = report.external;
    v->n_functions = m->n_functions;
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *o = m->opset_import[i];
        if (o->domain == NULL || o->domain[0] == '\0' || strcmp(o->domain, "ai.onnx") == 0)
            v->opset = o->version;
    }
    r.m = m;
    status = read_graph(&r, m->graph, NULL, NULL);
    v->n_bodies = r.bodies - r.calls;
    onnx_parse_free(m);
    return finish(&r, status);
}

static nn_status read_bytes(onnx_view *v, const void *bytes, size_t n, bool whole, const char *file, nn_error *err)
{
    onnx_source from;
    onnx_source_bytes(&from, bytes, n);
    return read_source(v, &from, whole, file, err);
}

nn_status onnx_view_read(onnx_view *v, const void *bytes, size_t n, const char *file, nn_error *err)
{
    return read_bytes(v, bytes, n, false, file, err);
}

nn_status onnx_view_read_whole(onnx_view *v, const void *bytes, size_t n, const char *file, nn_error *err)
{
    return read_bytes(v, bytes, n, true, file, err);
}

static nn_status read_file(onnx_view *v, int root, const char *path, bool whole, const char *shown, nn_error *err)
{
    onnx_source from;
    *v = (onnx_view){.nodes = NULL};
    nn_status status = onnx_source_file(&from, root, path, shown, err);
    if (status == NN_OK)
        status = read_source(v, &from, whole, shown, err);
    onnx_source_close(&from);
    return status;
}

nn_status onnx_view_file(onnx_view *v, int root, const char *path, const char *shown, nn_error *err)
{
    return read_file(v, root, path, false, shown, err);
}

nn_status onnx_view_file_whole(onnx_view *v, int root, const char *path, const char *shown, nn_error *err)
{
    return read_file(v, root, path, true, shown, err);
}

/* ---- text ---- */

static nn_status read_chain(reader *r, const char *line, size_t n, int number)
{
    onnx_view *v = r->v;
    nn_status status = NN_OK;
    for (size_t at = 0, first = v->n_nodes; status == NN_OK && at <= n;) {
        const char *comma = memchr(line + at, ',', n - at);
        size_t end = comma != NULL ? (size_t)(comma - line) : n, from = at, to = end;
        while (from < to && (line[from] == ' ' || line[from] == '\t'))
            from++;
        while (to > from && (line[to - 1] == ' ' || line[to - 1] == '\t' || line[to - 1] == '\r'))
            to--;
        char *op = arena_strndup(&v->memory, line + from, to - from);
        if (op != NULL && (strlen(op) != to - from || !is_operator(op))) /* a NUL would cut it off */
            return nn_fail(r->err, NN_ERR_IO, r->file, number, 0, "expected operators separated by commas");
        status = add_node(r, op, 0);
        uint32_t node = (uint32_t)v->n_nodes - 1;
        if (status == NN_OK && node > first)
            status = add_pair(r, &r->edges, node - 1, node);
        if (status == NN_OK && node == first)
            status = add_pair(r, &r->reads, node, node);
        at = end + 1;
    }
    return status == NN_OK ? add_pair(r, &r->makes, (uint32_t)v->n_nodes - 1, 0) : status;
}

nn_status onnx_view_chains(onnx_view *v, const char *text, size_t n, const char *file, nn_error *err)
{
    reader r = {.v = v, .file = file, .err = err};
    nn_status status = NN_OK;
    *v = (onnx_view){.nodes = NULL};
    arena_init(&v->memory, 4096);
    int number = 1;
    for (size_t at = 0; at < n && status == NN_OK; number++) {
        const char *newline = memchr(text + at, '\n', n - at);
        size_t end = newline != NULL ? (size_t)(newline - text) : n, from = at;
        while (from < end && (text[from] == ' ' || text[from] == '\t' || text[from] == '\r'))
            from++;
        if (from < end && text[from] != '#') {
            status = read_chain(&r, text + from, end - from, number);
            v->n_inputs++;
            v->n_outputs++;
        }
        at = end + 1;
    }
    return finish(&r, status);
}

void onnx_view_free(onnx_view *v)
{
    nn_free(v->nodes);
    nn_free(v->readers);
    nn_free(v->attributes);
    nn_free(v->tensors);
    nn_free(v->operands);
    arena_free(&v->memory);
    *v = (onnx_view){.nodes = NULL};
}
