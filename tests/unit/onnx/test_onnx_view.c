/* The view of ONNX models and of chains from text: every kind of unsound file has its message, nothing else does. */
#include "onnx/hand_model.h"

#include <stdio.h>

#include <stdlib.h>

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
    static const unsigned bodies[] = {0, 0, 1, 1, 0}, inputs[] = {1, 1, 1, 1, 0}, reader[] = {1, 4, 3, 0, 0};
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

/* "twice(p) -> q" with nodes One and Two, and with node `inner`. */
static void function(buffer *m, const char *name, const char *first, const char *inner)
{
    static buffer f, n;
    f.n = n.n = 0;
    text(&f, 1, name);
    text(&f, 4, "p");
    text(&f, 5, "q");
    for (int k = 0; k < 2; k++) {
        n.n = 0;
        words(&n, 1, k == 0 ? "p" : "m");
        words(&n, 2, k == 0 ? "m" : "q");
        text(&n, 4, k == 0 ? first : inner);
        text(&n, 7, k == 0 ? "" : "own");
        if (k == 0) { /* an attribute of the call */
            buffer a = {.n = 0};
            text(&a, 1, "axis");
            number(&a, 20, 2);
            text(&a, 21, "branch");
            field(&n, 5, a.bytes, a.n);
        }
        field(&f, 7, n.bytes, n.n);
    }
    text(&f, 10, "own");
    field(m, 25, f.bytes, f.n);
}

static void call(buffer *g, const char *name, const char *in, const char *out, int axis)
{
    buffer n = {.n = 0}, a = {.n = 0};
    words(&n, 1, in);
    words(&n, 2, out);
    text(&n, 4, name);
    text(&n, 7, "own");
    text(&a, 1, "branch");
    number(&a, 3, (uint64_t)axis);
    number(&a, 20, 2);
    if (axis >= 0)
        field(&n, 5, a.bytes, a.n);
    field(g, 1, n.bytes, n.n);
}

/* The nodes of functions stand where they are called, with the attributes of the call. */
static void test_functions(void **state)
{
    (void)state;
    static buffer g, m;
    onnx_view v;
    g.n = 0;
    named(&g, 11, 1, "x");
    call(&g, "outer", "x", "a", 7);
    call(&g, "outer", "a", "b", -1);
    named(&g, 12, 1, "b");
    model(&m, &g);
    function(&m, "outer", "One", "inner");
    function(&m, "inner", "Two", "Foreign");
    assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
    static const char *const ops[] = {"own.outer", "One", "own.inner", "Two", "own.Foreign"};
    static const unsigned bodies[] = {0, 1, 1, 2, 2};
    assert_int_equal(v.n_nodes, 10);
    assert_int_equal(v.n_functions, 2);
    assert_int_equal(v.n_bodies, 0);
    for (size_t i = 0; i < 10; i++) {
        assert_string_equal(v.nodes[i].op, ops[i % 5]);
        assert_int_equal(v.nodes[i].body, bodies[i % 5] + (i >= 5 && i != 5 ? 2 : 0));
        assert_int_equal(v.nodes[i].holds, i % 5 == 0 || i % 5 == 2);
    }
    assert_int_equal(v.nodes[1].n_readers, 1);
    assert_int_equal(v.readers[v.nodes[1].first_reader], 2);
    assert_int_equal(v.nodes[1].n_attributes, 1);
    assert_string_equal(v.attributes[v.nodes[1].first_attribute].name, "axis");
    assert_string_equal(v.attributes[v.nodes[1].first_attribute].value_class, "above 1");
    assert_int_equal(v.nodes[6].n_attributes, 0); /* the second call leaves it out */
    onnx_view_free(&v);
}

/* A function that calls itself is not entered again; many calls of calls are not entered without an end. */
static void test_endless_functions(void **state)
{
    (void)state;
    static buffer g, m;
    onnx_view v;
    char name[20], other[20];
    g.n = 0;
    named(&g, 11, 1, "x");
    call(&g, "outer", "x", "a", -1);
    named(&g, 12, 1, "a");
    model(&m, &g);
    function(&m, "outer", "One", "outer");
    assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
    assert_int_equal(v.n_nodes, 3);
    assert_false(v.nodes[2].holds);
    onnx_view_free(&v);
    g.n = 0;
    named(&g, 11, 1, "x");
    call(&g, "f60", "x", "a", -1);
    named(&g, 12, 1, "a");
    model(&m, &g);
    for (int k = 0; k < 61; k++) {
        (void)snprintf(name, sizeof name, "f%d", k);
        (void)snprintf(other, sizeof other, "f%d", k - 1);
        function(&m, name, "One", k > 0 ? other : "Last");
    }
    assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
    assert_int_equal(v.n_nodes, 1 + 2 * 32);
    onnx_view_free(&v);
}

static void test_unsound(void **state)
{
    (void)state;
    static buffer g, other;
    g.n = 0;
    node(&g, "A", "nothing", "a", NULL);
    expect(&g, "uses a tensor that nothing produces: nothing");
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
    expect(&g, "has a graph output that nothing produces: o?");
    g.n = 0;
    node(&g, "", "", "a", NULL);
    expect(&g, "has a node without a valid operator: ");
    g.n = 0;
    node(&g, "A,B", "", "a", NULL);
    expect(&g, "has a node without a valid operator: A,B");
    g.n = 0;
    node(&g, "A\\", "", "a", NULL);
    expect(&g, "has a node without a valid operator: A\\");
    g.n = 0;
    other.n = 0;
    text(&other, 4, "A");
    text(&other, 7, "d e");
    field(&g, 1, other.bytes, other.n);
    expect(&g, "has a node of an invalid domain: d e");
    g.n = 0;
    named(&g, 12, 1, "x");
    named(&g, 5, 8, "x");
    expect(&g, "");
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
    for (const char *const *bad = (const char *const[]){"A\nB^\n", "A\nB^,C", "A\nB^D,C", "A\n^B,C", NULL}; *bad != NULL; bad++) {
        char text[16];
        size_t n = strlen(*bad);
        memcpy(text, *bad, n);
        *(char *)memchr(text, '^', n) = '\0';
        assert_int_equal(onnx_view_chains(&v, text, n, "f", &err), NN_ERR_IO);
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
        cmocka_unit_test(test_edges),     cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_functions), cmocka_unit_test(test_endless_functions),
        cmocka_unit_test(test_unsound),   cmocka_unit_test(test_external),
        cmocka_unit_test(test_chains),
#ifdef NN_STRESS
        cmocka_unit_test(test_no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
