/* Files of one tensor: each type by raw bytes and by the field for its type, and what is refused. */
#include "onnx/hand_model.h"
#include "onnx/tensor_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A TensorProto with the given dimensions. */
static void tensor(buffer *b, int type, const int64_t *dims, size_t rank)
{
    b->n = 0;
    for (size_t i = 0; i < rank; i++)
        number(b, 1, (uint64_t)dims[i]);
    if (type >= 0)
        number(b, 2, (uint64_t)type);
    text(b, 8, "x");
}

static void refuse(const buffer *b, size_t most, const char *says)
{
    tensor_file f;
    nn_error err = {.message = "old"};
    assert_int_equal(tensor_file_bytes(&f, b->bytes, b->n, most, "f.pb", &err), NN_ERR_IO);
    assert_string_equal(err.message, says);
    assert_string_equal(err.file, "f.pb");
    assert_null(f.tensors);
    tensor_file_free(&f);
}

/* Reads a tensor of shape [2] and compares its elements. */
static void compare(const buffer *b, dtype type, const double *reals, const int64_t *ints)
{
    tensor_file f;
    nn_error err;
    double x[2];
    int64_t w[2];
    assert_int_equal(tensor_file_bytes(&f, b->bytes, b->n, TENSOR_FILE_MOST, "f.pb", &err), NN_OK);
    assert_int_equal(f.n, 1);
    const file_tensor *t = tensor_file_find(&f, "x");
    assert_non_null(t);
    assert_null(tensor_file_find(&f, "y"));
    assert_int_equal(t->type, type);
    assert_int_equal(t->rank, 1);
    assert_int_equal(t->n, 2);
    assert_int_equal((uintptr_t)t->data % 8, 0);
    file_tensor_reals(t, x);
    for (int i = 0; i < 2; i++)
        assert_true(x[i] == reals[i]);
    if (ints != NULL) {
        file_tensor_ints(t, w);
        assert_memory_equal(w, ints, sizeof w);
    }
    tensor_file_free(&f);
}

static void fields(void **state)
{
    (void)state;
    static buffer b, packed;
    const int64_t two = 2;
    tensor(&b, DT_FLOAT32, &two, 1);
    field(&b, 4, (float[]){0.5f, -3}, 8);
    compare(&b, DT_FLOAT32, (double[]){0.5, -3}, NULL);
    tensor(&b, DT_DOUBLE, &two, 1);
    field(&b, 10, (double[]){0x1p-1074, 0x1p1023}, 16);
    compare(&b, DT_DOUBLE, (double[]){0x1p-1074, 0x1p1023}, NULL);
    /* Integers, half floats and bool are varints; negative ones take ten bytes. */
    static const struct {
        dtype type;
        unsigned field;
        uint64_t x, y;
        double reals[2];
    } all[] = {
        {DT_INT8, 5, 7, (uint64_t)-2, {7, -2}},
        {DT_UINT8, 5, 7, 255, {7, 255}},
        {DT_INT16, 5, 300, (uint64_t)-300, {300, -300}},
        {DT_UINT16, 5, 0, 65535, {0, 65535}},
        {DT_INT32, 5, 1, (uint64_t)INT32_MIN, {1, INT32_MIN}},
        {DT_INT64, 7, 1, (uint64_t)INT64_MIN, {1, -0x1p63}},
        {DT_UINT32, 11, 1, UINT32_MAX, {1, UINT32_MAX}},
        {DT_UINT64, 11, 1, UINT64_C(1) << 63, {1, 0x1p63}},
        {DT_BOOL, 5, 0, 5, {0, 1}},
        {DT_FLOAT16, 5, 0x3c00, 0x8001, {1, -0x1p-24}},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        tensor(&b, (int)all[k].type, &two, 1);
        packed.n = 0;
        varint(&packed, all[k].x);
        varint(&packed, all[k].y);
        field(&b, all[k].field, packed.bytes, packed.n);
        int64_t ints[2] = {(int64_t)all[k].reals[0], all[k].type == DT_UINT64 ? INT64_MIN : (int64_t)all[k].reals[1]};
        compare(&b, all[k].type, all[k].reals, all[k].type == DT_FLOAT16 ? NULL : ints);
    }
}

static void raw_bytes(void **state)
{
    (void)state;
    static buffer b;
    const int64_t two = 2;
    tensor(&b, DT_FLOAT32, &two, 1);
    field(&b, 9, (float[]){1, (float)__builtin_inff()}, 8);
    compare(&b, DT_FLOAT32, (double[]){1, __builtin_inf()}, NULL);
    tensor(&b, DT_FLOAT16, &two, 1);
    field(&b, 9, (uint16_t[]){0x7bff, 0xfc00}, 4);
    compare(&b, DT_FLOAT16, (double[]){65504, -__builtin_inf()}, NULL);
    tensor(&b, DT_INT16, &two, 1);
    field(&b, 9, (int16_t[]){-1, INT16_MIN}, 4);
    compare(&b, DT_INT16, (double[]){-1, INT16_MIN}, (int64_t[]){-1, INT16_MIN});
    tensor(&b, DT_BOOL, &two, 1);
    field(&b, 9, (uint8_t[]){2, 0}, 2);
    compare(&b, DT_BOOL, (double[]){1, 0}, (int64_t[]){1, 0});
}

