#include "onnx/onnx_scan.h"

typedef enum { NONE, MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, VALUE, TYPE, TENSOR_TYPE, FUNCTION, SPARSE, KINDS } kind;

static const char *const names[KINDS] = {"",      "model", "graph",       "node",     "attribute",    "tensor",
                                         "value", "type",  "tensor type", "function", "sparse tensor"};

/* Message fields that lead somewhere; `once`: not repeated. */
static const struct {
    uint8_t in, number, to;
    bool once;
} rules[] = {
    {MODEL, 7, GRAPH, true},       {MODEL, 25, FUNCTION, false},     {GRAPH, 1, NODE, false},      {GRAPH, 5, TENSOR, false},
    {GRAPH, 11, VALUE, false},     {GRAPH, 12, VALUE, false},        {GRAPH, 13, VALUE, false},    {GRAPH, 15, SPARSE, false},
    {NODE, 5, ATTRIBUTE, false},   {ATTRIBUTE, 5, TENSOR, true},     {ATTRIBUTE, 6, GRAPH, true},  {ATTRIBUTE, 10, TENSOR, false},
    {ATTRIBUTE, 11, GRAPH, false}, {VALUE, 2, TYPE, true},           {TYPE, 1, TENSOR_TYPE, true}, {TENSOR_TYPE, 2, NONE, true},
    {FUNCTION, 7, NODE, false},    {FUNCTION, 11, ATTRIBUTE, false}, {FUNCTION, 12, VALUE, false}, {SPARSE, 1, TENSOR, true},
};

typedef struct {
    const uint8_t *p, *end;
} span;

typedef struct {
    onnx_scan_report *report;
    const char *file;
    nn_error *err;
} scanner;

static bool read_varint(span *s, uint64_t *x)
{
    *x = 0;
    for (unsigned shift = 0; s->p < s->end && shift < 70; shift += 7) {
        uint8_t byte = *s->p++;
        if (shift < 64)
            *x |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static nn_status broken(const scanner *c, kind in, const char *what)
{
    return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "is no ONNX model: %s in a %s", what, names[in]);
}

static nn_status scan(scanner *c, span s, kind in, int depth)
{
    uint32_t seen = 0; /* rules whose field must not come again */
    if (depth > ONNX_SCAN_DEPTH)
        return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "has graphs inside each other more than %d deep", ONNX_SCAN_DEPTH);
    while (s.p < s.end) {
        uint64_t key, x = 0;
        if (!read_varint(&s, &key) || key > UINT32_MAX || key >> 3 == 0)
            return broken(c, in, "a broken field");
        switch (key & 7) {
        case 0:
            if (!read_varint(&s, &x))
                return broken(c, in, "a number that is cut off");
            c->report->external += in == TENSOR && key >> 3 == 14 && x == 1;
            continue;
        case 1:
        case 5:
            x = (key & 7) == 1 ? 8 : 4;
            break;
        case 2:
            if (!read_varint(&s, &x))
                return broken(c, in, "a length that is cut off");
            break;
        default:
            return broken(c, in, "an unknown kind of field");
        }
        if (x > (uint64_t)(s.end - s.p))
            return broken(c, in, "a field that is cut off");
        span inside = {s.p, s.p + x};
        s.p += x;
        for (size_t i = 0; i < sizeof rules / sizeof rules[0] && (key & 7) == 2; i++) {
            if (rules[i].in != in || rules[i].number != key >> 3)
                continue;
            if (rules[i].once && (seen >> i & 1) != 0)
                return nn_fail(c->err, NN_ERR_IO, c->file, 0, 0, "holds field %d of a %s twice", rules[i].number, names[in]);
            seen |= (uint32_t)1 << i;
            nn_status status = rules[i].to != NONE ? scan(c, inside, rules[i].to, depth + (rules[i].to == GRAPH)) : NN_OK;
            if (status != NN_OK)
                return status;
        }
    }
    return NN_OK;
}

nn_status onnx_scan(onnx_scan_report *report, const void *bytes, size_t n, const char *file, nn_error *err)
{
    *report = (onnx_scan_report){0};
    scanner c = {report, file, err};
    return scan(&c, (span){bytes, (const uint8_t *)bytes + n}, MODEL, 0);
}
