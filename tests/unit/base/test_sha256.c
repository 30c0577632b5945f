/* Hashes of bytes and of files. */
#include "folder.h"
#include "base/sha256.h"

#include <fcntl.h>
#include <unistd.h>

/* The examples of FIPS 180-2. */
static void published_hashes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hash;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    sha256 *h;
    nn_error err;
    uint8_t digest[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    assert_int_equal(sha256_new(&h, &err), NN_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(sha256_digest(h, rows[i].text, strlen(rows[i].text), digest, &err), NN_OK);
        sha256_hex(digest, hex);
        assert_string_equal(hex, rows[i].hash);
    }
    sha256_free(h);
    sha256_free(NULL);
}

/* A file is hashed from where it stands, and a failure leaves nothing behind for the next one. */
static void files_go_on_from_where_they_stand(void **state)
{
    (void)state;
    sha256 *h;
    nn_error err;
    uint8_t part[SHA256_SIZE], whole[SHA256_SIZE];
    uint64_t n;
    assert_int_equal(sha256_new(&h, &err), NN_OK);
    folder_put("f", "before,after", 12);
    int fd = open(folder_path("f"), O_RDONLY);
    assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
    assert_int_equal(sha256_file(h, -1, &n, part, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot read: Bad file descriptor");
    assert_int_equal(n, 0);
    assert_int_equal(sha256_file(h, fd, &n, part, &err), NN_OK);
    assert_int_equal(n, 5);
    assert_int_equal(sha256_digest(h, "after", 5, whole, &err), NN_OK);
    assert_memory_equal(part, whole, SHA256_SIZE);
    close(fd);
    sha256_free(h);
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    sha256 *h;
    nn_error err;
    nn_stress_fail_at(1);
    nn_status s = sha256_new(&h, &err);
    nn_stress_fail_at(0);
    assert_int_equal(s, NN_ERR_NOMEM);
    assert_null(h);
}
#endif

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
        cmocka_unit_test(published_hashes),
        cmocka_unit_test_setup_teardown(hashes_of_files, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(files_go_on_from_where_they_stand, folder_make, folder_remove),
#ifdef NN_STRESS
        cmocka_unit_test(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
