#include "emit/emit_onnx.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_external.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    json_line functions; /* of bodies, before what calls them */
    size_t bodies;
    int directory;
    emit_arrays *arrays;
    arena scratch;
    nn_status status;
    nn_error *err;
} script;

static void refuse(script *p, const char *where, const char *what)
{
    if (p->status == NN_OK)
        p->status = nn_fail(p->err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "%.100s: %s", where != NULL ? where : "", what);
}

static void put_type(json_line *out, int32_t type)
{
    static const char *const names[] = {"UNDEFINED",      "FLOAT",      "UINT8",          "INT8",       "UINT16",   "INT16",
                                        "INT32",          "INT64",      "STRING",         "BOOL",       "FLOAT16",  "DOUBLE",
                                        "UINT32",         "UINT64",     "COMPLEX64",      "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN",
                                        "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4",      "INT4",     "FLOAT4E2M1"};
    if (type < 0 || (size_t)type >= sizeof names / sizeof names[0]) {
        line_int(out, type);
        return;
    }
    line_raw(out, "TensorProto.");
    line_raw(out, names[type]);
}

/* Whether NumPy has the type by itself. */
static bool is_plain(int32_t type)
{
    return (type >= DT_FLOAT32 && type <= DT_INT64) || (type >= DT_BOOL && type <= DT_UINT64);
}

static void put_names(json_line *out, char *const *all, size_t n)
{
    line_raw(out, "[");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", " : "");
        emit_string(out, all[i]);
    }
    line_raw(out, "]");
}

static void put_binary(json_line *out, const ProtobufCBinaryData *b)
{
    bool plain = true;
    for (size_t i = 0; i < b->len; i++)
        plain = plain && b->data[i] >= ' ' && b->data[i] <= '~' && b->data[i] != '"' && b->data[i] != '\\';
    if (!plain) {
        emit_bytes(out, b->data, b->len);
        return;
    }
    line_raw(out, "\"");
    line_text(out, b->len > 0 ? (const char *)b->data : "", b->len);
    line_raw(out, "\"");
}

/* ---- tensors ---- */

static bool read_tensor(script *p, file_tensor *t, const Onnx__TensorProto *from)
{
    const char *name = from->name != NULL ? from->name : "";
    if (!onnx_is_external(from))
        p->status = file_tensor_of_proto(t, from, TENSOR_FILE_MOST, &p->scratch, name, p->err);
    else if (p->directory < 0)
        refuse(p, name, "its elements are in another file, and the directory of the model is not known");
    else
        p->status = onnx_external_read(t, from, p->directory, TENSOR_FILE_MOST, &p->scratch, p->err);
    return p->status == NN_OK;
}

static void put_texts(json_line *out, const Onnx__TensorProto *t)
{
    line_raw(out, "[");
    for (size_t i = 0; i < t->n_string_data; i++) {
        line_raw(out, i > 0 ? ", " : "");
        emit_bytes(out, t->string_data[i].data, t->string_data[i].len);
    }
    line_raw(out, "])");
}

/* The bytes of a file, as an array of numbers of 8 bits. */
static void put_bytes(script *p, json_line *out, const Onnx__TensorProto *from)
{
    file_tensor t, bytes = {.name = from->name, .type = DT_UINT8, .rank = 1, .n = from->raw_data.len, .data = from->raw_data.data};
    if (!from->has_raw_data || onnx_is_external(from)) {
        if (dtype_of_number(from->data_type) == DT_NONE) {
            refuse(p, from->name, "a tensor of this type that has no raw_data");
            return;
        }
        if (!read_tensor(p, &t, from))
            return;
        bytes.n = dtype_stored(t.type, t.n);
        uint8_t *packed = arena_alloc(&p->scratch, t.n * dtype_size(t.type) + 1);
        if (packed == NULL) {
            p->status = nn_nomem(p->err);
            return;
        }
        dtype_pack(t.type, t.n, t.data, packed);
        bytes.data = packed;
    }
    bytes.dims[0] = (int64_t)bytes.n;
    emit_array(out, p->arrays, &bytes, from->name);
    line_raw(out, ".tobytes(), raw=True)");
}

