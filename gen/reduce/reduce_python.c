#include "reduce/reduce_python.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "onnx/tensor_file.h"
#include "value/dtype.h"

#include <stdio.h>
#include <string.h>

enum { ELEMENTS = 4096, FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };

typedef struct {
    json_line *out;
    arena *a;
    bool told; /* all so far could be said */
} script;

static void put(script *p, const char *text)
{
    line_raw(p->out, text);
}

static void put_text(script *p, const char *text)
{
    line_string(p->out, text != NULL ? text : "");
}

static void put_real(script *p, double x, int digits)
{
    char text[48];
    bool finite = x - x >= 0 && x - x <= 0;
    (void)snprintf(text, sizeof text, finite ? "%.*g" : "float(\"%.*g\")", digits, x);
    (void)line_point(text);
    put(p, text);
    if (finite && strpbrk(text, ".e") == NULL)
        put(p, ".0"); /* Python takes it as an integer otherwise */
}

static void put_names(script *p, char *const *all, size_t n)
{
    put(p, "[");
    for (size_t i = 0; i < n; i++) {
        put(p, i > 0 ? ", " : "");
        put_text(p, all[i]);
    }
    put(p, "]");
}

static void put_ints(script *p, const int64_t *all, size_t n)
{
    put(p, "[");
    for (size_t i = 0; i < n; i++) {
        put(p, i > 0 ? ", " : "");
        line_int(p->out, all[i]);
    }
    put(p, "]");
}

static void put_elements(script *p, const file_tensor *t)
{
    double *reals = arena_alloc(p->a, (t->n + 1) * sizeof *reals);
    int64_t *ints = arena_alloc(p->a, (t->n + 1) * sizeof *ints);
    p->told = p->told && reals != NULL && ints != NULL;
    if (!p->told)
        return;
    if (!dtype_is_float(t->type)) {
        file_tensor_ints(t, ints);
        put_ints(p, ints, t->n);
        return;
    }
    file_tensor_reals(t, reals);
    put(p, "[");
    for (size_t i = 0; i < t->n; i++) {
        put(p, i > 0 ? ", " : "");
        put_real(p, reals[i], t->type == DT_DOUBLE ? DOUBLE_DIGITS : FLOAT_DIGITS);
    }
    put(p, "]");
}

static void put_tensor(script *p, const Onnx__TensorProto *from)
{
    file_tensor t;
    p->told = p->told && file_tensor_of_proto(&t, from, (size_t)1 << 20, p->a, "", NULL) == NN_OK && t.n <= ELEMENTS &&
              t.type != DT_UINT64;
    if (!p->told)
        return;
    put(p, "numpy_helper.from_array(np.array(");
    put_elements(p, &t);
    put(p, ", \"");
    put(p, dtype_name(t.type));
    put(p, "\").reshape(");
    put_ints(p, t.dims, (size_t)t.rank);
    put(p, "), ");
    put_text(p, from->name);
    put(p, ")");
}

static void put_attribute(script *p, const Onnx__AttributeProto *x)
{
    char text[256];
    put_text(p, x->name);
    put(p, ": ");
    if (x->t != NULL) {
        put_tensor(p, x->t);
    } else if (x->n_ints > 0) {
        put_ints(p, x->ints, x->n_ints);
    } else if (x->n_floats > 0) {
        put(p, "[");
        for (size_t i = 0; i < x->n_floats; i++) {
            put(p, i > 0 ? ", " : "");
            put_real(p, (double)x->floats[i], FLOAT_DIGITS);
        }
        put(p, "]");
    } else if (x->has_s && x->s.len < sizeof text && memchr(x->s.data, '\0', x->s.len) == NULL) {
        (void)snprintf(text, sizeof text, "%.*s", (int)x->s.len, (const char *)x->s.data);
        put_text(p, text);
    } else if (x->has_type && x->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT) {
        line_int(p->out, x->i);
    } else if (x->has_type && x->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT) {
        put_real(p, (double)x->f, FLOAT_DIGITS);
    } else {
        p->told = false;
    }
}

