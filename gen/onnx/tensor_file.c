#include "onnx/tensor_file.h"
#include "base/file_read.h"
#include "onnx.pb-c.h"
#include "onnx/npy_read.h"
#include "onnx/onnx_budget.h"

#include <string.h>

/* Fields of TensorProto that onnx.proto of this project leaves out. */
enum { FIELD_SEGMENT = 3 };

/* ---- TensorProto ---- */

typedef struct {
    const Onnx__TensorProto *p;
    size_t most;
    const char *shown;
    nn_error *err;
} proto;

static nn_status read_type(const proto *from, file_tensor *t)
{
    if (!from->p->has_data_type || from->p->data_type == 0)
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is not a tensor: it states no type");
    bool several = false, external = from->p->n_external_data > 0;
    for (unsigned i = 0; i < from->p->base.n_unknown_fields; i++)
        several |= from->p->base.unknown_fields[i].tag == FIELD_SEGMENT;
    if (several || external)
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is a tensor whose elements are in %s, which cannot be read",
                       several ? "several messages" : "another file");
    t->type = dtype_of_number(from->p->data_type);
    if (dtype_size(t->type) == 0)
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0,
                       "has elements of ONNX type %d; only numbers of 2 to 64 bits and bool can be read", (int)from->p->data_type);
    return NN_OK;
}

static nn_status read_shape(const proto *from, file_tensor *t)
{
    if (from->p->n_dims > FILE_TENSOR_RANK)
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is a tensor of rank %zu; at most %d can be read", from->p->n_dims,
                       FILE_TENSOR_RANK);
    t->rank = (int)from->p->n_dims;
    for (int k = 0; k < t->rank; k++) {
        t->dims[k] = from->p->dims[k];
        if (t->dims[k] < 0)
            return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is a tensor with a negative dimension");
    }
    if (!file_tensor_count(t) || t->n > from->most / dtype_size(t->type))
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is a tensor of more than %zu bytes", from->most);
    return NN_OK;
}

/* The number of elements in the field for the type. */
static size_t field_length(const Onnx__TensorProto *p, dtype t)
{
    switch (t) {
    case DT_FLOAT32:
        return p->n_float_data;
    case DT_DOUBLE:
        return p->n_double_data;
    case DT_INT64:
        return p->n_int64_data;
    case DT_UINT64:
    case DT_UINT32:
        return p->n_uint64_data;
    default:
        return p->n_int32_data;
    }
}

/* The bits of element i of that field. */
static uint64_t field_bits(const Onnx__TensorProto *p, dtype t, size_t i)
{
    uint64_t bits = 0;
    uint32_t word;
    switch (t) {
    case DT_FLOAT32:
        memcpy(&word, &p->float_data[i], sizeof word);
        return word;
    case DT_DOUBLE:
        memcpy(&bits, &p->double_data[i], sizeof bits);
        return bits;
    case DT_INT64:
        return (uint64_t)p->int64_data[i];
    case DT_UINT64:
    case DT_UINT32:
        return p->uint64_data[i];
    default:
        return (uint64_t)p->int32_data[i];
    }
}

static nn_status read_elements(const proto *from, file_tensor *t, arena *a)
{
    bool packed = dtype_bits(t->type) < 8; /* several elements in a byte, and in a number of the field one such byte */
    size_t size = dtype_size(t->type), n = packed ? dtype_stored(t->type, t->n) : t->n;
    bool raw = from->p->has_raw_data && (from->p->raw_data.len > 0 || t->n == 0);
    size_t found = raw ? from->p->raw_data.len / size : field_length(from->p, t->type);
    if (packed && found != n)
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is a tensor of %zu bytes by its shape, but has %zu", n, found);
    if (found != n || (raw && from->p->raw_data.len % size != 0))
        return nn_fail(from->err, NN_ERR_IO, from->shown, 0, 0, "is a tensor of %zu elements by its shape, but has %zu", t->n,
                       found);
    uint8_t *data = arena_alloc(a, t->n * size);
    if (data == NULL)
        return nn_nomem(from->err);
    if (raw && t->n > 0)
        memcpy(data, from->p->raw_data.data, n * size);
    for (size_t i = 0; i < n && !raw; i++) {
        uint64_t bits = field_bits(from->p, t->type, i);
        for (size_t k = 0; k < size; k++)
            data[i * size + k] = (uint8_t)(bits >> 8 * k);
    }
    for (size_t i = 0; i < t->n && t->type == DT_BOOL; i++)
        data[i] = data[i] != 0;
    dtype_unpack(t->type, t->n, data, data);
    t->data = data;
    return NN_OK;
}