/* A tensor of a type that NumPy lacks, from its bytes; or of texts. */
static void put_other(script *p, json_line *out, const Onnx__TensorProto *t)
{
    line_raw(out, "helper.make_tensor(");
    emit_string(out, t->name);
    line_raw(out, ", ");
    put_type(out, t->data_type);
    line_raw(out, ", ");
    emit_ints(out, t->dims, t->n_dims);
    line_raw(out, ", ");
    if (t->data_type == DT_STRING)
        put_texts(out, t);
    else
        put_bytes(p, out, t);
}

static void put_tensor(script *p, json_line *out, const Onnx__TensorProto *from)
{
    file_tensor t;
    const char *name = from->name != NULL ? from->name : "";
    if (p->status != NN_OK)
        return;
    arena_mark mark = arena_get_mark(&p->scratch);
    if (!is_plain(from->data_type))
        put_other(p, out, from);
    else if (read_tensor(p, &t, from)) {
        line_raw(out, "numpy_helper.from_array(");
        emit_array(out, p->arrays, &t, name);
        line_raw(out, ", ");
        emit_string(out, name);
        line_raw(out, ")");
    }
    arena_release(&p->scratch, mark);
}

static void put_sparse(script *p, json_line *out, const Onnx__SparseTensorProto *t)
{
    if (t->values == NULL || t->indices == NULL) {
        refuse(p, "", "a sparse tensor has no values or no indices");
        return;
    }
    line_raw(out, "helper.make_sparse_tensor(");
    put_tensor(p, out, t->values);
    line_raw(out, ", ");
    put_tensor(p, out, t->indices);
    line_raw(out, ", ");
    emit_ints(out, t->dims, t->n_dims);
    line_raw(out, ")");
}

/* ---- values ---- */

static void put_shape(json_line *out, const Onnx__TensorShapeProto *shape)
{
    line_raw(out, shape != NULL ? "[" : "None");
    for (size_t k = 0; shape != NULL && k < shape->n_dim; k++) {
        const Onnx__TensorShapeProto__Dimension *d = shape->dim[k];
        line_raw(out, k > 0 ? ", " : "");
        if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
            line_int(out, d->dim_value);
        else if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM)
            emit_string(out, d->dim_param);
        else
            line_raw(out, "None");
    }
    line_raw(out, shape != NULL ? "]" : "");
}

static void put_info(script *p, json_line *out, const Onnx__ValueInfoProto *v)
{
    if (v->type != NULL && (v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || v->type->tensor_type == NULL)) {
        refuse(p, v->name, "only tensors were expected");
        return;
    }
    if (v->type == NULL) {
        line_raw(out, "helper.make_empty_tensor_value_info(");
        emit_string(out, v->name);
    } else {
        line_raw(out, "helper.make_tensor_value_info(");
        emit_string(out, v->name);
        line_raw(out, ", ");
        put_type(out, v->type->tensor_type->elem_type);
        line_raw(out, ", ");
        put_shape(out, v->type->tensor_type->shape);
    }
    line_raw(out, ")");
}

static void put_infos(script *p, json_line *out, Onnx__ValueInfoProto *const *all, size_t n, const char *indent)
{
    line_raw(out, "[\n");
    for (size_t i = 0; i < n && p->status == NN_OK; i++) {
        line_raw(out, indent);
        line_raw(out, "    ");
        put_info(p, out, all[i]);
        line_raw(out, ",\n");
    }
    line_raw(out, indent);
    line_raw(out, "]");
}

/* ---- nodes and graphs ---- */

typedef Onnx__AttributeProto__AttributeType attribute_type;

static attribute_type type_of(const Onnx__AttributeProto *x)
{
    if (x->has_type && x->type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED)
        return x->type;
    return x->has_i           ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT
           : x->has_f         ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
           : x->has_s         ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING
           : x->t != NULL     ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR
           : x->g != NULL     ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH
           : x->n_floats > 0  ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS
           : x->n_strings > 0 ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
                              : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
}

static const char *type_word(attribute_type t)
{
    static const char *const words[] = {"UNDEFINED", "FLOAT", "INT",     "STRING",  "TENSOR", "GRAPH",
                                        "FLOATS",    "INTS",  "STRINGS", "TENSORS", "GRAPHS", "SPARSE_TENSOR"};
    return t < sizeof words / sizeof words[0] ? words[t] : NULL;
}

