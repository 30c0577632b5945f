/* Steps that make types simpler and ranks lower. What operators say to it, the judge sees. */
#include "onnx/tensor_file.h"
#include "reduce/reduce_site.h"
#include "reduce/reduce_step.h"

#include <string.h>

#define MOST ((size_t)1 << 31)

/* ---- types ---- */

static const dtype replaced[] = {DT_DOUBLE, DT_FLOAT16};
enum { REPLACED = sizeof replaced / sizeof replaced[0] };

/* Types of reals that float32 may take the place of, everywhere at once. */
size_t step_count_types(const reduce_base *b)
{
    (void)b;
    return REPLACED;
}

static bool is_chosen(int64_t type, const bool *chosen)
{
    bool any = false;
    for (size_t i = 0; i < REPLACED; i++)
        any = any || (chosen[i] && (int64_t)replaced[i] == type);
    return any;
}

/* The tensor as float32; `from` itself if it has another type. NULL: out of memory. */
static const Onnx__TensorProto *as_float(reduce_edit *e, const Onnx__TensorProto *from, const bool *chosen)
{
    file_tensor t;
    if (!is_chosen(from->data_type, chosen))
        return from;
    nn_status s = file_tensor_of_proto(&t, from, MOST, &e->memory, "", NULL);
    if (s != NN_OK)
        return s == NN_ERR_NOMEM ? NULL : from;
    double *reals = arena_alloc(&e->memory, (t.n + 1) * sizeof *reals);
    float *to = arena_alloc(&e->memory, (t.n + 1) * sizeof *to);
    Onnx__TensorProto *own = arena_alloc(&e->memory, sizeof *own);
    if (arena_failed(&e->memory))
        return NULL;
    file_tensor_reals(&t, reals);
    for (size_t i = 0; i < t.n; i++)
        to[i] = (float)reals[i];
    onnx__tensor_proto__init(own);
    own->name = from->name;
    own->dims = from->dims;
    own->n_dims = from->n_dims;
    own->has_data_type = 1;
    own->data_type = (int32_t)DT_FLOAT32;
    own->has_raw_data = 1;
    own->raw_data.len = t.n * sizeof *to;
    own->raw_data.data = (uint8_t *)to;
    return own;
}

static bool convert_constants(reduce_edit *e, Onnx__GraphProto *g, const bool *chosen)
{
    for (size_t i = 0; i < g->n_initializer; i++) {
        g->initializer[i] = (Onnx__TensorProto *)(uintptr_t)as_float(e, g->initializer[i], chosen);
        if (g->initializer[i] == NULL)
            return false;
    }
    return true;
}

static void convert_infos(Onnx__ValueInfoProto *const *all, size_t n, const bool *chosen)
{
    for (size_t i = 0; i < n; i++)
        if (all[i]->type != NULL && all[i]->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            is_chosen(all[i]->type->tensor_type->elem_type, chosen))
            all[i]->type->tensor_type->elem_type = (int32_t)DT_FLOAT32;
}

/* Tensors in attributes, and attributes that are the number of a type. */
static bool convert_nodes(reduce_edit *e, Onnx__NodeProto *const *nodes, size_t n, const bool *chosen)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < nodes[i]->n_attribute; k++) {
            Onnx__AttributeProto *a = nodes[i]->attribute[k];
            bool type = a->name != NULL && (strcmp(a->name, "to") == 0 || strstr(a->name, "dtype") != NULL);
            if (type && a->has_i != 0 && is_chosen(a->i, chosen))
                a->i = DT_FLOAT32;
            if (a->t != NULL)
                a->t = (Onnx__TensorProto *)(uintptr_t)as_float(e, a->t, chosen);
            if (arena_failed(&e->memory))
                return false;
        }
    return true;
}

static bool convert_graph(reduce_edit *e, Onnx__GraphProto *g, const bool *chosen)
{
    convert_infos(g->input, g->n_input, chosen);
    convert_infos(g->output, g->n_output, chosen);
    convert_infos(g->value_info, g->n_value_info, chosen);
    return convert_constants(e, g, chosen) && convert_nodes(e, g->node, g->n_node, chosen);
}

static bool convert_inputs(reduce_edit *e, const bool *chosen)
{
    for (size_t i = 0; i < e->g.n_input; i++) {
        const char *name = e->g.input[i]->name;
        const Onnx__TensorProto *from = name != NULL ? reduce_input_value(e, name) : NULL;
        const Onnx__TensorProto *to = from != NULL ? as_float(e, from, chosen) : NULL;
        if (from != NULL && (to == NULL || (to != from && !reduce_change_input(e, name, to))))
            return false;
    }
    return true;
}

