/* The files of a model's directory: their names, looked through and removed. */
#include "write/model_files.h"
#include "write/model_folder.h"

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
        {"inputs.npz", MODEL_INPUTS, -1, -1, "inputs.npz", "."},
        {"data.json", MODEL_DATA, -1, -1, "data.json", "."},
        {"config.txt", MODEL_CONFIG, -1, -1, "config.txt", "."},
        {"outputs.npz", MODEL_OUTPUTS, -1, -1, "outputs.npz", "."},
        {"bounds.npz", MODEL_BOUNDS, -1, -1, "bounds.npz", "."},
        {"test_data_set_0/input_0.pb", MODEL_INPUT, 0, 0, "input_0.pb", "test_data_set_0"},
        {"test_data_set_999999999/input_120.pb", MODEL_INPUT, 999999999, 120, "input_120.pb", "test_data_set_999999999"},
        {"test_data_set_10/output_3.pb", MODEL_OUTPUT, 10, 3, "output_3.pb", "test_data_set_10"},
        {"test_data_set_0/bound_0.pb", MODEL_BOUND, 0, 0, "bound_0.pb", "test_data_set_0"},
    };
    static const char *const bad[] = {"",
                                      ".",
                                      "/",
                                      "model.onnx/",
                                      "test_data_set_0/outputs.npz",
                                      "output_0.pb",
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
        char path[64];
        model_file_path(path, &f);
        assert_string_equal(path, good[i].path);
        model_file made = model_file_of(f.kind, f.set, f.index);
        assert_string_equal(made.name, good[i].name);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        model_file f;
        if (model_file_parse(&f, bad[i]))
            fail_msg("'%s' is taken", bad[i]);
    }
}

static void what_is_looked_through_and_removed(void **state)
{
    (void)state;
    model_content c;
    write_model("mine");
    assert_true(model_files_look(&c, root, "mine"));
    assert_int_equal(c.entries, 7); /* the model, two sets, two inputs each */
    assert_string_equal(c.foreign, "");
    assert_int_equal(shell("touch %s/mine/test_data_set_1/output_0.pb %s/mine/outputs.npz", folder, folder), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        TEST(what_is_looked_through_and_removed),
        TEST(nothing_is_removed_through_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
