#include "reduce/reduce_text.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "onnx/tensor_file.h"
#include "value/dtype.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 16 }; /* elements and nodes' parts in a line */

static void put_type(json_line *j, int32_t type)
{
    line_raw(j, dtype_of_number(type) != DT_NONE ? dtype_name((dtype)type) : "type ");
    if (dtype_of_number(type) == DT_NONE)
        line_int(j, type);
}

static void put_name(json_line *j, const char *name)
{
    line_raw(j, name != NULL && name[0] != '\0' ? name : "_");
}

static void put_info(json_line *j, const char *what, const Onnx__ValueInfoProto *v)
{
    const Onnx__TypeProto__Tensor *t =
        v->type != NULL && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? v->type->tensor_type : NULL;
    line_raw(j, what);
    put_name(j, v->name);
    if (t != NULL) {
        line_raw(j, ": ");
        put_type(j, t->elem_type);
    }
    if (t != NULL && t->shape != NULL) {
        line_raw(j, "[");
        for (size_t i = 0; i < t->shape->n_dim; i++) {
            const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
            line_raw(j, i > 0 ? ", " : "");
            if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
                line_int(j, d->dim_value);
            else
                line_raw(j, d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM ? d->dim_param : "?");
        }
        line_raw(j, "]");
    }
    line_raw(j, "\n");
}

static void put_real(json_line *j, double x)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%.9g", x);
    (void)line_point(text);
    line_raw(j, text);
}

/* Type, shape and the first elements. */
static void put_tensor(json_line *j, const Onnx__TensorProto *p, arena *a)
{
    file_tensor t;
    put_type(j, p->data_type);
    line_raw(j, "[");
    for (size_t i = 0; i < p->n_dims; i++) {
        line_raw(j, i > 0 ? ", " : "");
        line_int(j, p->dims[i]);
    }
    line_raw(j, "]");
    if (file_tensor_of_proto(&t, p, (size_t)1 << 31, a, "", NULL) != NN_OK)
        return;
    double *all = arena_alloc(a, (t.n + 1) * sizeof *all);
    if (all == NULL)
        return;
    file_tensor_reals(&t, all);
    line_raw(j, " = ");
    for (size_t i = 0; i < t.n && i < SHOWN; i++) {
        line_raw(j, i > 0 ? ", " : "");
        put_real(j, all[i]);
    }
    line_raw(j, t.n > SHOWN ? ", ..." : "");
}

static void put_attribute(json_line *j, const Onnx__AttributeProto *x, arena *a)
{
    put_name(j, x->name);
    line_raw(j, "=");
    if (x->t != NULL)
        put_tensor(j, x->t, a);
    else if (x->g != NULL || x->n_graphs > 0)
        line_raw(j, "(graph)");
    else if (x->has_s)
        line_text(j, (const char *)x->s.data, x->s.len < 80 ? x->s.len : 80);
    else if (x->has_f)
        put_real(j, (double)x->f);
    else if (x->has_i)
        line_int(j, x->i);
    for (size_t i = 0; i < x->n_ints && i < SHOWN; i++) {
        line_raw(j, i > 0 ? ", " : "[");
        line_int(j, x->ints[i]);
    }
    for (size_t i = 0; i < x->n_floats && i < SHOWN; i++) {
        line_raw(j, i > 0 ? ", " : "[");
        put_real(j, (double)x->floats[i]);
    }
    line_raw(j, x->n_ints > SHOWN || x->n_floats > SHOWN ? ", ...]" : x->n_ints > 0 || x->n_floats > 0 ? "]" : "");
}

static void put_list(json_line *j, char *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        line_raw(j, i > 0 ? ", " : "");
        put_name(j, all[i]);
    }
}

static void put_node(json_line *j, const Onnx__NodeProto *n, arena *a)
{
    put_list(j, n->output, n->n_output);
    line_raw(j, " = ");
    if (n->domain != NULL && n->domain[0] != '\0') {
        line_raw(j, n->domain);
        line_raw(j, ".");
    }
    put_name(j, n->op_type);
    line_raw(j, "(");
    put_list(j, n->input, n->n_input);
    line_raw(j, ")");
    for (size_t i = 0; i < n->n_attribute; i++) {
        line_raw(j, i > 0 ? ", " : " {");
        put_attribute(j, n->attribute[i], a);
    }
    line_raw(j, n->n_attribute > 0 ? "}\n" : "\n");
}

nn_status reduce_text(json_line *out, const reduce_case *c, nn_error *err)
{
    arena a;
    Onnx__ModelProto *m;
    arena_init(&a, 0);
    nn_status s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, err);
    if (s == NN_OK) {
        const Onnx__GraphProto *g = m->graph;
        for (size_t i = 0; i < m->n_opset_import; i++) {
            const char *domain = m->opset_import[i]->domain;
            line_raw(out, "opset ");
            line_raw(out, domain != NULL && domain[0] != '\0' ? domain : "ai.onnx");
            line_raw(out, " ");
            line_int(out, m->opset_import[i]->version);
            line_raw(out, "\n");
        }
        for (size_t i = 0; i < g->n_input; i++)
            put_info(out, "input ", g->input[i]);
        for (size_t i = 0; i < g->n_initializer; i++) {
            line_raw(out, "initializer ");
            put_name(out, g->initializer[i]->name);
            line_raw(out, ": ");
            put_tensor(out, g->initializer[i], &a);
            line_raw(out, "\n");
        }
        for (size_t i = 0; i < g->n_node; i++)
            put_node(out, g->node[i], &a);
        for (size_t i = 0; i < g->n_output; i++)
            put_info(out, "output ", g->output[i]);
    }
    arena_free(&a);
    return s != NN_OK ? s : out->failed ? nn_nomem(err) : NN_OK;
}
