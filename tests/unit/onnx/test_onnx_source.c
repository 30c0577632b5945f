/* Bytes in order, from memory and from a file: taken and passed over, to the end and not beyond. */
#include "folder.h"
#include "onnx/onnx_source.h"
#include "splitmix.h"

#include <fcntl.h>
#include <unistd.h>

enum { SIZE = 300000 }; /* several buffers */
static uint8_t data[SIZE];

static void open_source(onnx_source *s, bool file, size_t n)
{
    nn_error err = {0};
    if (!file) {
        onnx_source_bytes(s, n > 0 ? data : NULL, n);
        return;
    }
    folder_put("f", data, n);
    if (onnx_source_file(s, AT_FDCWD, folder_path("f"), "shown", &err) != NN_OK)
        fail_msg("%s", err.message);
}

static void any_steps_give_the_same_bytes(void **state)
{
    (void)state;
    static uint8_t part[SIZE];
    splitmix_state = 5;
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)splitmix();
    for (int round = 0; round < 40; round++) {
        onnx_source s;
        size_t at = 0, size = round % 4 == 0 ? (size_t)65536 * (size_t)(round / 4 % 3) : (size_t)splitmix() % SIZE;
        open_source(&s, round % 2 == 0, size);
        assert_int_equal(s.size, size);
        while (at < size) {
            uint8_t byte;
            size_t n = (size_t)splitmix() % (splitmix() % 2 ? 10 : 100000);
            n = n < size - at ? n : size - at;
            switch (splitmix() % 3) {
            case 0:
                assert_true(onnx_source_byte(&s, &byte));
                assert_int_equal(byte, data[at]);
                n = 1;
                break;
            case 1:
                assert_true(onnx_source_take(&s, part, n));
                assert_memory_equal(part, data + at, n);
                break;
            default:
                assert_true(onnx_source_take(&s, NULL, n));
            }
            at += n;
            assert_int_equal(onnx_source_place(&s), at);
        }
        uint8_t byte;
        assert_false(onnx_source_byte(&s, &byte));
        assert_true(onnx_source_take(&s, NULL, 0) && onnx_source_take(&s, part, 0));
        assert_false(onnx_source_take(&s, NULL, 1) || onnx_source_take(&s, part, 1));
        onnx_source_close(&s);
    }
}

/* Sizes as a hostile file states them. */
static void beyond_the_end(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {101, SIZE, (uint64_t)1 << 63, UINT64_MAX};
    static uint8_t part[SIZE];
    for (int file = 0; file < 2; file++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            onnx_source s;
            uint8_t byte;
            open_source(&s, file != 0, 100);
            assert_true(onnx_source_byte(&s, &byte));
            assert_false(onnx_source_take(&s, NULL, sizes[i]));
            onnx_source_close(&s);
            open_source(&s, file != 0, 100);
            part[100] = 0x5a;
            assert_false(onnx_source_take(&s, part, sizes[i]));
            assert_int_equal(part[100], 0x5a); /* not more than there is */
            onnx_source_close(&s);
        }
}

/* A file that gets shorter ends early; this is no failure of the system. */
static void files_that_are_cut_meanwhile(void **state)
{
    (void)state;
    onnx_source s;
    static uint8_t part[SIZE];
    open_source(&s, true, SIZE);
    assert_true(onnx_source_take(&s, part, 10));
    assert_int_equal(truncate(folder_path("f"), 100), 0);
    assert_false(onnx_source_take(&s, part, SIZE - 10));
    assert_int_equal(s.reason, 0);
    onnx_source_close(&s);
}

static void what_is_no_file(void **state)
{
    (void)state;
    onnx_source s;
    nn_error err = {0};
    assert_int_equal(onnx_source_file(&s, AT_FDCWD, folder_path("none"), "shown", &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot read: No such file or directory");
    assert_string_equal(err.file, "shown");
    assert_int_equal(onnx_source_file(&s, AT_FDCWD, folder, "shown", &err), NN_ERR_IO);
    assert_string_equal(err.message, "is not a regular file");
    onnx_source_close(&s); /* also after a failure */
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    onnx_source s;
    nn_error err;
    folder_write("f", "x");
    nn_stress_fail_at(1);
    assert_int_equal(onnx_source_file(&s, AT_FDCWD, folder_path("f"), "shown", &err), NN_ERR_NOMEM);
    nn_stress_fail_at(0);
    assert_int_equal(s.fd, -1);
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_steps_give_the_same_bytes),
        TEST(beyond_the_end),
        TEST(files_that_are_cut_meanwhile),
        TEST(what_is_no_file),
#ifdef NN_STRESS
        TEST(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
