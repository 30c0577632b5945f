/* Binds a graph: its tensors with those that it takes from around it, the nodes that its outputs need, and their types. */
#include "base/sorted.h"
#include "eval/eval_bind.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_order.h"
#include "onnx/onnx_uses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    eval_binding *b;
    eval_graph *g;
    const Onnx__GraphProto *from;
    const eval_place *place;
    onnx_scope scope;
    uint32_t *order;
    bool *needed;       /* by node of the file */
    const char **taken; /* names from around */
    size_t n_taken, room_taken;
    nn_error *err;
} binding;

void eval_show_node(char out[EVAL_NODE_SHOWN], const eval_graph *g, const eval_node *n)
{
    (void)snprintf(out, EVAL_NODE_SHOWN, "%.240snode %zu (%.60s%s%.80s%s)", g->path, n->place, n->op_type,
                   *n->name != '\0' ? ", \"" : "", n->name, *n->name != '\0' ? "\"" : "");
    nn_one_line(out);
}

int64_t eval_find_tensor(const eval_graph *g, const char *name)
{
    size_t lo = 0, hi = g->n_tensors;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        int order = strcmp(g->tensors[middle].name, name);
        if (order == 0)
            return (int64_t)middle;
        if (order < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return -1;
}

nn_status eval_bind_tell(eval_binding *b, const char *what, const char *why)
{
    char line[800];
    (void)snprintf(line, sizeof line, "%s: %.380s", what, why);
    b->m->unsupported++;
    if (b->from->unsupported != NULL)
        b->from->unsupported(b->from->data, line);
    return NN_OK;
}

/* "is wrong", with the path of the graph where it is not that of the model */
static nn_status wrong(const binding *o, const char *what, const char *name)
{
    char text[400];
    if (*o->g->path == '\0')
        return onnx_wrong(o->b->shown, what, name, o->err);
    (void)snprintf(text, sizeof text, "%.240s%.120s", o->g->path, what);
    nn_one_line(text);
    return onnx_wrong(o->b->shown, text, name, o->err);
}

/* ---- tensors ---- */

static dtype type_of(const Onnx__ValueInfoProto *v)
{
    if (v->type == NULL || v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || v->type->tensor_type == NULL)
        return DT_NONE;
    return dtype_of_number(v->type->tensor_type->elem_type);
}

static int rank_of(const Onnx__ValueInfoProto *v)
{
    if (v->type == NULL || v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || v->type->tensor_type == NULL ||
        v->type->tensor_type->shape == NULL)
        return -1;
    return (int)v->type->tensor_type->shape->n_dim;
}

static dtype type_of_contents(const Onnx__TensorProto *p)
{
    return p->has_data_type ? dtype_of_number(p->data_type) : DT_NONE;
}

static nn_status take(void *data, const char *name)
{
    binding *o = data;
    if (onnx_scope_find(&o->scope, name) != NULL || eval_find_tensor(o->place->around, name) < 0)
        return NN_OK;
    if (!nn_grow((void **)&o->taken, &o->room_taken, o->n_taken + 1, sizeof *o->taken))
        return nn_nomem(o->err);
    o->taken[o->n_taken++] = name;
    return NN_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const eval_tensor *)a)->name, ((const eval_tensor *)b)->name);
}

