#include "onnx/onnx_tensor.h"
#include "onnx.pb-c.h"

#include <string.h>

/* ---- shapes ---- */

static dtype type_of(int32_t number)
{
    return dtype_of_number(number);
}

static bool keep_dims(onnx_view_tensor *to, const int64_t *dims, size_t n, arena *a)
{
    int64_t *copy = arena_alloc(a, (n + 1) * sizeof *copy);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        copy[i] = dims[i] < 0 ? -1 : dims[i];
    to->dims = copy;
    to->rank = (int)n;
    return true;
}

static bool no_symbols(onnx_view_tensor *to, size_t n, arena *a)
{
    to->symbols = arena_alloc(a, n * sizeof *to->symbols);
    for (size_t k = 0; to->symbols != NULL && k < n; k++)
        to->symbols[k] = "";
    return to->symbols != NULL;
}

/* Keeps the names of dims that have one. */
static bool keep_symbols(onnx_view_tensor *to, const Onnx__TensorShapeProto *shape, arena *a)
{
    for (size_t i = 0; i < shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];
        if (d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM || *d->dim_param == '\0')
            continue;
        if (to->symbols == NULL && !no_symbols(to, shape->n_dim, a))
            return false;
        to->symbols[i] = arena_strdup(a, d->dim_param);
        if (to->symbols[i] == NULL)
            return false;
    }
    return true;
}

bool onnx_tensor_shape(onnx_view_tensor *to, const Onnx__ValueInfoProto *from, arena *a)
{
    if (from->type == NULL || from->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || from->type->tensor_type == NULL)
        return true;
    const Onnx__TypeProto__Tensor *t = from->type->tensor_type;
    int64_t dims[ONNX_VIEW_RANK];
    to->type = type_of(t->elem_type);
    if (t->shape == NULL || t->shape->n_dim > ONNX_VIEW_RANK)
        return true;
    for (size_t i = 0; i < t->shape->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
        dims[i] = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ? d->dim_value : -1;
    }
    return keep_dims(to, dims, t->shape->n_dim, a) && keep_symbols(to, t->shape, a);
}

/* ---- contents ---- */

/* The number at p, in little-endian order, as an integer or as a real. */
static void raw_number(dtype t, const uint8_t *p, int64_t *whole, double *real)
{
    uint64_t bits = 0;
    for (size_t i = dtype_size(t); i-- > 0;)
        bits = bits << 8 | p[i];
    if (dtype_is_float(t))
        *real = dtype_real(t, bits);
    else
        *whole = dtype_whole(t, bits);
}

/* The number at an index of the field for its type. false: the field does not have it. */
static bool field_number(const Onnx__TensorProto *from, dtype t, size_t i, int64_t *whole, double *real)
{
    size_t n = t == DT_FLOAT32                    ? from->n_float_data
               : t == DT_DOUBLE                   ? from->n_double_data
               : t == DT_INT64                    ? from->n_int64_data
               : t == DT_UINT64 || t == DT_UINT32 ? from->n_uint64_data
                                                  : from->n_int32_data;
    if (i >= n)
        return false;
    if (t == DT_FLOAT32)
        *real = (double)from->float_data[i];
    else if (t == DT_DOUBLE)
        *real = from->double_data[i];
    else if (dtype_is_float(t))
        *real = dtype_real(t, (uint32_t)from->int32_data[i]);
    else
        *whole = t == DT_INT64                      ? from->int64_data[i]
                 : t == DT_UINT64 || t == DT_UINT32 ? (int64_t)from->uint64_data[i]
                                                    : from->int32_data[i];
    return true;
}

/* The same of a type of fewer than 8 bits, of which raw_data and int32_data have several in a byte. */
static bool packed_number(const Onnx__TensorProto *from, dtype t, size_t i, int64_t *whole, double *real)
{
    unsigned bits = dtype_bits(t), per = 8 / bits;
    bool raw = from->has_raw_data && from->raw_data.len > 0;
    if (!raw && i / per >= from->n_int32_data)
        return false;
    uint8_t byte = raw ? from->raw_data.data[i / per] : (uint8_t)from->int32_data[i / per], mask = (uint8_t)((1u << bits) - 1);
    uint64_t code = ((uint64_t)byte >> (i % per * bits)) & mask;
    if (dtype_is_float(t))
        *real = dtype_real(t, code);
    else
        *whole = dtype_whole(t, code);
    return true;
}

