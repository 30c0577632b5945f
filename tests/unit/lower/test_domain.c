/* Draws from domains: every value is reached, ends are drawn more often, conditions cut domains. */
#include "lower/entry_bench.h"

#include <stdio.h>

static void ranges_reach_every_value_and_prefer_ends(void **state)
{
    (void)state;
    int n[64], found = sample_ints(ENTRY(SAME "    attrs: {a: int 3..12}\n"), 3000, n);
    assert_int_equal(found, 3000);
    for (int v = 3; v <= 12; v++)
        assert_true(n[v] >= 100);
    /* 60 % over all ten values, a quarter mostly at the ends. */
    assert_true(n[3] + n[12] > 900);
    assert_true(n[3] + n[12] < 2200);
}

static void sets_reach_every_value(void **state)
{
    (void)state;
    int n[64], found = sample_ints(ENTRY(SAME "    attrs: {a: \"int {1, 5, 9, 33}\"}\n"), 1000, n);
    assert_int_equal(found, 1000);
    assert_int_equal(n[1] + n[5] + n[9] + n[33], 1000);
    assert_true(n[1] > 120 && n[5] > 120 && n[9] > 120 && n[33] > 120);
}

static void constraints_cut_domains(void **state)
{
    (void)state;
    int n[64], found = sample_ints(ENTRY(SAME "    attrs: {a: int 0..60}\n    where: [\"a % 7 == 3\", \"a != 17\"]\n"), 2000, n);
    assert_int_equal(found, 2000);
    for (int v = 0; v < 64; v++)
        assert_int_equal(n[v] > 0, v <= 60 && v % 7 == 3 && v != 17);
}

/* Lists as words, e.g. "0,2,". */
static int distinct_lists(const char *table, int tries, char seen[][64], int counts[], int most)
{
    bench b;
    int n = 0;
    open_bench(&b, table, (lower_limits){0}, 11);
    lower_request r = request(&b.set->ops[0]);
    for (int i = 0; i < tries; i++) {
        assert_int_equal(solve(&b, &r), LOWER_OK);
        const attr_value *a = attr(&b.inst[0], "a");
        char word[64] = "";
        for (size_t k = 0; k < a->n; k++) {
            char part[24];
            snprintf(part, sizeof part, "%lld,", (long long)a->ints[k]);
            strncat(word, part, sizeof word - strlen(word) - 1);
        }
        int at = 0;
        while (at < n && strcmp(seen[at], word) != 0)
            at++;
        if (at == n) {
            assert_true(n < most);
            memcpy(seen[n++], word, sizeof word);
            counts[at] = 0;
        }
        counts[at]++;
        arena_reset(&b.memory);
    }
    close_bench(&b);
    return n;
}

static void expect_lists(const char *domain, int expected, int least)
{
    char table[600], seen[128][64];
    int counts[128];
    snprintf(table, sizeof table, ENTRY(SAME "    attrs: {a: \"ints %s\"}\n"), domain);
    int n = distinct_lists(table, 2000, seen, counts, 128);
    if (n != expected)
        fail_msg("%s: %d lists, not %d", domain, n, expected);
    for (int i = 0; i < n; i++)
        if (counts[i] < least)
            fail_msg("%s: [%s] %d times of 2000", domain, seen[i], counts[i]);
}

static void structures_reach_every_value(void **state)
{
    (void)state;
    expect_lists("permutation(3)", 6, 150);
    expect_lists("permutation(4)", 24, 20);
    expect_lists("subset([0, 1, 2, 3], 1..3)", 14, 40);
    expect_lists("subset([5, 2, 9], 0..9)", 8, 40);
    expect_lists("list(2, 1..3)", 9, 60);
    expect_lists("parts(5, 3)", 6, 60);
    expect_lists("parts(3, 3)", 1, 2000);
    expect_lists("factors(12, 2)", 6, 80);
    expect_lists("factors(8, 3)", 10, 40);
    expect_lists("if 1 == 1 then list(1, 4..6) else list(2, 1..2)", 3, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_reach_every_value_and_prefer_ends),
        cmocka_unit_test(sets_reach_every_value),
        cmocka_unit_test(constraints_cut_domains),
        cmocka_unit_test(structures_reach_every_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
