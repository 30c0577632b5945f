/* Steps that make tensors simpler: initializers, and the values of inputs. */
#include "onnx/tensor_file.h"
#include "reduce/reduce_site.h"
#include "reduce/reduce_step.h"

#include <string.h>

enum { WIDEST = 8 }; /* bytes of an element */
#define MOST ((size_t)1 << 31)

/* Items are the initializers, then the graph inputs. */
size_t step_count_values(const reduce_base *b)
{
    return b->m->graph->n_initializer + b->m->graph->n_input;
}

/* A copy with the same type and other dimensions, whose n elements follow, which it takes. NULL: out of memory. */
static Onnx__TensorProto *like(reduce_edit *e, const Onnx__TensorProto *from, const int64_t *dims, uint8_t *data, size_t n)
{
    Onnx__TensorProto *t = arena_alloc(&e->memory, sizeof *t);
    int64_t *copy = arena_alloc(&e->memory, (from->n_dims + 1) * sizeof *copy);
    if (t == NULL || copy == NULL)
        return NULL;
    onnx__tensor_proto__init(t);
    if (from->n_dims > 0)
        memcpy(copy, dims, from->n_dims * sizeof *copy);
    t->name = from->name;
    t->n_dims = from->n_dims;
    t->dims = copy;
    t->has_data_type = 1;
    t->data_type = from->data_type;
    t->has_raw_data = 1;
    t->raw_data.len = dtype_stored((dtype)t->data_type, n);
    t->raw_data.data = data;
    dtype_pack((dtype)t->data_type, n, data, data);
    return t;
}

/* Changes the elements of one tensor in place. */
typedef void change_fn(uint8_t *data, size_t n, dtype type);

/* The tensor with changed elements; `from` itself where it cannot be changed. NULL: out of memory. */
static const Onnx__TensorProto *changed(reduce_edit *e, const Onnx__TensorProto *from, change_fn *change)
{
    file_tensor t;
    dtype type = (dtype)from->data_type;
    if (!e->base->whole && !e->invalid && !dtype_is_float(dtype_of_number(type)))
        return from; /* an integer may be an index or a shape */
    nn_status s = file_tensor_of_proto(&t, from, MOST, &e->memory, "", NULL);
    if (s == NN_ERR_NOMEM)
        return NULL;
    if (s != NN_OK)
        return from;
    size_t width = dtype_size(t.type);
    uint8_t *data = arena_alloc(&e->memory, t.n * width + 1);
    if (data == NULL)
        return NULL;
    if (t.n > 0)
        memcpy(data, t.data, t.n * width);
    change(data, t.n, t.type);
    return t.n > 0 && memcmp(data, t.data, t.n * width) == 0 ? from : like(e, from, from->dims, data, t.n);
}

static bool change_all(reduce_edit *e, const bool *chosen, change_fn *change)
{
    size_t n = e->g.n_initializer;
    for (size_t i = 0; i < n; i++) {
        const Onnx__TensorProto *t = chosen[i] ? changed(e, e->g.initializer[i], change) : e->g.initializer[i];
        if (t == NULL)
            return false;
        e->g.initializer[i] = (Onnx__TensorProto *)(uintptr_t)t;
    }
    for (size_t i = 0; i < e->g.n_input; i++) {
        const char *name = e->g.input[i]->name;
        const Onnx__TensorProto *from = name != NULL ? reduce_input_value(e, name) : NULL;
        if (!chosen[n + i] || from == NULL)
            continue;
        const Onnx__TensorProto *t = changed(e, from, change);
        if (t == NULL || (t != from && !reduce_change_input(e, name, t)))
            return false;
    }
    return true;
}

static void to_zero(uint8_t *data, size_t n, dtype type)
{
    if (n > 0)
        memset(data, 0, n * dtype_size(type));
}

