/* Descriptions of tensors. */
#include "value/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void elements(void **state)
{
    (void)state;
    assert_int_equal(tensor_elements(&(tensor_desc){.rank = 0}), 1);
    assert_int_equal(tensor_elements(&(tensor_desc){.rank = 3, .dims = {2, 3, 4}}), 24);
    assert_int_equal(tensor_elements(&(tensor_desc){.rank = 2, .dims = {2, 0}}), 0);
}

static void equal_shapes(void **state)
{
    (void)state;
    const tensor_desc d = {.type = DT_FLOAT32, .rank = 2, .dims = {2, 3, 9}, .range = {0, 1}};
    const struct {
        tensor_desc d;
        bool equal;
    } rows[] = {
        {{.type = DT_FLOAT32, .rank = 2, .dims = {2, 3, 7}, .range = {5, 6}}, true}, /* beyond the rank, and values */
        {{.type = DT_BOOL, .rank = 2, .dims = {2, 3}}, false},
        {{.type = DT_FLOAT32, .rank = 3, .dims = {2, 3, 9}}, false},
        {{.type = DT_FLOAT32, .rank = 2, .dims = {2, 4}}, false},
        {{.type = DT_FLOAT32, .rank = 2, .dims = {3, 3}}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (tensor_shape_equal(&d, &rows[i].d) != rows[i].equal || tensor_shape_equal(&rows[i].d, &d) != rows[i].equal)
            fail_msg("row %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(elements), cmocka_unit_test(equal_shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
