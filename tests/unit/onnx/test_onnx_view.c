/* The view of ONNX models and of chains from text: every kind of unsound file has its message, nothing else does. */
#include "onnx/onnx_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a small protobuf writer ---- */

typedef struct {
    uint8_t bytes[60000];
    size_t n;
} buffer;

static void varint(buffer *b, uint64_t x)
{
    for (; x >= 0x80; x >>= 7)
        b->bytes[b->n++] = (uint8_t)(x | 0x80);
    b->bytes[b->n++] = (uint8_t)x;
}

static void field(buffer *b, unsigned number, const void *bytes, size_t n)
{
    varint(b, number << 3 | 2);
    varint(b, n);
    memcpy(b->bytes + b->n, bytes, n);
    b->n += n;
}

static void text(buffer *b, unsigned number, const char *s)
{
    field(b, number, s, strlen(s));
}

static void number(buffer *b, unsigned field_number, uint64_t x)
{
    varint(b, field_number << 3);
    varint(b, x);
}

static void named(buffer *g, unsigned number_in_graph, unsigned name_number, const char *name)
{
    buffer v = {.n = 0};
    text(&v, name_number, name);
    field(g, number_in_graph, v.bytes, v.n);
}

/* "a b" from "x y": inputs and outputs separated by blanks. */
static void words(buffer *b, unsigned number_in_node, const char *list)
{
    for (const char *p = list; *p != '\0';) {
        size_t n = strcspn(p, " ");
        field(b, number_in_node, p, n);
        p += n + (p[n] == ' ');
    }
}

static void node(buffer *g, const char *op, const char *in, const char *out, const buffer *body)
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

static void model(buffer *m, const buffer *g)
{
    m->n = 0;
    number(m, 1, 8);
    field(m, 7, g->bytes, g->n);
}

static void expect(const buffer *g, const char *message)
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

/* ---- tests ---- */

static void test_edges(void **state)
{
    (void)state;
    static buffer g, m;
    onnx_view v;
    g.n = 0;
    named(&g, 11, 1, "x");
    named(&g, 11, 1, "w"); /* an input with an initializer is a constant */
    named(&g, 5, 8, "w");
    node(&g, "A", "x w", "a b", NULL);
    node(&g, "B", "a b x", "c", NULL); /* two tensors of one node are one edge */
    node(&g, "C", "c  a", "d", NULL);
    named(&g, 12, 1, "d");
    named(&g, 12, 1, "c");
    model(&m, &g);
    assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
    assert_int_equal(v.n_nodes, 3);
    assert_int_equal(v.n_inputs, 1);
    assert_int_equal(v.n_outputs, 2);
    assert_int_equal(v.n_readers, 3);
    static const unsigned reads[] = {1, 1, 0}, makes[] = {0, 1, 1}, readers[] = {2, 1, 0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(v.nodes[i].graph_inputs, reads[i]);
        assert_int_equal(v.nodes[i].graph_outputs, makes[i]);
        assert_int_equal(v.nodes[i].n_readers, readers[i]);
    }
    assert_int_equal(v.readers[v.nodes[0].first_reader], 1);
    assert_int_equal(v.readers[v.nodes[0].first_reader + 1], 2);
    assert_string_equal(v.nodes[1].op, "B");
    /* Every beginning of it is refused or is a model of fewer nodes. */
    for (size_t n = 0; n < m.n; n++) {
        onnx_view part;
        nn_error err = {0};
        uint8_t *copy = malloc(n > 0 ? n : 1);
        memcpy(copy, m.bytes, n);
        assert_int_equal(onnx_view_read(&part, copy, n, "f", &err), NN_ERR_IO);
        assert_true(err.message[0] != '\0');
        free(copy);
    }
    onnx_view_free(&v);
}

