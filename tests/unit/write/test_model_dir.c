/* One model's directory: written whole or not at all. */
#include "write/model_folder.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_or_not_at_all),
        TEST(files_of_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
