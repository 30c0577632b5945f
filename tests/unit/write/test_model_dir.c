/* One model's directory: the names in it, written whole or not at all, looked through and removed. */
#include "folder.h"
#include "write/model_dir.h"
#include "write/model_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int root = -1;
static nn_error err;

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        model_file_kind kind;
        long set, index;
        const char *name, *folder;
    } good[] = {
        {"model.onnx", MODEL_ONNX, -1, -1, "model.onnx", "."},
        {"inputs.npz", MODEL_NPZ, -1, -1, "inputs.npz", "."},
        {"test_data_set_0/input_0.pb", MODEL_INPUT, 0, 0, "input_0.pb", "test_data_set_0"},
        {"test_data_set_999999999/input_120.pb", MODEL_INPUT, 999999999, 120, "input_120.pb", "test_data_set_999999999"},
        {"test_data_set_10/output_3.pb", MODEL_OUTPUT, 10, 3, "output_3.pb", "test_data_set_10"},
    };
    static const char *const bad[] = {"",
                                      ".",
                                      "/",
                                      "model.onnx/",
                                      "/model.onnx",
                                      "./model.onnx",
                                      "../model.onnx",
                                      "model.onnx ",
                                      "Model.onnx",
                                      "input_0.pb",
                                      "test_data_set_0",
                                      "test_data_set_0/",
                                      "test_data_set_/input_0.pb",
                                      "test_data_set_0/input_.pb",
                                      "test_data_set_0/input_0",
                                      "test_data_set_0/input_0.pb.pb",
                                      "test_data_set_0/other_0.pb",
                                      "test_data_set_0/model.onnx",
                                      "test_data_set_00/input_0.pb",
                                      "test_data_set_0/input_01.pb",
                                      "test_data_set_+1/input_0.pb",
                                      "test_data_set_-1/input_0.pb",
                                      "test_data_set_0x/input_0.pb",
                                      "test_data_set_1000000000/input_0.pb",
                                      "test_data_set_0/input_1000000000.pb",
                                      "test_data_set_0//input_0.pb",
                                      "test_data_set_0/../input_0.pb",
                                      "test_data_set_0/test_data_set_0/input_0.pb",
                                      "test_data_set_0/input_0\n.pb"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        model_file f;
        char folder_name[40];
        assert_true(model_file_parse(&f, good[i].path));
        assert_true(f.kind == good[i].kind && f.set == good[i].set && f.index == good[i].index);
        assert_string_equal(f.name, good[i].name);
        model_file_folder(folder_name, &f);
        assert_string_equal(folder_name, good[i].folder);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        model_file f;
        if (model_file_parse(&f, bad[i]))
            fail_msg("'%s' is taken", bad[i]);
    }
}

static void write_model(const char *name)
{
    model_dir m;
    assert_int_equal(model_dir_begin(&m, root, "above", name, &err), NN_OK);
    assert_int_equal(model_dir_put(&m, -1, "model.onnx", "abc", 3, &err), NN_OK);
    for (long set = 0; set < 2; set++)
        for (size_t i = 0; i < 2; i++)
            assert_int_equal(model_dir_put_input(&m, set, i, "xy", 2, &err), NN_OK);
    assert_int_equal(access(folder_path(name), F_OK), -1); /* not before it is whole */
    assert_int_equal(model_dir_end(&m, &err), NN_OK);
}

static void whole_or_not_at_all(void **state)
{
    (void)state;
    write_model("mine");
    assert_int_equal(shell("cd %s && test \"$(ls -A)\" = mine && test \"$(cat mine/test_data_set_1/input_1.pb)\" = xy", folder), 0);
    model_dir m;
    assert_int_equal(model_dir_begin(&m, root, "above", "mine", &err), NN_OK);
    assert_int_equal(model_dir_put(&m, -1, "model.onnx", "other", 5, &err), NN_OK);
    assert_int_equal(model_dir_end(&m, &err), NN_ERR_IO); /* not over one that is there */
    assert_string_equal(err.message, "cannot create: Directory not empty");
    assert_string_equal(err.file, "above/mine");
    model_dir_drop(&m);
    assert_int_equal(shell("cd %s && test \"$(ls -A)\" = mine && test \"$(cat mine/model.onnx)\" = abc", folder), 0);
}