static void test_bodies(void **state)
{
    (void)state;
    static buffer g, m, body;
    onnx_view v;
    g.n = body.n = 0;
    node(&body, "In", "a", "i", NULL); /* taken from outside */
    node(&body, "Out", "i x", "o", NULL);
    named(&body, 12, 1, "o");
    named(&g, 11, 1, "x");
    node(&g, "A", "x", "a", NULL);
    node(&g, "Choose", "", "c", &body);
    node(&g, "B", "c", "d", NULL);
    named(&g, 12, 1, "d");
    model(&m, &g);
    assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
    static const char *const ops[] = {"A", "Choose", "In", "Out", "B"};
    static const unsigned bodies[] = {0, 0, 1, 1, 0}, inputs[] = {1, 1, 0, 0, 0}, reader[] = {1, 4, 3, 0, 0};
    assert_int_equal(v.n_nodes, 5);
    assert_int_equal(v.n_bodies, 1);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(v.nodes[i].op, ops[i]);
        assert_int_equal(v.nodes[i].body, bodies[i]);
        assert_int_equal(v.nodes[i].graph_inputs, inputs[i]);
        assert_int_equal(v.nodes[i].n_readers, reader[i] != 0);
        if (reader[i] != 0)
            assert_int_equal(v.readers[v.nodes[i].first_reader], reader[i]);
    }
    assert_int_equal(v.nodes[1].n_attributes, 1);
    assert_string_equal(v.attributes[v.nodes[1].first_attribute].name, "branch");
    assert_string_equal(v.attributes[v.nodes[1].first_attribute].value_class, "graph");
    onnx_view_free(&v);
}

static void assert_ops(const buffer *g, const char *ops)
{
    static buffer m;
    char text[200] = "";
    onnx_view v;
    nn_error err = {0};
    model(&m, g);
    (void)onnx_view_read(&v, m.bytes, m.n, "f", &err);
    assert_string_equal(err.message, "");
    for (size_t i = 0; i < v.n_nodes; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", v.nodes[i].op);
        for (uint32_t k = 0; k < v.nodes[i].n_readers; k++)
            assert_true(v.readers[v.nodes[i].first_reader + k] > i);
    }
    assert_string_equal(text, ops);
    onnx_view_free(&v);
}

/* Nodes are put in order where the file does not have them in order, and else left as they are. */
static void test_order(void **state)
{
    (void)state;
    static buffer g, body, inner;
    g.n = 0;
    named(&g, 11, 1, "x");
    node(&g, "A", "x", "a", NULL);
    node(&g, "D", "c b", "d", NULL);
    node(&g, "C", "b", "c", NULL);
    node(&g, "B", "a", "b", NULL);
    node(&g, "E", "x", "e", NULL);
    named(&g, 12, 1, "d");
    assert_ops(&g, "A B C D E");
    g.n = body.n = inner.n = 0;
    node(&inner, "In", "d", "i", NULL); /* two graphs further out, made after the node that has the body */
    named(&inner, 12, 1, "i");
    node(&body, "Second", "o", "p", NULL);
    node(&body, "First", "", "o", &inner);
    named(&body, 12, 1, "p");
    named(&g, 11, 1, "x");
    node(&g, "Choose", "", "c", &body);
    node(&g, "D", "x", "d", NULL);
    assert_ops(&g, "D Choose First In Second");
    g.n = body.n = 0;
    named(&body, 12, 1, "d"); /* handed on as it is */
    named(&g, 11, 1, "x");
    node(&g, "Choose", "", "c", &body);
    node(&g, "D", "x", "d", NULL);
    assert_ops(&g, "D Choose");
    g.n = body.n = 0;
    node(&body, "In", "d", "d2", NULL); /* its own d, not the one around it, which would be a cycle */
    node(&body, "Own", "", "d", NULL);
    node(&g, "Choose", "", "c", &body);
    node(&g, "D", "c", "d", NULL);
    assert_ops(&g, "Choose Own In D");
    g.n = 0;
    char out[16] = "t0", in[16]; /* reversed, and deeper than any stack of calls */
    for (int i = 0; i < 500; i++) {
        (void)snprintf(in, sizeof in, "t%d", i + 1);
        node(&g, "N", in, out, NULL);
        memcpy(out, in, sizeof out);
    }
    named(&g, 11, 1, in);
    expect(&g, "");
}