/* The tensors that the graph defines, and those that it takes from around it. */
static nn_status list_tensors(binding *o)
{
    eval_graph *g = o->g, *around = o->place->around;
    nn_status s = around != NULL ? onnx_graph_uses(o->from, take, o, o->b->shown, o->err) : NN_OK;
    if (s != NN_OK)
        return s;
    if (o->n_taken > 1)
        qsort(o->taken, o->n_taken, sizeof *o->taken, by_text);
    g->tensors = arena_calloc(&o->b->m->memory, o->scope.n + o->n_taken + 1, sizeof *g->tensors);
    if (g->tensors == NULL)
        return nn_nomem(o->err);
    for (size_t i = 0; i < o->scope.n; i++)
        g->tensors[g->n_tensors++] = (eval_tensor){
            .name = o->scope.all[i].name, .maker = o->scope.all[i].place >= 0 ? o->scope.all[i].place : -1, .outer = -1};
    for (size_t i = 0; i < o->n_taken; i++) {
        if (i > 0 && strcmp(o->taken[i - 1], o->taken[i]) == 0)
            continue;
        int64_t t = eval_find_tensor(around, o->taken[i]);
        g->tensors[g->n_tensors++] = (eval_tensor){
            .name = o->taken[i], .maker = -1, .outer = t, .type = around->tensors[t].type, .absent = around->tensors[t].absent};
    }
    if (o->n_taken > 0)
        qsort(g->tensors, g->n_tensors, sizeof *g->tensors, by_name);
    return NN_OK;
}

static nn_status list_initializers(binding *o)
{
    eval_graph *g = o->g;
    for (size_t i = 0; i < o->from->n_initializer; i++) {
        const Onnx__TensorProto *p = o->from->initializer[i];
        int64_t t = p->name != NULL ? eval_find_tensor(g, p->name) : -1;
        if (t < 0)
            return wrong(o, "has an initializer without a name", NULL);
        g->tensors[t].contents = p;
        g->tensors[t].type = type_of_contents(p);
    }
    for (size_t i = 0; i < o->from->n_sparse_initializer; i++) {
        const Onnx__SparseTensorProto *p = o->from->sparse_initializer[i];
        int64_t t = p->values != NULL && p->values->name != NULL ? eval_find_tensor(g, p->values->name) : -1;
        if (t < 0)
            return wrong(o, "has a sparse initializer without a name", NULL);
        g->tensors[t].sparse = p;
        g->tensors[t].type = type_of_contents(p->values);
    }
    return NN_OK;
}

/* The input takes what the node that holds the graph gives. */
static nn_status give(binding *o, eval_tensor *t, const eval_given_input *given)
{
    t->absent = given->absent;
    if (t->type == DT_NONE || given->type == DT_NONE || t->type == given->type) {
        t->type = t->type == DT_NONE ? given->type : t->type;
        return NN_OK;
    }
    return wrong(o, "has an input of another type than it is given", t->name);
}

static nn_status list_inputs(binding *o)
{
    eval_graph *g = o->g;
    const eval_place *p = o->place;
    bool overridden = p->given != NULL && p->n_given == o->from->n_input; /* initializers of inputs are only defaults */
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < o->from->n_input; i++) {
        const Onnx__ValueInfoProto *from = o->from->input[i];
        int64_t t = from->name != NULL ? eval_find_tensor(g, from->name) : -1;
        if (t < 0)
            return wrong(o, "has an input without a name", NULL);
        g->tensors[t].input = true;
        g->tensors[t].stated = from;
        g->tensors[t].stated_rank = rank_of(from);
        if (overridden)
            g->tensors[t].contents = NULL;
        if (g->tensors[t].contents != NULL || g->tensors[t].sparse != NULL)
            continue;
        g->tensors[t].type = type_of(from);
        if (p->given != NULL && g->n_inputs < p->n_given)
            s = give(o, &g->tensors[t], &p->given[g->n_inputs]);
        g->inputs[g->n_inputs++] = t;
    }
    return s;
}

static nn_status list_ends(binding *o)
{
    eval_graph *g = o->g;
    arena *a = &o->b->m->memory;
    g->inputs = arena_calloc(a, o->from->n_input + 1, sizeof *g->inputs);
    g->outputs = arena_calloc(a, o->from->n_output + 1, sizeof *g->outputs);
    if (g->inputs == NULL || g->outputs == NULL)
        return nn_nomem(o->err);
    nn_status s = list_initializers(o);
    if (s == NN_OK)
        s = list_inputs(o);
    for (size_t i = 0; s == NN_OK && i < o->from->n_output; i++) {
        const char *name = o->from->output[i]->name;
        int64_t t = name != NULL ? eval_find_tensor(g, name) : -1;
        if (t < 0 || g->tensors[t].absent)
            return wrong(o, "has an output that nothing makes", name);
        g->tensors[t].output = true;
        if (g->tensors[t].stated == NULL) {
            g->tensors[t].stated = o->from->output[i];
            g->tensors[t].stated_rank = rank_of(o->from->output[i]);
        }
        g->tensors[t].uses++;
        g->outputs[g->n_outputs++] = t;
    }
    return s;
}

