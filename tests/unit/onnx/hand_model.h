/* ONNX models made by hand with a small protobuf writer, so that unsound ones can be made. */
#ifndef TEST_HAND_MODEL_H
#define TEST_HAND_MODEL_H

#include "onnx/onnx_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    uint8_t bytes[60000];
    size_t n;
} buffer;

static inline void varint(buffer *b, uint64_t x)
{
    for (; x >= 0x80; x >>= 7)
        b->bytes[b->n++] = (uint8_t)(x | 0x80);
    b->bytes[b->n++] = (uint8_t)x;
}

static inline void field(buffer *b, unsigned number, const void *bytes, size_t n)
{
    varint(b, number << 3 | 2);
    varint(b, n);
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static inline void text(buffer *b, unsigned number, const char *s)
{
    field(b, number, s, strlen(s));
}

static inline void number(buffer *b, unsigned field_number, uint64_t x)
{
    varint(b, field_number << 3);
    varint(b, x);
}

static inline void named(buffer *g, unsigned number_in_graph, unsigned name_number, const char *name)
{
    buffer v = {.n = 0};
    text(&v, name_number, name);
    field(g, number_in_graph, v.bytes, v.n);
}

/* "a b" from "x y": inputs and outputs separated by blanks. */
static inline void words(buffer *b, unsigned number_in_node, const char *list)
{
    for (const char *p = list; *p != '\0';) {
        size_t n = strcspn(p, " ");
        field(b, number_in_node, p, n);
        p += n + (p[n] == ' ');
    }
}

static inline void node(buffer *g, const char *op, const char *in, const char *out, const buffer *body)
{
    buffer n = {.n = 0}, a = {.n = 0};
    words(&n, 1, in);
    words(&n, 2, out);
    text(&n, 4, op);
    if (body != NULL) {
        text(&a, 1, "branch");
        field(&a, 6, body->bytes, body->n);
        number(&a, 20, 5);
        field(&n, 5, a.bytes, a.n);
    }
    field(g, 1, n.bytes, n.n);
}

static inline void model(buffer *m, const buffer *g)
{
    m->n = 0;
    number(m, 1, 8);
    field(m, 7, g->bytes, g->n);
}

static inline void expect(const buffer *g, const char *message)
{
    static buffer m;
    onnx_view v;
    nn_error err = {0};
    model(&m, g);
    nn_status s = onnx_view_read(&v, m.bytes, m.n, "f", &err);
    assert_string_equal(err.message, message);
    assert_int_equal(s, message[0] != '\0' ? NN_ERR_IO : NN_OK);
    if (s == NN_OK)
        onnx_view_free(&v);
}

#endif
