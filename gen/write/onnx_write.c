#include "write/onnx_write.h"
#include "write/contents.h"

#include "onnx.pb-c.h"

#include <limits.h>
#include <string.h>

/* Readers of protobuf refuse messages of 2 GiB or more. */
#define MESSAGE_MAX ((size_t)INT_MAX)
#define IR_FREE_INITIALIZERS 4 /* the first version in which an initializer need not be a graph input */

typedef struct {
    arena *a;
    const graph *g;
    const model_names *names;
    const onnx_request *q;
    nn_error *err;
    nn_status status; /* why an attribute could not be written; NN_OK: memory ran out */
} writer;

/* A message in the arena, initialised; NULL if memory runs out. */
#define NEW(var, type, init)                    \
    type *var = arena_alloc(w->a, sizeof *var); \
    if (var == NULL)                            \
        return NULL;                            \
    *var = (type)init

static void *list(writer *w, size_t n)
{
    return arena_alloc(w->a, n * sizeof(void *));
}

/* The strings of messages are not const, but packing only reads them. */
static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static ProtobufCBinaryData bytes(const char *s)
{
    return (ProtobufCBinaryData){strlen(s), (uint8_t *)text(s)};
}

void onnx_buffer_free(onnx_buffer *b)
{
    nn_free(b->bytes);
    *b = (onnx_buffer){0};
}

int onnx_ir_version(int opset)
{
    static const uint8_t version[] = {3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13, 13, 14};
    _Static_assert(sizeof version == OPSET_MAX - OPSET_MIN + 1, "a version for each opset");
    return opset >= OPSET_MIN && opset <= OPSET_MAX ? version[opset - OPSET_MIN] : 0;
}

/* ---- tensors ---- */

static Onnx__ValueInfoProto *value_info(writer *w, int32_t tensor)
{
    const tensor_desc *d = &w->g->tensors[tensor].desc;
    size_t rank = (size_t)d->rank;
    NEW(shape, Onnx__TensorShapeProto, ONNX__TENSOR_SHAPE_PROTO__INIT);
    NEW(type, Onnx__TypeProto__Tensor, ONNX__TYPE_PROTO__TENSOR__INIT);
    NEW(holder, Onnx__TypeProto, ONNX__TYPE_PROTO__INIT);
    NEW(info, Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);
    Onnx__TensorShapeProto__Dimension *dims = arena_alloc(w->a, rank * sizeof *dims);
    shape->dim = list(w, rank);
    if (dims == NULL || shape->dim == NULL)
        return NULL;
    shape->n_dim = rank;
    for (size_t i = 0; i < rank; i++) {
        dims[i] = (Onnx__TensorShapeProto__Dimension)ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT;
        shape->dim[i] = &dims[i];
        const bool open = d->open >> i & 1;
        const bool varies = open || (tensor_sizes(d) != NULL && tensor_dim_varies(d, w->g->n_worlds, (int)i));
        const graph_symbol *symbol = varies && !open ? graph_symbol_of(w->g, d, (int)i) : NULL;
        if (symbol != NULL) {
            dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dims[i].dim_param = text(symbol->name);
        } else if (!varies) {
            dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dims[i].dim_value = d->dims[i];
        }
    }
    type->has_elem_type = 1;
    type->elem_type = (int32_t)d->type;
    type->shape = shape;
    holder->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    holder->tensor_type = type;
    info->name = text(w->names->tensors[tensor]);
    info->type = holder;
    return info;
}

static bool value_infos(writer *w, Onnx__ValueInfoProto ***out, size_t *count, const int32_t *tensors, size_t n)
{
    *out = list(w, n);
    if (*out == NULL)
        return false;
    *count = n;
    for (size_t i = 0; i < n; i++)
        if (((*out)[i] = value_info(w, tensors[i])) == NULL)
            return false;
    return true;
}

/* A TensorProto with room for its data. */
static Onnx__TensorProto *tensor_message(writer *w, int32_t tensor)
{
    const tensor_desc *d = &w->g->tensors[tensor].desc;
    NEW(t, Onnx__TensorProto, ONNX__TENSOR_PROTO__INIT);
    t->n_dims = (size_t)d->rank;
    t->dims = (int64_t *)(uintptr_t)d->dims;
    t->has_data_type = 1;
    t->data_type = (int32_t)d->type;
    t->name = text(w->names->tensors[tensor]);
    t->has_raw_data = 1;
    t->raw_data.len = values_bytes(d);
    t->raw_data.data = arena_alloc(w->a, t->raw_data.len);
    return t->raw_data.data != NULL ? t : NULL;
}