/* ---- nodes ---- */

static nn_status need(void *data, const char *name)
{
    const binding *o = data;
    int64_t t = eval_find_tensor(o->g, name);
    if (t >= 0) /* a graph inside a node refuses other names when it is bound */
        o->g->tensors[t].needed = true;
    return NN_OK;
}

static nn_status check_inputs(const binding *o, const Onnx__NodeProto *n)
{
    for (size_t k = 0; k < n->n_input; k++)
        if (n->input[k][0] != '\0' && eval_find_tensor(o->g, n->input[k]) < 0)
            return wrong(o, "uses a tensor that nothing makes", n->input[k]);
    return NN_OK;
}

/* Notes what outputs need, from the last node to the first. */
static nn_status mark_needed(binding *o, size_t *n)
{
    eval_graph *g = o->g;
    nn_status s = NN_OK;
    *n = 0;
    for (size_t i = 0; i < g->n_outputs; i++)
        g->tensors[g->outputs[i]].needed = true;
    for (size_t i = o->from->n_node; s == NN_OK && i-- > 0;) {
        const Onnx__NodeProto *node = o->from->node[o->order[i]];
        bool needed = false;
        for (size_t k = 0; k < node->n_output; k++)
            needed |= node->output[k][0] != '\0' && g->tensors[eval_find_tensor(g, node->output[k])].needed;
        o->needed[o->order[i]] = needed;
        *n += needed;
        if (needed)
            s = check_inputs(o, node);
        if (needed && s == NN_OK)
            s = onnx_node_uses(node, need, o, o->b->shown, o->err);
    }
    return s;
}

static int64_t *list_names(binding *o, char **names, size_t *n)
{
    int64_t *list = arena_alloc(&o->b->m->memory, (*n + 1) * sizeof *list);
    for (size_t i = 0; list != NULL && i < *n; i++) {
        list[i] = names[i][0] != '\0' ? eval_find_tensor(o->g, names[i]) : -1;
        if (list[i] >= 0 && o->g->tensors[list[i]].absent)
            list[i] = -1;
    }
    while (list != NULL && *n > 0 && list[*n - 1] < 0)
        (*n)--;
    return list;
}

/* Types of the operator's outputs, as far as those of its inputs are known. */
static nn_status find_types(binding *o, const eval_node *n, nn_error *err)
{
    eval_graph *g = o->g;
    arena *a = &o->b->m->memory;
    ref_tensor *tensors = arena_calloc(a, n->n_inputs + n->n_outputs + 2, sizeof *tensors),
               *held = &tensors[n->n_inputs + n->n_outputs];
    const ref_tensor **in = arena_calloc(a, n->n_inputs + 1, sizeof *in);
    ref_tensor **out = arena_calloc(a, n->n_outputs + 1, sizeof *out);
    if (tensors == NULL || in == NULL || out == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n->n_inputs; i++) {
        if (n->inputs[i] < 0)
            continue;
        tensors[i].type = g->tensors[n->inputs[i]].type;
        in[i] = &tensors[i];
        if (tensors[i].type == DT_NONE)
            return NN_OK; /* it was told why, or the contents will show it */
    }
    for (size_t i = 0; i < n->n_outputs; i++)
        out[i] = n->outputs[i] >= 0 ? &tensors[n->n_inputs + i] : NULL;
    if (n->held != NULL)
        held->type = dtype_of_number(n->held->data_type);
    ref_node node = {.op = n->op,
                     .attrs = n->attrs,
                     .n_attrs = n->n_attrs,
                     .held = n->held != NULL ? held : NULL,
                     .inputs = in,
                     .n_inputs = n->n_inputs,
                     .outputs = out,
                     .n_outputs = n->n_outputs};
    nn_status s = ref_infer_types(g->table->rules, &node, a, err);
    for (size_t i = 0; s == NN_OK && i < n->n_outputs; i++)
        if (n->outputs[i] >= 0)
            g->tensors[n->outputs[i]].type = out[i]->type;
    return s;
}

