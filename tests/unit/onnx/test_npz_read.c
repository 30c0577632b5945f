/* Archives of arrays: those of our own writer, stored and deflated ones, and those that lie. */
#include "onnx/npy_read.h"
#include "write/npz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "onnx/hand_zip.h"

static uint8_t array[4200];
static size_t n_array;
static zip_file z;

/* 1000 numbers, of which all but the first are 0. */
static void make_array(void)
{
    static const int32_t x[1000] = {77};
    n_array = npy_make(array, 1, "{'descr': '<i4', 'fortran_order': False, 'shape': (10, 100), }", x, sizeof x);
}

static void accept(const zip_member *all, size_t n)
{
    tensor_file f;
    nn_error err = {.message = ""};
    static int64_t x[1000];
    zip_make(&z, all, n);
    assert_int_equal(tensor_file_bytes(&f, z.bytes, z.n, 100000, "a.npz", &err), NN_OK);
    assert_int_equal(f.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(f.tensors[i].name, all[i].name, strlen(all[i].name) - strlen(".npy"));
        assert_int_equal(f.tensors[i].n, 1000);
        file_tensor_ints(&f.tensors[i], x);
        assert_int_equal(x[0], 77);
        assert_int_equal(x[999], 0);
    }
    tensor_file_free(&f);
}

static void refuse_bytes(size_t most, const char *says)
{
    tensor_file f;
    nn_error err = {.message = "old"};
    uint8_t *copy = malloc(z.n > 0 ? z.n : 1); /* a block of its own, so that a read past the end is seen */
    assert_non_null(copy);
    memcpy(copy, z.bytes, z.n);
    assert_int_equal(tensor_file_bytes(&f, copy, z.n, most, "a.npz", &err), NN_ERR_IO);
    assert_string_equal(err.message, says);
    assert_null(f.tensors);
    free(copy);
}

static void refuse(const zip_member *all, size_t n, size_t most, const char *says)
{
    zip_make(&z, all, n);
    refuse_bytes(most, says);
}

static void members(void **state)
{
    (void)state;
    make_array();
    const zip_member all[] = {
        {.name = "a.npy", .data = array, .n = n_array},
        {.name = "b/c.npy", .data = array, .n = n_array, .deflated = true},
        {.name = ".npy", .data = array, .n = n_array, .large = true},
        {.name = "x.y.npy", .data = array, .n = n_array, .large = true, .deflated = true},
    };
    for (size_t n = 0; n <= 4; n++)
        accept(all, n);
    zip_make(&z, all, 4);
    zip_put(&z, 0, 100); /* bytes after the end are allowed: a comment whose length is wrong */
    tensor_file f;
    nn_error err;
    assert_int_equal(tensor_file_bytes(&f, z.bytes, z.n, 16000, "a.npz", &err), NN_OK); /* 4 times 4000 bytes */
    assert_non_null(tensor_file_find(&f, "b/c"));
    tensor_file_free(&f);
    refuse(all, 4, 15999, "array x.y: has 4000 bytes of elements, of which at most 3999 can be read");
}