static size_t put_body(script *p, const Onnx__GraphProto *g);

static void put_list(json_line *out, const Onnx__AttributeProto *x, attribute_type type)
{
    size_t n = type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS ? x->n_floats : x->n_strings;
    line_raw(out, "[");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", " : "");
        if (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS)
            emit_real(out, (double)x->floats[i], DT_FLOAT32);
        else
            put_binary(out, &x->strings[i]);
    }
    line_raw(out, "]");
}

static void put_value(script *p, json_line *out, const Onnx__AttributeProto *x, attribute_type type)
{
    char text[40];
    switch (type) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
        line_int(out, x->i);
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
        emit_real(out, (double)x->f, DT_FLOAT32);
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
        put_binary(out, &x->s);
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
        emit_ints(out, x->ints, x->n_ints);
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
        put_list(out, x, type);
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
        if (x->t == NULL)
            refuse(p, x->name, "the attribute has no tensor");
        else
            put_tensor(p, out, x->t);
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
        if (x->g == NULL)
            refuse(p, x->name, "the attribute has no graph");
        else {
            (void)snprintf(text, sizeof text, "body_%zu()", put_body(p, x->g));
            line_raw(out, text);
        }
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
        if (x->sparse_tensor == NULL)
            refuse(p, x->name, "the attribute has no tensor");
        else
            put_sparse(p, out, x->sparse_tensor);
        break;
    default:
        refuse(p, x->name, "an attribute of this type cannot be written");
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *s)
{
    bool good = is_letter(*s) && !emit_is_keyword(s);
    for (const char *c = s; *c != '\0'; c++)
        good = good && (is_letter(*c) || (*c >= '0' && *c <= '9') || *c == '_');
    return good;
}

/* Whether make_node takes the node's attribute number `at` as a keyword argument, and finds its type. */
static bool is_keyword(const Onnx__NodeProto *n, size_t at)
{
    static const char *const taken[] = {"op", "op_type", "inputs", "outputs", "name", "doc_string", "domain", "overload"};
    const Onnx__AttributeProto *x = n->attribute[at];
    attribute_type type = type_of(x);
    const char *s = x->name != NULL ? x->name : "";
    bool empty = (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS && x->n_ints == 0) ||
                 (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS && x->n_floats == 0) ||
                 (type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS && x->n_strings == 0);
    bool good = !empty && is_name(s) && (x->ref_attr_name == NULL || *x->ref_attr_name == '\0');
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        good = good && strcmp(s, taken[i]) != 0;
    for (size_t i = 0; i < at && good; i++) /* a call cannot have an argument twice */
        good = n->attribute[i]->name == NULL || strcmp(s, n->attribute[i]->name) != 0;
    return good;
}

/* An AttributeProto. */
static void put_attribute(script *p, json_line *out, const Onnx__AttributeProto *x, attribute_type type)
{
    const char *word = type_word(type);
    bool ref = x->ref_attr_name != NULL && *x->ref_attr_name != '\0';
    if (ref) {
        line_raw(out, "onnx.AttributeProto(name=");
        emit_string(out, x->name);
        line_raw(out, ", ref_attr_name=");
        emit_string(out, x->ref_attr_name);
        line_raw(out, ", type=onnx.AttributeProto.");
    } else {
        line_raw(out, "helper.make_attribute(");
        emit_string(out, x->name);
        line_raw(out, ", ");
        put_value(p, out, x, type);
        line_raw(out, ", attr_type=onnx.AttributeProto.");
    }
    if (word == NULL)
        refuse(p, x->name, "an attribute of this type cannot be written");
    line_raw(out, word != NULL ? word : "");
    line_raw(out, ")");
}

static void put_text_argument(json_line *out, const char *key, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    line_raw(out, ", ");
    line_raw(out, key);
    emit_string(out, value);
}