/* Writes the tensor's name into the message of an error. */
static nn_status named(writer *w, int32_t tensor, nn_status s)
{
    if (s == NN_OK || w->err == NULL || s == NN_ERR_NOMEM)
        return s;
    nn_error inner = *w->err;
    return nn_fail(w->err, s, NULL, 0, 0, "%s: %.300s", w->names->tensors[tensor], inner.message);
}

/* The elements as files have them. */
static void as_stored(Onnx__TensorProto *t)
{
    const dtype type = (dtype)t->data_type;
    size_t n = dtype_bits(type) < 8 ? t->raw_data.len : 0;
    if (n > 0) {
        dtype_pack(type, n, t->raw_data.data, t->raw_data.data);
        t->raw_data.len = dtype_stored(type, n);
    }
}

static nn_status initializer(writer *w, Onnx__TensorProto **out, int32_t tensor)
{
    const graph_tensor *t = &w->g->tensors[tensor];
    bulk_rng r;
    values_stream(&r, w->q->seed, w->q->index, VALUES_INITIALIZER, 0, t->serial);
    *out = tensor_message(w, tensor);
    if (*out == NULL)
        return nn_nomem(w->err);
    return named(w, tensor, values_fill((*out)->raw_data.data, &t->desc, &t->init, &r, w->a, w->err));
}

static nn_status input(writer *w, void *out, uint64_t set, size_t i)
{
    bulk_rng r;
    values_stream(&r, w->q->seed, w->q->index, VALUES_INPUT, set, (uint32_t)i);
    int32_t tensor = w->g->inputs[i];
    return named(
        w, tensor,
        input_fill(out, &w->g->tensors[tensor].desc, w->q->modes, w->q->worlds > 1 ? set / w->q->worlds : set, &r, w->a, w->err));
}

/* ---- nodes ---- */

static float *float_list(writer *w, const attr_value *v)
{
    float *out = arena_alloc(w->a, v->n * sizeof *out);
    for (size_t i = 0; out != NULL && i < v->n; i++)
        out[i] = (float)v->floats[i];
    return out;
}

/* A one-dimensional float32 tensor. */
static Onnx__TensorProto *tensor_attribute(writer *w, const attr_value *v)
{
    NEW(t, Onnx__TensorProto, ONNX__TENSOR_PROTO__INIT);
    int64_t *dims = arena_alloc(w->a, sizeof *dims);
    t->float_data = float_list(w, v);
    if (dims == NULL || t->float_data == NULL)
        return NULL;
    *dims = (int64_t)v->n;
    t->n_dims = 1;
    t->dims = dims;
    t->has_data_type = 1;
    t->data_type = DT_FLOAT32;
    t->n_float_data = v->n;
    return t;
}

static Onnx__AttributeProto *attribute(writer *w, const attr_value *v)
{
    NEW(m, Onnx__AttributeProto, ONNX__ATTRIBUTE_PROTO__INIT);
    m->name = text(v->name);
    m->has_type = 1;
    switch (v->kind) {
    case ATTR_INT:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        m->has_i = 1;
        m->i = v->i;
        break;
    case ATTR_FLOAT:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        m->has_f = 1;
        m->f = (float)v->f;
        break;
    case ATTR_STRING:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
        m->has_s = 1;
        m->s = bytes(v->s);
        break;
    case ATTR_INTS:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        m->n_ints = v->n;
        m->ints = (int64_t *)(uintptr_t)v->ints;
        break;
    case ATTR_FLOATS:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
        m->n_floats = v->n;
        m->floats = float_list(w, v);
        if (m->floats == NULL)
            return NULL;
        break;
    case ATTR_TENSOR:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
        m->t = tensor_attribute(w, v);
        if (m->t == NULL)
            return NULL;
        break;
    case ATTR_HELD:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
        w->status = initializer(w, &m->t, (int32_t)v->i);
        if (w->status != NN_OK)
            return NULL;
        as_stored(m->t);
        m->t->name = text("");
        break;
    case ATTR_STRINGS:
        m->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
        m->n_strings = v->n;
        m->strings = arena_alloc(w->a, v->n * sizeof *m->strings);
        if (m->strings == NULL)
            return NULL;
        for (size_t i = 0; i < v->n; i++)
            m->strings[i] = bytes(v->strings[i]);
        break;
    }
    return m;
}

