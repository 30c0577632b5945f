#include "form/form_storage.h"
#include "form/form_control.h"

#include <string.h>

#define FILES_MOST 3

/* ---- nodes ---- */

/* The value is no initializer of the graph any more; the node, which is put first, gives it. */
static form_node *node_for(form_model *m, form_graph *g, form_value *v)
{
    form_node *n = form_node_new(m, g, m->rules->words[WORD_CONSTANT], "");
    form_remove(&g->constants, v);
    form_insert(m, &g->nodes, 0, n);
    form_push(m, &n->outputs, v);
    v->producer = n;
    return n;
}

void form_constant_node(form_model *m, form_graph *g, form_value *v)
{
    form_node *n = node_for(m, g, v);
    Onnx__AttributeProto *p = form_attr_new(m, m->rules->words[WORD_VALUE], ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
    p->t = v->data;
    form_attr_message(m, n, p);
    v->data = NULL;
}

static void tensor_node(form_model *m, form_graph *g, form_value *v)
{
    form_constant_node(m, g, v);
    form_count(m, FORM_STORAGE_NODE);
}

static void number_node(form_model *m, form_graph *g, form_value *v)
{
    Onnx__AttributeProto *p = form_number_attribute(m, v);
    if (p == NULL) {
        tensor_node(m, g, v);
        return;
    }
    form_attr_message(m, node_for(m, g, v), p);
    v->data = NULL;
    form_count(m, v->desc.rank == 0 ? FORM_STORAGE_NUMBER : FORM_STORAGE_NUMBERS);
}

static void sparse_node(form_model *m, form_graph *g, form_value *v)
{
    Onnx__SparseTensorProto *t = form_sparse_tensor(m, v);
    if (t == NULL) {
        tensor_node(m, g, v);
        return;
    }
    Onnx__AttributeProto *p =
        form_attr_new(m, m->rules->words[WORD_SPARSE_VALUE], ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR);
    p->sparse_tensor = t;
    form_attr_message(m, node_for(m, g, v), p);
    v->data = NULL;
    form_count(m, FORM_STORAGE_SPARSE);
}

/* ---- one constant ---- */

typedef struct {
    uint32_t external, typed; /* shares */
    size_t files;
} habits;

/* Elements in files or fields, for a tensor that stays an initializer or an attribute. */
static void place_elements(form_model *m, form_value *v, const habits *h, bool attribute)
{
    if (v->data == NULL || v->data->raw_data.len == 0)
        return;
    if (!attribute && v->data->raw_data.len >= m->rules->limits[LIMIT_EXTERNAL] && form_chance(m, h->external)) {
        size_t file = form_draw(m, (uint32_t)h->files), gap = form_draw(m, 3) == 0   ? form_draw(m, 100)
                                                              : form_draw(m, 3) == 0 ? 4096
                                                                                     : 0;
        form_external(m, v, file, gap);
        form_count(m, file > 0 ? FORM_STORAGE_FILES : FORM_STORAGE_EXTERNAL);
    } else if (form_chance(m, h->typed) && form_typed_fields(m, v->data)) {
        form_count(m, FORM_STORAGE_TYPED);
    }
}

/* Copies of a constant share its message; this one is about to change. */
static void own_message(form_model *m, form_value *v)
{
    Onnx__TensorProto *t = form_memory(m, sizeof *t);
    if (t == NULL)
        return;
    *t = *v->data;
    v->data = t;
}

/* Functions have no initializers: of the ways below, they have the first three. */
static void place_constant(form_model *m, form_graph *g, form_value *v, const habits *h)
{
    const bool top = g == m->main, body = g->parent == NULL && g->function != NULL;
    own_message(m, v);
    switch (form_draw(m, top ? 10 : body ? 3 : 7)) {
    case 0:
        place_elements(m, v, h, true);
        tensor_node(m, g, v);
        break;
    case 1:
        number_node(m, g, v);
        break;
    case 2:
        sparse_node(m, g, v);
        break;
    case 7:
        v->overridable = true;
        form_count(m, FORM_STORAGE_INPUT);
        place_elements(m, v, h, false);
        break;
    default:
        place_elements(m, v, h, false);
        break;
    }
}

static void place_constants(form_model *m, form_graph *g, const habits *h)
{
    form_list all = {.n = 0};
    for (size_t i = 0; i < g->constants.n; i++)
        form_push(m, &all, g->constants.items[i]);
    for (size_t i = 0; i < all.n && !m->failed; i++)
        place_constant(m, g, FORM_VALUE(all, i), h);
}

/* IR version 3: initializers are graph inputs, and graphs inside have none. */
static void place_as_inputs(form_model *m, form_graph *g)
{
    while (g != m->main && g->constants.n > 0 && !m->failed)
        form_constant_node(m, g, FORM_VALUE(g->constants, 0));
    for (size_t i = 0; i < g->constants.n; i++)
        FORM_VALUE(g->constants, i)->overridable = true;
}

/* ---- what is not used ---- */

static void add_unused(form_model *m)
{
    for (uint32_t n = form_draw(m, 3); n > 0 && !m->failed; n--) {
        form_graph *g = FORM_GRAPH(m->graphs, form_draw(m, (uint32_t)m->graphs.n));
        int64_t dims[2] = {form_draw(m, 4), 2};
        tensor_desc d = form_desc(form_draw(m, 2) == 0 ? DT_FLOAT32 : DT_INT64, (int)form_draw(m, 3), dims);
        if (g->function == NULL) {
            (void)form_filler(m, g, &d);
            form_count(m, FORM_STORAGE_UNUSED);
        }
    }
}

static void add_dead(form_model *m)
{
    for (uint32_t n = form_draw(m, 3); n > 0 && !m->failed; n--) {
        form_graph *g = FORM_GRAPH(m->graphs, form_draw(m, (uint32_t)m->graphs.n));
        if (g->nodes.n == 0)
            continue;
        form_node *dead = form_clone_node(m, FORM_NODE(g->nodes, form_draw(m, (uint32_t)g->nodes.n)));
        form_push(m, &g->nodes, dead);
        form_count(m, FORM_STORAGE_DEAD);
    }
}

static void add_unused_input(form_model *m)
{
    tensor_desc d = form_desc(DT_FLOAT32, (int)form_draw(m, 3), (int64_t[]){2, 3});
    d.range = (interval){-1, 1};
    form_push(m, &m->main->inputs, form_value_new(m, m->main, &d));
    form_count(m, FORM_STORAGE_UNUSED_INPUT);
}

/* An initializer of the plain model, whose contents are known, is a graph output too. */
static void add_output(form_model *m)
{
    form_graph *g = m->main;
    form_value *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < g->constants.n; i++) {
        form_value *v = FORM_VALUE(g->constants, i);
        if (v->tensor >= 0 && !v->overridable && form_draw(m, ++n) == 0)
            found = v;
    }
    if (found == NULL)
        return;
    form_push(m, &g->outputs, found);
    form_count(m, FORM_STORAGE_OUTPUT);
}

void form_storage(form_model *m)
{
    const bool old = form_draw(m, 10) == 0 && m->functions.n == 0;
    habits h = {.external = form_draw(m, 3) == 0 ? 500 : 0, .typed = 500, .files = 1 + form_draw(m, FILES_MOST)};
    if (form_draw(m, 3) == 0)
        add_unused(m);
    if (form_draw(m, 3) == 0)
        add_dead(m);
    if (form_draw(m, 4) == 0)
        add_unused_input(m);
    for (size_t i = 0; i < m->graphs.n && !m->failed; i++) {
        form_graph *g = FORM_GRAPH(m->graphs, i);
        if (old)
            place_as_inputs(m, g);
        else
            place_constants(m, g, &h);
    }
    if (form_draw(m, 4) == 0)
        add_output(m);
    if (old) {
        m->ir = 3;
        form_count(m, FORM_STORAGE_OLD);
    }
}
