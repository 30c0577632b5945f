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

/* With a workspace that others have used, in either order, as with one of its own; the texts of obstacles too. */
static void a_shared_workspace_changes_no_answer(void **state)
{
    (void)state;
    static const char table[] = "classes:\n  one: {in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
                                "operators:\n  A: {like: one, since: [1]}\n"
                                "  B: {like: one, since: [1], require: [\"hi(X) < lo(X)\"]}\n"
                                "  C: {like: one, since: [1], choose: {a: 1..5}, where: [\"a * a == 7\"]}\n";
    bench b;
    op_trials *trials;
    nn_error err;
    open_bench_typed(&b, table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
    assert_int_equal(b.set->n_ops, 3);
    assert_int_equal(op_trials_new(&trials, b.set, &b.limits, &err), NN_OK);
    for (size_t k = 0; k < 6; k++) {
        const op_model *op = &b.set->ops[k < 3 ? k : 5 - k];
        op_obstacle alone = {{0}, false}, shared = {{0}, false};
        bool feasible = op_feasible(b.set, op, &b.limits, &alone);
        assert_int_equal(feasible, op->index == 0);
        assert_int_equal(op_trials_feasible(trials, op, &shared), feasible);
        assert_string_equal(shared.s, alone.s);
    }
    op_trials_free(trials);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shared_workspace_changes_no_answer),
        cmocka_unit_test(an_operator_without_an_instance_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
