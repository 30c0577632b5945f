/* Python source: literals read back, names are identifiers of their own, arrays stand in the source or in the archive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "emit/emit_python.h"

static void expect(json_line *out, const char *text)
{
    assert_false(out->failed);
    assert_int_equal(out->size, strlen(text));
    assert_memory_equal(out->bytes, text, out->size);
    out->size = 0;
}

static void test_numbers_have_no_more_digits_than_they_need(void **state)
{
    (void)state;
    json_line out = {.bytes = NULL};
    static const struct {
        double x;
        dtype type;
        const char *text;
    } all[] = {{0.5, DT_FLOAT32, "0.5"},
               {3, DT_DOUBLE, "3.0"},
               {(double)0.1f, DT_FLOAT32, "0.1"},
               {(double)0.1f, DT_DOUBLE, "0.10000000149011612"},
               {0.1, DT_DOUBLE, "0.1"},
               {-1e30, DT_DOUBLE, "-1e+30"},
               {(double)3.40282347e38f, DT_FLOAT32, "3.4028234663852886e+38"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        emit_real(&out, all[i].x, all[i].type);
        expect(&out, all[i].text);
    }
    emit_real(&out, (double)__builtin_nanf(""), DT_FLOAT32);
    expect(&out, "np.nan");
    emit_real(&out, -(double)__builtin_inff(), DT_FLOAT32);
    expect(&out, "-np.inf");
    emit_ints(&out, (const int64_t[]){1, -2}, 2);
    expect(&out, "[1, -2]");
    nn_free(out.bytes);
}

static void test_texts_stay_in_their_quotes(void **state)
{
    (void)state;
    json_line out = {.bytes = NULL};
    emit_string(&out, "a\"b\\\n");
    expect(&out, "\"a\\u0022b\\u005c\\u000a\"");
    emit_string(&out, NULL);
    expect(&out, "\"\"");
    emit_bytes(&out, "\"\\\0z", 4);
    expect(&out, "b\"\\x22\\x5c\\x00z\"");
    nn_free(out.bytes);
}

static void test_names_are_identifiers_of_their_own(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 0);
    emit_names names = {.a = &a};
    static const char *const all[][2] = {{"x", "x"},
                                         {"x", "x_1"},
                                         {"x", "x_2"},
                                         {"a/b:0", "a_b_0"},
                                         {"", "x_3"},
                                         {"1", "x1"},
                                         {"_t", "x_t"},
                                         {"lambda", "lambda_"},
                                         {"self", "self_"},
                                         {"np", "np_"},
                                         {"\xc3\xa9t\xc3\xa9", "x_t_"},
                                         {"a.b", "a_b"},
                                         {"a_b", "a_b_1"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_string_equal(emit_new_name(&names, all[i][0]), all[i][1]);
    emit_names_free(&names);
    arena_free(&a);
}

static void test_arrays(void **state)
{
    (void)state;
    arena a;
    emit_arrays arrays;
    nn_error err;
    json_line out = {.bytes = NULL};
    const void *bytes;
    size_t n;
    static const float reals[] = {1, 2, 0.25f, -4};
    static const uint8_t bits[] = {1, 0};
    static const uint64_t large[] = {UINT64_MAX};
    arena_init(&a, 0);
    assert_int_equal(emit_arrays_open(&arrays, 4, &a, &err), NN_OK);
    file_tensor t = {.type = DT_FLOAT32, .rank = 2, .dims = {2, 2}, .n = 4, .data = (const uint8_t *)reals};
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "np.array([[1.0, 2.0], [0.25, -4.0]], np.float32)");
    t = (file_tensor){.type = DT_BOOL, .rank = 1, .dims = {2}, .n = 2, .data = bits};
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "np.array([True, False], bool)");
    t = (file_tensor){.type = DT_UINT64, .rank = 0, .n = 1, .data = (const uint8_t *)large};
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "np.array(18446744073709551615, np.uint64)");
    t = (file_tensor){.type = DT_FLOAT32, .rank = 2, .dims = {0, 3}, .n = 0, .data = bits};
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "np.zeros((0, 3), np.float32)");
    static const int64_t same[] = {7, 7, 7, 7, 7};
    t = (file_tensor){.type = DT_INT64, .rank = 1, .dims = {5}, .n = 5, .data = (const uint8_t *)same};
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "np.full((5,), 7, np.int64)");
    assert_int_equal(emit_archive(&arrays, &bytes, &n), NN_OK);
    assert_null(bytes);
    static const int64_t many[] = {1, 2, 3, 4, 5};
    t.data = (const uint8_t *)many;
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "data[\"w\"]");
    emit_array(&out, &arrays, &t, "w");
    expect(&out, "data[\"w_1\"]");
    assert_int_equal(emit_archive(&arrays, &bytes, &n), NN_OK);
    tensor_file f;
    assert_int_equal(tensor_file_bytes(&f, bytes, n, TENSOR_FILE_MOST, "archive", &err), NN_OK);
    assert_int_equal(f.n, 2);
    assert_string_equal(f.tensors[1].name, "w_1");
    assert_memory_equal(f.tensors[1].data, many, sizeof many);
    tensor_file_free(&f);
    emit_arrays_close(&arrays);
    arena_free(&a);
    nn_free(out.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers_have_no_more_digits_than_they_need),
                                       cmocka_unit_test(test_texts_stay_in_their_quotes),
                                       cmocka_unit_test(test_names_are_identifiers_of_their_own), cmocka_unit_test(test_arrays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
