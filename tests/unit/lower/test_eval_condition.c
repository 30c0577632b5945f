/* Conditions: can() asks what is still possible and decides nothing. */
#include "lower/entry_bench.h"

static void can_follows_what_is_known(void **state)
{
    (void)state;
    bench b;
    open_bench(
        &b, ENTRY("    rank: {X: 1}\n    choose: {big: \"if can(X[0] >= 10) then 1 else 0\"}\n    attrs: {a: int big..big}\n" SAME),
        (lower_limits){0}, 17);
    for (int64_t n = 1; n <= 20; n++) {
        tensor_desc x = tensor(1, n, 0, 0);
        lower_request r = request(&b.set->ops[0]);
        r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
        assert_int_equal(solve(&b, &r), LOWER_OK);
        assert_int_equal(attr(&b.inst[0], "a")->i, n >= 10);
        arena_reset(&b.memory);
    }
    lower_request r = request(&b.set->ops[0]); /* open: still possible, and not decided by the question */
    int64_t least = 100;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(solve(&b, &r), LOWER_OK);
        assert_int_equal(attr(&b.inst[0], "a")->i, 1);
        least = b.inst[0].inputs[0].desc.dims[0] < least ? b.inst[0].inputs[0].desc.dims[0] : least;
        arena_reset(&b.memory);
    }
    assert_true(least < 10);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(can_follows_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
