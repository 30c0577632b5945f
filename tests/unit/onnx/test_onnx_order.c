/* Nodes are put in order where the file does not have them in order; cycles are named. */
#include "onnx/hand_model.h"

#include <stdio.h>

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
    expect(&g, "has a cycle of 2 nodes: B, which produces b; A, which produces a");
    g.n = 0;
    node(&g, "Before", "", "z", NULL);
    node(&g, "A", "a z", "a", NULL);
    expect(&g, "has a cycle of 1 node: A, which produces a");
    g.n = body.n = 0;
    node(&body, "In", "d", "i", NULL);
    node(&g, "Choose", "", "c", &body);
    node(&g, "D", "c", "d", NULL);
    expect(&g, "has a cycle of 2 nodes: D, which produces d; Choose, which produces c");
    g.n = 0;
    for (int i = 0; i < 7; i++) {
        char in[16], out[16];
        (void)snprintf(out, sizeof out, "t%d", i);
        (void)snprintf(in, sizeof in, "t%d", (i + 1) % 7);
        node(&g, "N", in, out, NULL);
    }
    expect(&g,
           "has a cycle of 7 nodes: N, which produces t6; N, which produces t5; N, which produces t4; N, which produces t3; ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