static char **tensor_names(writer *w, const int32_t *tensors, size_t n)
{
    char **out = list(w, n);
    for (size_t i = 0; out != NULL && i < n; i++)
        out[i] = tensors[i] >= 0 ? text(w->names->tensors[tensors[i]]) : text("");
    return out;
}

static Onnx__NodeProto *node(writer *w, uint32_t index)
{
    const graph_node *n = &w->g->nodes[index];
    NEW(m, Onnx__NodeProto, ONNX__NODE_PROTO__INIT);
    m->name = text(w->names->nodes[index]);
    m->op_type = text(n->op_type);
    m->n_input = n->n_inputs;
    m->input = tensor_names(w, n->inputs, n->n_inputs);
    m->n_output = n->n_outputs;
    m->output = tensor_names(w, n->outputs, n->n_outputs);
    m->n_attribute = n->n_attrs;
    m->attribute = list(w, n->n_attrs);
    if (m->input == NULL || m->output == NULL || m->attribute == NULL)
        return NULL;
    for (size_t i = 0; i < n->n_attrs; i++)
        if ((m->attribute[i] = attribute(w, &n->attrs[i])) == NULL)
            return NULL;
    return m;
}

static bool nodes(writer *w, Onnx__GraphProto *m)
{
    m->node = list(w, w->g->n_nodes);
    if (m->node == NULL)
        return false;
    m->n_node = w->g->n_nodes;
    for (size_t i = 0; i < m->n_node; i++)
        if ((m->node[i] = node(w, w->g->order[i])) == NULL)
            return false;
    return true;
}

/* Adds value_info for every node output that is not a graph output, in the order of the file. */
static bool intermediates(writer *w, Onnx__GraphProto *m)
{
    int32_t *tensors = arena_alloc(w->a, w->g->n_tensors * sizeof *tensors);
    if (tensors == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < w->g->n_nodes; i++) {
        const graph_node *g = &w->g->nodes[w->g->order[i]];
        for (size_t k = 0; k < g->n_outputs; k++)
            if (g->outputs[k] >= 0 && !w->g->tensors[g->outputs[k]].output)
                tensors[n++] = g->outputs[k];
    }
    return value_infos(w, &m->value_info, &m->n_value_info, tensors, n);
}

static nn_status initializers(writer *w, Onnx__GraphProto *m)
{
    m->initializer = list(w, w->g->n_tensors);
    if (m->initializer == NULL)
        return nn_nomem(w->err);
    for (size_t i = 0; i < w->g->n_tensors; i++) {
        const graph_tensor *t = &w->g->tensors[i];
        if (t->kind != TENSOR_INIT || w->names->tensors[i] == NULL)
            continue;
        nn_status s = initializer(w, &m->initializer[m->n_initializer], (int32_t)i);
        if (s != NN_OK)
            return s;
        as_stored(m->initializer[m->n_initializer]);
        m->n_initializer++;
    }
    return NN_OK;
}

/* Below IR version 4 every initializer must be a graph input too; those come behind the real ones, which keep their numbers. */
static bool inputs(writer *w, Onnx__GraphProto *m)
{
    int32_t *tensors = arena_alloc(w->a, (w->g->n_inputs + w->g->n_tensors) * sizeof *tensors);
    if (tensors == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < w->g->n_inputs; i++)
        tensors[n++] = w->g->inputs[i];
    if (onnx_ir_version(w->q->opset) < IR_FREE_INITIALIZERS)
        for (size_t i = 0; i < w->g->n_tensors; i++)
            if (w->g->tensors[i].kind == TENSOR_INIT && w->names->tensors[i] != NULL)
                tensors[n++] = (int32_t)i;
    return value_infos(w, &m->input, &m->n_input, tensors, n);
}

/* ---- files ---- */