static void put_node(script *p, json_line *out, const Onnx__NodeProto *n)
{
    line_raw(out, "node(");
    emit_string(out, n->op_type);
    line_raw(out, ", ");
    put_names(out, n->input, n->n_input);
    line_raw(out, ", ");
    put_names(out, n->output, n->n_output);
    for (size_t i = 0; i < n->n_attribute && p->status == NN_OK; i++) {
        if (is_keyword(n, i))
            continue;
        line_raw(out, ", ");
        put_attribute(p, out, n->attribute[i], type_of(n->attribute[i]));
    }
    put_text_argument(out, "name=", n->name);
    put_text_argument(out, "domain=", n->domain);
    put_text_argument(out, "overload=", n->overload);
    for (size_t i = 0; i < n->n_attribute && p->status == NN_OK; i++) {
        const Onnx__AttributeProto *x = n->attribute[i];
        if (!is_keyword(n, i))
            continue;
        line_raw(out, ", ");
        line_raw(out, x->name);
        line_raw(out, "=");
        put_value(p, out, x, type_of(x));
    }
    line_raw(out, ")");
}

static void put_nodes(script *p, json_line *out, Onnx__NodeProto *const *all, size_t n)
{
    line_raw(out, "    nodes = [\n");
    for (size_t i = 0; i < n && p->status == NN_OK; i++) {
        line_raw(out, "        ");
        put_node(p, out, all[i]);
        line_raw(out, ",\n");
    }
    line_raw(out, "    ]\n");
}

static void put_graph(script *p, json_line *out, const Onnx__GraphProto *g)
{
    const struct {
        const char *key;
        Onnx__ValueInfoProto *const *all;
        size_t n;
    } infos[] = {
        {"inputs", g->input, g->n_input}, {"outputs", g->output, g->n_output}, {"value_info", g->value_info, g->n_value_info}};
    put_nodes(p, out, g->node, g->n_node);
    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        if (infos[i].n == 0 && i > 1)
            continue;
        line_raw(out, "    ");
        line_raw(out, infos[i].key);
        line_raw(out, " = ");
        put_infos(p, out, infos[i].all, infos[i].n, "    ");
        line_raw(out, "\n");
    }
    if (g->n_initializer > 0)
        line_raw(out, "    initializer = [\n");
    for (size_t i = 0; i < g->n_initializer && p->status == NN_OK; i++) {
        line_raw(out, "        ");
        put_tensor(p, out, g->initializer[i]);
        line_raw(out, ",\n");
    }
    line_raw(out, g->n_initializer > 0 ? "    ]\n" : "");
    if (g->n_sparse_initializer > 0)
        line_raw(out, "    sparse_initializer = [\n");
    for (size_t i = 0; i < g->n_sparse_initializer && p->status == NN_OK; i++) {
        line_raw(out, "        ");
        put_sparse(p, out, g->sparse_initializer[i]);
        line_raw(out, ",\n");
    }
    line_raw(out, g->n_sparse_initializer > 0 ? "    ]\n" : "");
    line_raw(out, "    graph = helper.make_graph(nodes, ");
    emit_string(out, g->name);
    line_raw(out, ", inputs, outputs");
    line_raw(out, g->n_initializer > 0 ? ", initializer" : "");
    line_raw(out, g->n_value_info > 0 ? ", value_info=value_info" : "");
    line_raw(out, g->n_sparse_initializer > 0 ? ", sparse_initializer=sparse_initializer" : "");
    line_raw(out, ")\n");
}

/* A function that makes the graph of an attribute. Returns its number. */
static size_t put_body(script *p, const Onnx__GraphProto *g)
{
    json_line out = {.bytes = NULL};
    char text[40];
    put_graph(p, &out, g);
    size_t number = ++p->bodies;
    (void)snprintf(text, sizeof text, "def body_%zu():\n", number);
    line_raw(&p->functions, text);
    line_text(&p->functions, out.bytes != NULL ? out.bytes : "", out.size);
    line_raw(&p->functions, "    return graph\n\n\n");
    p->functions.failed |= out.failed;
    nn_free(out.bytes);
    return number;
}

/* ---- functions and the model ---- */

static void put_opsets(json_line *out, Onnx__OperatorSetIdProto *const *all, size_t n)
{
    line_raw(out, "[");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", helper.make_opsetid(" : "helper.make_opsetid(");
        emit_string(out, all[i]->domain);
        line_raw(out, ", ");
        line_int(out, all[i]->version);
        line_raw(out, ")");
    }
    line_raw(out, "]");
}

