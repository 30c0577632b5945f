/* How many nodes are left. */
#include "build/build_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_it_takes_to_finish(void **state)
{
    (void)state;
    static const struct {
        size_t components, live, sinks;
        long need;
    } rows[] = {
        {1, 1, 0, 0}, {0, 0, 0, 0}, /* nothing is open */
        {1, 4, 0, 0}, {1, 5, 0, 2}, /* at most four outputs: a join, and a node before it */
        {3, 3, 0, 4}, {3, 7, 0, 6}, /* one join unites components and takes a live node away */
        {2, 2, 3, 5},
    };
    static op_index index = {.joins.n = 1}, without;
    static builder b = {.index = &index, .limit = 4};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(build_need(&b, rows[i].components, rows[i].live, (int)rows[i].sinks), rows[i].need);
    b.index = &without; /* no operator joins */
    assert_int_equal(build_need(&b, 1, 4, 3), 3);
    assert_int_equal(build_need(&b, 2, 2, 0), OP_COST_NONE);
}

static void what_is_due_is_kept_free(void **state)
{
    (void)state;
    static op_index index = {.joins.n = 1};
    static builder b = {.index = &index, .limit = 4, .nodes = 20, .due.cost = 5, .paths.cost = 3};
    b.s.n_nodes = 6;
    b.s.components = b.s.live.n = 1;
    b.s.sink_need = 2;
    assert_int_equal(build_need_now(&b), 2);
    assert_int_equal(build_slack(&b), 20 - 6 - 2 - 5 - 3);
    b.lenient = true; /* due operators may be left out, paths have been taken for sure */
    assert_int_equal(build_slack(&b), 20 - 6 - 2 - 3);
}

/* An operator is affordable if it leaves room, or if room is kept for it because it is due. */
static void what_can_be_afforded(void **state)
{
    (void)state;
    op_facts facts[1] = {{.cost = 3}};
    uint32_t left[1] = {0};
    op_index index = {.facts = facts};
    static builder b;
    const op_model op = {.index = 0};
    b.index = &index;
    b.due.left = left;
    assert_true(build_affords(&b, &op, 2));
    assert_false(build_affords(&b, &op, 1));
    b.s.sink_need = 1;
    assert_true(build_affords(&b, &op, 1));
    left[0] = 1;
    assert_true(build_affords(&b, &op, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_takes_to_finish),
        cmocka_unit_test(what_is_due_is_kept_free),
        cmocka_unit_test(what_can_be_afforded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
