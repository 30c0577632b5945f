/* Weights from models made by hand: the exact text, and the reports of skipped models and unknown operators. */
#include "folder.h"
#include "nngen.h"
#include "onnx/hand_model.h"

static nn_table *table;
static char told[1000];

static int set_up(void **state)
{
    const nn_table_config c = {.ops = "Add,Relu", .opset = 16};
    told[0] = '\0';
    return folder_make(state) != 0 || nn_table_open(&table, &c, NULL) != NN_OK;
}

static int tear_down(void **state)
{
    nn_table_close(table);
    return folder_remove(state);
}

static void unknown(void *data, const char *op, uint64_t nodes, const char *why)
{
    (void)data;
    size_t n = strlen(told);
    (void)snprintf(told + n, sizeof told - n, "%s %d %s\n", op, (int)nodes, why);
}

static void skipped(void *data, const char *path, const char *reason)
{
    (void)data;
    size_t n = strlen(told);
    (void)snprintf(told + n, sizeof told - n, "%s: %s\n", path + strlen(folder) + 1, reason);
}

static const nn_like_listener listener = {.unknown = unknown, .skipped = skipped};

static void put_model(const char *name, const buffer *g)
{
    static buffer m;
    model(&m, g);
    folder_put(name, m.bytes, m.n);
}

static void put_models(void)
{
    static buffer g;
    g.n = 0;
    named(&g, 11, 1, "x");
    node(&g, "Relu", "x", "r", NULL);
    node(&g, "Add", "r r", "a", NULL); /* one edge */
    node(&g, "Relu", "a", "b", NULL);
    node(&g, "Mystery", "b", "m", NULL); /* no pair: neither side is known to both */
    named(&g, 12, 1, "m");
    put_model("first.onnx", &g);
    g.n = 0;
    named(&g, 11, 1, "x");
    node(&g, "LayerNormalization", "x", "n", NULL);
    node(&g, "Sigmoid", "n", "s", NULL);
    node(&g, "Sigmoid", "s", "t", NULL);
    node(&g, "Relu", "t", "r", NULL);
    named(&g, 12, 1, "r");
    assert_int_equal(shell("mkdir %s/below", folder), 0);
    put_model("below/second.ONNX", &g);
}

static const char expected[] = "* 0\n"
                               "Add 250.000\nRelu 750.000\n"
                               "Add,* 0\nAdd,Relu 33.333\n"
                               "Relu,* 0\nRelu,Add 100.000\n"
                               "Relu,Add,Relu 1\n";

/* The weights end at the first line ---. */
static void assert_weights(const char *text)
{
    const char *rest = strstr(text, "---\n");
    assert_non_null(rest);
    assert_int_equal(rest - text, sizeof expected - 1);
    assert_memory_equal(text, expected, sizeof expected - 1);
}

static void weights_are_shares(void **state)
{
    (void)state;
    char *text;
    nn_error err;
    put_models();
    folder_write("broken.onnx", "no model");
    folder_write("other.txt", "no model");
    assert_int_equal(nn_weights_like(&text, folder, table, &listener, &err), NN_OK);
    assert_weights(text);
    assert_string_equal(told, "broken.onnx: is not an ONNX model: an unknown wire type in a model\n"
                              "LayerNormalization 1 is not in opset 16\n"
                              "Mystery 1 is not in the table\n"
                              "Sigmoid 2 is left out by --ops or --common\n");
    nn_text_free(text);
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_OK);
    assert_weights(text);
    nn_text_free(text);
}

/* After the weights: a manner, then the motifs that at least two models have. */
static void a_manner_and_motifs_follow(void **state)
{
    (void)state;
    char *text;
    nn_error err;
    put_models();
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_OK);
    const char *manner = strstr(text, "---\n"), *motifs = manner ? strstr(manner + 4, "---\n") : NULL;
    assert_non_null(manner);
    assert_non_null(strstr(manner, "operators:\n"));
    assert_null(motifs); /* these models share no subgraph */
    nn_text_free(text);
    assert_int_equal(shell("cp %s/first.onnx %s/third.onnx", folder, folder), 0);
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_OK);
    manner = strstr(text, "---\n");
    motifs = strstr(manner + 4, "---\n");
    assert_non_null(motifs);
    assert_non_null(strstr(motifs, "motifs:\n  like_01:\n"));
    nn_text_free(text);
}

/* What is learnt is what a family takes. */
static void a_family_takes_them(void **state)
{
    (void)state;
    char *text;
    nn_error err = {0};
    nn_family *f;
    put_models();
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_OK);
    assert_int_equal(nn_family_open(&f, table, &(nn_family_config){.nodes = 5, .count = 1, .weights = text}, &err), NN_OK);
    nn_family_close(f);
    nn_text_free(text);
}

static void nothing_to_learn_from(void **state)
{
    (void)state;
    static buffer g;
    char *text = told;
    nn_error err = {0};
    assert_int_equal(nn_weights_like(&text, NULL, table, NULL, &err), NN_ERR_USAGE);
    assert_null(text);
    assert_string_equal(err.message, "no directory was given");
    assert_int_equal(nn_weights_like(&text, folder, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no table was given");
    assert_int_equal(nn_weights_like(&text, folder_path("none"), table, NULL, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot open: No such file or directory");
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "contains no .onnx file");
    assert_string_equal(err.file, folder);
    folder_write("broken.onnx", "no model");
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_ERR_IO);
    assert_string_equal(err.message, "none of its .onnx files can be read");
    g.n = 0;
    node(&g, "Mystery", "", "m", NULL);
    put_model("strange.onnx", &g);
    assert_int_equal(nn_weights_like(&text, folder, table, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "none of the operators of its models is in the table");
    assert_null(text);
}

static void files_of_weights(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } rows[] = {
        {"Conv 2.5\n", 9, NULL},
        {"  # a comment\n\n\t Conv 2.5", 25, NULL},
        {"", 0, "has no weights; expected lines such as Conv 2.5 or Conv,Relu 4"},
        {" \t\r\n# Conv 2.5\n#", 16, "has no weights; expected lines such as Conv 2.5 or Conv,Relu 4"},
        {"Conv 2.5\n\0", 10, "is not text"},
        {"\0", 1, "is not text"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = told;
        nn_error err = {0};
        folder_put("w", rows[i].bytes, rows[i].n);
        nn_status s = nn_weights_read(&text, folder_path("w"), &err);
        assert_string_equal(err.message, rows[i].message ? rows[i].message : "");
        assert_true((s == NN_OK) == (rows[i].message == NULL));
        if (s == NN_OK)
            assert_string_equal(text, rows[i].bytes);
        else
            assert_null(text);
        nn_text_free(text);
    }
    char *text;
    nn_error err;
    assert_int_equal(nn_weights_read(&text, NULL, &err), NN_ERR_USAGE);
    assert_int_equal(nn_weights_read(&text, folder_path("none"), &err), NN_ERR_IO);
    assert_null(text);
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    put_models();
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n++) {
        char *text = told;
        nn_error err = {0};
        nn_stress_fail_at(n);
        s = nn_weights_like(&text, folder, table, &listener, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        assert_true(s == NN_OK ? strcmp(text, expected) == 0 : text == NULL && err.status == NN_ERR_NOMEM);
        nn_text_free(text);
        told[0] = '\0';
    }
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(weights_are_shares), TEST(a_manner_and_motifs_follow), TEST(a_family_takes_them), TEST(nothing_to_learn_from),
        TEST(files_of_weights),
#ifdef NN_STRESS
        TEST(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