static void files_of_elsewhere(void **state)
{
    (void)state;
    write_model("from");
    model_dir m;
    int from = open(folder_path("from"), O_RDONLY | O_DIRECTORY), file = open(folder_path("from/model.onnx"), O_RDONLY), fd;
    assert_int_equal(model_dir_begin(&m, root, "above", "to", &err), NN_OK);
    assert_int_equal(model_dir_link(&m, -1, "model.onnx", from, "model.onnx", &err), NN_OK);
    assert_int_equal(model_dir_copy(&m, 0, "input_0.pb", file, &err), NN_OK);
    assert_int_equal(model_dir_copy(&m, 0, "input_0.pb", file, &err), NN_ERR_IO); /* nothing is written twice */
    assert_string_equal(err.file, "above/to/test_data_set_0/input_0.pb");
    assert_string_equal(err.message, "cannot copy: File exists");
    assert_int_equal(model_dir_link(&m, -1, "inputs.npz", from, "nothing", &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot link: No such file or directory");
    char bytes[8];
    assert_int_equal(model_dir_open(&m, &fd, 0, "input_0.pb", &err), NN_OK);
    assert_int_equal(read(fd, bytes, sizeof bytes), 3);
    close(fd);
    assert_int_equal(model_dir_open(&m, &fd, 0, "input_1.pb", &err), NN_ERR_IO);
    assert_string_equal(err.file, "above/to/test_data_set_0/input_1.pb");
    assert_int_equal(model_dir_end(&m, &err), NN_OK);
    assert_int_equal(
        shell("cd %s/to && test model.onnx -ef ../from/model.onnx && cmp model.onnx test_data_set_0/input_0.pb", folder), 0);
    close(from);
    close(file);
}

static void what_is_looked_through_and_removed(void **state)
{
    (void)state;
    model_content c;
    write_model("mine");
    assert_true(model_files_look(&c, root, "mine"));
    assert_int_equal(c.entries, 7); /* the model, two sets, two inputs each */
    assert_string_equal(c.foreign, "");
    assert_int_equal(shell("touch %s/mine/test_data_set_1/output_0.pb", folder), 0);
    assert_true(model_files_look(&c, root, "mine"));
    assert_int_equal(c.entries, 7);
    static const char *const foreign[] = {"notes", "test_data_set_1/notes", "test_data_set_1/input_00.pb"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_int_equal(shell("touch %s/mine/%s", folder, foreign[i]), 0);
        assert_true(model_files_look(&c, root, "mine"));
        assert_string_equal(c.foreign, foreign[i]);
        assert_int_equal(shell("rm %s/mine/%s", folder, foreign[i]), 0);
    }
    assert_true(model_files_remove(&c, root, "mine"));
    assert_int_equal(access(folder_path("mine"), F_OK), -1);
    assert_false(model_files_look(&c, root, "mine"));
}

static void nothing_is_removed_through_a_link(void **state)
{
    (void)state;
    model_content c;
    write_model("away");
    write_model("mine");
    assert_int_equal(shell("cd %s && ln -s away link && rm -r mine/test_data_set_1 && ln -s ../away/test_data_set_1 mine", folder),
                     0);
    assert_false(model_files_remove(&c, root, "link"));
    assert_false(model_files_remove(&c, root, "mine"));
    assert_true(model_files_look(&c, root, "away"));
    assert_int_equal(c.entries, 7);
}

static int set_up(void **state)
{
    int status = folder_make(state);
    root = open(folder, O_RDONLY | O_DIRECTORY);
    return root >= 0 ? status : -1;
}

static int tear_down(void **state)
{
    close(root);
    return folder_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        TEST(whole_or_not_at_all),
        TEST(files_of_elsewhere),
        TEST(what_is_looked_through_and_removed),
        TEST(nothing_is_removed_through_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