static void test_cycles(void **state)
{
    (void)state;
    static buffer g, body;
    g.n = 0;
    node(&g, "A", "b", "a", NULL);
    node(&g, "B", "a", "b", NULL);
    expect(&g, "has a cycle of 2 nodes: B, which makes b; A, which makes a");
    g.n = 0;
    node(&g, "Before", "", "z", NULL);
    node(&g, "A", "a z", "a", NULL);
    expect(&g, "has a cycle of 1 node: A, which makes a");
    g.n = body.n = 0;
    node(&body, "In", "d", "i", NULL);
    node(&g, "Choose", "", "c", &body);
    node(&g, "D", "c", "d", NULL);
    expect(&g, "has a cycle of 2 nodes: D, which makes d; Choose, which makes c");
    g.n = 0;
    for (int i = 0; i < 7; i++) {
        char in[16], out[16];
        (void)snprintf(out, sizeof out, "t%d", i);
        (void)snprintf(in, sizeof in, "t%d", (i + 1) % 7);
        node(&g, "N", in, out, NULL);
    }
    expect(&g, "has a cycle of 7 nodes: N, which makes t6; N, which makes t5; N, which makes t4; N, which makes t3; ...");
}

static void test_unsound(void **state)
{
    (void)state;
    static buffer g;
    g.n = 0;
    node(&g, "A", "nothing", "a", NULL);
    expect(&g, "uses a tensor that nothing makes: nothing");
    g.n = 0;
    node(&g, "A", "", "a", NULL);
    node(&g, "B", "", "a", NULL);
    expect(&g, "defines a tensor twice: a");
    g.n = 0;
    named(&g, 11, 1, "a");
    named(&g, 11, 1, "a");
    expect(&g, "defines a tensor twice: a");
    g.n = 0;
    node(&g, "A", "", "a a", NULL);
    expect(&g, "defines a tensor twice: a");
    g.n = 0;
    named(&g, 12, 1, "o\n");
    expect(&g, "has a graph output that nothing makes: o?");
    g.n = 0;
    node(&g, "", "", "a", NULL);
    expect(&g, "has a node without a proper operator: ");
    g.n = 0;
    node(&g, "A,B", "", "a", NULL);
    expect(&g, "has a node without a proper operator: A,B");
    g.n = 0;
    node(&g, "A\\", "", "a", NULL);
    expect(&g, "has a node without a proper operator: A\\");
    g.n = 0;
    named(&g, 12, 1, "x");
    named(&g, 5, 8, "x");
    expect(&g, "");
}

static void test_wire(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {"", 0, "is no ONNX model: it has no graph"},
        {"\x08\x08", 2, "is no ONNX model: it has no graph"},
        {"\x08", 1, "is no ONNX model: a number that is cut off in a model"},
        {"\x3a\x05\x0a", 3, "is no ONNX model: a field that is cut off in a model"},
        {"\x3a\x02\x0a\x05", 4, "is no ONNX model: a field that is cut off in a graph"},
        {"hello, world", 12, "is no ONNX model: an unknown kind of field in a model"},
        {"\x0b\x0c", 2, "is no ONNX model: an unknown kind of field in a model"},
        {"\x3a\x00\x3a\x00", 4, "holds field 7 of a model twice"},
        {"\x02\x00", 2, "is no ONNX model: a broken field in a model"},
        {"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "is no ONNX model: a field that is cut off in a model"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        onnx_view v;
        nn_error err = {0};
        uint8_t *copy = malloc(cases[i].n + 1);
        memcpy(copy, cases[i].bytes, cases[i].n);
        assert_int_equal(onnx_view_read(&v, copy, cases[i].n, "f", &err), NN_ERR_IO);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.file, "f");
        free(copy);
    }
}

static void test_deep(void **state)
{
    (void)state;
    static buffer inner, g;
    inner.n = 0;
    for (int depth = 1; depth <= 40; depth++) {
        g.n = 0;
        node(&g, "If", "", "", depth > 1 ? &inner : NULL);
        expect(&g, depth <= 32 ? "" : "has graphs inside each other more than 32 deep");
        inner = g;
    }
}

