#include "reduce/reduce_judge.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "reduce/reduce_values.h"

#include <string.h>

/* Whether the base has elements in the tensor, and the candidate has none. */
static bool is_emptied(const reduce_base *b, const char *name, const Onnx__TensorProto *value)
{
    const reduce_fact *f = reduce_find_fact(b, name);
    const Onnx__TypeProto *t = f != NULL ? f->type : NULL;
    bool empty = false, was = false;
    for (size_t i = 0; i < value->n_dims; i++)
        empty = empty || value->dims[i] == 0;
    if (!empty || t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->tensor_type->shape == NULL)
        return empty;
    for (size_t i = 0; i < t->tensor_type->shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->tensor_type->shape->dim[i];
        was = was || (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value == 0);
    }
    return !was;
}

static bool same_as(const reduce_fact *f, const Onnx__TensorProto *value)
{
    const Onnx__TypeProto *t = f != NULL ? f->type : NULL;
    if (t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->tensor_type->shape == NULL)
        return true; /* nothing is known of it */
    const Onnx__TensorShapeProto *shape = t->tensor_type->shape;
    bool same = t->tensor_type->elem_type == value->data_type && shape->n_dim == value->n_dims;
    for (size_t i = 0; same && i < shape->n_dim; i++)
        same = shape->dim[i]->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ||
               shape->dim[i]->dim_value == value->dims[i];
    return same;
}

/* Whether what the graph itself states of a tensor is what it was. */
static bool states_the_same(const Onnx__GraphProto *g, const char *name, const reduce_base *b)
{
    const reduce_fact *f = reduce_find_fact(b, name);
    for (size_t i = 0; i < g->n_initializer; i++)
        if (g->initializer[i]->name != NULL && strcmp(g->initializer[i]->name, name) == 0)
            return same_as(f, g->initializer[i]);
    for (size_t i = 0; i < g->n_input; i++) {
        const Onnx__TypeProto *t = g->input[i]->type, *was = f != NULL ? f->type : NULL;
        if (g->input[i]->name == NULL || strcmp(g->input[i]->name, name) != 0 || t == NULL || was == NULL)
            continue;
        bool same = t->value_case == was->value_case;
        if (!same || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->tensor_type->shape == NULL ||
            was->tensor_type->shape == NULL)
            return same;
        same = t->tensor_type->elem_type == was->tensor_type->elem_type &&
               t->tensor_type->shape->n_dim == was->tensor_type->shape->n_dim;
        for (size_t k = 0; same && k < t->tensor_type->shape->n_dim; k++)
            same = t->tensor_type->shape->dim[k]->dim_value == was->tensor_type->shape->dim[k]->dim_value;
        return same;
    }
    return true;
}

/* A node whose results the evaluation does not reach must have been so before, and what it reads must have the same type. */
static bool is_judged(const reduce_results *r, const Onnx__NodeProto *n, const reduce_base *b)
{
    bool unknown = false;
    for (size_t k = 0; k < n->n_output; k++) {
        const reduce_result *x = reduce_find_result(r, n->output[k]);
        const reduce_fact *f = reduce_find_fact(b, n->output[k]);
        if (x == NULL || x->value != NULL)
            continue;
        unknown = true;
        if (f == NULL || f->evaluated)
            return false;
    }
    for (size_t k = 0; unknown && k < n->n_input; k++) {
        const reduce_result *x = reduce_find_result(r, n->input[k]);
        bool same = x == NULL ? states_the_same(r->flat->graph, n->input[k], b)
                              : x->value == NULL || same_as(reduce_find_fact(b, n->input[k]), x->value);
        if (!same)
            return false;
    }
    return true;
}

static bool are_judged(const reduce_results *r, const reduce_base *b)
{
    if (!r->ran || (b->whole && !r->whole))
        return false;
    for (size_t i = 0; !r->whole && i < r->flat->graph->n_node; i++)
        if (!is_judged(r, r->flat->graph->node[i], b))
            return false;
    return true;
}

/* Whether the type says exactly this. */
static bool states(const Onnx__TypeProto *type, const Onnx__TensorProto *value)
{
    if (type == NULL || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || type->tensor_type->shape == NULL ||
        type->tensor_type->elem_type != value->data_type || type->tensor_type->shape->n_dim != value->n_dims)
        return false;
    for (size_t i = 0; i < value->n_dims; i++) {
        const Onnx__TensorShapeProto__Dimension *d = type->tensor_type->shape->dim[i];
        if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value != value->dims[i])
            return false; /* a named one may stay */
    }
    return true;
}

/* Corrects the shapes of outputs. A candidate in which a tensor loses all its elements is not valid: little could be seen of it.
 * Those of tensors inside are not stated then. */
static nn_status restate(reduce_case *c, Onnx__ModelProto *m, const reduce_results *r, const reduce_base *b, bool *valid, arena *a,
                         nn_error *err)
{
    bool changed = false;
    Onnx__GraphProto *g = m->graph;
    for (size_t i = 0; i < g->n_output; i++) {
        const reduce_result *x = g->output[i]->name != NULL ? reduce_find_result(r, g->output[i]->name) : NULL;
        const Onnx__TensorProto *value = x != NULL ? x->value : NULL;
        if (value == NULL)
            continue;
        if (is_emptied(b, g->output[i]->name, value)) {
            *valid = false;
            return NN_OK;
        }
        if (states(g->output[i]->type, value))
            continue;
        g->output[i]->type = reduce_type_of(value, x->dims, a);
        if (g->output[i]->type == NULL)
            return nn_nomem(err);
        changed = true;
    }
    if (!changed)
        return NN_OK;
    g->n_value_info = 0;
    size_t n = onnx__model_proto__get_packed_size(m);
    uint8_t *bytes = nn_malloc(n + 1);
    if (bytes == NULL)
        return nn_nomem(err);
    onnx__model_proto__pack(m, bytes);
    nn_free(c->model.bytes);
    c->model = (reduce_bytes){bytes, n};
    return NN_OK;
}

nn_status reduce_judge(reduce_case *c, const reduce_base *b, bool *valid, nn_error *err)
{
    nn_error why = {0};
    reduce_results r;
    arena a;
    arena_init(&a, 0);
    Onnx__ModelProto *m;
    nn_status s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, &why);
    *valid = s == NN_OK;
    s = s == NN_ERR_NOMEM ? nn_nomem(err) : NN_OK;
    if (s == NN_OK && *valid)
        s = reduce_evaluate(&r, c, m, NULL, &b->limits, VALUES_ONCE, &a, err);
    *valid = *valid && s == NN_OK && are_judged(&r, b);
    if (*valid)
        s = restate(c, m, &r, b, valid, &a, err);
    arena_free(&a);
    if (!*valid || s != NN_OK)
        reduce_case_free(c);
    return s;
}
