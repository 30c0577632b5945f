/* Directories are opened and listed, and nothing that stands in their place. */
#include "folder.h"
#include "base/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void directories(void **state)
{
    (void)state;
    static const struct {
        const char *make, *message;
        int reason;
    } rows[] = {
        {"mkdir x", "", 0},
        {"touch x", "is not a directory", 0},
        {"mkfifo x", "is not a directory", 0},
        {"ln -s . x", "is a symbolic link", 0},
        {"true", "cannot open: No such file or directory", ENOENT},
    };
    int root = open(folder, O_RDONLY | O_DIRECTORY);
    assert_true(root >= 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd;
        assert_int_equal(shell("cd %s && rm -rf x && %s", folder, rows[i].make), 0);
        nn_error err = {0};
        nn_status s = directory_open(&fd, root, "x", "shown", &err);
        assert_int_equal(s, i == 0 ? NN_OK : NN_ERR_IO);
        assert_true(i == 0 ? fd >= 0 : fd == -1 && errno == rows[i].reason);
        assert_string_equal(err.message, rows[i].message);
        DIR *d = directory_list(root, "x");
        assert_true((d != NULL) == (i == 0));
        if (i == 0) {
            close(fd);
            closedir(d);
        }
    }
    close(root);
}

static void links_and_dots(void **state)
{
    (void)state;
    int root = open(folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(shell("cd %s && mkdir d && touch f && ln -s f to_file && ln -s d to_folder && ln -s nowhere broken", folder),
                     0);
    static const struct {
        const char *name;
        bool link;
    } rows[] = {{"d", false}, {"f", false}, {"none", false}, {"to_file", true}, {"to_folder", true}, {"broken", true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        errno = EIO;
        assert_int_equal(directory_is_link(root, rows[i].name), rows[i].link);
        assert_int_equal(errno, EIO);
    }
    assert_true(directory_is_dot(".") && directory_is_dot(".."));
    assert_false(directory_is_dot("") || directory_is_dot("...") || directory_is_dot(".a") || directory_is_dot("a."));
    close(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(directories, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(links_and_dots, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
