/* Constants as ONNX's messages: raw or in typed fields, as numbers of an attribute, sparse, or in other files. */
#include "form/form_storage.h"

#include <string.h>

/* ---- elements ---- */

/* Element i of raw_data: little-endian bits, extended by the sign if the type has one. */
static int64_t bits_at(const Onnx__TensorProto *t, size_t i, size_t size, bool is_signed)
{
    uint64_t x = 0;
    for (size_t k = size; k-- > 0;)
        x = x << 8 | t->raw_data.data[i * size + k];
    if (is_signed && size < 8 && (x >> (8 * size - 1) & 1) != 0)
        x |= ~UINT64_C(0) << 8 * size;
    return (int64_t)x;
}

static float float_at(const Onnx__TensorProto *t, size_t i)
{
    uint32_t bits = (uint32_t)bits_at(t, i, 4, false);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double double_at(const Onnx__TensorProto *t, size_t i)
{
    int64_t bits = bits_at(t, i, 8, false);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* A number of int32_data has one byte of raw_data where several elements share a byte. */
bool form_typed_fields(form_model *m, Onnx__TensorProto *t)
{
    const dtype type = (dtype)t->data_type;
    const size_t size = dtype_size(type), n = t->raw_data.len / size;
    void *room = form_memory(m, n * 8 + 8);
    if (room == NULL)
        return false;
    if (type == DT_FLOAT32) {
        t->float_data = room;
        t->n_float_data = n;
    } else if (type == DT_DOUBLE) {
        t->double_data = room;
        t->n_double_data = n;
    } else if (type == DT_INT64) {
        t->int64_data = room;
        t->n_int64_data = n;
    } else if (type == DT_UINT32 || type == DT_UINT64) {
        t->uint64_data = room;
        t->n_uint64_data = n;
    } else {
        t->int32_data = room;
        t->n_int32_data = n;
    }
    for (size_t i = 0; i < n; i++)
        if (t->n_float_data > 0)
            t->float_data[i] = float_at(t, i);
        else if (t->n_double_data > 0)
            t->double_data[i] = double_at(t, i);
        else if (t->n_int64_data > 0)
            t->int64_data[i] = bits_at(t, i, size, true);
        else if (t->n_uint64_data > 0)
            t->uint64_data[i] = (uint64_t)bits_at(t, i, size, false);
        else
            t->int32_data[i] = (int32_t)bits_at(t, i, size, dtype_is_signed(type) && dtype_bits(type) >= 8);
    t->has_raw_data = 0;
    t->raw_data.len = 0;
    return true;
}

/* ---- numbers of attributes ---- */

Onnx__AttributeProto *form_number_attribute(form_model *m, const form_value *v)
{
    const Onnx__TensorProto *t = v->data;
    const dtype type = v->desc.type;
    const size_t n = t->raw_data.len / dtype_size(type);
    if (v->desc.rank > 1 || (type != DT_FLOAT32 && type != DT_INT64) || n == 0)
        return NULL;
    const bool whole = type == DT_INT64, one = v->desc.rank == 0;
    static const form_word words[2][2] = {{WORD_VALUE_FLOATS, WORD_VALUE_FLOAT}, {WORD_VALUE_INTS, WORD_VALUE_INT}};
    static const Onnx__AttributeProto__AttributeType types[2][2] = {
        {ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT},
        {ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT}};
    Onnx__AttributeProto *p = form_attr_new(m, m->rules->words[words[whole][one]], types[whole][one]);
    void *room = form_memory(m, n * 8);
    if (room == NULL)
        return p;
    p->ints = whole ? room : NULL;
    p->floats = whole ? NULL : room;
    for (size_t i = 0; i < n; i++)
        if (whole)
            p->ints[i] = bits_at(t, i, 8, true);
        else
            p->floats[i] = float_at(t, i);
    p->has_i = one && whole;
    p->has_f = one && !whole;
    p->i = p->has_i ? *p->ints : 0;
    p->f = p->has_f ? *p->floats : 0;
    p->n_ints = whole && !one ? n : 0;
    p->n_floats = !whole && !one ? n : 0;
    return p;
}

/* ---- sparse tensors ---- */

Onnx__SparseTensorProto *form_sparse_tensor(form_model *m, const form_value *v)
{
    const Onnx__TensorProto *t = v->data;
    const size_t size = dtype_size(v->desc.type), n = t->raw_data.len / size;
    if (!t->has_raw_data || v->desc.rank == 0 || v->desc.type == DT_BOOL || dtype_bits(v->desc.type) < 8 || n == 0)
        return NULL;
    Onnx__SparseTensorProto *s = form_memory(m, sizeof *s);
    uint8_t *values = form_memory(m, n * size);
    int64_t *places = form_memory(m, n * (size_t)v->desc.rank * sizeof *places);
    if (s == NULL || values == NULL || places == NULL)
        return NULL;
    const bool tuples = v->desc.rank > 1 && form_draw(m, 2) == 0;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (bits_at(t, i, size, false) == 0)
            continue;
        memcpy(values + found * size, t->raw_data.data + i * size, size);
        if (tuples) {
            int64_t rest = (int64_t)i;
            for (int k = v->desc.rank; k-- > 0; rest /= v->desc.dims[k])
                places[found * (size_t)v->desc.rank + (size_t)k] = rest % v->desc.dims[k];
        } else {
            places[found] = (int64_t)i;
        }
        found++;
    }
    int64_t dims[2] = {(int64_t)found, v->desc.rank};
    tensor_desc d = form_desc(v->desc.type, 1, dims), at = form_desc(DT_INT64, tuples ? 2 : 1, dims);
    *s = (Onnx__SparseTensorProto)ONNX__SPARSE_TENSOR_PROTO__INIT;
    s->values = form_tensor(m, &d, values);
    s->indices = form_tensor(m, &at, places);
    s->n_dims = (size_t)v->desc.rank;
    s->dims = t->dims;
    return found > 0 ? s : NULL;
}

/* ---- other files ---- */

/* Files are named in the order in which they are first used, so that none is empty. */
static form_file *file_at(form_model *m, size_t number)
{
    for (size_t i = 0; i < m->files.n; i++) {
        form_file *f = m->files.items[i];
        if (f->number == number)
            return f;
    }
    form_file *f = form_memory(m, sizeof *f);
    if (f == NULL)
        return NULL;
    f->number = number;
    f->name = form_text(m, "external_%zu.bin", m->files.n);
    form_push(m, &m->files, f);
    return m->failed ? NULL : f;
}

static Onnx__StringStringEntryProto *entry(form_model *m, const char *key, const char *value)
{
    Onnx__StringStringEntryProto *e = form_memory(m, sizeof *e);
    if (e == NULL)
        return NULL;
    *e = (Onnx__StringStringEntryProto)ONNX__STRING_STRING_ENTRY_PROTO__INIT;
    e->key = (char *)(uintptr_t)key;
    e->value = (char *)(uintptr_t)value;
    return e;
}

void form_external(form_model *m, form_value *v, size_t number, size_t gap)
{
    Onnx__TensorProto *t = v->data;
    form_file *f = file_at(m, number);
    if (f == NULL)
        return;
    size_t size = t->raw_data.len, from = gap == 4096 ? (f->n + 4095) / 4096 * 4096 : f->n + gap;
    if (from + size > f->capacity) {
        size_t capacity = 2 * (from + size) + 256;
        uint8_t *bytes = form_memory(m, capacity);
        if (bytes == NULL)
            return;
        if (f->n > 0)
            memcpy(bytes, f->bytes, f->n);
        f->bytes = bytes;
        f->capacity = capacity;
    }
    memcpy(f->bytes + from, t->raw_data.data, size);
    f->n = from + size;
    t->external_data = form_memory(m, 3 * sizeof *t->external_data);
    if (t->external_data == NULL)
        return;
    t->external_data[0] = entry(m, "location", f->name);
    t->external_data[1] = entry(m, "offset", form_text(m, "%zu", from));
    t->external_data[2] = entry(m, "length", form_text(m, "%zu", size));
    t->n_external_data = m->failed ? 0 : 3;
    t->has_data_location = 1;
    t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    t->has_raw_data = 0;
    t->raw_data.len = 0;
}
