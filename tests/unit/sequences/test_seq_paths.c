/* The number of paths, up to 128 bits. */
#include "sequences/seq_paths.h"
#include "sequences/letters.h"

static void test_path_count(void **state)
{
    (void)state;
    onnx_view v = chains("A,B\nC\nD,E,F");
    path_count c;
    char text[44];
    assert_int_equal(seq_path_count(&v, &c, NULL), NN_OK);
    path_count_text(&c, text);
    assert_string_equal(text, "3");
    v.nodes[5].graph_outputs = 4000000000u; /* D,E,F to so many outputs from so many inputs */
    v.nodes[3].graph_inputs = 4000000000u;
    assert_int_equal(seq_path_count(&v, &c, NULL), NN_OK);
    path_count_text(&c, text);
    assert_string_equal(text, "16000000000000000002");
    path_count_text(&(path_count){.high = UINT64_MAX, .low = UINT64_MAX}, text);
    assert_string_equal(text, "340282366920938463463374607431768211455");
    path_count_text(&(path_count){.at_least = true}, text);
    assert_string_equal(text, "2^128 or more");
    onnx_view_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