bool step_types(reduce_edit *e, const bool *chosen)
{
    reduce_sites x;
    if (!reduce_sites_open(&x, e) || !convert_inputs(e, chosen) || !convert_graph(e, &e->g, chosen))
        return false;
    for (size_t i = 0; i < x.n; i++) {
        bool good = x.all[i].graph != NULL ? convert_graph(e, x.all[i].graph, chosen)
                                           : convert_nodes(e, x.all[i].nodes, *x.all[i].n_nodes, chosen);
        if (!good)
            return false;
    }
    return true;
}

/* ---- ranks ---- */

/* The tensor without its first or last dimension, if that is 1; `from` itself otherwise. NULL: out of memory. */
static const Onnx__TensorProto *lower(reduce_edit *e, const Onnx__TensorProto *from, bool last)
{
    size_t at = last && from->n_dims > 0 ? from->n_dims - 1 : 0;
    if (from->n_dims == 0 || from->dims[at] != 1)
        return from;
    Onnx__TensorProto *own = arena_alloc(&e->memory, sizeof *own);
    if (own == NULL)
        return NULL;
    *own = *from;
    own->n_dims--;
    own->dims += last ? 0 : 1;
    return own;
}

/* Says what the value is. */
static bool restate(reduce_edit *e, Onnx__ValueInfoProto **info, const Onnx__TensorProto *value)
{
    Onnx__ValueInfoProto *own = arena_alloc(&e->memory, sizeof *own);
    if (own == NULL)
        return false;
    *own = **info;
    own->type = reduce_type_of(value, true, &e->memory);
    *info = own;
    return own->type != NULL;
}

static bool lower_type(reduce_edit *e, Onnx__ValueInfoProto **info, bool last)
{
    const Onnx__TypeProto *t = (*info)->type;
    if (t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->tensor_type->shape == NULL ||
        t->tensor_type->shape->n_dim == 0)
        return true;
    const Onnx__TensorShapeProto *was = t->tensor_type->shape;
    const Onnx__TensorShapeProto__Dimension *d = was->dim[last ? was->n_dim - 1 : 0];
    if (d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE || d->dim_value != 1)
        return true;
    Onnx__ValueInfoProto *own = arena_alloc(&e->memory, sizeof *own);
    Onnx__TypeProto *type = arena_alloc(&e->memory, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = arena_alloc(&e->memory, sizeof *tensor);
    Onnx__TensorShapeProto *shape = arena_alloc(&e->memory, sizeof *shape);
    if (arena_failed(&e->memory))
        return false;
    *own = **info;
    *type = *t;
    *tensor = *t->tensor_type;
    *shape = *was;
    shape->n_dim--;
    shape->dim += last ? 0 : 1;
    tensor->shape = shape;
    type->tensor_type = tensor;
    own->type = type;
    *info = own;
    return true;
}

static bool lower_input(reduce_edit *e, Onnx__ValueInfoProto **info, bool last)
{
    const Onnx__TensorProto *from = (*info)->name != NULL ? reduce_input_value(e, (*info)->name) : NULL;
    if (from == NULL) /* only a type is known */
        return lower_type(e, info, last);
    const Onnx__TensorProto *to = lower(e, from, last);
    return to != NULL && (to == from || (reduce_change_input(e, (*info)->name, to) && restate(e, info, to)));
}

/* Where inputs keep their rank, a result that is to lose a dimension makes the judge refuse. */
static bool lower_all(reduce_edit *e, const bool *chosen, bool last)
{
    size_t n = e->g.n_initializer;
    for (size_t i = 0; i < n; i++)
        if (chosen[i]) {
            e->g.initializer[i] = (Onnx__TensorProto *)(uintptr_t)lower(e, e->g.initializer[i], last);
            if (e->g.initializer[i] == NULL)
                return false;
        }
    for (size_t i = 0; i < e->g.n_input; i++)
        if (chosen[n + i] && !lower_input(e, &e->g.input[i], last))
            return false;
    e->g.n_value_info = 0;
    return true; /* the judge states the shapes of outputs */
}

bool step_first_dims(reduce_edit *e, const bool *chosen)
{
    return lower_all(e, chosen, false);
}

bool step_last_dims(reduce_edit *e, const bool *chosen)
{
    return lower_all(e, chosen, true);
}
