#include "eval/eval_model.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_order.h"
#include "onnx/onnx_parse.h"
#include "table/opset.h"
#include "table/spec_packed.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    eval_model *m;
    const Onnx__GraphProto *g;
    const eval_source *from;
    onnx_scope scope;
    uint32_t *order;
    bool *needed; /* by node of the file */
    const char *shown;
    nn_error *err;
} opening;

void eval_show_node(char out[EVAL_NODE_SHOWN], const eval_node *n)
{
    (void)snprintf(out, EVAL_NODE_SHOWN, "node %zu (%.60s%s%.80s%s)", n->place, n->op_type, *n->name != '\0' ? ", \"" : "", n->name,
                   *n->name != '\0' ? "\"" : "");
    nn_one_line(out);
}

int64_t eval_find_tensor(const eval_model *m, const char *name)
{
    size_t lo = 0, hi = m->n_tensors;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        int order = strcmp(m->tensors[middle].name, name);
        if (order == 0)
            return (int64_t)middle;
        if (order < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return -1;
}

/* ---- tensors ---- */

static dtype type_of(const Onnx__ValueInfoProto *v)
{
    if (v->type == NULL || v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || v->type->tensor_type == NULL)
        return DT_NONE;
    int32_t number = v->type->tensor_type->elem_type;
    return number > 0 && number < DT_COUNT && dtype_size((dtype)number) > 0 ? (dtype)number : DT_NONE;
}

static nn_status list_tensors(opening *o)
{
    eval_model *m = o->m;
    m->n_tensors = o->scope.n;
    m->tensors = arena_calloc(&m->memory, m->n_tensors + 1, sizeof *m->tensors);
    m->inputs = arena_calloc(&m->memory, o->g->n_input + 1, sizeof *m->inputs);
    m->outputs = arena_calloc(&m->memory, o->g->n_output + 1, sizeof *m->outputs);
    if (m->tensors == NULL || m->inputs == NULL || m->outputs == NULL)
        return nn_nomem(o->err);
    for (size_t i = 0; i < m->n_tensors; i++)
        m->tensors[i] =
            (eval_tensor){.name = o->scope.all[i].name, .maker = o->scope.all[i].place >= 0 ? o->scope.all[i].place : -1};
    for (size_t i = 0; i < o->g->n_initializer; i++) {
        const Onnx__TensorProto *p = o->g->initializer[i];
        int64_t t = p->name != NULL ? eval_find_tensor(m, p->name) : -1;
        if (t < 0)
            return onnx_wrong(o->shown, "has an initializer without a name", NULL, o->err);
        m->tensors[t].contents = p;
        m->tensors[t].type = p->has_data_type ? dtype_of_number(p->data_type) : DT_NONE;
    }
    for (size_t i = 0; i < o->g->n_input; i++) {
        int64_t t = o->g->input[i]->name != NULL ? eval_find_tensor(m, o->g->input[i]->name) : -1;
        if (t < 0)
            return onnx_wrong(o->shown, "has an input without a name", NULL, o->err);
        m->tensors[t].input = true;
        m->tensors[t].stated = o->g->input[i];
        if (m->tensors[t].contents == NULL) {
            m->tensors[t].type = type_of(o->g->input[i]);
            m->inputs[m->n_inputs++] = t;
        }
    }
    for (size_t i = 0; i < o->g->n_output; i++) {
        const char *name = o->g->output[i]->name;
        int64_t t = name != NULL ? eval_find_tensor(m, name) : -1;
        if (t < 0)
            return onnx_wrong(o->shown, "has an output that nothing makes", name, o->err);
        m->tensors[t].output = true;
        if (m->tensors[t].stated == NULL)
            m->tensors[t].stated = o->g->output[i];
        m->tensors[t].uses++;
        m->outputs[m->n_outputs++] = t;
    }
    return NN_OK;
}

/* ---- nodes ---- */

/* Notes what outputs need, from the last node to the first. */
static nn_status mark_needed(opening *o, size_t *n)
{
    eval_model *m = o->m;
    *n = 0;
    for (size_t i = 0; i < m->n_outputs; i++)
        m->tensors[m->outputs[i]].needed = true;
    for (size_t i = o->g->n_node; i-- > 0;) {
        const Onnx__NodeProto *node = o->g->node[o->order[i]];
        bool needed = false;
        for (size_t k = 0; k < node->n_output; k++)
            needed |= node->output[k][0] != '\0' && m->tensors[eval_find_tensor(m, node->output[k])].needed;
        o->needed[o->order[i]] = needed;
        *n += needed;
        for (size_t k = 0; needed && k < node->n_input; k++) {
            if (node->input[k][0] == '\0')
                continue;
            int64_t t = eval_find_tensor(m, node->input[k]);
            if (t < 0)
                return onnx_wrong(o->shown, "uses a tensor that nothing makes", node->input[k], o->err);
            m->tensors[t].needed = true;
        }
    }
    return NN_OK;
}

static int64_t *list_names(opening *o, char **names, size_t *n)
{
    while (*n > 0 && names[*n - 1][0] == '\0')
        (*n)--;
    int64_t *list = arena_alloc(&o->m->memory, (*n + 1) * sizeof *list);
    for (size_t i = 0; list != NULL && i < *n; i++)
        list[i] = names[i][0] != '\0' ? eval_find_tensor(o->m, names[i]) : -1;
    return list;
}

static void complain(opening *o, const char *what, const char *why)
{
    char line[600];
    (void)snprintf(line, sizeof line, "%s: %.380s", what, why);
    o->m->unsupported++;
    if (o->from->unsupported != NULL)
        o->from->unsupported(o->from->data, line);
}

/* Types of the node's outputs, as far as those of its inputs are known. */
static nn_status find_types(opening *o, const eval_node *n)
{
    eval_model *m = o->m;
    arena *a = &m->memory;
    ref_tensor *tensors = arena_calloc(a, n->n_inputs + n->n_outputs + 2, sizeof *tensors),
               *held = &tensors[n->n_inputs + n->n_outputs];
    const ref_tensor **in = arena_calloc(a, n->n_inputs + 1, sizeof *in);
    ref_tensor **out = arena_calloc(a, n->n_outputs + 1, sizeof *out);
    if (tensors == NULL || in == NULL || out == NULL)
        return nn_nomem(o->err);
    for (size_t i = 0; i < n->n_inputs; i++) {
        if (n->inputs[i] < 0)
            continue;
        tensors[i].type = m->tensors[n->inputs[i]].type;
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
    nn_status s = ref_infer_types(m->rules, &node, a, o->err);
    for (size_t i = 0; s == NN_OK && i < n->n_outputs; i++)
        if (n->outputs[i] >= 0)
            m->tensors[n->outputs[i]].type = out[i]->type;
    return s;
}

static nn_status add_node(opening *o, uint32_t at)
{
    eval_model *m = o->m;
    Onnx__NodeProto *from = o->g->node[at];
    eval_node *n = &m->nodes[m->n_nodes];
    nn_error inner = {.message = ""};
    char shown[EVAL_NODE_SHOWN];
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
            m->tensors[n->inputs[i]].uses++;
    m->n_nodes++;
    nn_error *outer = o->err;
    nn_status s = eval_bind_node(m, n, from, &m->memory, &inner);
    if (s == NN_OK) {
        o->err = &inner;
        s = find_types(o, n);
        o->err = outer;
    }
    if (s == NN_OK)
        return NN_OK;
    if (s == NN_ERR_NOMEM)
        return nn_nomem(outer);
    eval_show_node(shown, n);
    if (s == NN_ERR_IO)
        return nn_fail(outer, NN_ERR_IO, o->shown, 0, 0, "%s: %.300s", shown, inner.message);
    complain(o, shown, inner.message);
    n->op = -1;
    return NN_OK;
}

static nn_status add_nodes(opening *o)
{
    eval_model *m = o->m;
    size_t n;
    nn_status s = mark_needed(o, &n);
    m->nodes = s == NN_OK ? arena_calloc(&m->memory, n + 1, sizeof *m->nodes) : NULL;
    if (s == NN_OK && m->nodes == NULL)
        return nn_nomem(o->err);
    for (size_t i = 0; s == NN_OK && i < m->n_tensors; i++) {
        const eval_tensor *t = &m->tensors[i];
        char shown[200];
        (void)snprintf(shown, sizeof shown, "%s \"%.150s\"", t->contents != NULL ? "initializer" : "input", t->name);
        nn_one_line(shown);
        if (t->needed && t->maker < 0 && t->type == DT_NONE)
            complain(o, shown, "a tensor of numbers or bools was expected, of a type that the table has");
    }
    for (size_t i = 0; s == NN_OK && i < o->g->n_node; i++)
        if (o->needed[o->order[i]])
            s = add_node(o, o->order[i]);
    return s;
}

/* ---- the table ---- */

static nn_status find_opset(opening *o)
{
    const Onnx__ModelProto *file = o->m->file;
    int64_t version = 0;
    for (size_t i = 0; i < file->n_opset_import; i++) {
        const char *domain = file->opset_import[i]->domain;
        if (domain == NULL || *domain == '\0' || strcmp(domain, "ai.onnx") == 0)
            version = file->opset_import[i]->version;
    }
    if (version >= OPSET_MIN && version <= OPSET_MAX) {
        o->m->opset = (int)version;
        return NN_OK;
    }
    return nn_fail(o->err, NN_ERR_UNSUPPORTED, o->shown, 0, 0, "%s opset %lld; the table has %d to %d",
                   version == 0 ? "states no opset, or" : "uses", (long long)version, OPSET_MIN, OPSET_MAX);
}

static nn_status load_table(opening *o)
{
    const eval_source *from = o->from;
    bool own = from->files != NULL;
    if (from->like != NULL && from->like->opset == o->m->opset) {
        o->m->ops = from->like->ops;
        o->m->rules = from->like->rules;
        o->m->borrowed = true;
        return NN_OK;
    }
    nn_status s = op_set_new_typed(&o->m->ops, own ? from->files : spec_embedded, own ? from->n_files : spec_embedded_count, NULL,
                                   o->m->opset, UINT32_MAX, o->err);
    if (s == NN_OK)
        s = ref_table_new(&o->m->rules, o->m->ops, own ? from->compute : spec_embedded_compute,
                          own ? from->n_compute : spec_embedded_compute_count, o->err);
    return s == NN_OK ? ref_table_add_shapes(o->m->rules, o->err) : s;
}

static nn_status read_graph(opening *o)
{
    o->g = o->m->file->graph;
    nn_status s = onnx_scope_open(&o->scope, NULL, o->g, o->shown, o->err);
    if (s != NN_OK)
        return s;
    o->order = nn_calloc(o->g->n_node + 1, sizeof *o->order);
    o->needed = nn_calloc(o->g->n_node + 1, sizeof *o->needed);
    if (o->order == NULL || o->needed == NULL)
        return nn_nomem(o->err);
    s = onnx_order(o->order, o->g, &o->scope, o->shown, o->err);
    if (s == NN_OK)
        s = list_tensors(o);
    if (s == NN_OK)
        s = find_opset(o);
    if (s == NN_OK)
        s = load_table(o);
    return s == NN_OK ? add_nodes(o) : s;
}

nn_status eval_model_open(eval_model *m, const void *bytes, size_t n, const eval_source *from, const char *shown, nn_error *err)
{
    opening o = {.m = m, .from = from, .shown = shown, .err = err};
    onnx_source source;
    onnx_scan_report report;
    *m = (eval_model){.limits = from->limits};
    arena_init(&m->memory, 0);
    onnx_source_bytes(&source, bytes, n);
    nn_status s = onnx_parse(&m->file, &report, &source, SIZE_MAX, shown, err);
    if (s == NN_OK)
        s = read_graph(&o);
    onnx_scope_close(&o.scope);
    nn_free(o.order);
    nn_free(o.needed);
    if (s != NN_OK)
        eval_model_close(m);
    return s;
}

void eval_model_close(eval_model *m)
{
    if (!m->borrowed) {
        ref_table_free(m->rules);
        op_set_free(m->ops);
    }
    onnx_parse_free(m->file);
    arena_free(&m->memory);
    *m = (eval_model){.opset = 0};
}
