#include "onnx/onnx_scan.h"

#include <string.h>

typedef enum { NONE, MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, VALUE, TYPE, TENSOR_TYPE, FUNCTION, SPARSE, KINDS } kind;

static const char *const names[KINDS] = {"",      "model", "graph",       "node",     "attribute",    "tensor",
                                         "value", "type",  "tensor type", "function", "sparse tensor"};

/* Fields that contain messages to descend into; `once`: the field is not repeated. */
static const struct {
    uint8_t in, number, to;
    bool once;
} rules[] = {
    {MODEL, 7, GRAPH, true},       {MODEL, 25, FUNCTION, false},     {GRAPH, 1, NODE, false},        {GRAPH, 5, TENSOR, false},
    {GRAPH, 11, VALUE, false},     {GRAPH, 12, VALUE, false},        {GRAPH, 13, VALUE, false},      {GRAPH, 15, SPARSE, false},
    {NODE, 5, ATTRIBUTE, false},   {ATTRIBUTE, 5, TENSOR, true},     {ATTRIBUTE, 6, GRAPH, true},    {ATTRIBUTE, 10, TENSOR, false},
    {ATTRIBUTE, 11, GRAPH, false}, {VALUE, 2, TYPE, true},           {TYPE, 1, TENSOR_TYPE, true},   {TENSOR_TYPE, 2, NONE, true},
    {FUNCTION, 7, NODE, false},    {FUNCTION, 11, ATTRIBUTE, false}, {FUNCTION, 12, VALUE, false},   {SPARSE, 1, TENSOR, true},
    {SPARSE, 2, TENSOR, true},     {ATTRIBUTE, 22, SPARSE, true},    {ATTRIBUTE, 23, SPARSE, false},
};

/* Fields that are left out: data of tensors, packed or not, and documentation. */
static const struct {
    uint8_t in, number, wire;
} left_out[] = {
    {TENSOR, 4, 2}, {TENSOR, 4, 5},  {TENSOR, 5, 2},  {TENSOR, 5, 0},   {TENSOR, 6, 2},     {TENSOR, 7, 2},  {TENSOR, 7, 0},
    {TENSOR, 9, 2}, {TENSOR, 10, 2}, {TENSOR, 10, 1}, {TENSOR, 11, 2},  {TENSOR, 11, 0},    {TENSOR, 12, 2}, {MODEL, 6, 2},
    {GRAPH, 10, 2}, {NODE, 6, 2},    {VALUE, 3, 2},   {FUNCTION, 8, 2}, {ATTRIBUTE, 13, 2},
};

enum { TENSOR_TEXTS = 6, TENSOR_DOC = 12 }; /* fields of a tensor that are never kept: strings, documentation */
enum { LENGTH_BYTES = 5 };                  /* of the length of a rewritten message, padded so that it can be filled in later */

typedef struct {
    onnx_scan_report *report;
    onnx_skeleton *out;
    onnx_source *from;
    size_t small; /* data of tensors up to so many bytes are kept */
    const char *file;
    nn_error *err;
} scanner;

/* ---- bytes ---- */

static bool read_varint(onnx_source *s, uint64_t end, uint64_t *x)
{
    uint8_t byte;
    *x = 0;
    for (unsigned shift = 0; onnx_source_place(s) < end && shift < 70; shift += 7) {
        if (!onnx_source_byte(s, &byte))
            return false;
        if (shift < 64)
            *x |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool fit(onnx_skeleton *out, uint64_t more)
{
    return more <= SIZE_MAX - out->n && nn_grow((void **)&out->bytes, &out->capacity, out->n + (size_t)more, 1);
}

static bool write_varint(onnx_skeleton *out, uint64_t x)
{
    if (!fit(out, 10))
        return false;
    for (; x >= 0x80; x >>= 7)
        out->bytes[out->n++] = (uint8_t)(x | 0x80);
    out->bytes[out->n++] = (uint8_t)x;
    return true;
}

/* ---- fields ---- */

static nn_status broken(const scanner *c, kind in, const char *what)
{
    if (c->from->reason != 0)
        return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "cannot read: %s", strerror(c->from->reason));
    return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "is not an ONNX model: %s in a %s", what, names[in]);
}

static bool is_left_out(kind in, uint64_t key)
{
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (left_out[i].in == in && left_out[i].number == key >> 3 && left_out[i].wire == (key & 7))
            return true;
    return false;
}

