/* Options of a command: help, look-up, values. */
#include "base/flag_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    const char *out;
    int64_t count, jobs, quiet;
} values;

enum { MAKE = 1, SCORE = 2 };
static const flag_row rows[] = {
    {"--out", "DIR", FLAG_TEXT, MAKE, offsetof(values, out), 0, 0, 0, "where to write"},
    {"--count", "N", FLAG_NUMBER, SCORE, offsetof(values, count), 3, 1, 20, "how many"},
    {"--jobs", "J", FLAG_NUMBER, 0, offsetof(values, jobs), 0, 1, 8, "threads"},
    {"--quiet", NULL, FLAG_ON, 0, offsetof(values, quiet), 0, 0, 1, "print nothing"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void help_of_a_form(void **state)
{
    (void)state;
    static const char text[] = "  --count N                 how many (default: 3)\n"
                               "  --jobs J                  threads\n"
                               "  --quiet                   print nothing\n";
    json_line out = {.bytes = NULL};
    flag_rows_help(&out, rows, ROWS, SCORE);
    assert_int_equal(out.size, strlen(text));
    assert_memory_equal(out.bytes, text, out.size);
    nn_free(out.bytes);
}

static void flags_are_found(void **state)
{
    (void)state;
    nn_error err = {0};
    assert_ptr_equal(flag_rows_find(rows, ROWS, "--count=7", 7), &rows[1]);
    assert_null(flag_rows_find(rows, ROWS, "--coun", 6));
    assert_int_equal(flag_rows_unknown(rows, ROWS, "--cuont=7", 7, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "unknown option --cuont; did you mean --count?");
    assert_int_equal(flag_rows_unknown(rows, ROWS, "--zzzzzzzzzz", 12, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "unknown option --zzzzzzzzzz");
}

static void values_are_stored(void **state)
{
    (void)state;
    static const struct {
        const char *value, *message;
    } wrong[] = {{"", "--count '': expected an integer from 1 to 20"},
                 {"0", "--count 0: expected an integer from 1 to 20"},
                 {"21", "--count 21: expected an integer from 1 to 20"},
                 {"1x", "--count 1x: expected an integer from 1 to 20"},
                 {"99999999999999999999", "--count 99999999999999999999: expected an integer from 1 to 20"}};
    values v = {.out = NULL};
    nn_error err = {0};
    flag_rows_defaults(&v, rows, ROWS);
    assert_int_equal(v.count, 3);
    assert_int_equal(v.jobs, 0);
    assert_int_equal(flag_row_set(&v, &rows[0], "dir", &err), NN_OK);
    assert_string_equal(v.out, "dir");
    assert_int_equal(flag_row_set(&v, &rows[1], "020", &err), NN_OK);
    assert_int_equal(v.count, 20);
    flag_row_on(&v, &rows[3]);
    assert_int_equal(v.quiet, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(flag_row_set(&v, &rows[1], wrong[i].value, &err), NN_ERR_USAGE);
        assert_string_equal(err.message, wrong[i].message);
    }
    assert_int_equal(flag_row_set(&v, &rows[0], "", &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "--out '': expected DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(help_of_a_form), cmocka_unit_test(flags_are_found),
                                       cmocka_unit_test(values_are_stored)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
