/* The view of ONNX models and of chains from text: every kind of unsound file has its message, nothing else does. */
#include "onnx/hand_model.h"

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
        cmocka_unit_test(test_edges),     cmocka_unit_test(test_bodies), cmocka_unit_test(test_unsound),
        cmocka_unit_test(test_external),  cmocka_unit_test(test_chains),
#ifdef NN_STRESS
        cmocka_unit_test(test_no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