static void put_function(script *p, const Onnx__FunctionProto *f, size_t number)
{
    json_line out = {.bytes = NULL};
    char text[40];
    put_nodes(p, &out, f->node, f->n_node);
    line_raw(&out, "    return helper.make_function(");
    emit_string(&out, f->domain);
    line_raw(&out, ", ");
    emit_string(&out, f->name);
    line_raw(&out, ", ");
    put_names(&out, f->input, f->n_input);
    line_raw(&out, ", ");
    put_names(&out, f->output, f->n_output);
    line_raw(&out, ", nodes, ");
    put_opsets(&out, f->opset_import, f->n_opset_import);
    if (f->n_attribute > 0) {
        line_raw(&out, ", attributes=");
        put_names(&out, f->attribute, f->n_attribute);
    }
    for (size_t i = 0; i < f->n_attribute_proto; i++) {
        line_raw(&out, i > 0 ? ", " : ", attribute_protos=[");
        put_attribute(p, &out, f->attribute_proto[i], type_of(f->attribute_proto[i]));
    }
    line_raw(&out, f->n_attribute_proto > 0 ? "]" : "");
    if (f->n_value_info > 0) {
        line_raw(&out, ", value_info=");
        put_infos(p, &out, f->value_info, f->n_value_info, "    ");
    }
    put_text_argument(&out, "overload=", f->overload);
    line_raw(&out, ")\n\n\n");
    (void)snprintf(text, sizeof text, "def function_%zu():\n", number);
    line_raw(&p->functions, text);
    line_text(&p->functions, out.bytes != NULL ? out.bytes : "", out.size);
    p->functions.failed |= out.failed;
    nn_free(out.bytes);
}

static void put_model(script *p, json_line *out, const Onnx__ModelProto *m)
{
    char text[40];
    for (size_t i = 0; i < m->n_functions; i++)
        put_function(p, m->functions[i], i + 1);
    line_raw(out, "def build():\n");
    put_graph(p, out, m->graph);
    line_raw(out, "    model = helper.make_model(graph, ir_version=");
    line_int(out, m->ir_version);
    line_raw(out, ", opset_imports=");
    put_opsets(out, m->opset_import, m->n_opset_import);
    put_text_argument(out, "producer_name=", m->producer_name);
    put_text_argument(out, "producer_version=", m->producer_version);
    for (size_t i = 0; i < m->n_functions; i++) {
        (void)snprintf(text, sizeof text, i > 0 ? ", function_%zu()" : ", functions=[function_%zu()", i + 1);
        line_raw(out, text);
    }
    line_raw(out, m->n_functions > 0 ? "])\n" : ")\n");
    if (m->n_metadata_props > 0)
        line_raw(out, "    helper.set_model_props(model, {");
    for (size_t i = 0; i < m->n_metadata_props; i++) {
        line_raw(out, i > 0 ? ", " : "");
        emit_string(out, m->metadata_props[i]->key);
        line_raw(out, ": ");
        emit_string(out, m->metadata_props[i]->value);
    }
    line_raw(out, m->n_metadata_props > 0 ? "})\n" : "");
    line_raw(out, "    return model\n");
}

nn_status emit_onnx(json_line *out, const Onnx__ModelProto *m, int directory, emit_arrays *arrays, nn_error *err)
{
    script p = {.directory = directory, .arrays = arrays, .status = NN_OK, .err = err};
    json_line main = {.bytes = NULL};
    arena_init(&p.scratch, 0);
    line_raw(out, "def node(op, inputs, outputs, *attributes, **others):\n"
                  "    made = helper.make_node(op, inputs, outputs, **others)\n"
                  "    made.attribute.extend(attributes)\n"
                  "    return made\n\n\n");
    put_model(&p, &main, m);
    if (p.functions.size > 0)
        line_text(out, p.functions.bytes, p.functions.size);
    if (main.size > 0)
        line_text(out, main.bytes, main.size);
    if (p.status == NN_OK && arrays->status != NN_OK)
        p.status = arrays->status;
    if (p.status == NN_OK && (out->failed || main.failed || p.functions.failed || arena_failed(&p.scratch)))
        p.status = nn_nomem(err);
    nn_free(main.bytes);
    nn_free(p.functions.bytes);
    arena_free(&p.scratch);
    return p.status;
}
