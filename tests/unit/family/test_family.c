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
        {{.profile = "ncnn"},
         "profile ncnn: expected onnx, iree, openvino, ort, tensorflow, tf2onnx, torch-dynamo, torch-script, torch, tract, tvm; with --specs DIR also one of DIR/profiles"},
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

/* A caller that stops at its call number `until`; 0: never. */
typedef struct {
    int calls, until;
    const char *what;
    uint64_t done, all;
    bool falls; /* `done` went back */
} watcher;

static int on_step(void *data, const char *what, uint64_t done, uint64_t all)
{
    watcher *w = data;
    w->falls |= w->calls > 0 && done < w->done;
    w->what = what;
    w->done = done;
    w->all = all;
    return ++w->calls == w->until;
}

static void opening_is_watched_and_stopped(void **state)
{
    (void)state;
    nn_table *t;
    nn_family *f;
    nn_error err;
    assert_int_equal(nn_table_open(&t, &(nn_table_config){.ops = "Add,Relu,Conv,MaxPool"}, &err), NN_OK);
    watcher w = {0};
    nn_family_config c = {.nodes = 8, .count = 4, .cover = "pairs", .step = on_step, .step_data = &w};
    assert_int_equal(nn_family_open(&f, t, &c, &err), NN_OK);
    assert_int_equal(w.calls, 4);
    assert_string_equal(w.what, "pairs of operators");
    assert_int_equal(w.all, 16);
    assert_false(w.falls);
    nn_family_close(f);
    w = (watcher){.until = 2};
    assert_int_equal(nn_family_open(&f, t, &c, &err), NN_ERR_CANCELLED);
    assert_null(f);
    assert_string_equal(err.message, "stopped on request");
    assert_int_equal(w.calls, 2);
    nn_table_close(t);
}

/* The bytes of a model are as if nobody watched, also after its building was stopped. */
static void building_is_watched_and_stopped(void **state)
{
    (void)state;
    nn_table *t;
    nn_family *plain, *watched;
    nn_error err;
    nn_model *a = NULL, *b = NULL;
    const void *bytes[2];
    size_t n[2];
    watcher w = {0};
    nn_family_config c = {.nodes = 1500, .count = 1, .max_elements = 64, .inputs = -1};
    assert_int_equal(nn_table_open(&t, NULL, &err), NN_OK);
    assert_int_equal(nn_family_open(&plain, t, &c, &err), NN_OK);
    c.step = on_step;
    c.step_data = &w;
    assert_int_equal(nn_family_open(&watched, t, &c, &err), NN_OK);
    assert_int_equal(w.calls, 0);
    assert_int_equal(nn_model_build(&a, plain, 0, &err), NN_OK);
    w.until = 2;
    assert_int_equal(nn_model_build(&b, watched, 0, &err), NN_ERR_CANCELLED);
    assert_int_equal(nn_model_nodes(b), 0);
    assert_string_equal(w.what, "nodes of a model");
    assert_int_equal(nn_model_build(&b, watched, 0, &err), NN_OK);
    assert_true(w.calls > 3 && w.done <= w.all && w.all <= 1500);
    assert_int_equal(nn_model_onnx(a, &bytes[0], &n[0], &err), NN_OK);
    assert_int_equal(nn_model_onnx(b, &bytes[1], &n[1], &err), NN_OK);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    assert_int_equal(nn_model_tape(a, &bytes[0], &n[0], &err), NN_OK);
    w = (watcher){.until = 1};
    assert_int_equal(nn_model_build_bytes(&b, watched, bytes[0], n[0], &err), NN_ERR_CANCELLED);
    w = (watcher){.until = 1};
    nn_corpus_report report;
    assert_int_equal(nn_corpus_write(watched, &(nn_corpus_config){.jobs = 2}, &report, NULL, NULL, &err), NN_ERR_CANCELLED);
    assert_int_equal(report.models, 0);
    nn_model_free(a);
    nn_model_free(b);
    nn_family_close(plain);
    nn_family_close(watched);
    nn_table_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAMILY(build_any_order_same_bytes),
        WITH_FAMILY(misuse_is_reported),
        cmocka_unit_test(opening_is_watched_and_stopped),
        cmocka_unit_test(building_is_watched_and_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
