/* The wire format: what is cut off, broken or too deep. */
#include "onnx/hand_model.h"

#include <stdlib.h>

static void test_wire(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {"", 0, "is not an ONNX model: it has no graph"},
        {"\x08\x08", 2, "is not an ONNX model: it has no graph"},
        {"\x08", 1, "is not an ONNX model: a truncated number in a model"},
        {"\x3a\x05\x0a", 3, "is not an ONNX model: a truncated field in a model"},
        {"\x3a\x02\x0a\x05", 4, "is not an ONNX model: a truncated field in a graph"},
        {"hello, world", 12, "is not an ONNX model: an unknown wire type in a model"},
        {"\x0b\x0c", 2, "is not an ONNX model: an unknown wire type in a model"},
        {"\x3a\x00\x3a\x00", 4, "has field 7 of a model twice"},
        {"\x02\x00", 2, "is not an ONNX model: an invalid field in a model"},
        {"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "is not an ONNX model: a truncated field in a model"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        onnx_view v;
        nn_error err = {0};
        uint8_t *copy = malloc(cases[i].n + 1);
        memcpy(copy, cases[i].bytes, cases[i].n);
        assert_int_equal(onnx_view_read(&v, copy, cases[i].n, "f", &err), NN_ERR_IO);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.file, "f");
        free(copy);
    }
}

static void test_deep(void **state)
{
    (void)state;
    static buffer inner, g;
    inner.n = 0;
    for (int depth = 1; depth <= 40; depth++) {
        g.n = 0;
        node(&g, "If", "", "", depth > 1 ? &inner : NULL);
        expect(&g, depth <= 32 ? "" : "nests graphs more than 32 levels deep");
        inner = g;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