static void shapes(void **state)
{
    (void)state;
    static buffer b;
    tensor_file f;
    nn_error err;
    tensor(&b, DT_INT64, NULL, 0); /* a scalar */
    number(&b, 7, 9);
    assert_int_equal(tensor_file_bytes(&f, b.bytes, b.n, 8, "f", &err), NN_OK);
    assert_int_equal(f.tensors->n, 1);
    assert_int_equal(f.tensors->rank, 0);
    tensor_file_free(&f);
    tensor(&b, DT_DOUBLE, (int64_t[]){INT64_MAX, 0, INT64_MAX}, 3); /* no element */
    assert_int_equal(tensor_file_bytes(&f, b.bytes, b.n, 0, "f", &err), NN_OK);
    assert_int_equal(f.tensors->n, 0);
    assert_int_equal(f.tensors->rank, 3);
    assert_int_equal(f.tensors->dims[2], INT64_MAX);
    tensor_file_free(&f);
}

static void refused(void **state)
{
    (void)state;
    static buffer b;
    const int64_t dims[] = {2, 3};
    b.n = 0;
    refuse(&b, 100, "is not a tensor: it states no type");
    text(&b, 1, "model");
    b.bytes[b.n++] = 0xff;
    refuse(&b, 100, "is not a file of tensors: neither a TensorProto nor a .npy or .npz file");
    tensor(&b, -1, dims, 2);
    refuse(&b, 100, "is not a tensor: it states no type");
    tensor(&b, DT_STRING, dims, 2);
    refuse(&b, 100, "has elements of ONNX type 8; only numbers of 2 to 64 bits and bool can be read");
    tensor(&b, 24, dims, 2);
    refuse(&b, 100, "has elements of ONNX type 24; only numbers of 2 to 64 bits and bool can be read");
    tensor(&b, DT_FLOAT32, dims, 2);
    named(&b, 13, 1, "location");
    refuse(&b, 100, "is a tensor whose elements are in another file, which cannot be read");
    tensor(&b, DT_FLOAT32, dims, 2);
    text(&b, 3, "");
    refuse(&b, 100, "is a tensor whose elements are in several messages, which cannot be read");
    tensor(&b, DT_FLOAT32, dims, 2);
    refuse(&b, 100, "is a tensor of 6 elements by its shape, but has 0");
    field(&b, 9, "12345678901234567890123", 23);
    refuse(&b, 100, "is a tensor of 6 elements by its shape, but has 5");
    field(&b, 9, "123456789012345678901234", 24);
    refuse(&b, 23, "is a tensor of more than 23 bytes");
    tensor(&b, DT_FLOAT32, (int64_t[]){2, -1}, 2);
    refuse(&b, 100, "is a tensor with a negative dimension");
    tensor(&b, DT_FLOAT32, (int64_t[]){INT64_MAX, INT64_MAX}, 2);
    refuse(&b, SIZE_MAX, "is a tensor of more than 18446744073709551615 bytes");
    tensor(&b, DT_FLOAT32, (int64_t[17]){1}, 17);
    refuse(&b, 100, "is a tensor of rank 17; at most 16 can be read");
}

static void files(void **state)
{
    (void)state;
    static buffer b;
    char path[] = "/tmp/nngen-tensor-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    tensor(&b, DT_UINT8, (int64_t[]){3}, 1);
    field(&b, 9, "abc", 3);
    assert_int_equal(write(fd, b.bytes, b.n), (ssize_t)b.n);
    close(fd);
    tensor_file f;
    nn_error err;
    assert_int_equal(tensor_file_read(&f, AT_FDCWD, path, 0, 1000, "f", &err), NN_OK);
    assert_memory_equal(f.tensors->data, "abc", 3);
    tensor_file_free(&f);
    assert_int_equal(tensor_file_read(&f, AT_FDCWD, path, 0, b.n - 1, "f", &err), NN_ERR_IO); /* the file is too large */
    (void)unlink(path);
    assert_int_equal(tensor_file_read(&f, AT_FDCWD, path, 0, 1000, "f", &err), NN_ERR_IO);
    assert_null(f.tensors);
}

/* No byte less or changed makes it read what is not there. */
static void cut_and_changed(void **state)
{
    (void)state;
    static buffer b;
    tensor(&b, DT_INT32, (int64_t[]){2, 2}, 2);
    field(&b, 9, "0123456789abcdef", 16);
    for (size_t i = 0; i < b.n; i++)
        for (int x = 0; x < 256; x++) {
            tensor_file f;
            nn_error err;
            uint8_t *copy = malloc(i + 1); /* a block of its own, so that a read past the end is seen */
            assert_non_null(copy);
            memcpy(copy, b.bytes, i + 1);
            copy[i] = (uint8_t)x;
            if (tensor_file_bytes(&f, copy, i + 1, 1000, "f", &err) == NN_OK)
                tensor_file_free(&f);
            uint8_t old = b.bytes[i];
            b.bytes[i] = (uint8_t)x;
            if (tensor_file_bytes(&f, b.bytes, b.n, 1000, "f", &err) == NN_OK)
                tensor_file_free(&f);
            b.bytes[i] = old;
            free(copy);
        }
}

#ifdef NN_STRESS
static void memory(void **state)
{
    (void)state;
    static buffer b;
    tensor(&b, DT_INT32, (int64_t[]){2, 2}, 2);
    field(&b, 9, "0123456789abcdef", 16);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n++) {
        tensor_file f;
        nn_error err;
        nn_stress_fail_at(n);
        s = tensor_file_bytes(&f, b.bytes, b.n, 1000, "f", &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        tensor_file_free(&f);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),  cmocka_unit_test(raw_bytes), cmocka_unit_test(shapes),
        cmocka_unit_test(refused), cmocka_unit_test(files),     cmocka_unit_test(cut_and_changed),
#ifdef NN_STRESS
        cmocka_unit_test(memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