void reduce_one(uint8_t to[WIDEST], int32_t type)
{
    const bool real = dtype_is_float(dtype_of_number(type));
    uint64_t bits = real ? dtype_real_bits((dtype)type, 1) : 1;
    for (size_t i = 0; i < WIDEST; i++)
        to[i] = (uint8_t)(bits >> 8 * i);
}

/* Zeros stay, so that this step does not undo the one to 0. */
static void to_one(uint8_t *data, size_t n, dtype type)
{
    uint8_t bits[WIDEST];
    size_t zeros = 0;
    reduce_one(bits, (int32_t)type);
    while (zeros < n * dtype_size(type) && data[zeros] == 0)
        zeros++;
    if (zeros == n * dtype_size(type))
        return;
    for (size_t i = 0; i < n; i++)
        memcpy(data + i * dtype_size(type), bits, dtype_size(type));
}

/* Cuts float32 and double to multiples of 1 / scale, toward 0. */
static void cut(uint8_t *data, size_t n, dtype type, double scale)
{
    for (size_t i = 0; i < n; i++) {
        float f = 0;
        double x = 0;
        if (type == DT_FLOAT32)
            memcpy(&f, data + i * sizeof f, sizeof f);
        else if (type == DT_DOUBLE)
            memcpy(&x, data + i * sizeof x, sizeof x);
        x = type == DT_FLOAT32 ? (double)f : x;
        if (!(x > -1e9 && x < 1e9)) /* also NaN */
            continue;
        x = (double)(int64_t)(x * scale) / scale;
        f = (float)x;
        if (type == DT_FLOAT32)
            memcpy(data + i * sizeof f, &f, sizeof f);
        else if (type == DT_DOUBLE)
            memcpy(data + i * sizeof x, &x, sizeof x);
    }
}

static void to_whole(uint8_t *data, size_t n, dtype type)
{
    cut(data, n, type, 1);
}

static void to_short(uint8_t *data, size_t n, dtype type)
{
    cut(data, n, type, 10);
}

bool step_zeros(reduce_edit *e, const bool *chosen)
{
    return change_all(e, chosen, to_zero);
}

bool step_ones(reduce_edit *e, const bool *chosen)
{
    return change_all(e, chosen, to_one);
}

bool step_whole(reduce_edit *e, const bool *chosen)
{
    return change_all(e, chosen, to_whole);
}

bool step_short(reduce_edit *e, const bool *chosen)
{
    return change_all(e, chosen, to_short);
}

/* ---- dimensions ---- */

enum { DIMS = 64 };

static void list_one(int64_t *all, size_t *n, int64_t d)
{
    size_t at = 0;
    while (at < *n && all[at] > d)
        at++;
    if (d < 2 || (at < *n && all[at] == d) || *n == DIMS)
        return;
    memmove(all + at + 1, all + at, (*n - at) * sizeof *all);
    all[at] = d;
    ++*n;
}

static void list_dims(int64_t *all, size_t *n, const Onnx__TensorProto *t)
{
    for (size_t i = 0; i < t->n_dims; i++)
        list_one(all, n, t->dims[i]);
}

static void list_stated(int64_t *all, size_t *n, const Onnx__TypeProto *t)
{
    if (t == NULL || t->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->tensor_type->shape == NULL)
        return;
    for (size_t i = 0; i < t->tensor_type->shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->tensor_type->shape->dim[i];
        if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
            list_one(all, n, d->dim_value);
    }
}

/* The different dimensions above 1 of inputs and initializers, the largest first. */
static size_t dims_of(int64_t all[DIMS + 1], const reduce_base *b)
{
    const Onnx__GraphProto *g = b->m->graph;
    size_t n = 0;
    for (size_t i = 0; i < g->n_input; i++) {
        const reduce_fact *f = reduce_find_fact(b, g->input[i]->name);
        if (f != NULL && f->value != NULL)
            list_dims(all, &n, f->value);
        else
            list_stated(all, &n, g->input[i]->type);
    }
    for (size_t i = 0; i < g->n_initializer; i++)
        list_dims(all, &n, g->initializer[i]);
    return n;
}

