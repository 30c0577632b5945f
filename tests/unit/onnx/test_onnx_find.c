/* Model files below a directory: which, in which order, and which are skipped. */
#include "folder.h"
#include "onnx/onnx_find.h"

typedef struct {
    char found[1000], problems[1000];
    int stop_after; /* 0: never */
} list;

static nn_status found(void *data, int dir, const char *entry, const char *path, const char *below, nn_error *err)
{
    list *l = data;
    size_t n = strlen(l->found);
    assert_true(dir >= 0);
    assert_string_equal(path + strlen(path) - strlen(entry), entry);
    assert_string_equal(path + strlen(folder) + 1, below);
    (void)snprintf(l->found + n, sizeof l->found - n, "%s ", below);
    return l->stop_after > 0 && --l->stop_after == 0 ? nn_fail(err, NN_ERR_CANCELLED, NULL, 0, 0, "stopped") : NN_OK;
}

static void problem(void *data, const nn_error *e)
{
    list *l = data;
    size_t n = strlen(l->problems);
    (void)snprintf(l->problems + n, sizeof l->problems - n, "%.20s: %s", e->file + strlen(folder) + 1, e->message);
}

static void names_of_models(void **state)
{
    (void)state;
    assert_true(onnx_is_model_name("a.onnx") && onnx_is_model_name("A.ONNX") && onnx_is_model_name(".onnx.onnx"));
    assert_false(onnx_is_model_name("") || onnx_is_model_name(".onnx") || onnx_is_model_name("onnx"));
    assert_false(onnx_is_model_name("a.onnx ") || onnx_is_model_name("a.onnx.txt") || onnx_is_model_name("a_onnx"));
    assert_true(onnx_has_suffix("a.Txt", ".txt") && onnx_has_suffix("a", ""));
    assert_false(onnx_has_suffix("a@txt", "`txt")); /* beside the letters, with the same difference as between a and A */
}

static void files_come_by_name(void **state)
{
    (void)state;
    list l = {.stop_after = 0};
    assert_int_equal(
        shell("cd %s && mkdir -p b/c d.onnx e && touch z.onnx a.ONNX b/y.onnx b/c/x.onnx d.onnx/w.onnx .h.onnx t.txt e/.onnx",
              folder),
        0);
    assert_int_equal(shell("cd %s && ln -s z.onnx link.onnx && ln -s b folder_link.onnx && ln -s b other", folder), 0);
    assert_int_equal(onnx_find(folder, found, problem, &l, NULL), NN_OK);
    assert_string_equal(l.found, ".h.onnx a.ONNX b/c/x.onnx b/y.onnx d.onnx/w.onnx folder_link.onnx link.onnx z.onnx ");
    assert_string_equal(l.problems, "");
    nn_error err = {0};
    l = (list){.stop_after = 3};
    assert_int_equal(onnx_find(folder, found, problem, &l, &err), NN_ERR_CANCELLED);
    assert_string_equal(err.message, "stopped");
    assert_string_equal(l.found, ".h.onnx a.ONNX b/c/x.onnx ");
}

static void what_cannot_be_opened(void **state)
{
    (void)state;
    list l = {.stop_after = 0};
    nn_error err = {0};
    assert_int_equal(onnx_find(folder_path("none"), found, problem, &l, &err), NN_ERR_IO);
    assert_string_equal(err.file, folder_path("none"));
    assert_string_equal(err.message, "cannot open: No such file or directory");
    folder_write("f", "");
    assert_int_equal(onnx_find(folder_path("f"), found, problem, &l, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot open: Not a directory");
    assert_string_equal(l.problems, "");
}

/* ONNX_FIND_DEPTH directories, the first of which is the one given, and one more. */
static void depth_is_bounded(void **state)
{
    (void)state;
    list l = {.stop_after = 0};
    char path[4 * ONNX_FIND_DEPTH] = "";
    for (int i = 1; i < ONNX_FIND_DEPTH; i++)
        strcat(path, "d/");
    assert_int_equal(shell("cd %s && mkdir -p %s && touch %sin.onnx", folder, path, path), 0);
    assert_int_equal(onnx_find(folder, found, problem, &l, NULL), NN_OK);
    assert_non_null(strstr(l.found, "in.onnx"));
    assert_string_equal(l.problems, "");
    l = (list){.stop_after = 0};
    assert_int_equal(shell("cd %s && mkdir -p %sd && touch %sd/out.onnx", folder, path, path), 0);
    assert_int_equal(onnx_find(folder, found, problem, &l, NULL), NN_OK);
    assert_non_null(strstr(l.found, "in.onnx"));
    assert_null(strstr(l.found, "out.onnx"));
    assert_non_null(strstr(l.problems, "cannot open: directories are nested too deeply"));
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    assert_int_equal(shell("cd %s && mkdir b && touch a.onnx b/c.onnx", folder), 0);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n++) {
        list l = {.stop_after = 0};
        nn_error err = {0};
        nn_stress_fail_at(n);
        s = onnx_find(folder, found, problem, &l, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || (s == NN_ERR_NOMEM && err.status == NN_ERR_NOMEM));
        assert_true(s != NN_OK || strcmp(l.found, "a.onnx b/c.onnx ") == 0);
    }
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_models),
        TEST(files_come_by_name),
        TEST(what_cannot_be_opened),
        TEST(depth_is_bounded),
#ifdef NN_STRESS
        TEST(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
