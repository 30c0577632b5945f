/* Which operators can follow one another, and why others cannot. */
#include "plan/some_pairs.h"

/* A number for each pair of operators takes memory by the square of a table. */
static void pairs_of_a_large_table(void **state)
{
    (void)state;
    op_model models[1] = {{.name = "A"}};
    const op_set large = {.ops = models, .n_ops = OP_MAX_PAIRED + 1};
    nn_error err;
    pair_table *none;
    assert_int_equal(pairs_new(&none, &large, &(lower_limits){0}, NULL, &err), NN_ERR_USAGE);
    assert_null(none);
    assert_string_equal(err.message, "--cover: pairs of 4097 operators are too many; expected at most 4096 operators (see --ops)");
}

static void pairs_that_can_and_cannot_be(void **state)
{
    (void)state;
    assert_null(pairs_reason(pairs, op("Conv"), op("Relu")));
    assert_null(pairs_reason(pairs, op("Less"), op("Where")));
    assert_null(pairs_reason(pairs, op("Less"), op("Not")));
    assert_null(pairs_reason(pairs, op("Shape"), op("Cast")));
    assert_null(pairs_reason(pairs, op("Exp"), op("Log")));
    assert_string_equal(pairs_reason(pairs, op("Relu"), op("Not")), "no output of one has a type that the next one takes");
    assert_non_null(pairs_reason(pairs, op("Flatten"), op("Conv"))); /* two dimensions where three are asked for */
    size_t n = 0;
    for (size_t a = 0; a < pairs->n_ops; a++)
        for (size_t b = 0; b < pairs->n_ops; b++)
            n += !pairs_reason(pairs, a, b);
    assert_int_equal(n, pairs_count(pairs));
}

static void pairs_depend_on_the_operators_alone(void **state)
{
    (void)state;
    pair_table *again;
    nn_error err;
    assert_int_equal(pairs_new(&again, table->ops, &(lower_limits){.max_elements = 4096}, NULL, &err), NN_OK);
    assert_memory_equal(again->tries, pairs->tries, pairs->n_ops * pairs->n_ops * sizeof *pairs->tries);
    pairs_free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_a_large_table),
        cmocka_unit_test(pairs_that_can_and_cannot_be),
        cmocka_unit_test(pairs_depend_on_the_operators_alone),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