bool onnx_tensor_contents(onnx_view_tensor *to, const Onnx__TensorProto *from, arena *a)
{
    to->type = from->has_data_type ? type_of(from->data_type) : DT_NONE;
    if (from->n_dims > ONNX_VIEW_RANK)
        return true;
    if (!keep_dims(to, from->dims, from->n_dims, a))
        return false;
    size_t n = 1, size = dtype_size(to->type);
    for (size_t i = 0; i < from->n_dims && n > 0; i++)
        n = from->dims[i] < 0 || from->dims[i] > ONNX_VIEW_CONTENTS ? SIZE_MAX : n * (size_t)from->dims[i];
    bool raw = from->has_raw_data && from->raw_data.len > 0;
    if (n > ONNX_VIEW_CONTENTS || size == 0 || (raw && from->raw_data.len != dtype_stored(to->type, n)))
        return true;
    int64_t *ints = arena_calloc(a, n + 1, sizeof *ints);
    double *reals = arena_calloc(a, n + 1, sizeof *reals);
    if (ints == NULL || reals == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (dtype_bits(to->type) < 8) {
            if (!packed_number(from, to->type, i, &ints[i], &reals[i]))
                return true;
        } else if (raw)
            raw_number(to->type, from->raw_data.data + i * size, &ints[i], &reals[i]);
        else if (!field_number(from, to->type, i, &ints[i], &reals[i]))
            return true;
    if (dtype_is_float(to->type))
        to->reals = reals;
    else
        to->ints = ints;
    to->n_values = n;
    return true;
}

/* ---- attributes ---- */

static bool keep_ints(onnx_view_attribute *to, const int64_t *from, size_t n, bool list, arena *a)
{
    int64_t *copy = arena_alloc(a, (n + 1) * sizeof *copy);
    if (copy == NULL)
        return false;
    if (n > 0)
        memcpy(copy, from, n * sizeof *copy);
    to->kind = list ? ONNX_INTS : ONNX_INT;
    to->ints = copy;
    to->n_values = n;
    return true;
}

static bool keep_reals(onnx_view_attribute *to, const float *from, size_t n, bool list, arena *a)
{
    double *copy = arena_alloc(a, (n + 1) * sizeof *copy);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        copy[i] = (double)from[i];
    to->kind = list ? ONNX_REALS : ONNX_REAL;
    to->reals = copy;
    to->n_values = n;
    return true;
}

bool onnx_attribute_values(onnx_view_attribute *to, const Onnx__AttributeProto *from, arena *a)
{
    to->kind = ONNX_OTHER;
    switch (from->type) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
        return keep_ints(to, &from->i, 1, false, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
        return from->n_ints > ONNX_VIEW_CONTENTS || keep_ints(to, from->ints, from->n_ints, true, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
        return keep_reals(to, &from->f, 1, false, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
        return from->n_floats > ONNX_VIEW_CONTENTS || keep_reals(to, from->floats, from->n_floats, true, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
        if (from->s.len > ONNX_VIEW_CONTENTS || (from->s.len > 0 && memchr(from->s.data, 0, from->s.len) != NULL))
            return true;
        to->kind = ONNX_TEXT;
        to->text = arena_strndup(a, from->s.len > 0 ? (const char *)from->s.data : "", from->s.len);
        return to->text != NULL;
    default:
        return true;
    }
}

bool onnx_attribute_tensor(onnx_view_tensor *to, const Onnx__AttributeProto *from, arena *a)
{
    onnx_view_attribute x = {.name = NULL};
    if (from->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR && from->t != NULL)
        return onnx_tensor_contents(to, from->t, a);
    if (!onnx_attribute_values(&x, from, a))
        return false;
    if (x.kind == ONNX_OTHER || x.kind == ONNX_TEXT)
        return true;
    bool whole = x.kind == ONNX_INT || x.kind == ONNX_INTS, list = x.kind == ONNX_INTS || x.kind == ONNX_REALS;
    int64_t n = (int64_t)x.n_values;
    to->type = whole ? DT_INT64 : DT_FLOAT32;
    to->ints = x.ints;
    to->reals = x.reals;
    to->n_values = x.n_values;
    return keep_dims(to, &n, list ? 1 : 0, a);
}
