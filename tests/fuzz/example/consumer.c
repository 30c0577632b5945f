/* An example of a program under test: it lists the operators of an ONNX file. With -DFAULT it aborts at a Softmax that is
 * not the first node. */
#include "consumer.h"

#include <stdlib.h>
#include <string.h>

/* Reads a varint. false: it is cut off. */
static int number(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
        const uint8_t byte = *(*p)++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return 1;
    }
    return 0;
}

/* The next field: its number, and its bytes if it has any. false: the end, or an error. */
static int field(const uint8_t **p, const uint8_t *end, uint64_t *tag, const uint8_t **bytes, size_t *size)
{
    uint64_t n;
    *bytes = NULL;
    *size = 0;
    if (!number(p, end, tag) || ((*tag & 7) != 0 && (*tag & 7) != 2 && (*tag & 7) != 5))
        return 0;
    if ((*tag & 7) == 5) {
        *p += end - *p < 4 ? end - *p : 4;
        return 1;
    }
    if (!number(p, end, &n))
        return 0;
    if ((*tag & 7) == 2) {
        if (n > (uint64_t)(end - *p))
            return 0;
        *bytes = *p;
        *size = (size_t)n;
        *p += n;
    }
    return 1;
}

static int is_text(const uint8_t *bytes, size_t size, const char *text)
{
    return size == strlen(text) && memcmp(bytes, text, size) == 0;
}

/* What kind of operator it is; each has a branch of its own, so that coverage tells models apart. */
static int operator_kind(const uint8_t *bytes, size_t size)
{
    static const char *const names[] = {"Add", "Mul", "Conv", "Gemm", "MatMul", "Softmax", "Concat", "Reshape", "Transpose", "Relu"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_text(bytes, size, names[i]))
            return (int)i + 1;
    return 0;
}

static int node_kind(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *bytes;
    size_t size;
    uint64_t tag;
    int kind = 0;
    while (field(&p, end, &tag, &bytes, &size))
        if (tag == (4 << 3 | 2)) /* op_type */
            kind = operator_kind(bytes, size);
    return kind;
}

size_t consume(const uint8_t *model, size_t size)
{
    const uint8_t *p = model, *end = model + size, *graph = NULL, *bytes;
    size_t graph_size = 0, n, nodes = 0;
    uint64_t tag;
    unsigned kinds = 0;
    while (field(&p, end, &tag, &bytes, &n))
        if (tag == (7 << 3 | 2)) { /* graph */
            graph = bytes;
            graph_size = n;
        }
    for (p = graph; graph && field(&p, graph + graph_size, &tag, &bytes, &n);) {
        if (tag != (1 << 3 | 2)) /* node */
            continue;
        const int kind = node_kind(bytes, bytes + n);
#ifdef FAULT
        if (kind == 6 && nodes >= 1)
            abort();
#endif
        kinds |= 1u << kind;
        nodes++;
    }
    return kinds != 0 ? nodes : 0;
}
