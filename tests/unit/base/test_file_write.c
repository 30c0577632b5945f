/* Files written whole, and never through what stands in their place. */
#include "folder.h"
#include "base/file_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int root = -1;

static void holds(const char *name, const char *bytes, size_t n)
{
    size_t size;
    char *found = folder_get(name, &size);
    assert_non_null(found);
    assert_int_equal(size, n);
    assert_memory_equal(found, bytes, n);
    free(found);
}

static void new_files(void **state)
{
    (void)state;
    assert_true(file_write(root, "f", "a\0b", 3));
    holds("f", "a\0b", 3);
    assert_false(file_write(root, "f", "x", 1));
    assert_int_equal(errno, EEXIST);
    holds("f", "a\0b", 3);
    assert_false(file_write(root, "no/f", "x", 1));
    assert_int_equal(errno, ENOENT);
}

static void replaced_files(void **state)
{
    (void)state;
    nn_error err;
    assert_int_equal(file_replace(root, "dir", "f", "one", 3, &err), NN_OK);
    folder_write(".nngen-tmp-f", "half, of a crash");
    assert_int_equal(file_replace(root, "dir", "f", "two", 3, &err), NN_OK);
    holds("f", "two", 3);
    assert_int_equal(access(folder_path(".nngen-tmp-f"), F_OK), -1);
    assert_int_equal(mkdir(folder_path("d"), 0777), 0);
    assert_int_equal(file_replace(root, "dir", "d", "x", 1, &err), NN_ERR_IO);
    assert_string_equal(err.file, "dir/d");
    assert_string_equal(err.message, "cannot write: Is a directory");
    assert_int_equal(access(folder_path(".nngen-tmp-d"), F_OK), -1);
}

/* A link or FIFO is neither followed nor written to, with a reader at the other end or without. */
static void nothing_is_written_through(void **state)
{
    (void)state;
    folder_write("away", "mine");
    assert_int_equal(shell("cd %s && ln -s away link && mkfifo fifo", folder), 0);
    int reader = -1;
    for (int turn = 0; turn < 2; turn++) {
        static const char *const names[] = {"link", "fifo"};
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(file_create(root, names[i], true), -1);
            assert_int_equal(file_create(root, names[i], false), -1);
        }
        if (turn == 0)
            reader = open(folder_path("fifo"), O_RDONLY | O_NONBLOCK);
    }
    char byte;
    assert_true(read(reader, &byte, 1) <= 0);
    close(reader);
    holds("away", "mine", 4);
    nn_error err;
    assert_int_equal(file_replace(root, "dir", "link", "new", 3, &err), NN_OK); /* the link itself is replaced */
    holds("away", "mine", 4);
    holds("link", "new", 3);
}

static void copies(void **state)
{
    (void)state;
    static char bytes[100001];
    static const size_t sizes[] = {0, 1, 32768, sizeof bytes};
    char name[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        folder_put("from", bytes, sizes[i]);
        int from = open(folder_path("from"), O_RDONLY);
        (void)snprintf(name, sizeof name, "to%zu", i);
        assert_true(file_copy(root, name, from));
        holds(name, bytes, sizes[i]);
        assert_false(file_copy(root, name, from));
        assert_int_equal(errno, EEXIST);
        close(from);
    }
    assert_false(file_copy(root, "of-directory", root));
    assert_int_equal(errno, EISDIR);
}

static int set_up(void **state)
{
    alarm(60);
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
    const struct CMUnitTest tests[] = {TEST(new_files), TEST(replaced_files), TEST(nothing_is_written_through), TEST(copies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
