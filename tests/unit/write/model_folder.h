/* A folder for directories of models, open as `root`: TEST(f) makes it for a test. */
#ifndef TEST_MODEL_FOLDER_H
#define TEST_MODEL_FOLDER_H

#include "folder.h"
#include "write/model_dir.h"

#include <fcntl.h>
#include <unistd.h>

static int root = -1;
static nn_error err;

static inline void write_model(const char *name)
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

static inline int set_up(void **state)
{
    int status = folder_make(state);
    root = open(folder, O_RDONLY | O_DIRECTORY);
    return root >= 0 ? status : -1;
}

static inline int tear_down(void **state)
{
    close(root);
    return folder_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
