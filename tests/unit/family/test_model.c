/* Functions of the public API on objects that hold nothing, and arguments that are out of range: a status, never a crash. */
#include "folder.h"
#include "nngen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static nn_table *table;
static nn_family *family; /* three models with two sets of inputs */
static nn_error err;

static int open_all(void **state)
{
    if (folder_make(state) != 0 || nn_table_open(&table, &(nn_table_config){.ops = "Abs,Add,Conv,Relu"}, &err) != NN_OK)
        return -1;
    return nn_family_open(&family, table, &(nn_family_config){.nodes = 5, .count = 3, .inputs = 2}, &err) == NN_OK ? 0 : -1;
}

static int close_all(void **state)
{
    nn_family_close(family);
    nn_table_close(table);
    return folder_remove(state);
}

/* What every function says of a model that holds nothing. */
static void holds_nothing(nn_model *m)
{
    const void *bytes = &err;
    size_t size = 77;
    assert_null(nn_model_name(m));
    assert_int_equal(nn_model_nodes(m), 0);
    assert_int_equal(nn_model_inputs(m), 0);
    assert_int_equal(nn_model_outputs(m), 0);
    assert_null(nn_model_node_operator(m, 0));
    assert_int_equal(nn_model_onnx(m, &bytes, &size, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no model was built");
    assert_int_equal(nn_model_input(m, 0, 0, &bytes, &size, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no model was built");
    assert_int_equal(nn_model_npz(m, &bytes, &size, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no model was built");
    nn_tolerance t = {.atol = 7};
    assert_int_equal(nn_model_tolerance(m, 0, &t, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no model was built");
    assert_true(t.atol == 7);
    assert_int_equal(nn_model_write(m, folder_path("none"), &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no model was built");
    assert_int_equal(access(folder_path("none"), F_OK), -1);
    assert_ptr_equal(bytes, &err); /* handed out: unchanged */
    assert_int_equal(size, 77);
}

static void no_model(void **state)
{
    (void)state;
    holds_nothing(NULL);
    nn_model_free(NULL);
}

static void a_first_build_that_fails(void **state)
{
    (void)state;
    nn_model *m = NULL;
    assert_int_equal(nn_model_build(&m, family, 3, &err), NN_ERR_USAGE);
    holds_nothing(m);
    nn_model_free(m);
}

/* A build that finds no graph leaves a workspace, which may be used again. */
static void a_build_that_finds_nothing(void **state)
{
    (void)state;
    nn_family *f = NULL;
    nn_table *few = NULL;
    nn_model *m = NULL;
    assert_int_equal(nn_table_open(&few, &(nn_table_config){.ops = "Relu"}, &err), NN_OK);
    assert_int_equal(nn_family_open(&f, few, &(nn_family_config){.nodes = 3, .count = 3, .avoid = "Relu,Relu"}, &err), NN_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nn_model_build(&m, f, 0, &err), NN_ERR_BUILD);
        assert_non_null(m);
        holds_nothing(m);
    }
    nn_model_free(m);
    nn_family_close(f);
    nn_table_close(few);
}

static void a_model_that_could_not_be_replaced(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_family *other = NULL;
    const void *bytes;
    size_t size;
    assert_int_equal(nn_family_open(&other, table, &(nn_family_config){.nodes = 5, .count = 3, .inputs = 2}, &err), NN_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nn_model_build(&m, family, 2, &err), NN_OK);
        assert_string_equal(nn_model_name(m), "test_000002");
        assert_int_equal(nn_model_onnx(m, &bytes, &size, &err), NN_OK);
        assert_int_equal(nn_model_build(&m, i == 0 ? family : i == 1 ? other : NULL, i == 0 ? 3 : 0, &err), NN_ERR_USAGE);
        holds_nothing(m);
    }
    nn_model_free(m);
    nn_family_close(other);
}

static void sets_and_inputs_that_are_not_there(void **state)
{
    (void)state;
    static const struct {
        int64_t inputs;
        const char *format;
        uint64_t sets;
    } rows[] = {{0, NULL, 1}, {2, NULL, 2}, {-1, NULL, 0}, {3, "npz", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nn_family *f = NULL;
        nn_model *m = NULL;
        const void *bytes;
        size_t size;
        const nn_family_config config = {.nodes = 5, .count = 2, .inputs = rows[i].inputs, .input_format = rows[i].format};
        assert_int_equal(nn_family_open(&f, table, &config, &err), NN_OK);
        assert_int_equal(nn_model_build(&m, f, 1, &err), NN_OK);
        for (uint64_t set = 0; set < rows[i].sets; set++)
            assert_int_equal(nn_model_input(m, set, 0, &bytes, &size, &err), NN_OK);
        const uint64_t beyond[] = {rows[i].sets, rows[i].sets + 7, UINT32_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
        for (size_t k = 0; k < sizeof beyond / sizeof beyond[0]; k++) {
            char want[100];
            (void)snprintf(want, sizeof want, "set %llu: the model has %llu input sets, counted from 0",
                           (unsigned long long)beyond[k], (unsigned long long)rows[i].sets);
            assert_int_equal(nn_model_input(m, beyond[k], 0, &bytes, &size, &err), NN_ERR_USAGE);
            assert_string_equal(err.message, want);
        }
        assert_int_equal(nn_model_input(m, 0, nn_model_inputs(m), &bytes, &size, &err), NN_ERR_USAGE);
        assert_int_equal(nn_model_input(m, 0, SIZE_MAX, &bytes, &size, &err), NN_ERR_USAGE);
        assert_int_equal(nn_model_onnx(m, &bytes, &size, &err), NN_OK); /* still there */
        nn_model_free(m);
        nn_family_close(f);
    }
}

static void objects_and_paths_that_are_null(void **state)
{
    (void)state;
    nn_family *f = family;
    nn_model *m = NULL;
    char *text = NULL;
    assert_int_equal(nn_table_operators(NULL), 0);
    assert_null(nn_table_operator(NULL, 0));
    assert_null(nn_table_digest(NULL));
    assert_int_equal(nn_family_count(NULL), 0);
    assert_int_equal(nn_family_open(&f, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no table was given");
    assert_null(f);
    assert_int_equal(nn_model_build(&m, NULL, 0, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no family was given");
    assert_null(m);
    assert_int_equal(nn_corpus_write(NULL, NULL, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no family was given");
    assert_int_equal(nn_weights_read(&text, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no file was given");
    assert_int_equal(nn_weights_learn(&text, folder, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no table was given");
    assert_int_equal(nn_weights_learn(&text, NULL, table, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no directory was given");
    assert_null(text);
    assert_int_equal(nn_corpus_merge(NULL, &(const char *){folder}, 1, NULL, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no output directory was given");
    assert_int_equal(nn_corpus_merge(folder, NULL, 1, NULL, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_int_equal(nn_corpus_merge(folder_path("none"), &(const char *){NULL}, 1, NULL, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no shard was given");
    assert_int_equal(nn_corpus_verify(NULL, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no directory was given");
    assert_int_equal(nn_model_build(&m, family, 0, &err), NN_OK);
    assert_int_equal(nn_model_write(m, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no directory was given");
    nn_model_free(m);
    nn_table_close(NULL);
    nn_family_close(NULL);
}

/* A tolerance for each output of a family with outputs, and none without. */
static void a_tolerance(void **state)
{
    (void)state;
    nn_table *t = NULL;
    nn_family *f = NULL;
    nn_model *m = NULL;
    nn_tolerance one = {.atol = -1};
    const void *bytes;
    size_t size;
    assert_int_equal(nn_table_open(&t, &(nn_table_config){.ops = "Exp,Add,Relu,Softmax", .outputs = 1}, &err), NN_OK);
    assert_int_equal(nn_family_open(&f, t, &(nn_family_config){.nodes = 6, .count = 1, .inputs = 2, .outputs = 1}, &err), NN_OK);
    assert_int_equal(nn_model_build(&m, f, 0, &err), NN_OK);
    for (size_t i = 0; i < nn_model_outputs(m); i++) {
        assert_int_equal(nn_model_tolerance(m, i, &one, &err), NN_OK);
        assert_true(one.atol >= 0 && one.rtol >= 0 && one.atol + one.rtol > 0 && one.atol + one.rtol < 10);
        assert_int_equal(one.unbounded, 0);
        assert_in_range(one.wide, 0, 1);
        assert_int_equal(nn_model_bound(m, 1, i, &bytes, &size, &err), NN_OK);
    }
    assert_int_equal(nn_model_tolerance(m, nn_model_outputs(m), &one, &err), NN_ERR_USAGE);
    assert_non_null(strstr(err.message, "graph outputs, counted from 0"));
    assert_int_equal(nn_model_tolerance(m, 0, NULL, &err), NN_ERR_USAGE);
    nn_model_free(m);
    nn_family_close(f);
    nn_table_close(t);
    m = NULL;
    assert_int_equal(nn_model_build(&m, family, 0, &err), NN_OK);
    assert_int_equal(nn_model_tolerance(m, 0, &one, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "the family was opened without outputs");
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_model),
        cmocka_unit_test(a_first_build_that_fails),
        cmocka_unit_test(a_build_that_finds_nothing),
        cmocka_unit_test(a_model_that_could_not_be_replaced),
        cmocka_unit_test(sets_and_inputs_that_are_not_there),
        cmocka_unit_test(objects_and_paths_that_are_null),
        cmocka_unit_test(a_tolerance),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