static void lies(void **state)
{
    (void)state;
    make_array();
    zip_member one = {.name = "a.npy", .data = array, .n = n_array}, two[] = {one, one};
    two[1].name = "b.npy";
    two[1].same_as = &two[0];
    refuse(two, 2, 10000, "is not a sound .npz file: its members overlap");
    two[1] = one;
    refuse(two, 2, 10000, "has two arrays of the name a");
    one.name = "readme.txt";
    refuse(&one, 1, 10000, "is not a sound .npz file: it has a member that is not named NAME.npy");
    one.name = "a.npy";
    one.flags = 1;
    refuse(&one, 1, 10000, "is not a sound .npz file: it is encrypted");
    one.flags = 0;
    one.method = 14;
    refuse(&one, 1, 10000, "array a: is compressed by method 14; only stored and deflated can be read");
    one.method = 0;
    one.claimed = n_array + 1;
    refuse(&one, 1, 10000, "is not a sound .npz file: a stored member has two sizes");
    one.deflated = true;
    refuse(&one, 1, 10000, "is not a sound .npz file: a member cannot be decompressed");
    one.claimed = n_array - 1;
    refuse(&one, 1, 10000, "is not a sound .npz file: a member cannot be decompressed");
    one.claimed = 1u << 31;
    refuse(&one, 1, 10000, "is not a sound .npz file: a member claims more bytes than its data can give");
    one.claimed = 70000;
    refuse(&one, 1, 100, "array a: has more than 100 bytes");
    one.claimed = 0;
    one.wrong_crc = true;
    refuse(&one, 1, 10000, "is not a sound .npz file: the checksum of a member is wrong");
    one.deflated = false;
    refuse(&one, 1, 10000, "is not a sound .npz file: the checksum of a member is wrong");
    one = (zip_member){.name = "a.npy", .data = "x", .n = 1};
    refuse(&one, 1, 10000, "array a: is not a NumPy array");
    zip_make(&z, &one, 1);
    z.n = 5;
    refuse_bytes(10000, "is not a sound .npz file: it has no directory of its members");
}

/* Every file that is one byte off is read safely. */
static void changed(void **state)
{
    (void)state;
    size_t n = npy_make(array, 1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", "0123456789ab", 12);
    const zip_member all[] = {
        {.name = "a.npy", .data = array, .n = n, .large = true},
        {.name = "b.npy", .data = array, .n = n, .deflated = true},
    };
    zip_make(&z, all, 2);
    uint8_t *copy = malloc(z.n);
    assert_non_null(copy);
    memcpy(copy, z.bytes, z.n);
    for (size_t i = 0; i < z.n; i++)
        for (int x = 0; x < 256; x += x < 16 ? 1 : 15) {
            tensor_file f;
            nn_error err;
            copy[i] = (uint8_t)x;
            if (tensor_file_bytes(&f, copy, z.n, 1000, "f", &err) == NN_OK)
                tensor_file_free(&f);
            copy[i] = z.bytes[i];
        }
    free(copy);
}

/* Our own archives, also with the extension to 64 bits. */
static void own(void **state)
{
    (void)state;
    for (size_t large = 0; large < 200; large += 100) {
        npz out = {.large = large};
        tensor_file f;
        nn_error err;
        void *data;
        int64_t x[6];
        npz_begin(&out);
        assert_int_equal(npz_add(&out, "first", DT_UINT8, (int64_t[]){2, 3}, 2, &data, &err), NN_OK);
        memcpy(data, "abcdef", 6);
        assert_int_equal(npz_add(&out, "second", DT_DOUBLE, NULL, 0, &data, &err), NN_OK);
        memcpy(data, &(double){-0.0}, 8);
        assert_int_equal(npz_end(&out, &err), NN_OK);
        assert_int_equal(tensor_file_bytes(&f, out.bytes, out.size, 14, "f", &err), NN_OK);
        assert_int_equal(f.n, 2);
        file_tensor_ints(tensor_file_find(&f, "first"), x);
        assert_int_equal(x[5], 'f');
        assert_int_equal(tensor_file_find(&f, "second")->data[7], 0x80);
        tensor_file_free(&f);
        npz_free(&out);
    }
}

#ifdef NN_STRESS
static void memory(void **state)
{
    (void)state;
    make_array();
    const zip_member all[] = {{.name = "a.npy", .data = array, .n = n_array},
                              {.name = "b.npy", .data = array, .n = n_array, .deflated = true}};
    zip_make(&z, all, 2);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n++) {
        tensor_file f;
        nn_error err;
        nn_stress_fail_at(n);
        s = tensor_file_bytes(&f, z.bytes, z.n, 10000, "f", &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        tensor_file_free(&f);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members), cmocka_unit_test(lies), cmocka_unit_test(changed), cmocka_unit_test(own),
#ifdef NN_STRESS
        cmocka_unit_test(memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