nn_status file_tensor_of_proto(file_tensor *t, const Onnx__TensorProto *p, size_t most, arena *a, const char *shown, nn_error *err)
{
    proto from = {.p = p, .most = most, .shown = shown, .err = err};
    nn_status s = read_type(&from, t);
    if (s == NN_OK)
        s = read_shape(&from, t);
    if (s == NN_OK)
        s = read_elements(&from, t, a);
    if (s == NN_OK && (t->name = arena_strdup(a, p->name != NULL ? p->name : "")) == NULL)
        s = nn_nomem(err);
    return s;
}

static nn_status read_proto(tensor_file *f, const uint8_t *bytes, size_t n, size_t most, const char *shown, nn_error *err)
{
    if (n > TENSOR_FILE_MOST)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is larger than 2 GiB, which protobuf does not allow");
    onnx_budget b = onnx_budget_for(n);
    ProtobufCAllocator memory = {.alloc = onnx_budget_take, .free = onnx_budget_give, .allocator_data = &b};
    Onnx__TensorProto *p = onnx__tensor_proto__unpack(&memory, n, bytes);
    if (p == NULL && b.failed)
        return nn_nomem(err);
    if (p == NULL)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is not a file of tensors: neither a TensorProto nor a .npy or .npz file");
    f->tensors = arena_calloc(&f->memory, 1, sizeof *f->tensors);
    nn_status s = f->tensors == NULL ? nn_nomem(err) : file_tensor_of_proto(f->tensors, p, most, &f->memory, shown, err);
    f->n = 1;
    onnx__tensor_proto__free_unpacked(p, &memory);
    return s;
}

/* ---- any file ---- */

static nn_status read_npy(tensor_file *f, const uint8_t *bytes, size_t n, size_t most, const char *shown, nn_error *err)
{
    f->tensors = arena_calloc(&f->memory, 1, sizeof *f->tensors);
    if (f->tensors == NULL)
        return nn_nomem(err);
    f->tensors->name = "";
    f->n = 1;
    return npy_read(f->tensors, bytes, n, &most, &f->memory, "", shown, err);
}

nn_status tensor_file_bytes(tensor_file *f, const void *bytes, size_t n, size_t most, const char *shown, nn_error *err)
{
    /* No sound TensorProto begins with P or with byte 0x93. */
    bool npz = n >= 2 && memcmp(bytes, "PK", 2) == 0, npy = n >= 2 && memcmp(bytes, "\x93N", 2) == 0;
    *f = (tensor_file){.n = 0};
    arena_init(&f->memory, 0);
    nn_status s = (npz ? npz_read : npy ? read_npy : read_proto)(f, bytes, n, most, shown, err);
    if (s != NN_OK)
        tensor_file_free(f);
    return s;
}

nn_status tensor_file_read(tensor_file *f, int root, const char *path, int flags, size_t most, const char *shown, nn_error *err)
{
    file_bytes b = {.bytes = NULL};
    *f = (tensor_file){.n = 0};
    nn_status s = file_read(&b, root, path, flags, most, shown, err);
    if (s == NN_OK)
        s = tensor_file_bytes(f, b.bytes, b.n, most, shown, err);
    file_bytes_free(&b);
    return s;
}

void tensor_file_free(tensor_file *f)
{
    arena_free(&f->memory);
    *f = (tensor_file){.n = 0};
}

const char *tensor_file_in_set(const file_tensor *t, uint64_t *set)
{
    static const char word[] = "test_data_set_";
    const char *p = t->name + sizeof word - 1;
    if (strncmp(t->name, word, sizeof word - 1) != 0 || *p < '0' || *p > '9')
        return NULL;
    for (*set = 0; *p >= '0' && *p <= '9' && *set < UINT32_MAX; p++)
        *set = *set * 10 + (uint64_t)(*p - '0');
    return *p == '/' ? p + 1 : NULL;
}

const file_tensor *tensor_file_find(const tensor_file *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->tensors[i].name, name) == 0)
            return &f->tensors[i];
    return NULL;
}

/* ---- numbers ---- */

void file_tensor_ints(const file_tensor *t, int64_t *to)
{
    size_t size = dtype_size(t->type);
    for (size_t i = 0; i < t->n; i++)
        to[i] = dtype_whole(t->type, little_endian(t->data + i * size, size));
}

void file_tensor_reals(const file_tensor *t, double *to)
{
    size_t size = dtype_size(t->type);
    if (dtype_is_float(t->type)) {
        for (size_t i = 0; i < t->n; i++)
            to[i] = dtype_real(t->type, little_endian(t->data + i * size, size));
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        file_tensor one = {.type = t->type, .n = 1, .data = t->data + i * size};
        int64_t x;
        file_tensor_ints(&one, &x);
        to[i] = t->type == DT_UINT64 ? (double)(uint64_t)x : (double)x;
    }
}
