/* The pairs of operators that can follow one another: limits. */
#include "plan/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A number for each pair of operators takes memory by the square of a table. */
static void pairs_of_a_large_table(void **state)
{
    (void)state;
    op_model models[1] = {{.name = "A"}};
    const op_set large = {.ops = models, .n_ops = OP_MAX_PAIRED + 1};
    nn_error err;
    pair_table *pairs;
    assert_int_equal(pairs_new(&pairs, &large, &(lower_limits){0}, &err), NN_ERR_USAGE);
    assert_null(pairs);
    assert_string_equal(err.message, "--cover: pairs of 4097 operators are too many; expected at most 4096 operators (see --ops)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_a_large_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
