#include "reduce/reduce_judge.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"

#include <string.h>

static void on_problem(void *data, const char *what)
{
    (void)what;
    ++*(size_t *)data;
}

static nn_status set_invented(nn_eval *e, const char *name, const Onnx__ModelProto *m, bool *exact, arena *a, nn_error *err)
{
    for (size_t i = 0; i < m->graph->n_input; i++)
        if (m->graph->input[i]->name != NULL && strcmp(m->graph->input[i]->name, name) == 0) {
            const Onnx__TensorProto *t = reduce_invent(m->graph->input[i]->type, exact, a);
            return t != NULL ? reduce_set_input(e, name, t, err) : arena_failed(a) ? nn_nomem(err) : NN_ERR_USAGE;
        }
    return NN_ERR_USAGE;
}

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

static nn_status compute(nn_eval **e, const reduce_case *c, const Onnx__ModelProto *m, const reduce_base *b, bool *exact, arena *a,
                         nn_error *err)
{
    size_t problems = 0;
    const nn_eval_config config = {.tell = on_problem,
                                   .data = &problems,
                                   .max_work = b->limits.max_work,
                                   .max_bytes = (uint64_t)1 << 30,
                                   .like = b->limits.table};
    size_t n;
    const uint8_t *bytes = reduce_whole(c, m, &n, a);
    nn_status s = bytes != NULL ? nn_eval_open(e, bytes, n, &config, err) : nn_nomem(err);
    for (size_t i = 0; s == NN_OK && nn_eval_input(*e, i) != NULL; i++)
        s = i < c->n_inputs && c->inputs[i].bytes != NULL
                ? nn_eval_set(*e, nn_eval_input(*e, i), c->inputs[i].bytes, c->inputs[i].n, err)
                : set_invented(*e, nn_eval_input(*e, i), m, exact, a, err);
    if (s == NN_OK)
        s = nn_eval_run(*e, err);
    return s == NN_OK && problems > 0 ? NN_ERR_BUILD : s;
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
static nn_status restate(reduce_case *c, Onnx__ModelProto *m, nn_eval *e, const reduce_base *b, bool exact, bool *valid, arena *a,
                         nn_error *err)
{
    bool changed = false;
    Onnx__GraphProto *g = m->graph;
    for (size_t i = 0; i < g->n_output; i++) {
        const void *bytes;
        size_t n;
        if (nn_eval_value(e, g->output[i]->name, &bytes, &n, NULL) != NN_OK)
            continue;
        const Onnx__TensorProto *value = reduce_parse_tensor(bytes, n, a);
        if (value == NULL)
            return nn_nomem(err);
        if (is_emptied(b, g->output[i]->name, value)) {
            *valid = false;
            return NN_OK;
        }
        if (states(g->output[i]->type, value))
            continue;
        g->output[i]->type = reduce_type_of(value, exact, a);
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
    nn_eval *e = NULL;
    nn_error why = {0};
    arena a;
    arena_init(&a, 0);
    Onnx__ModelProto *m;
    bool exact = true;
    nn_status s = onnx_parse_all(&m, c->model.bytes, c->model.n, &a, NULL, &why);
    if (s == NN_OK)
        s = compute(&e, c, m, b, &exact, &a, &why);
    *valid = s == NN_OK;
    if (s == NN_OK)
        s = restate(c, m, e, b, exact, valid, &a, err);
    else
        s = s == NN_ERR_NOMEM ? nn_nomem(err) : NN_OK;
    nn_eval_close(e);
    arena_free(&a);
    if (!*valid || s != NN_OK)
        reduce_case_free(c);
    return s;
}
