/* Files and streams read whole, and everything that is read from no longer than it should be. A test that waits for ever is ended
 * by an alarm. */
#include "folder.h"
#include "base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static file_bytes bytes;
static nn_error err;

static nn_status read_at(const char *name, int flags, size_t most)
{
    err = (nn_error){0};
    return file_read(&bytes, AT_FDCWD, folder_path(name), flags, most, "shown", &err);
}

static void what_files_hold(void **state)
{
    (void)state;
    folder_put("f", "ab\0c", 4);
    assert_int_equal(read_at("f", 0, 4), NN_OK);
    assert_int_equal(bytes.n, 4);
    assert_memory_equal(bytes.bytes, "ab\0c", 5);
    assert_int_equal(read_at("f", 0, 3), NN_ERR_IO);
    assert_string_equal(err.message, "is larger than 3 bytes");
    assert_string_equal(err.file, "shown");
    folder_put("empty", "", 0);
    assert_int_equal(read_at("empty", O_NOFOLLOW, 0), NN_OK);
    assert_int_equal(bytes.n, 0);
}

static void what_is_no_regular_file(void **state)
{
    (void)state;
    static const struct {
        const char *make;
        int flags, reason;
        const char *message;
    } rows[] = {
        {"mkfifo x", 0, 0, "is not a regular file"},
        {"mkfifo x", O_NOFOLLOW, 0, "is not a regular file"},
        {"mkdir x", 0, 0, "is not a regular file"},
        {"ln -s /dev/zero x", 0, 0, "is not a regular file"},
        {"ln -s /dev/zero x", O_NOFOLLOW, 0, "is a symbolic link"},
        {"ln -s x x", O_NOFOLLOW, 0, "is a symbolic link"},
        {"ln -s x x", 0, ELOOP, "cannot read: Too many levels of symbolic links"},
        {"ln -s nowhere x", 0, ENOENT, "cannot read: No such file or directory"},
        {"ln -s nowhere x", O_NOFOLLOW, 0, "is a symbolic link"},
        {"true", 0, ENOENT, "cannot read: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(shell("cd %s && rm -rf x && %s", folder, rows[i].make), 0);
        assert_int_equal(read_at("x", rows[i].flags, 100), NN_ERR_IO);
        assert_int_equal(errno, rows[i].reason);
        assert_string_equal(err.message, rows[i].message);
        assert_string_equal(err.file, "shown");
    }
}

/* ---- streams ---- */

/* What the shell writes to the FIFO "fifo", or to what stands at `name`. */
static nn_status read_stream(const char *name, const char *script, size_t most)
{
    err = (nn_error){0};
    if (script != NULL)
        assert_int_equal(shell("cd %s && (%s) >/dev/null 2>&1 &", folder, script), 0);
    nn_status s = stream_read(&bytes, folder_path(name), most, 2, &err);
    return s;
}

static void streams_end_where_they_end(void **state)
{
    (void)state;
    assert_int_equal(shell("mkfifo %s/fifo", folder), 0);
    assert_int_equal(read_stream("fifo", "printf abc > fifo", 100), NN_OK);
    assert_int_equal(bytes.n, 3);
    assert_string_equal(bytes.bytes, "abc");
    assert_int_equal(read_stream("fifo", "(sleep 0.2; printf abc; sleep 0.2; printf de) > fifo", 100), NN_OK);
    assert_string_equal(bytes.bytes, "abcde");
    assert_int_equal(read_stream("fifo", "head -c 300000 /dev/zero > fifo", 300000), NN_OK); /* more than a pipe holds */
    assert_int_equal(bytes.n, 300000);
    assert_int_equal(read_stream("fifo", ": > fifo", 100), NN_OK);
    assert_int_equal(bytes.n, 0);
    assert_string_equal(bytes.bytes, "");
    folder_write("f", "regular");
    assert_int_equal(read_stream("f", NULL, 7), NN_OK);
    assert_string_equal(bytes.bytes, "regular");
    assert_int_equal(read_stream("f", NULL, 6), NN_ERR_IO);
    assert_string_equal(err.message, "is larger than 6 bytes");
}

static void streams_that_say_nothing(void **state)
{
    (void)state;
    assert_int_equal(shell("mkfifo %s/fifo", folder), 0);
    assert_int_equal(read_stream("fifo", NULL, 100), NN_ERR_IO); /* nobody writes */
    assert_string_equal(err.message, "is not a regular file, and gave no data for 2 s");
    assert_string_equal(err.file, folder_path("fifo"));
    assert_int_equal(read_stream("fifo", "(printf abc; sleep 4) > fifo", 100), NN_ERR_IO); /* or stops to */
    assert_string_equal(err.message, "is not a regular file, and gave no data for 2 s");
    assert_int_equal(stream_read(&bytes, "/dev/zero", 100000, 2, &err), NN_ERR_IO);
    assert_string_equal(err.message, "is larger than 100000 bytes");
    assert_int_equal(stream_read(&bytes, folder, 100, 2, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot read: Is a directory");
}

static int set_up(void **state)
{
    alarm(60);
    return folder_make(state);
}

static int tear_down(void **state)
{
    file_bytes_free(&bytes);
    return folder_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_files_hold),
        TEST(what_is_no_regular_file),
        TEST(streams_end_where_they_end),
        TEST(streams_that_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
