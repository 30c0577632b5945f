/* A model may take no more memory than a sound one of its size. */
#include "onnx/hand_model.h"

#include <stdlib.h>

static void test_memory(void **state)
{
    (void)state;
    size_t n = (size_t)3 << 20;
    uint8_t *bytes = malloc(n + 8);
    bytes[0] = 0x3a; /* a graph of 1.5 million empty nodes, 72 bytes in memory for each byte here */
    bytes[1] = (uint8_t)(n | 0x80), bytes[2] = (uint8_t)(n >> 7 | 0x80), bytes[3] = (uint8_t)(n >> 14 | 0x80),
    bytes[4] = (uint8_t)(n >> 21);
    for (size_t i = 0; i < n; i += 2)
        bytes[5 + i] = 0x0a, bytes[6 + i] = 0;
    onnx_view v;
    nn_error err = {0};
    assert_int_equal(onnx_view_read(&v, bytes, n + 5, "f", &err), NN_ERR_IO);
    assert_string_equal(err.message, "needs more memory than a sound model of its size");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
