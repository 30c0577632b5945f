/* Models as text and drawings: marks, motifs, bodies, and texts of unknown origin. */
#include "show/show_model.h"
#include "onnx/hand_model.h"
#include "show/show_page.h"
#include "show/show_svg.h"
#include "show/show_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const row_motifs_of *no_motifs;

/* Reads a model from a file that is removed at once. */
static nn_status read_model(show_model *m, const buffer *b, const row_motifs_of *known, nn_error *err)
{
    char path[] = "/tmp/show-model-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b->bytes, b->n), b->n);
    close(fd);
    nn_status s = show_model_read(m, AT_FDCWD, path, "m.onnx", known, err);
    assert_int_equal(unlink(path), 0);
    return s;
}

static void small_model(buffer *m)
{
    buffer g = {.n = 0}, body = {.n = 0};
    node(&body, "Neg", "h", "b", NULL);
    named(&body, 12, 1, "b");
    node(&g, "Relu", "x", "h", NULL);
    node(&g, "If", "c", "y", &body);
    node(&g, "Add", "h y", "z", NULL);
    named(&g, 11, 1, "x");
    named(&g, 11, 1, "c");
    named(&g, 12, 1, "z");
    model(m, &g);
}

static void assert_has(json_line *out, const char *part)
{
    line_text(out, "", 1);
    assert_false(out->failed);
    if (strstr(out->bytes, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, out->bytes);
    out->size--;
}

static void nodes_are_marked_by_number_and_tensor(void **state)
{
    (void)state;
    static buffer b;
    show_model m;
    nn_error err;
    small_model(&b);
    assert_int_equal(read_model(&m, &b, no_motifs, &err), NN_OK);
    assert_int_equal(show_model_mark(&m, "0,z", &err), NN_OK);
    assert_true(m.marked[0] && m.marked[3] && !m.marked[1]);
    assert_int_equal(m.n_marked, 2);
    static const char *const wrong[] = {"", "0,", "4", "x", "no", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(show_model_mark(&m, wrong[i], &err), NN_ERR_USAGE);
    json_line out = {.bytes = NULL};
    show_text(&out, &m, "m");
    assert_has(&out, "m: 4 nodes, 2 inputs, 1 output");
    assert_has(&out, "\n!    0  h = Relu(x)\n");
    assert_has(&out, "\n    body 1:\n       2  b = Neg(h)\n");
    assert_has(&out, "\n!    3  z = Add(h, y)\n");
    out.size = 0;
    show_dot(&out, &m, "m");
    assert_has(&out, "n0 [label=\"Relu\", color=red");
    assert_has(&out, "n0 -> n3 [");
    out.size = 0;
    assert_int_equal(show_svg(&out, &m, "m", true, &err), NN_OK);
    assert_has(&out, "<g class=\"n f\">");
    assert_has(&out, "<path class=\"b\""); /* from If to Neg, which reads h of the graph around it */
    nn_free(out.bytes);
    show_model_free(&m);
}

static void motifs_are_of_this_model(void **state)
{
    (void)state;
    static buffer b;
    show_model m;
    nn_error err;
    static const uint32_t inside[] = {0, 3}, outside[] = {0, 4};
    row_motif motif = {"two <nodes>", "exact", inside, 2};
    const row_motifs_of known = {"m", &motif, 1};
    small_model(&b);
    assert_int_equal(read_model(&m, &b, &known, &err), NN_OK);
    json_line out = {.bytes = NULL};
    show_text(&out, &m, "m");
    assert_has(&out, "z = Add(h, y)  # two <nodes>\n");
    assert_has(&out, "motifs:\n  two <nodes> (exact): nodes 0 3\n");
    out.size = 0;
    assert_int_equal(show_svg(&out, &m, "m", false, &err), NN_OK);
    assert_has(&out, "<g class=\"n m0\">");
    assert_has(&out, "two &lt;nodes&gt; (exact)</text>");
    nn_free(out.bytes);
    show_model_free(&m);
    motif.nodes = outside;
    assert_int_equal(read_model(&m, &b, &known, &err), NN_OK);
    assert_int_equal(m.n_motifs, 0);
    show_model_free(&m);
}

static void names_are_made_printable(void **state)
{
    (void)state;
    static buffer b;
    show_model m;
    nn_error err;
    buffer g = {.n = 0};
    node(&g, "Relu", "\x1b[2J\xff\xc3\xa9\"<&", "h", NULL);
    named(&g, 11, 1, "\x1b[2J\xff\xc3\xa9\"<&");
    named(&g, 12, 1, "h");
    model(&b, &g);
    assert_int_equal(read_model(&m, &b, no_motifs, &err), NN_OK);
    json_line out = {.bytes = NULL};
    show_text(&out, &m, "m");
    assert_has(&out, "h = Relu(?[2J?\xc3\xa9\"<&)");
    out.size = 0;
    assert_int_equal(show_svg(&out, &m, "m", true, &err), NN_OK);
    assert_has(&out, ">?[2J?\xc3\xa9&quot;&lt;&amp;</text>");
    out.size = 0;
    show_dot(&out, &m, "m");
    assert_has(&out, "label=\"?[2J?\xc3\xa9\\\"<&\"");
    nn_free(out.bytes);
    show_model_free(&m);
}

static void large_models_are_not_drawn(void **state)
{
    (void)state;
    static buffer b, g;
    show_model m;
    nn_error err;
    char in[16], out_name[16];
    g.n = 0;
    named(&g, 11, 1, "t0");
    for (int i = 0; i < SHOW_SVG_NODES; i++) {
        (void)snprintf(in, sizeof in, "t%d", i);
        (void)snprintf(out_name, sizeof out_name, "t%d", i + 1);
        node(&g, "Abs", in, out_name, NULL);
    }
    model(&b, &g);
    assert_int_equal(read_model(&m, &b, no_motifs, &err), NN_OK);
    json_line out = {.bytes = NULL};
    assert_int_equal(show_svg(&out, &m, "m", true, &err), NN_ERR_USAGE);
    assert_int_equal(out.size, 0);
    assert_non_null(strstr(err.message, "it has 2001 nodes, inputs and outputs; expected at most 2000"));
    show_text(&out, &m, "m");
    assert_has(&out, "1999  t2000 = Abs(t1999)\n");
    nn_free(out.bytes);
    show_model_free(&m);
}

#ifdef NN_STRESS
static nn_status show_all(const buffer *b, const row_motifs_of *known, json_line *out, nn_error *err)
{
    show_model m;
    nn_status s = show_model_bytes(&m, b->bytes, b->n, "m", known, err);
    if (s != NN_OK)
        return s;
    s = show_model_mark(&m, "0", err);
    show_text(out, &m, "m");
    show_dot(out, &m, "m");
    if (s == NN_OK)
        s = show_svg(out, &m, "m", true, err);
    if (s == NN_OK)
        s = show_page_add(out, &m, "m", "m.onnx", err);
    show_model_free(&m);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}

static void no_memory(void **state)
{
    (void)state;
    static buffer b;
    static const uint32_t nodes[] = {0, 3};
    const row_motif motif = {"two", "exact", nodes, 2};
    const row_motifs_of known = {"m", &motif, 1};
    nn_status s = NN_ERR_NOMEM;
    small_model(&b);
    for (long n = 1; s != NN_OK; n++) {
        json_line out = {.bytes = NULL};
        nn_error err = {0};
        nn_stress_fail_at(n);
        s = show_all(&b, &known, &out, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        assert_true(s == NN_ERR_NOMEM || n > 20);
        nn_free(out.bytes);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_marked_by_number_and_tensor),
        cmocka_unit_test(motifs_are_of_this_model),
        cmocka_unit_test(names_are_made_printable),
        cmocka_unit_test(large_models_are_not_drawn),
#ifdef NN_STRESS
        cmocka_unit_test(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
