/* Numbers that change with sizes, as expressions of sizes: which expression is found, and that none is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "emit/emit_fit.h"

enum { N = 6 };
static const emit_size sizes[] = {{"n", {5, 6, 5, 8, 11, 4}}, {"h", {9, 9, 10, 14, 11, 7}}, {"two", {3, 3, 3, 3, 3, 4}}};

static void expect(const char *text, const int64_t values[N], bool closed)
{
    json_line out = {.bytes = NULL};
    bool found = emit_fit(&out, sizes, 3, values, N, closed);
    assert_int_equal(found, text != NULL);
    line_text(&out, "", 1);
    if (text != NULL)
        assert_string_equal(out.bytes, text);
    else
        assert_int_equal(out.size, 1);
    nn_free(out.bytes);
}

static void expressions(void **state)
{
    (void)state;
    expect("h", (const int64_t[N]){9, 9, 10, 14, 11, 7}, true);
    expect("(n * 3)", (const int64_t[N]){15, 18, 15, 24, 33, 12}, true);
    expect("n - 1", (const int64_t[N]){4, 5, 4, 7, 10, 3}, false);
    expect("(-n + 20)", (const int64_t[N]){15, 14, 15, 12, 9, 16}, true);
    expect("n * h", (const int64_t[N]){45, 54, 50, 112, 121, 28}, false);
    expect("(n * h * 4)", (const int64_t[N]){180, 216, 200, 448, 484, 112}, true);
    expect("n * n", (const int64_t[N]){25, 36, 25, 64, 121, 16}, false);
    expect("n * n * h", (const int64_t[N]){225, 324, 250, 896, 1331, 112}, false);
    expect("(n * 2 + h - 3)", (const int64_t[N]){16, 18, 17, 27, 30, 12}, true);
}

static void what_is_no_expression(void **state)
{
    (void)state;
    expect(NULL, (const int64_t[N]){3, 3, 3, 7, 10, 2}, true);         /* no function of the sizes */
    expect(NULL, (const int64_t[N]){4, 4, 5, 7, 5, 3}, true);          /* h / 2, rounded down */
    expect(NULL, (const int64_t[N]){7, 7, 7, 7, 7, 9}, true);          /* a line through two points */
    expect(NULL, (const int64_t[N]){5, 6, 5, 8, 11, INT64_MAX}, true); /* beyond what can be multiplied */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(expressions), cmocka_unit_test(what_is_no_expression)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