static nn_status pack(onnx_buffer *b, const ProtobufCMessage *m, nn_error *err)
{
    size_t size = protobuf_c_message_get_packed_size(m);
    if (size > MESSAGE_MAX)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "the model would have %zu bytes; an ONNX file must be smaller than 2 GiB",
                       size);
    if (!nn_grow((void **)&b->bytes, &b->capacity, size, 1))
        return nn_nomem(err);
    b->size = protobuf_c_message_pack(m, b->bytes);
    return NN_OK;
}

static bool properties(writer *w, Onnx__ModelProto *m)
{
    Onnx__StringStringEntryProto *entries = arena_alloc(w->a, w->q->n_properties * sizeof *entries);
    m->metadata_props = list(w, w->q->n_properties);
    if (entries == NULL || m->metadata_props == NULL)
        return false;
    m->n_metadata_props = w->q->n_properties;
    for (size_t i = 0; i < w->q->n_properties; i++) {
        entries[i] = (Onnx__StringStringEntryProto)ONNX__STRING_STRING_ENTRY_PROTO__INIT;
        entries[i].key = text(w->q->properties[i].key);
        entries[i].value = text(w->q->properties[i].value);
        m->metadata_props[i] = &entries[i];
    }
    return true;
}

static Onnx__ModelProto *model_message(writer *w)
{
    NEW(graph_message, Onnx__GraphProto, ONNX__GRAPH_PROTO__INIT);
    NEW(opset, Onnx__OperatorSetIdProto, ONNX__OPERATOR_SET_ID_PROTO__INIT);
    NEW(model, Onnx__ModelProto, ONNX__MODEL_PROTO__INIT);
    graph_message->name = text(w->q->name);
    if (!nodes(w, graph_message) || !intermediates(w, graph_message) || !inputs(w, graph_message) ||
        !value_infos(w, &graph_message->output, &graph_message->n_output, w->g->outputs, w->g->n_outputs))
        return NULL;
    w->status = initializers(w, graph_message);
    if (w->status != NN_OK)
        return NULL;

    opset->domain = text("");
    opset->has_version = 1;
    opset->version = w->q->opset;

    model->has_ir_version = 1;
    model->ir_version = onnx_ir_version(w->q->opset);
    model->producer_name = text("nngen");
    model->producer_version = text(NNGEN_VERSION);
    model->graph = graph_message;
    model->n_opset_import = 1;
    model->opset_import = list(w, 1);
    if (model->opset_import == NULL || !properties(w, model))
        return NULL;
    model->opset_import[0] = opset;
    return model;
}

nn_status onnx_message(Onnx__ModelProto **out, const graph *g, const model_names *names, const onnx_request *q, arena *a,
                       nn_error *err)
{
    writer w = {a, g, names, q, err, NN_OK};
    *out = model_message(&w);
    return *out != NULL ? NN_OK : w.status == NN_OK ? nn_nomem(err) : w.status;
}

nn_status onnx_write_message(onnx_buffer *b, const Onnx__ModelProto *m, nn_error *err)
{
    return pack(b, &m->base, err);
}

nn_status onnx_write_model(onnx_buffer *b, const graph *g, const model_names *names, const onnx_request *q, arena *a, nn_error *err)
{
    Onnx__ModelProto *m;
    arena_mark mark = arena_get_mark(a);
    nn_status s = onnx_message(&m, g, names, q, a, err);
    if (s == NN_OK)
        s = onnx_write_message(b, m, err);
    arena_release(a, mark);
    return s;
}

nn_status onnx_write_input(onnx_buffer *b, const graph *g, const model_names *names, const onnx_request *q, uint64_t set, size_t i,
                           arena *a, nn_error *err)
{
    writer w = {a, g, names, q, err, NN_OK};
    arena_mark mark = arena_get_mark(a);
    Onnx__TensorProto *t = tensor_message(&w, g->inputs[i]);
    nn_status s = t != NULL ? input(&w, t->raw_data.data, set, i) : nn_nomem(err);
    if (s == NN_OK) {
        as_stored(t);
        s = pack(b, &t->base, err);
    }
    arena_release(a, mark);
    return s;
}

