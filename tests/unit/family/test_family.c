/* Tables and families of the public API: the same bytes in any order, and every misuse with its message. */
#include "small_family.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void build_any_order_same_bytes(void **state)
{
    (void)state;
    nn_model *reused = NULL, *fresh = NULL;
    nn_error err;
    const uint64_t order[] = {5, 0, 3, 3};
    for (size_t i = 0; i < COUNT(order); i++) {
        const void *a, *b;
        size_t na, nb;
        assert_int_equal(nn_model_build(&reused, family, order[i], &err), NN_OK);
        assert_int_equal(nn_model_build(&fresh, family, order[i], &err), NN_OK);
        assert_int_equal(nn_model_nodes(reused), 12);
        assert_int_equal(nn_model_onnx(reused, &a, &na, &err), NN_OK);
        assert_int_equal(nn_model_onnx(fresh, &b, &nb, &err), NN_OK);
        assert_int_equal(na, nb);
        assert_memory_equal(a, b, na);
        assert_int_equal(nn_model_input(reused, 1, 0, &a, &na, &err), NN_OK);
        assert_int_equal(nn_model_input(fresh, 1, 0, &b, &nb, &err), NN_OK);
        assert_memory_equal(a, b, na);
        nn_model_free(fresh);
        fresh = NULL;
    }
    nn_model_free(reused);
}

static void misuse_is_reported(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    nn_family *other = NULL;
    const void *bytes;
    size_t n;
    assert_int_equal(nn_model_build(&m, family, 6, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "model 6: expected an index from 0 to 5");
    assert_null(m);
    assert_int_equal(nn_model_build(&m, family, 1, &err), NN_OK);
    assert_string_equal(nn_model_name(m), "test_000001");
    assert_non_null(nn_model_node_operator(m, 11));
    assert_null(nn_model_node_operator(m, 12));
    assert_int_equal(nn_model_input(m, 0, 1000, &bytes, &n, &err), NN_ERR_USAGE);
    assert_int_equal(nn_model_write(m, "..", &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "'..' is not the name of a new directory");
    assert_int_equal(nn_model_write(m, "/nowhere/at/all", &err), NN_ERR_IO);
    assert_string_equal(err.file, "/nowhere/at");
    assert_int_equal(nn_family_open(&other, table, &(nn_family_config){.nodes = 5}, &err), NN_OK);
    assert_int_equal(nn_model_build(&m, other, 0, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "model 0: the model to overwrite belongs to another family");
    nn_model_free(m);
    nn_family_close(other);

    const struct {
        nn_family_config c;
        const char *message;
    } families[] = {{{.nodes = 100001}, "nodes 100001: expected an integer from 1 to 100000"},
                    {{.count = UINT64_MAX}, "count -1: expected an integer from 1 to 10000000"},
                    {{.inputs = -2}, "inputs -2: expected an integer from 0 to 100000"},
                    {{.max_elements = 16777217}, "max-elements 16777217: expected an integer from 1 to 16777216"}};
    for (size_t i = 0; i < COUNT(families); i++) {
        assert_int_equal(nn_family_open(&other, table, &families[i].c, &err), NN_ERR_USAGE);
        assert_null(other);
        assert_string_equal(err.message, families[i].message);
    }
    const struct {
        nn_table_config c;
        const char *message;
    } tables[] = {
        {{.opset = 6}, "opset 6: expected an integer from 7 to 28"},
        {{.profile = "tvm"}, "profile tvm: expected onnx, openvino, ort, tract; with --specs DIR also one of DIR/profiles"},
        {{.profile = "../x", .specs = "specs"}, "profile ../x: expected a name, not a path"},
        {{.ops = "Nothing"}, "unknown operator Nothing"}};
    for (size_t i = 0; i < COUNT(tables); i++) {
        nn_table *t;
        assert_int_equal(nn_table_open(&t, &tables[i].c, &err), NN_ERR_USAGE);
        assert_null(t);
        assert_string_equal(err.message, tables[i].message);
    }
    nn_table *t;
    assert_int_equal(nn_table_open(&t, &(nn_table_config){.specs = "/nowhere"}, &err), NN_ERR_IO);
    char text[256];
    size_t length = nn_error_text(&err, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(text, "/nowhere: ", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAMILY(build_any_order_same_bytes),
        WITH_FAMILY(misuse_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