size_t step_count_dims(const reduce_base *b)
{
    int64_t all[DIMS + 1];
    return dims_of(all, b);
}

typedef struct {
    int64_t from[DIMS + 1], to[DIMS + 1];
    size_t n;
} dim_map;

static int64_t mapped(const dim_map *m, int64_t d)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->from[i] == d)
            return m->to[i];
    return d;
}

/* Copies the first elements along each axis. */
static void slice(uint8_t *to, const uint8_t *from, const int64_t *now, const int64_t *was, size_t rank, size_t width)
{
    if (rank == 0) {
        memcpy(to, from, width);
        return;
    }
    size_t step_to = width, step_from = width;
    for (size_t i = 1; i < rank; i++) {
        step_to *= (size_t)now[i];
        step_from *= (size_t)was[i];
    }
    for (int64_t i = 0; i < now[0]; i++)
        slice(to + (size_t)i * step_to, from + (size_t)i * step_from, now + 1, was + 1, rank - 1, width);
}

/* Elements of a short list of int64 may be dimensions too. */
static void map_elements(const dim_map *m, const file_tensor *t, uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n && t->type == DT_INT64 && t->rank == 1; i++) {
        int64_t x;
        memcpy(&x, data + i * sizeof x, sizeof x);
        x = mapped(m, x);
        memcpy(data + i * sizeof x, &x, sizeof x);
    }
}

/* The tensor with fewer elements; `from` itself where nothing changes. NULL: out of memory. */
static const Onnx__TensorProto *shrunk(reduce_edit *e, const Onnx__TensorProto *from, const dim_map *m)
{
    file_tensor t;
    int64_t dims[FILE_TENSOR_RANK + 1];
    size_t n = 1;
    nn_status s = file_tensor_of_proto(&t, from, MOST, &e->memory, "", NULL);
    if (s == NN_ERR_NOMEM)
        return NULL;
    if (s != NN_OK)
        return from;
    for (int i = 0; i < t.rank; i++) {
        dims[i] = mapped(m, t.dims[i]);
        n *= (size_t)dims[i];
    }
    size_t width = dtype_size(t.type);
    uint8_t *data = arena_alloc(&e->memory, n * width + 1);
    if (data == NULL)
        return NULL;
    if (n > 0)
        slice(data, t.data, dims, t.dims, (size_t)t.rank, width);
    map_elements(m, &t, data, n);
    return like(e, from, dims, data, n);
}

/* Says what the value is. */
static bool restate(reduce_edit *e, Onnx__ValueInfoProto **info, Onnx__TypeProto *type)
{
    Onnx__ValueInfoProto *own = arena_alloc(&e->memory, sizeof *own);
    if (own == NULL || type == NULL)
        return false;
    *own = **info;
    own->type = type;
    *info = own;
    return true;
}

/* The type with other dimensions. NULL: out of memory. */
static Onnx__TypeProto *shrunk_type(reduce_edit *e, const Onnx__TypeProto *from, const dim_map *m)
{
    const Onnx__TensorShapeProto *was = from->tensor_type->shape;
    Onnx__TypeProto *t = arena_alloc(&e->memory, sizeof *t);
    Onnx__TypeProto__Tensor *tensor = arena_alloc(&e->memory, sizeof *tensor);
    Onnx__TensorShapeProto *shape = arena_alloc(&e->memory, sizeof *shape);
    Onnx__TensorShapeProto__Dimension *all = arena_alloc(&e->memory, (was->n_dim + 1) * sizeof *all),
                                      **list = arena_alloc(&e->memory, (was->n_dim + 1) * sizeof *list);
    if (arena_failed(&e->memory))
        return NULL;
    *t = *from;
    *tensor = *from->tensor_type;
    *shape = *was;
    t->tensor_type = tensor;
    tensor->shape = shape;
    shape->dim = list;
    for (size_t i = 0; i < was->n_dim; i++) {
        all[i] = *was->dim[i];
        list[i] = &all[i];
        if (all[i].value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
            all[i].dim_value = mapped(m, all[i].dim_value);
    }
    return t;
}

static bool has_shape(const Onnx__ValueInfoProto *v)
{
    return v->type != NULL && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && v->type->tensor_type->shape != NULL;
}

/* The types that a body states say no shape any longer. */
static bool strip_shapes(reduce_edit *e, Onnx__ValueInfoProto **all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_shape(all[i]))
            continue;
        Onnx__TypeProto *t = arena_alloc(&e->memory, sizeof *t);
        Onnx__TypeProto__Tensor *tensor = arena_alloc(&e->memory, sizeof *tensor);
        if (t == NULL || tensor == NULL)
            return false;
        *t = *all[i]->type;
        *tensor = *all[i]->type->tensor_type;
        tensor->shape = NULL;
        t->tensor_type = tensor;
        if (!restate(e, &all[i], t))
            return false;
    }
    return true;
}