static void put_node(script *p, const Onnx__NodeProto *n)
{
    put(p, "    helper.make_node(");
    put_text(p, n->op_type);
    put(p, ", ");
    put_names(p, n->input, n->n_input);
    put(p, ", ");
    put_names(p, n->output, n->n_output);
    if (n->domain != NULL && n->domain[0] != '\0') {
        put(p, ", domain=");
        put_text(p, n->domain);
    }
    for (size_t i = 0; i < n->n_attribute; i++) {
        put(p, i > 0 ? ", " : ", **{");
        put_attribute(p, n->attribute[i]);
    }
    put(p, n->n_attribute > 0 ? "}),\n" : "),\n");
}

static void put_infos(script *p, const char *name, Onnx__ValueInfoProto *const *all, size_t n)
{
    put(p, name);
    put(p, " = [\n");
    for (size_t i = 0; i < n; i++) {
        const Onnx__TypeProto *type = all[i]->type;
        p->told = p->told && type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
        if (!p->told)
            return;
        const Onnx__TensorShapeProto *shape = type->tensor_type->shape;
        put(p, "    helper.make_tensor_value_info(");
        put_text(p, all[i]->name);
        put(p, ", ");
        line_int(p->out, type->tensor_type->elem_type);
        put(p, shape != NULL ? ", [" : ", None");
        for (size_t k = 0; shape != NULL && k < shape->n_dim; k++) {
            const Onnx__TensorShapeProto__Dimension *d = shape->dim[k];
            put(p, k > 0 ? ", " : "");
            if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
                line_int(p->out, d->dim_value);
            else if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM)
                put_text(p, d->dim_param);
            else
                put(p, "None");
        }
        put(p, shape != NULL ? "]),\n" : "),\n");
    }
    put(p, "]\n");
}

static void put_model(script *p, const Onnx__ModelProto *m)
{
    const Onnx__GraphProto *g = m->graph;
    p->told = m->n_functions == 0 && g->n_sparse_initializer == 0;
    put(p, "import numpy as np\nimport onnx\nfrom onnx import helper, numpy_helper\n\nnodes = [\n");
    for (size_t i = 0; i < g->n_node; i++)
        put_node(p, g->node[i]);
    put(p, "]\n");
    put_infos(p, "inputs", g->input, g->n_input);
    put_infos(p, "outputs", g->output, g->n_output);
    put(p, "initializers = [\n");
    for (size_t i = 0; i < g->n_initializer && p->told; i++) {
        put(p, "    ");
        put_tensor(p, g->initializer[i]);
        put(p, ",\n");
    }
    put(p, "]\ngraph = helper.make_graph(nodes, ");
    put_text(p, g->name);
    put(p, ", inputs, outputs, initializers)\nmodel = helper.make_model(graph, ir_version=");
    line_int(p->out, m->ir_version);
    put(p, ", opset_imports=[");
    for (size_t i = 0; i < m->n_opset_import; i++) {
        put(p, i > 0 ? ", helper.make_opsetid(" : "helper.make_opsetid(");
        put_text(p, m->opset_import[i]->domain);
        put(p, ", ");
        line_int(p->out, m->opset_import[i]->version);
        put(p, ")");
    }
    put(p, "])\nonnx.save(model, \"model.onnx\")\n");
}

nn_status reduce_python(json_line *out, const reduce_case *c, nn_error *err)
{
    arena a;
    Onnx__ModelProto *m;
    size_t before = out->size;
    arena_init(&a, 0);
    nn_status s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, err);
    if (s == NN_OK) {
        script p = {.out = out, .a = &a};
        put_model(&p, m);
        if (!p.told)
            out->size = before;
        s = out->failed || arena_failed(&a) ? nn_nomem(err) : NN_OK;
    }
    arena_free(&a);
    return s;
}
