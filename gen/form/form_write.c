/* From the model that forms changed to ONNX's messages. */
#include "form/form_graph.h"
#include "form/form_sizes.h"
#include "form/form_storage.h"

#include <string.h>

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

/* A message in the arena, initialised; NULL if memory runs out. */
#define NEW(var, type, init)                 \
    type *var = form_memory(m, sizeof *var); \
    if (var == NULL)                         \
        return NULL;                         \
    *var = (type)init

static Onnx__ValueInfoProto *value_info(form_model *m, const form_value *v)
{
    size_t rank = (size_t)v->desc.rank;
    NEW(shape, Onnx__TensorShapeProto, ONNX__TENSOR_SHAPE_PROTO__INIT);
    NEW(type, Onnx__TypeProto__Tensor, ONNX__TYPE_PROTO__TENSOR__INIT);
    NEW(holder, Onnx__TypeProto, ONNX__TYPE_PROTO__INIT);
    NEW(info, Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);
    Onnx__TensorShapeProto__Dimension *dims = form_memory(m, (rank + 1) * sizeof *dims);
    shape->dim = form_memory(m, (rank + 1) * sizeof *shape->dim);
    if (dims == NULL || shape->dim == NULL)
        return NULL;
    shape->n_dim = rank;
    for (size_t i = 0; i < rank; i++) {
        dims[i] = (Onnx__TensorShapeProto__Dimension)ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT;
        shape->dim[i] = &dims[i];
        const bool varies = form_axis_varies(m, &v->desc, (int)i);
        const bool open = (v->desc.open >> i & 1) != 0;
        const graph_symbol *symbol = varies && !open ? graph_symbol_of(m->request->g, &v->desc, (int)i) : NULL;
        if (symbol != NULL) {
            dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dims[i].dim_param = text(symbol->name);
        } else if (!varies) {
            dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dims[i].dim_value = v->desc.dims[i];
        }
    }
    type->has_elem_type = 1;
    type->elem_type = (int32_t)v->desc.type;
    type->shape = shape;
    holder->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    holder->tensor_type = type;
    info->name = text(v->name);
    info->type = holder;
    return info;
}

static void add(form_model *m, form_list *to, void *message)
{
    if (message != NULL)
        form_push(m, to, message);
}

static Onnx__GraphProto *graph_message(form_model *m, const form_graph *g);

static char **names_of(form_model *m, const form_list *values)
{
    char **out = form_memory(m, (values->n + 1) * sizeof *out);
    for (size_t i = 0; out != NULL && i < values->n; i++)
        out[i] = values->items[i] != NULL ? text(FORM_VALUE(*values, i)->name) : text("");
    return out;
}

static Onnx__StringStringEntryProto **entries(form_model *m, const form_entries *from, size_t *n)
{
    Onnx__StringStringEntryProto **out = form_memory(m, (from->n + 1) * sizeof *out),
                                 *room = form_memory(m, (from->n + 1) * sizeof *room);
    *n = out != NULL && room != NULL ? from->n : 0;
    for (size_t i = 0; i < *n; i++) {
        room[i] = (Onnx__StringStringEntryProto)ONNX__STRING_STRING_ENTRY_PROTO__INIT;
        room[i].key = text(from->items[i].key);
        room[i].value = text(from->items[i].value);
        out[i] = &room[i];
    }
    return out;
}

static Onnx__AttributeProto *attribute(form_model *m, const form_attr *a)
{
    if (a->graph == NULL)
        return a->message;
    NEW(p, Onnx__AttributeProto, ONNX__ATTRIBUTE_PROTO__INIT);
    p->name = text(a->name);
    p->has_type = 1;
    p->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    p->g = graph_message(m, a->graph);
    return p;
}

static Onnx__NodeProto *node_message(form_model *m, const form_node *n)
{
    NEW(p, Onnx__NodeProto, ONNX__NODE_PROTO__INIT);
    p->name = *n->name != '\0' ? text(n->name) : NULL;
    p->op_type = text(n->op_type);
    p->domain = *n->domain != '\0' ? text(n->domain) : NULL;
    p->doc_string = *n->doc != '\0' ? text(n->doc) : NULL;
    p->n_input = n->inputs.n;
    p->input = names_of(m, &n->inputs);
    p->n_output = n->outputs.n;
    p->output = names_of(m, &n->outputs);
    p->attribute = form_memory(m, (n->attrs.n + 1) * sizeof *p->attribute);
    if (p->input == NULL || p->output == NULL || p->attribute == NULL)
        return NULL;
    for (size_t i = 0; i < n->attrs.n && !m->failed; i++)
        if ((p->attribute[p->n_attribute] = attribute(m, FORM_ATTR(n->attrs, i))) != NULL)
            p->n_attribute++;
    if (n->marked_up && m->ir >= 10)
        p->metadata_props = entries(m, &m->rules->metadata, &p->n_metadata_props);
    return p;
}

static Onnx__TensorProto *initializer(form_model *m, const form_value *v)
{
    NEW(t, Onnx__TensorProto, ONNX__TENSOR_PROTO__INIT);
    *t = *v->data;
    t->name = text(v->name);
    return t;
}

/* The value_info of inner values, as many as the graph tells of. */
static void inner_values(form_model *m, const form_graph *g, form_list *to)
{
    unsigned k = 0;
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++) {
        const form_node *n = FORM_NODE(g->nodes, i);
        for (size_t j = 0; j < n->outputs.n; j++) {
            form_value *v = FORM_VALUE(n->outputs, j);
            if (v != NULL && !form_holds(&g->outputs, v) && k++ * 37 % 100 < g->told)
                add(m, to, value_info(m, v));
        }
    }
}