/* A tensor that a graph inside the node takes from this one is used by the node. */
static nn_status list_captured(binding *o, eval_node *n)
{
    size_t count = 0;
    for (int k = 0; k < 2 && n->bodies[k] != NULL; k++)
        for (size_t i = 0; i < n->bodies[k]->n_tensors; i++)
            count += n->bodies[k]->tensors[i].outer >= 0 && !n->bodies[k]->tensors[i].absent;
    n->captured = arena_alloc(&o->b->m->memory, (count + 1) * sizeof *n->captured);
    if (n->captured == NULL)
        return nn_nomem(o->err);
    for (int k = 0; k < 2 && n->bodies[k] != NULL; k++)
        for (size_t i = 0; i < n->bodies[k]->n_tensors; i++) {
            const eval_tensor *t = &n->bodies[k]->tensors[i];
            if (t->outer < 0 || t->absent)
                continue;
            n->captured[n->n_captured++] = t->outer;
            o->g->tensors[t->outer].uses++;
        }
    return NN_OK;
}

static nn_status bind(binding *o, eval_node *n, const Onnx__NodeProto *from, nn_error *err)
{
    eval_attribute *attributes = NULL;
    size_t n_attributes = 0;
    bool found = false;
    const Onnx__FunctionProto *f = onnx_function_of(o->b->m->file, from);
    nn_status s = eval_bind_attributes(o->b, from, o->place->call, &attributes, &n_attributes, err);
    if (s != NN_OK)
        return s;
    if (f != NULL)
        return eval_bind_call(o->b, o->g, n, from, f, o->place, err);
    s = eval_bind_control(o->b, o->g, n, from, attributes, n_attributes, o->place, &found, err);
    if (s != NN_OK || found)
        return s;
    s = eval_bind_node(o->b, o->g, n, attributes, n_attributes, from->domain, err);
    return s == NN_OK ? find_types(o, n, err) : s;
}

static nn_status add_node(binding *o, uint32_t at)
{
    eval_graph *g = o->g;
    Onnx__NodeProto *from = o->from->node[at];
    eval_node *n = &g->nodes[g->n_nodes];
    nn_error inner = {.message = ""};
    char shown[EVAL_NODE_SHOWN];
    size_t before = o->b->m->unsupported;
    *n = (eval_node){.name = from->name != NULL ? from->name : "",
                     .op_type = from->op_type != NULL ? from->op_type : "",
                     .place = at,
                     .n_inputs = from->n_input,
                     .n_outputs = from->n_output,
                     .op = -1};
    n->inputs = list_names(o, from->input, &n->n_inputs);
    n->outputs = list_names(o, from->output, &n->n_outputs);
    if (n->inputs == NULL || n->outputs == NULL)
        return nn_nomem(o->err);
    for (size_t i = 0; i < n->n_inputs; i++)
        if (n->inputs[i] >= 0)
            g->tensors[n->inputs[i]].uses++;
    g->n_nodes++;
    nn_error *outer = o->b->err;
    o->b->err = &inner; /* what is wrong inside the node names its path already */
    nn_status s = bind(o, n, from, &inner);
    o->b->err = outer;
    if (s == NN_OK)
        s = list_captured(o, n);
    if (s == NN_OK) {
        n->lost = o->b->m->unsupported > before;
        return NN_OK;
    }
    if (s == NN_ERR_NOMEM)
        return nn_nomem(o->err);
    if (o->b->placed) { /* in a graph inside */
        *o->err = inner;
        return s;
    }
    eval_show_node(shown, g, n);
    if (s == NN_ERR_IO)
        return nn_fail(o->err, NN_ERR_IO, o->b->shown, 0, 0, "%s: %.300s", shown, inner.message);
    n->lost = true;
    return eval_bind_tell(o->b, shown, inner.message);
}