static int find_rule(kind in, uint64_t key)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && (key & 7) == 2; i++)
        if (rules[i].in == in && rules[i].number == key >> 3)
            return (int)i;
    return -1;
}

static nn_status scan(scanner *c, uint64_t end, kind in, int depth);

/* Rewrites a message of n bytes that is descended into. Its key is already written. */
static nn_status scan_message(scanner *c, uint64_t n, kind to, int depth)
{
    onnx_skeleton *out = c->out;
    if (!fit(out, LENGTH_BYTES))
        return nn_nomem(c->err);
    size_t from = out->n += LENGTH_BYTES;
    nn_status s = scan(c, onnx_source_place(c->from) + n, to, depth);
    size_t length = out->n - from;
    for (size_t i = LENGTH_BYTES; s == NN_OK && i > 0; i--)
        out->bytes[from - i] = (uint8_t)((length >> 7 * (LENGTH_BYTES - i) & 0x7f) | (i > 1 ? 0x80 : 0));
    return s;
}

/* Copies the n bytes of a length-delimited or fixed-size field. The key, and the length if there is one, are already written. */
static nn_status copy(scanner *c, uint64_t n, kind in)
{
    if (!fit(c->out, n))
        return nn_nomem(c->err);
    if (!onnx_source_take(c->from, c->out->bytes + c->out->n, n))
        return broken(c, in, "a truncated field");
    c->out->n += (size_t)n;
    return NN_OK;
}

static nn_status scan_number(scanner *c, uint64_t key, uint64_t end, kind in)
{
    uint64_t x;
    if (!read_varint(c->from, end, &x))
        return broken(c, in, "a truncated number");
    c->report->external += in == TENSOR && key >> 3 == 14 && x == 1;
    if (is_left_out(in, key))
        return NN_OK;
    return write_varint(c->out, key) && write_varint(c->out, x) ? NN_OK : nn_nomem(c->err);
}

/* Handles any other field of n bytes. `seen`: the rules of fields that must not occur again. */
static nn_status scan_bytes(scanner *c, uint64_t key, uint64_t n, kind in, int depth, uint32_t *seen)
{
    int rule = find_rule(in, key);
    bool kept = in == TENSOR && n <= c->small && (key & 7) == 2 && key >> 3 != TENSOR_DOC && key >> 3 != TENSOR_TEXTS;
    if (!kept && is_left_out(in, key))
        return onnx_source_take(c->from, NULL, n) ? NN_OK : broken(c, in, "a truncated field");
    if (rule >= 0 && rules[rule].once && (*seen >> rule & 1) != 0)
        return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "has field %d of a %s twice", rules[rule].number, names[in]);
    if (rule >= 0)
        *seen |= (uint32_t)1 << rule;
    if (!write_varint(c->out, key))
        return nn_nomem(c->err);
    if (rule >= 0 && rules[rule].to != NONE)
        return scan_message(c, n, rules[rule].to, depth + (rules[rule].to == GRAPH));
    if ((key & 7) == 2 && !write_varint(c->out, n))
        return nn_nomem(c->err);
    return copy(c, n, in);
}

static nn_status scan(scanner *c, uint64_t end, kind in, int depth)
{
    uint32_t seen = 0;
    nn_status s = NN_OK;
    if (depth > ONNX_SCAN_DEPTH)
        return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "nests graphs more than %d levels deep", ONNX_SCAN_DEPTH);
    while (s == NN_OK && onnx_source_place(c->from) < end) {
        uint64_t key, n;
        if (!read_varint(c->from, end, &key) || key > UINT32_MAX || key >> 3 == 0)
            return broken(c, in, "an invalid field");
        switch (key & 7) {
        case 0:
            s = scan_number(c, key, end, in);
            continue;
        case 1:
        case 5:
            n = (key & 7) == 1 ? 8 : 4;
            break;
        case 2:
            if (!read_varint(c->from, end, &n))
                return broken(c, in, "a truncated length");
            break;
        default:
            return broken(c, in, "an unknown wire type");
        }
        if (n > end - onnx_source_place(c->from))
            return broken(c, in, "a truncated field");
        s = scan_bytes(c, key, n, in, depth, &seen);
    }
    return s;
}

nn_status onnx_scan(onnx_scan_report *report, onnx_skeleton *out, onnx_source *from, size_t small, const char *file, nn_error *err)
{
    *report = (onnx_scan_report){0};
    *out = (onnx_skeleton){.n = 0};
    scanner c = {report, out, from, small, file, err};
    return scan(&c, from->size, MODEL, 0);
}
