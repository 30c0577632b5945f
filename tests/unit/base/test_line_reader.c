/* Lines of any length from files, and what no file of lines is. */
#include "folder.h"
#include "base/line_reader.h"

#include <setjmp.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FILE_NAME "lines"

/* Reads lines until the end or an error; all that was read, one after the other, must be the file's beginning. */
static nn_status read_all(const char *bytes, size_t n, size_t *lines, nn_error *err)
{
    line_reader r;
    size_t done = 0;
    *lines = 0;
    nn_status s = line_reader_open(&r, AT_FDCWD, folder_path(FILE_NAME), 0, folder_path(FILE_NAME), err);
    while (s == NN_OK) {
        const char *line;
        size_t length;
        s = line_reader_next(&r, &line, &length, err);
        if (s != NN_OK || length == 0)
            break;
        assert_true(done + length <= n && memcmp(bytes + done, line, length) == 0);
        assert_ptr_equal(memchr(line, '\n', length), line + length - 1);
        done += length;
        ++*lines;
    }
    if (s == NN_OK) {
        const char *line;
        size_t length = 1;
        assert_int_equal(done, n);
        assert_int_equal(line_reader_next(&r, &line, &length, err), NN_OK); /* the end stays the end */
        assert_int_equal(length, 0);
    }
    line_reader_close(&r);
    assert_int_equal(r.fd, -1);
    return s;
}

/* Files whose lines have these lengths, the newline among them; about the size of a block, and many of them. */
static void lines_of_any_length(void **state)
{
    (void)state;
    static const size_t lengths[][4] = {
        {1, 1, 1, 1},      {5, 1, 70000, 2},      {32768, 32768, 1, 0}, {32767, 1, 32769, 0},   {32769, 32767, 0, 0},
        {200000, 0, 0, 0}, {65536, 65535, 65537}, {0, 0, 0, 0},         {100, 1000000, 100, 1}, {32768, 65536, 98304, 7}};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        size_t n = 0, want = 0, lines;
        char *bytes = malloc(2000000);
        assert_non_null(bytes);
        for (size_t i = 0; i < 4 && lengths[k][i] > 0; i++, want++) {
            for (size_t j = 0; j + 1 < lengths[k][i]; j++)
                bytes[n++] = (char)('a' + (i + j) % 26);
            bytes[n++] = '\n';
        }
        folder_put(FILE_NAME, bytes, n);
        assert_int_equal(read_all(bytes, n, &lines, NULL), NN_OK);
        assert_int_equal(lines, want);
        free(bytes);
    }
}

static void what_is_no_file_of_lines(void **state)
{
    (void)state;
    nn_error err = {0};
    size_t lines;
    static const char cut[] = "one\ntwo";
    folder_put(FILE_NAME, cut, strlen(cut));
    assert_int_equal(read_all(cut, strlen(cut), &lines, &err), NN_ERR_IO);
    assert_int_equal(lines, 1);
    assert_string_equal(err.message, "ends in the middle of a line");
    assert_string_equal(err.file, folder_path(FILE_NAME));
    assert_int_equal(unlink(folder_path(FILE_NAME)), 0);
    assert_int_equal(read_all("", 0, &lines, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot read: No such file or directory");
    line_reader r;
    assert_int_equal(line_reader_open(&r, AT_FDCWD, "/tmp", 0, "/tmp", &err), NN_ERR_IO);
    assert_string_equal(err.message, "is not a regular file");
    line_reader_close(&r);
    line_reader_close(&r); /* twice does no harm */
}

/* Neither a file of one endless line nor one that only seems to have a size is taken into memory. */
static void lines_without_end(void **state)
{
    (void)state;
    nn_error err = {0};
    line_reader r;
    const char *line;
    size_t n, lines;
    static char bytes[200000];
    memset(bytes, 'x', sizeof bytes);
    bytes[99999] = '\n';
    folder_put(FILE_NAME, bytes, sizeof bytes);
    assert_int_equal(line_reader_open(&r, AT_FDCWD, folder_path(FILE_NAME), 0, "here", &err), NN_OK);
    r.most = 100000;
    assert_int_equal(line_reader_next(&r, &line, &n, &err), NN_OK);
    assert_int_equal(n, 100000);
    assert_int_equal(line_reader_next(&r, &line, &n, &err), NN_ERR_IO);
    assert_string_equal(err.message, "has a line that is too long");
    assert_string_equal(err.file, "here");
    assert_true(r.capacity < 300000);
    line_reader_close(&r);
    assert_int_equal(shell("truncate -s 3G %s", folder_path(FILE_NAME)), 0);
    assert_int_equal(read_all(bytes, sizeof bytes, &lines, &err), NN_ERR_IO);
    assert_int_equal(lines, 1);
    assert_string_equal(err.message, "is not text: it has a NUL byte");
}

static void no_memory(void **state)
{
    (void)state;
#ifdef NN_STRESS
    char bytes[100000];
    memset(bytes, 'x', sizeof bytes);
    bytes[50000] = bytes[sizeof bytes - 1] = '\n';
    folder_put(FILE_NAME, bytes, sizeof bytes);
    size_t lines;
    nn_stress_fail_at(0);
    assert_int_equal(read_all(bytes, sizeof bytes, &lines, NULL), NN_OK);
    long total = nn_stress_count();
    assert_true(total > 0);
    for (long n = 1; n <= total; n++) {
        nn_error err = {0};
        nn_stress_fail_at(n);
        nn_status s = read_all(bytes, sizeof bytes, &lines, &err);
        nn_stress_fail_at(0);
        assert_int_equal(s, NN_ERR_NOMEM);
        assert_int_equal(err.status, NN_ERR_NOMEM);
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_any_length),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(what_is_no_file_of_lines),
        cmocka_unit_test(lines_without_end),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