static void constants(form_model *m, const form_graph *g, form_list *dense, form_list *inputs)
{
    for (size_t i = 0; i < g->constants.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(g->constants, i);
        add(m, dense, initializer(m, v));
        if (v->overridable)
            add(m, inputs, value_info(m, v));
    }
}

#define FIELD(p, field, list) ((p)->n_##field = (list).n, (p)->field = (void *)(list).items)

static Onnx__GraphProto *graph_message(form_model *m, const form_graph *g)
{
    form_list in = {.n = 0}, out = {.n = 0}, inner = {.n = 0}, dense = {.n = 0}, nodes = {.n = 0};
    NEW(p, Onnx__GraphProto, ONNX__GRAPH_PROTO__INIT);
    p->name = text(g->name);
    p->doc_string = *g->doc != '\0' ? text(g->doc) : NULL;
    for (size_t i = 0; i < g->inputs.n && !m->failed; i++)
        add(m, &in, value_info(m, FORM_VALUE(g->inputs, i)));
    for (size_t i = 0; i < g->outputs.n && !m->failed; i++)
        add(m, &out, value_info(m, FORM_VALUE(g->outputs, i)));
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++)
        add(m, &nodes, node_message(m, FORM_NODE(g->nodes, i)));
    constants(m, g, &dense, &in);
    inner_values(m, g, &inner);
    FIELD(p, input, in);
    FIELD(p, output, out);
    FIELD(p, value_info, inner);
    FIELD(p, initializer, dense);
    FIELD(p, node, nodes);
    return p;
}

/* ---- functions ---- */

static Onnx__OperatorSetIdProto *import(form_model *m, const char *domain, int64_t version)
{
    NEW(p, Onnx__OperatorSetIdProto, ONNX__OPERATOR_SET_ID_PROTO__INIT);
    p->domain = text(domain);
    p->has_version = 1;
    p->version = version;
    return p;
}

/* ONNX's own operators and the domains of functions. */
static void imports(form_model *m, form_list *to)
{
    add(m, to, import(m, "", m->request->onnx->opset));
    for (size_t i = 0; i < m->functions.n && !m->failed; i++) {
        const char *domain = FORM_FUNCTION(m->functions, i)->domain;
        size_t k = 0;
        while (k < i && strcmp(FORM_FUNCTION(m->functions, k)->domain, domain) != 0)
            k++;
        if (k == i)
            add(m, to, import(m, domain, 1));
    }
}

static Onnx__FunctionProto *function_message(form_model *m, const form_function *f)
{
    form_list nodes = {.n = 0}, sets = {.n = 0};
    NEW(p, Onnx__FunctionProto, ONNX__FUNCTION_PROTO__INIT);
    p->name = text(f->name);
    p->domain = text(f->domain);
    p->doc_string = *f->body->doc != '\0' ? text(f->body->doc) : NULL;
    p->n_input = f->body->inputs.n;
    p->input = names_of(m, &f->body->inputs);
    p->n_output = f->body->outputs.n;
    p->output = names_of(m, &f->body->outputs);
    for (size_t i = 0; i < f->body->nodes.n && !m->failed; i++)
        add(m, &nodes, node_message(m, FORM_NODE(f->body->nodes, i)));
    imports(m, &sets);
    FIELD(p, node, nodes);
    FIELD(p, opset_import, sets);
    p->n_attribute_proto = f->defaults.n;
    p->attribute_proto = (Onnx__AttributeProto **)f->defaults.items;
    p->n_attribute = f->attributes.n;
    p->attribute = (char **)f->attributes.items;
    return p;
}

/* ---- the model ---- */

/* The properties of the plain model, then those of the form. */
static void properties(form_model *m, Onnx__ModelProto *p)
{
    size_t n = 0;
    form_list all = {.n = 0};
    for (size_t i = 0; i < m->plain->n_metadata_props; i++)
        add(m, &all, m->plain->metadata_props[i]);
    Onnx__StringStringEntryProto **more = m->metadata ? entries(m, &m->rules->metadata, &n) : NULL;
    for (size_t i = 0; i < n; i++)
        add(m, &all, more[i]);
    FIELD(p, metadata_props, all);
}

static Onnx__ModelProto *model_message(form_model *m)
{
    form_list sets = {.n = 0}, functions = {.n = 0};
    NEW(p, Onnx__ModelProto, ONNX__MODEL_PROTO__INIT);
    *p = *m->plain;
    p->ir_version = m->ir;
    p->graph = graph_message(m, m->main);
    p->doc_string = m->documented ? text(m->main->doc) : NULL;
    properties(m, p);
    imports(m, &sets);
    for (size_t i = 0; m->imports && i < m->rules->imports.n && !m->failed; i++) {
        const form_entry *e = &m->rules->imports.items[i];
        int64_t version = 0;
        for (const char *d = e->value; *d >= '0' && *d <= '9' && version < 1000; d++)
            version = 10 * version + (*d - '0');
        form_insert(m, &sets, form_draw(m, (uint32_t)sets.n + 1), import(m, e->key, version));
    }
    for (size_t i = 0; i < m->functions.n && !m->failed; i++)
        add(m, &functions, function_message(m, FORM_FUNCTION(m->functions, i)));
    FIELD(p, opset_import, sets);
    FIELD(p, functions, functions);
    return p;
}

nn_status form_write(onnx_buffer *b, form_model *m, nn_error *err)
{
    arena_mark mark = arena_get_mark(m->a);
    const bulk_rng random = m->random;
    Onnx__ModelProto *p = model_message(m);
    nn_status s = p != NULL && !m->failed ? onnx_write_message(b, p, err) : nn_nomem(err);
    m->random = random; /* writing again gives the same bytes */
    arena_release(m->a, mark);
    return s;
}
