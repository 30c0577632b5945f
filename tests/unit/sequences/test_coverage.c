/* Coverage of a few small models, with and without a suite, in each format. */
#include "onnx/hand_model.h"
#include "sequences/coverage.h"
#include "sequences/letters.h"

static coverage c;

static int set_up(void **state)
{
    (void)state;
    return coverage_open(&c, NULL) == NN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    coverage_close(&c);
    return 0;
}

static void add(const char *text, unsigned class)
{
    onnx_view v = chains(text);
    assert_int_equal(coverage_add(&c, &v, class, NULL), NN_OK);
    onnx_view_free(&v);
}

static void reports(seq_format as, const char *show, const char *expected)
{
    json_line out = {.bytes = NULL};
    nn_error err = {0};
    assert_int_equal(coverage_report(&out, &c, as, show, &err), NN_OK);
    assert_false(out.failed);
    line_text(&out, "", 1); /* a NUL */
    assert_string_equal(out.bytes, expected);
    nn_free(out.bytes);
}

static void models_alone(void **state)
{
    (void)state;
    add("A,B\nA,B", 0); /* a model counts once */
    add("A,B,C", 0);
    reports(SEQ_CSV, "operators", "operator,models\nA,2\nB,2\nC,1\n");
    reports(SEQ_CSV, NULL, "sequence,models\n\"A,B\",2\n\"B,C\",1\n\"A,B,C\",1\n");
    reports(SEQ_CSV, "attributes", "operator,attribute,class,models\n");
    reports(SEQ_TEXT, "operators", "\noperators:\n       2  A\n       2  B\n       1  C\n");
    reports(SEQ_TEXT, NULL,
            "2 models\n"
            "operators                                3\n"
            "classes of attribute values              0\n"
            "sequences of 2 operators                 2  22.2 % of 9 possible\n"
            "sequences of 3 operators                 1  3.7 % of 27 possible\n"
            "sequences of 4 operators                 0  0.0 % of 81 possible\n");
    reports(
        SEQ_JSON, "operators",
        "{\"models\":2,\"suite\":0,\"against\":false,\"levels\":[{\"level\":\"operators\",\"length\":1,\"models\":3,\"suite\":0,"
        "\"both\":0,\"list\":[[\"A\"],[\"B\"],[\"C\"]],\"holders\":[2,2,1]}]}\n");
}

/* Lists have what the suite lacks. */
static void against_a_suite(void **state)
{
    (void)state;
    add("A,B", 0);
    add("A,B,C", 0);
    add("A\nB,C\nC,D", 1);
    reports(SEQ_CSV, "operators", "operator,models\n");
    reports(SEQ_CSV, "sequences", "sequence,models\n\"A,B\",2\n\"A,B,C\",1\n");
    reports(SEQ_TEXT, NULL,
            "2 models, 1 of the suite\n"
            "                                    models       suite        both     lacking\n"
            "operators                                3           4           3           0\n"
            "classes of attribute values              0           0           0           0\n"
            "sequences of 2 operators                 2           2           1           1\n"
            "sequences of 3 operators                 1           0           0           1\n"
            "sequences of 4 operators                 0           0           0           0\n"
            "\nsequences of 2 operators that the suite lacks, with the number of models that have them:\n"
            "       2  A,B\n"
            "\nsequences of 3 operators that the suite lacks, with the number of models that have them:\n"
            "       1  A,B,C\n");
}

static void attributes_by_operator(void **state)
{
    (void)state;
    static buffer g, m, body;
    onnx_view v;
    g.n = body.n = 0;
    node(&body, "In", "", "i", NULL);
    named(&body, 12, 1, "i");
    node(&g, "Choose", "", "c", &body);
    node(&g, "Choose", "", "d", &body); /* a model counts once */
    model(&m, &g);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(onnx_view_read(&v, m.bytes, m.n, "f", NULL), NN_OK);
        assert_int_equal(coverage_add(&c, &v, 0, NULL), NN_OK);
        onnx_view_free(&v);
    }
    reports(SEQ_CSV, "attributes", "operator,attribute,class,models\nChoose,branch,graph,2\n");
    reports(SEQ_TEXT, "attributes", "\nclasses of attribute values:\n       2  Choose branch: graph\n");
}

static void no_models(void **state)
{
    (void)state;
    reports(SEQ_CSV, NULL, "sequence,models\n");
    reports(SEQ_TEXT, "sequences", "");
    reports(SEQ_TEXT, NULL,
            "0 models\n"
            "operators                                0\n"
            "classes of attribute values              0\n"
            "sequences of 2 operators                 0\n"
            "sequences of 3 operators                 0\n"
            "sequences of 4 operators                 0\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(models_alone),
        TEST(against_a_suite),
        TEST(attributes_by_operator),
        TEST(no_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