static bool shrink_constants(reduce_edit *e, Onnx__GraphProto *g, const dim_map *m)
{
    for (size_t i = 0; i < g->n_initializer; i++) {
        const Onnx__TensorProto *t = shrunk(e, g->initializer[i], m);
        if (t == NULL)
            return false;
        g->initializer[i] = (Onnx__TensorProto *)(uintptr_t)t;
    }
    return true;
}

/* Bodies follow. */
static bool shrink_bodies(reduce_edit *e, const dim_map *m)
{
    reduce_sites x;
    if (reduce_count_sites(e->base->m) == 0)
        return true;
    if (!reduce_sites_open(&x, e))
        return false;
    for (size_t i = 0; i < x.n; i++) {
        Onnx__GraphProto *g = x.all[i].graph;
        if (x.all[i].function != NULL)
            x.all[i].function->n_value_info = 0;
        if (g == NULL)
            continue;
        g->n_value_info = 0;
        if (!strip_shapes(e, g->input, g->n_input) || !strip_shapes(e, g->output, g->n_output) || !shrink_constants(e, g, m))
            return false;
    }
    return true;
}

static bool shrink_all(reduce_edit *e, const dim_map *m)
{
    if (!shrink_bodies(e, m))
        return false;
    if (!shrink_constants(e, &e->g, m))
        return false;
    for (size_t i = 0; i < e->g.n_input; i++) {
        const char *name = e->g.input[i]->name;
        const Onnx__TensorProto *from = name != NULL ? reduce_input_value(e, name) : NULL;
        if (from == NULL && has_shape(e->g.input[i]) && !restate(e, &e->g.input[i], shrunk_type(e, e->g.input[i]->type, m)))
            return false;
        if (from == NULL)
            continue;
        const Onnx__TensorProto *t = shrunk(e, from, m);
        if (t == NULL || !reduce_change_input(e, name, t) || !restate(e, &e->g.input[i], reduce_type_of(t, true, &e->memory)))
            return false;
    }
    e->g.n_value_info = 0;
    return true; /* the judge states the shapes of outputs */
}

static bool map_dims(reduce_edit *e, const bool *chosen, int64_t target)
{
    dim_map m = {.n = 0};
    int64_t all[DIMS + 1];
    size_t n = dims_of(all, e->base);
    for (size_t i = 0; i < n; i++) {
        int64_t to = target > 0 ? target : all[i] / 2;
        if (!chosen[i] || to >= all[i])
            continue;
        m.from[m.n] = all[i];
        m.to[m.n++] = to;
    }
    return m.n == 0 || shrink_all(e, &m);
}

bool step_dims_one(reduce_edit *e, const bool *chosen)
{
    return map_dims(e, chosen, 1);
}

bool step_dims_two(reduce_edit *e, const bool *chosen)
{
    return map_dims(e, chosen, 2);
}

bool step_dims_half(reduce_edit *e, const bool *chosen)
{
    return map_dims(e, chosen, 0);
}