static nn_status check_constant(binding *o, const eval_tensor *t)
{
    bool constant = t->contents != NULL || t->sparse != NULL, given = o->place->given != NULL;
    char shown[500];
    if (!t->needed || t->maker >= 0 || t->outer >= 0 || t->type != DT_NONE || (given && !constant))
        return NN_OK;
    (void)snprintf(shown, sizeof shown, "%.240s%s \"%.150s\"", o->g->path, constant ? "initializer" : "input", t->name);
    nn_one_line(shown);
    return eval_bind_tell(o->b, shown, "a tensor of numbers or bools was expected, of a type that the table has");
}

static nn_status add_nodes(binding *o)
{
    eval_graph *g = o->g;
    size_t n;
    nn_status s = mark_needed(o, &n);
    g->nodes = s == NN_OK ? arena_calloc(&o->b->m->memory, n + 1, sizeof *g->nodes) : NULL;
    if (s == NN_OK && g->nodes == NULL)
        return nn_nomem(o->err);
    for (size_t i = 0; s == NN_OK && i < g->n_tensors; i++)
        s = check_constant(o, &g->tensors[i]);
    for (size_t i = 0; s == NN_OK && i < o->from->n_node; i++) {
        const uint32_t at = o->order[i];
        const Onnx__SparseTensorProto *sparse = NULL;
        if (!o->needed[at])
            continue;
        s = eval_bind_sparse(o->b, o->from->node[at], &sparse);
        if (s == NN_OK && sparse != NULL) {
            eval_tensor *t = &g->tensors[eval_find_tensor(g, o->from->node[at]->output[0])];
            t->sparse = sparse;
            t->type = type_of_contents(sparse->values);
            s = check_constant(o, t);
        } else if (s == NN_OK) {
            s = add_node(o, at);
        }
    }
    return s;
}

static nn_status check_size(binding *o)
{
    eval_binding *b = o->b;
    if (o->place->depth > EVAL_DEPTH)
        return nn_fail(o->err, NN_ERR_IO, b->shown, 0, 0, "%.240sgraphs and calls nest deeper than %d", o->g->path, EVAL_DEPTH);
    if (o->place->call != NULL)
        b->expanded += o->scope.n + o->from->n_node;
    if (b->expanded > EVAL_EXPANDED)
        return nn_fail(o->err, NN_ERR_IO, b->shown, 0, 0, "the calls of its functions expand to more than %d nodes and tensors",
                       EVAL_EXPANDED);
    return NN_OK;
}

nn_status eval_bind_graph(eval_binding *b, eval_graph *to, const Onnx__GraphProto *from, const eval_place *place)
{
    binding o = {.b = b, .g = to, .from = from, .place = place, .err = b->err};
    *to = (eval_graph){.path = place->path, .around = place->around, .table = place->table};
    nn_status s = onnx_scope_open(&o.scope, NULL, from, b->shown, b->err);
    if (s == NN_OK)
        s = check_size(&o);
    if (s == NN_OK) {
        o.order = nn_calloc(from->n_node + 1, sizeof *o.order);
        o.needed = nn_calloc(from->n_node + 1, sizeof *o.needed);
        s = o.order != NULL && o.needed != NULL ? NN_OK : nn_nomem(b->err);
    }
    if (s == NN_OK)
        s = onnx_order(o.order, from, &o.scope, b->shown, b->err);
    if (s == NN_OK)
        s = list_tensors(&o);
    if (s == NN_OK)
        s = list_ends(&o);
    if (s == NN_OK)
        s = add_nodes(&o);
    onnx_scope_close(&o.scope);
    nn_free(o.order);
    nn_free(o.needed);
    nn_free(o.taken);
    b->placed = s != NN_OK;
    return s;
}