static void test_memory(void **state)
{
    (void)state;
    size_t n = (size_t)3 << 20;
    uint8_t *bytes = malloc(n + 8);
    bytes[0] = 0x3a; /* a graph of 1.5 million empty nodes, 72 bytes in memory for each byte here */
    bytes[1] = (uint8_t)(n | 0x80), bytes[2] = (uint8_t)(n >> 7 | 0x80), bytes[3] = (uint8_t)(n >> 14 | 0x80),
    bytes[4] = (uint8_t)(n >> 21);
    for (size_t i = 0; i < n; i += 2)
        bytes[5 + i] = 0x0a, bytes[6 + i] = 0;
    onnx_view v;
    nn_error err = {0};
    assert_int_equal(onnx_view_read(&v, bytes, n + 5, "f", &err), NN_ERR_IO);
    assert_string_equal(err.message, "takes more memory than a sound model of its size");
    free(bytes);
}

static void test_external(void **state)
{
    (void)state;
    static buffer g, m, t;
    onnx_view v;
    g.n = t.n = 0;
    text(&t, 8, "w");
    number(&t, 14, 1);
    field(&g, 5, t.bytes, t.n);
    model(&m, &g);
    assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
    assert_int_equal(v.n_external, 1);
    onnx_view_free(&v);
}

static void test_chains(void **state)
{
    (void)state;
    onnx_view v;
    nn_error err = {0};
    const char *good = "# two\nA, B ,A\n\n  C\r\n";
    assert_int_equal(onnx_view_chains(&v, good, strlen(good), "f", &err), NN_OK);
    assert_int_equal(v.n_nodes, 4);
    assert_int_equal(v.n_readers, 2);
    assert_int_equal(v.n_inputs, 2);
    assert_int_equal(v.nodes[0].graph_inputs, 1);
    assert_int_equal(v.nodes[1].graph_inputs + v.nodes[1].graph_outputs, 0);
    assert_int_equal(v.nodes[2].graph_outputs, 1);
    assert_int_equal(v.nodes[3].graph_inputs + v.nodes[3].graph_outputs, 2);
    assert_string_equal(v.nodes[3].op, "C");
    onnx_view_free(&v);
    for (const char *const *bad = (const char *const[]){"A\nB,,C", "A\n,", "A\nB C", "A\n\"B\"", NULL}; *bad != NULL; bad++) {
        assert_int_equal(onnx_view_chains(&v, *bad, strlen(*bad), "f", &err), NN_ERR_IO);
        assert_int_equal(err.line, 2);
        assert_string_equal(err.message, "expected operators separated by commas");
    }
}

#ifdef NN_STRESS
static void test_no_memory(void **state)
{
    (void)state;
    static buffer g, m, body;
    g.n = body.n = 0;
    node(&body, "In", "a", "i", NULL);
    named(&body, 12, 1, "i");
    named(&g, 11, 1, "x");
    named(&g, 5, 8, "w");
    node(&g, "Choose", "b", "c", &body); /* out of order */
    node(&g, "A", "x w", "a b", NULL);
    named(&g, 12, 1, "c");
    model(&m, &g);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n++) {
        onnx_view v;
        nn_error err = {0};
        nn_stress_fail_at(n);
        s = onnx_view_read(&v, m.bytes, m.n, "f", &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        if (s == NN_OK) {
            assert_true(n > 20);
            onnx_view_free(&v);
        }
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edges),     cmocka_unit_test(test_bodies),  cmocka_unit_test(test_order),
        cmocka_unit_test(test_cycles),    cmocka_unit_test(test_unsound), cmocka_unit_test(test_wire),
        cmocka_unit_test(test_deep),      cmocka_unit_test(test_memory),  cmocka_unit_test(test_external),
        cmocka_unit_test(test_chains),
#ifdef NN_STRESS
        cmocka_unit_test(test_no_memory),
#endif

    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
