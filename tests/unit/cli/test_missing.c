/* Lines about missing operators. */
#include "cli/missing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_lines(missing_list *m, const char *expected)
{
    json_line out = {.bytes = NULL};
    missing_text(&out, m);
    line_text(&out, "", 1);
    assert_string_equal(out.bytes, expected);
    nn_free(out.bytes);
    assert_int_equal(m->n, 0);
}

static void names_are_grouped_by_reason(void **state)
{
    (void)state;
    missing_list m = {.what = "operator"};
    assert_lines(&m, "");
    missing_add(&m, "A", "too few nodes");
    missing_add(&m, "B", "no instance");
    missing_add(&m, "C", "too few nodes");
    assert_lines(&m, "nngen: 2 missing operators: too few nodes: A, C\nnngen: missing operator B: no instance\n");
    assert_lines(&m, "");
}

static void long_lists_are_cut(void **state)
{
    (void)state;
    missing_list m = {.what = "motif"};
    char name[8];
    for (int i = 0; i < MISSING_NAMED + 3; i++) {
        (void)snprintf(name, sizeof name, "m%d", i);
        missing_add(&m, name, "why");
    }
    assert_lines(&m, "nngen: 15 missing motifs: why: m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11 and 3 more\n");
    for (int i = 0; i < MISSING_REASONS + 2; i++) {
        (void)snprintf(name, sizeof name, "r%d", i);
        missing_add(&m, "m", name);
    }
    assert_int_equal(m.unsaid, 2);
    json_line out = {.bytes = NULL};
    missing_text(&out, &m);
    line_text(&out, "", 1);
    assert_non_null(
        strstr(out.bytes, "missing motif m: r15\nnngen: 2 more missing motifs for other reasons; the manifest lists them\n"));
    nn_free(out.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_grouped_by_reason),
        cmocka_unit_test(long_lists_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
