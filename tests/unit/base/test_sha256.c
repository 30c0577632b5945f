/* Hashes of bytes and of files. */
#include "folder.h"
#include "base/sha256.h"

#include <fcntl.h>
#include <unistd.h>

static void hashes_of_files(void **state)
{
    (void)state;
    sha256 *h;
    nn_error err = {0};
    uint8_t stream[SHA256_SIZE], whole[SHA256_SIZE];
    assert_int_equal(sha256_new(&h, &err), NN_OK);
    static char data[100000];
    static const size_t sizes[] = {0, 1, 32767, 32768, 32769, 65536, sizeof data};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * i >> 3);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t n = 7;
        folder_put("f", data, sizes[i]);
        int fd = open(folder_path("f"), O_RDONLY);
        assert_int_equal(sha256_file(h, fd, &n, stream, &err), NN_OK);
        assert_int_equal(sha256_digest(h, data, sizes[i], whole, &err), NN_OK);
        assert_int_equal(n, sizes[i]);
        assert_memory_equal(stream, whole, SHA256_SIZE);
        close(fd);
    }
    uint64_t n;
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(sha256_file(h, fd, &n, stream, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot read: Is a directory");
    close(fd);
    sha256_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hashes_of_files, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