nn_status onnx_contents(const void **bytes, const graph *g, const model_names *names, const onnx_request *q, uint64_t set,
                        int32_t tensor, arena *a, nn_error *err)
{
    writer w = {a, g, names, q, err, NN_OK};
    const graph_tensor *x = &g->tensors[tensor];
    Onnx__TensorProto *t;
    if (x->kind != TENSOR_INPUT) {
        nn_status s = initializer(&w, &t, tensor);
        *bytes = s == NN_OK ? t->raw_data.data : NULL;
        return s;
    }
    t = tensor_message(&w, tensor);
    *bytes = t != NULL ? t->raw_data.data : NULL;
    return t != NULL ? input(&w, t->raw_data.data, set, x->serial) : nn_nomem(err);
}

nn_status onnx_write_tensor(onnx_buffer *b, const char *name, dtype type, const int64_t *dims, size_t rank, const void *bytes,
                            size_t n, nn_error *err)
{
    Onnx__TensorProto t = ONNX__TENSOR_PROTO__INIT;
    t.n_dims = rank;
    t.dims = (int64_t *)(uintptr_t)dims;
    t.has_data_type = 1;
    t.data_type = (int32_t)type;
    t.name = text(name);
    t.has_raw_data = 1;
    t.raw_data.len = n;
    t.raw_data.data = (uint8_t *)(uintptr_t)bytes;
    if (dtype_bits(type) >= 8 || n == 0)
        return pack(b, &t.base, err);
    uint8_t *copy = nn_malloc(n);
    if (copy == NULL)
        return nn_nomem(err);
    memcpy(copy, bytes, n);
    t.raw_data.data = copy;
    as_stored(&t);
    nn_status s = pack(b, &t.base, err);
    nn_free(copy);
    return s;
}

/* The arrays of one data set. */
static nn_status add_set(writer *w, npz *z, uint64_t set)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < w->g->n_inputs; i++) {
        const tensor_desc *d = &w->g->tensors[w->g->inputs[i]].desc;
        void *data;
        arena_mark mark = arena_get_mark(w->a);
        const char *name = npz_set_name(w->a, set, w->names->tensors[w->g->inputs[i]]);
        void *one = arena_alloc(w->a, values_bytes(d) + 1); /* elements may not be aligned in the file */
        s = name != NULL && one != NULL ? npz_add(z, name, d->type, d->dims, (size_t)d->rank, &data, w->err) : nn_nomem(w->err);
        if (s == NN_OK)
            s = input(w, one, set, i);
        if (s == NN_OK && values_bytes(d) > 0)
            memcpy(data, one, values_bytes(d));
        arena_release(w->a, mark);
    }
    return s;
}

nn_status onnx_write_npz(npz *z, const graph *views, size_t n_views, const model_names *names, const onnx_request *q, uint64_t sets,
                         arena *a, nn_error *err)
{
    const graph *g = views;
    writer w = {a, g, names, q, err, NN_OK};
    nn_status s = NN_OK;
    npz_begin(z);
    for (uint64_t set = 0; n_views > 1 && s == NN_OK && set < sets; set++) {
        w.g = &views[set % n_views];
        s = add_set(&w, z, set);
    }
    if (n_views > 1)
        return s == NN_OK ? npz_end(z, err) : s;
    for (size_t i = 0; s == NN_OK && i < g->n_inputs; i++) {
        const tensor_desc *d = &g->tensors[g->inputs[i]].desc;
        int64_t dims[NN_MAX_RANK + 1] = {(int64_t)sets};
        for (int k = 0; k < d->rank; k++)
            dims[k + 1] = d->dims[k];
        void *data;
        s = npz_add(z, names->tensors[g->inputs[i]], d->type, dims, (size_t)d->rank + 1, &data, err);
        /* each set is filled separately, because its elements may not be aligned in the file */
        size_t size = values_bytes(d);
        arena_mark mark = arena_get_mark(a);
        void *one = s == NN_OK ? arena_alloc(a, size) : NULL;
        if (s == NN_OK && one == NULL)
            s = nn_nomem(err);
        for (uint64_t set = 0; s == NN_OK && set < sets; set++) {
            s = input(&w, one, set, i);
            memcpy((char *)data + set * size, one, size);
        }
        arena_release(a, mark);
    }
    return s == NN_OK ? npz_end(z, err) : s;
}
