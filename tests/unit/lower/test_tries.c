/* Tries are counted by operator and rule. */
#include "lower/tries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void tries_are_counted_by_operator_and_rule(void **state)
{
    (void)state;
    try_table t = {0};
    op_model ops[2] = {{.name = "A", .index = 0}, {.name = "B", .index = 1}};
    assert_null(try_table_most(&t, NULL));
    assert_string_equal(try_table_text(&t, NULL).s, "");
    for (int round = 0; round < 2; round++) {
        for (int line = 1; line <= 500; line++)
            for (int k = 0; k < 1 + (line == 77); k++) {
                const try_row row = {
                    .op = &ops[line % 2],
                    .why = {.reason = WHY_CONDITION, .text = "it fails", .section = AT_WHERE, .place = {"t.yaml", line, 1}},
                    .tries = 1,
                    .steps = 10,
                    .propagations = 3};
                assert_true(try_table_add(&t, &row));
            }
        const try_row kept = {.op = &ops[0], .tries = 1000, .kept = 1500};
        assert_true(try_table_add(&t, &kept));
        assert_int_equal(t.n, 501);
        assert_int_equal(try_table_tries(&t, &ops[0]), 1250);
        assert_int_equal(try_table_tries(&t, NULL), 1501);
        const try_row *most = try_table_most(&t, NULL);
        assert_int_equal(most->why.place.line, 77);
        assert_int_equal(most->tries, 2);
        assert_int_equal(most->steps, 20);
        assert_int_equal(try_table_most(&t, &ops[0])->why.place.line, 2); /* the first among equals */
        assert_string_equal(try_table_text(&t, &ops[1]).s, "in 2 of 251 tries: it fails: where (t.yaml:77:1)");
        try_table_clear(&t);
        assert_int_equal(t.n, 0);
        assert_null(try_table_most(&t, NULL));
    }
    try_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_are_counted_by_operator_and_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
