/* Whether an operator has an instance, and why not. */
#include "lower/entry_bench.h"
#include "lower/op_feasible.h"

static void an_operator_without_an_instance_says_why(void **state)
{
    (void)state;
    static const char *const tables[][2] = {
        {ENTRY(SAME "    rank: {X: 2}\n    choose: {a: 1..5}\n    where: [\"a * a == 7\"]\n"),
         "no instance was found within the limits; in 200 of 200 tries: conditions contradict each other: A, where (t.yaml:10:14)"},
        {ENTRY(SAME "    require: [\"hi(X) < lo(X)\"]\n"),
         "no instance was found within the limits; in 200 of 200 tries: a condition does not hold: A, require (t.yaml:8:16)"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        bench b;
        op_obstacle why;
        open_bench_typed(&b, tables[i][0], dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
        assert_false(op_feasible(b.set, &b.set->ops[0], &b.limits, &why));
        assert_string_equal(why.s, tables[i][1]);
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operator_without_an_instance_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
