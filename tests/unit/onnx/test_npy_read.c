/* Headers and elements of NumPy's arrays. tests/cli has files that NumPy wrote. */
#include "onnx/npy_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "onnx/hand_zip.h"

static uint8_t bytes[70000];

static nn_status read_header(tensor_file *f, int version, const char *header, const void *data, size_t n, nn_error *err)
{
    return tensor_file_bytes(f, bytes, npy_make(bytes, version, header, data, n), 1000, "a.npy", err);
}

static void accept(int version, const char *header, const void *data, size_t n, dtype type, int rank, const double *values)
{
    tensor_file f;
    nn_error err = {.message = ""};
    double x[12];
    assert_int_equal(read_header(&f, version, header, data, n, &err), NN_OK);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.tensors->name, "");
    assert_int_equal(f.tensors->type, type);
    assert_int_equal(f.tensors->rank, rank);
    file_tensor_reals(f.tensors, x);
    for (size_t i = 0; i < f.tensors->n; i++)
        assert_true(x[i] == values[i]);
    tensor_file_free(&f);
}

static void refuse(const char *header, const void *data, size_t n, const char *says)
{
    tensor_file f;
    nn_error err = {.message = "old"};
    assert_int_equal(read_header(&f, 1, header, data, n, &err), NN_ERR_IO);
    assert_string_equal(err.message, says);
    assert_null(f.tensors);
}

static void headers(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 6};
    const double rows[] = {1, 2, 3, 4, 5, 6}, columns[] = {1, 3, 5, 2, 4, 6};
    accept(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }      \n", x, 24, DT_FLOAT32, 2, rows);
    accept(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", x, 24, DT_FLOAT32, 2, rows);
    accept(3, "{\"shape\": (6L,),\"fortran_order\":True,\"descr\":\"=f4\"}", x, 24, DT_FLOAT32, 1, rows);
    accept(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", x, 24, DT_FLOAT32, 2, columns);
    accept(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }", x, 4, DT_FLOAT32, 0, rows);
    accept(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (7, 0), }", x, 0, DT_FLOAT32, 2, rows);
    accept(1, "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", "\x01\x02\xff\xfe", 4, DT_INT16, 1, (double[]){258, -2});
    accept(1, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", "\x00\x01\x07", 3, DT_BOOL, 1, (double[]){0, 1, 1});
    accept(1, "{'descr': [('int4', '|i1')], 'fortran_order': False, 'shape': (3,), }", "\x07\xf8\x1f", 3, DT_INT4, 1,
           (double[]){7, -8, -1});
    accept(1, "{'descr': [('bfloat16', '<u2')], 'fortran_order': False, 'shape': (2,), }", "\x80\x3f\x00\xc0", 4, DT_BFLOAT16, 1,
           (double[]){1, -2});
    accept(1, "{'descr': [('float8e4m3fn', '|u1')], 'fortran_order': False, 'shape': (2,), }", "\x7e\x01", 2, DT_FLOAT8E4M3FN, 1,
           (double[]){448, 0x1p-9});
    accept(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", "\x00\x3c\x01\x80", 4, DT_FLOAT16, 1,
           (double[]){1, -0x1p-24});
}

/* Three axes in Fortran's order, with elements that must be swapped. */
static void order(void **state)
{
    (void)state;
    uint8_t data[24];
    double wanted[12];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 2; k++) {
                int at = i + 2 * j + 6 * k;
                data[2 * at] = 1;
                data[2 * at + 1] = (uint8_t)at;
                wanted[6 * i + 2 * j + k] = 256 + at;
            }
    accept(1, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 3, 2), }", data, 24, DT_UINT16, 3, wanted);
}

static void refused(void **state)
{
    (void)state;
    const char *form = "has a header that is not descr, fortran_order and shape of an array";
    refuse("", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False}", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}", "abcd", 4, form);
    refuse("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "", 0, form);
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", "", 0, form);
    refuse("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "12345678", 8,
           "has elements of NumPy type <c8; only numbers and bool can be read");
    refuse("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "12345678", 8,
           "has elements of NumPy type |O; only numbers and bool can be read");
    refuse("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "12345678", 8,
           "has 8 bytes of elements, which is not what its shape takes");
    refuse("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904)}", "", 0,
           "has 0 bytes of elements, which is not what its shape takes");
    static const uint8_t many[1001];
    refuse("{'descr': '|u1', 'fortran_order': False, 'shape': (1001,)}", many, 1001,
           "has 1001 bytes of elements, of which at most 1000 can be read");
    tensor_file f;
    nn_error err;
    size_t n = npy_make(bytes, 1, "{}", "", 0);
    bytes[8] = 200;
    assert_int_equal(tensor_file_bytes(&f, bytes, n, 1000, "a.npy", &err), NN_ERR_IO);
    assert_string_equal(err.message, "is a NumPy array whose header does not fit in it");
    assert_int_equal(tensor_file_bytes(&f, bytes, 9, 1000, "a.npy", &err), NN_ERR_IO);
    assert_string_equal(err.message, "is not a NumPy array");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers),
        cmocka_unit_test(order),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
