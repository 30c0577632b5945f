#include "onnx/npy_read.h"

#include <string.h>

enum { MAGIC = 6, LONGEST_HEADER = 1 << 16 };

/* ---- the header: a Python dictionary ---- */

typedef struct {
    const char *at, *end;
} text;

static void skip_space(text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\t' || *t->at == '\r'))
        t->at++;
}

static bool take(text *t, const char *word)
{
    size_t n = strlen(word);
    skip_space(t);
    if ((size_t)(t->end - t->at) < n || memcmp(t->at, word, n) != 0)
        return false;
    t->at += n;
    return true;
}

static bool take_quoted(text *t, char *out, size_t size)
{
    char quote = take(t, "'") ? '\'' : take(t, "\"") ? '"' : '\0';
    size_t n = 0;
    if (quote == '\0')
        return false;
    while (t->at < t->end && *t->at != quote && n + 1 < size)
        out[n++] = *t->at++;
    out[n] = '\0';
    return t->at < t->end && *t->at++ == quote;
}

static bool take_number(text *t, int64_t *x)
{
    skip_space(t);
    const char *first = t->at;
    for (*x = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
        if (!nn_mul64(*x, 10, x) || !nn_add64(*x, *t->at - '0', x))
            return false;
    bool found = t->at > first;
    (void)take(t, "L"); /* of Python 2 */
    return found;
}

static bool take_shape(text *t, file_tensor *to)
{
    if (!take(t, "("))
        return false;
    for (to->rank = 0; !take(t, ")");) {
        if (to->rank == FILE_TENSOR_RANK || !take_number(t, &to->dims[to->rank]))
            return false;
        to->rank++;
        if (!take(t, ","))
            return take(t, ")");
    }
    return true;
}

typedef struct {
    char descr[24], field[24]; /* field: the name of the only field of a structure, or empty */
    bool fortran, has_descr, has_order, has_shape;
} header;

static bool take_descr(text *t, header *h)
{
    if (!take(t, "["))
        return take_quoted(t, h->descr, sizeof h->descr);
    return take(t, "(") && take_quoted(t, h->field, sizeof h->field) && take(t, ",") && take_quoted(t, h->descr, sizeof h->descr) &&
           take(t, ")") && take(t, "]");
}

static bool take_entry(text *t, header *h, file_tensor *to)
{
    char key[24];
    if (!take_quoted(t, key, sizeof key) || !take(t, ":"))
        return false;
    if (strcmp(key, "descr") == 0)
        return h->has_descr = take_descr(t, h);
    if (strcmp(key, "fortran_order") == 0) {
        h->fortran = take(t, "True");
        return h->has_order = h->fortran || take(t, "False");
    }
    return strcmp(key, "shape") == 0 && (h->has_shape = take_shape(t, to));
}

static bool take_header(text t, header *h, file_tensor *to)
{
    if (!take(&t, "{"))
        return false;
    while (!take(&t, "}")) {
        if (!take_entry(&t, h, to))
            return false;
        if (!take(&t, ",")) {
            if (!take(&t, "}"))
                return false;
            break;
        }
    }
    skip_space(&t);
    return t.at == t.end && h->has_descr && h->has_order && h->has_shape;
}

/* ---- the elements ---- */

static dtype type_of(const char *descr, bool *swapped)
{
    static const char codes[DT_COUNT][3] = {
        [DT_FLOAT32] = "f4", [DT_UINT8] = "u1", [DT_INT8] = "i1",    [DT_UINT16] = "u2", [DT_INT16] = "i2",  [DT_INT32] = "i4",
        [DT_INT64] = "i8",   [DT_BOOL] = "b1",  [DT_FLOAT16] = "f2", [DT_DOUBLE] = "f8", [DT_UINT32] = "u4", [DT_UINT64] = "u8"};
    *swapped = descr[0] == '>';
    if (descr[0] != '\0' && strchr("<>|=", descr[0]) != NULL)
        descr++;
    for (int t = 1; t < DT_COUNT; t++)
        if (codes[t][0] != '\0' && strcmp(codes[t], descr) == 0)
            return (dtype)t;
    return DT_NONE;
}

/* A type that NumPy lacks is a structure: its field has the type's name, and the bits as an integer. */
static dtype narrow_type_of(const header *h, bool *swapped)
{
    dtype t = dtype_parse(h->field), bits = type_of(h->descr, swapped);
    bool fits = dtype_since(t) > 1 && !dtype_is_float(bits) && dtype_size(bits) == dtype_size(t);
    return fits ? t : DT_NONE;
}

static void copy_element(uint8_t *to, const uint8_t *from, size_t size, bool swapped)
{
    for (size_t i = 0; i < size; i++)
        to[i] = from[swapped ? size - 1 - i : i];
}

/* Copies the elements with the last axis fastest. In Fortran's order the first one is. */
static void copy_elements(const file_tensor *t, uint8_t *to, const uint8_t *from, bool fortran, bool swapped)
{
    size_t size = dtype_size(t->type), at = 0, step[FILE_TENSOR_RANK], stride = 1;
    int64_t index[FILE_TENSOR_RANK] = {0};
    if ((!fortran || t->rank < 2) && !swapped) {
        memcpy(to, from, t->n * size);
        return;
    }
    for (int k = 0; k < t->rank; k++) {
        int axis = fortran ? k : t->rank - 1 - k;
        step[axis] = stride;
        stride *= (size_t)t->dims[axis];
    }
    for (size_t i = 0; i < t->n; i++) {
        copy_element(to + i * size, from + at * size, size, swapped);
        for (int k = t->rank - 1; k >= 0; k--) {
            at += step[k];
            if (++index[k] < t->dims[k])
                break;
            at -= step[k] * (size_t)t->dims[k];
            index[k] = 0;
        }
    }
}

bool file_tensor_count(file_tensor *t)
{
    int64_t n = (int64_t)dtype_size(t->type);
    bool fits = true;
    for (int k = 0; k < t->rank; k++)
        if (t->dims[k] == 0) {
            t->n = 0;
            return true;
        }
    for (int k = 0; k < t->rank && fits; k++)
        fits = nn_mul64(n, t->dims[k], &n) && n <= PTRDIFF_MAX;
    t->n = fits ? (size_t)n / dtype_size(t->type) : 0;
    return fits;
}

nn_status npy_read(file_tensor *t, const uint8_t *bytes, size_t n, size_t *most, arena *a, const char *where, const char *shown,
                   nn_error *err)
{
    if (n < MAGIC + 4 || memcmp(bytes, "\x93NUMPY", MAGIC) != 0)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "%sis not a NumPy array", where);
    size_t at = bytes[MAGIC] == 1 ? MAGIC + 4 : MAGIC + 6;
    uint64_t length = at <= n ? little_endian(bytes + MAGIC + 2, at - MAGIC - 2) : UINT64_MAX;
    if (length > n - at || length > LONGEST_HEADER)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "%sis a NumPy array whose header does not fit in it", where);
    header h = {.fortran = false};
    text words = {(const char *)bytes + at, (const char *)bytes + at + length};
    bool swapped;
    if (!take_header(words, &h, t) || (h.field[0] != '\0' && narrow_type_of(&h, &swapped) == DT_NONE))
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "%shas a header that is not descr, fortran_order and shape of an array", where);
    t->type = h.field[0] == '\0' ? type_of(h.descr, &swapped) : narrow_type_of(&h, &swapped);
    if (t->type == DT_NONE)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "%shas elements of NumPy type %s; only numbers and bool can be read", where,
                       h.descr);
    size_t size = dtype_size(t->type);
    at += (size_t)length;
    if (!file_tensor_count(t) || t->n * size != n - at)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "%shas %zu bytes of elements, which is not what its shape takes", where,
                       n - at);
    if (n - at > *most)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "%shas %zu bytes of elements, of which at most %zu can be read", where, n - at,
                       *most);
    *most -= n - at;
    uint8_t *data = arena_alloc(a, n - at);
    if (data == NULL)
        return nn_nomem(err);
    copy_elements(t, data, bytes + at, h.fortran, swapped);
    for (size_t i = 0; i < t->n && t->type == DT_BOOL; i++)
        data[i] = data[i] != 0;
    for (size_t i = 0; i < t->n && dtype_bits(t->type) < 8; i++) /* bits beyond the type's are ignored */
        data[i] = (uint8_t)dtype_whole(t->type, data[i] & ((1u << dtype_bits(t->type)) - 1));
    t->data = data;
    return NN_OK;
}
