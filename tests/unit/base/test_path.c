/* Paths in messages: joined, cut at the front, with the reason of the system. */
#include "base/path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void paths_of_any_length(void **state)
{
    (void)state;
    char shown[PATH_SHOWN], long_name[400], whole[PATH_SHOWN + 400];
    path_shown(shown, "a", "b");
    assert_string_equal(shown, "a/b");
    path_shown(shown, "a", "");
    assert_string_equal(shown, "a");
    path_shown(shown, NULL, "b");
    assert_string_equal(shown, "b");
    path_shown(shown, "", "");
    assert_string_equal(shown, "");
    for (size_t n = PATH_SHOWN - 10; n < PATH_SHOWN + 100; n++) {
        for (size_t i = 0; i < n; i++)
            long_name[i] = (char)('a' + i % 26);
        long_name[n] = '\0';
        path_shown(shown, "above", long_name);
        (void)snprintf(whole, sizeof whole, "above/%s", long_name);
        if (strlen(whole) < PATH_SHOWN) {
            assert_string_equal(shown, whole);
        } else {
            assert_int_equal(strlen(shown), PATH_SHOWN - 1);
            assert_memory_equal(shown, "...", 3);
            assert_string_equal(shown + 3, whole + strlen(whole) - (PATH_SHOWN - 4));
        }
    }
}

static void failures_have_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *above, *name, *file;
        int reason;
        const char *message;
    } rows[] = {
        {"out", "model.onnx", "out/model.onnx", ENOENT, "cannot write: No such file or directory"},
        {"out", "", "out", 0, "cannot write"},
        {NULL, "model.onnx", "model.onnx", EACCES, "cannot write: Permission denied"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nn_error err = {0};
        errno = EIO; /* of something else */
        assert_int_equal(path_fail(&err, rows[i].above, rows[i].name, "cannot write", rows[i].reason), NN_ERR_IO);
        assert_int_equal(errno, rows[i].reason);
        assert_int_equal(err.status, NN_ERR_IO);
        assert_string_equal(err.file, rows[i].file);
        assert_string_equal(err.message, rows[i].message);
        assert_int_equal(path_fail(NULL, rows[i].above, rows[i].name, "cannot write", rows[i].reason), NN_ERR_IO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_of_any_length),
        cmocka_unit_test(failures_have_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
