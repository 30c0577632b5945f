/* Evaluation is bounded: an expression that asks for too much fails, without the time and memory that it asks for. */
#include "lower/entry_bench.h"

#include <stdio.h>

static void excess_fails(void **state)
{
    (void)state;
    static const char *const wheres[] = {
        "len(iota(1000000)) == 1",
        "sum(1 for i in 0..9223372036854775807) == 1",
        "sum(sum(sum(1 for a in 0..9999) for b in 0..9999) for c in 0..9999) == 1",
        "sum(sum(sum(sum(sum(1 for a in 0..99) for b in 0..99) for c in 0..99) for d in 0..99) for e in 0..99) == 1",
        "9223372036854775807 + 1 == 0",
        "(0 - 9223372036854775807 - 1) / -1 == 0",
        "abs(0 - 9223372036854775807 - 1) == 0",
        "3 / (X[0] - X[0]) == 1",
        "X[9] == 1",
        "len(l7) == 1",
        "s9 == 'a'",
    };
    for (size_t i = 0; i < sizeof wheres / sizeof *wheres; i++) {
        char table[1200];
        snprintf(table, sizeof table, ENTRY(SAME "    rank: {X: 2}\n    where: [\"%s\"]\n    choose: {%s}\n"), wheres[i],
                 i < 9    ? ""
                 : i == 9 ? "l1: iota(50000), l2: l1 ++ l1, l3: l2 ++ l2, l4: l3 ++ l3, l5: l4 ++ l4, l6: l5 ++ l5, l7: l6 ++ l6"
                          : "s1: \"letters(fill(52, 1))\", s2: s1 ++ s1 ++ s1 ++ s1, s3: s2 ++ s2 ++ s2 ++ s2, "
                            "s4: s3 ++ s3 ++ s3 ++ s3, s5: s4 ++ s4 ++ s4 ++ s4, s6: s5 ++ s5 ++ s5 ++ s5, "
                            "s7: s6 ++ s6 ++ s6 ++ s6, s8: s7 ++ s7 ++ s7 ++ s7, s9: s8 ++ s8 ++ s8 ++ s8");
        bench b;
        open_bench(&b, table, (lower_limits){0}, 37);
        lower_request r = request(&b.set->ops[0]);
        if (solve(&b, &r) != LOWER_FAIL)
            fail_msg("%s: an instance", wheres[i]);
        close_bench(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(excess_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
