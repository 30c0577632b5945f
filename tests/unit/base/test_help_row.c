/* Rows of help texts: two columns, wrapped between words. */
#include "base/help_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *left, const char *text, const char *row)
{
    json_line out = {.bytes = NULL};
    help_row(&out, left, text);
    assert_false(out.failed);
    assert_int_equal(out.size, strlen(row));
    assert_memory_equal(out.bytes, row, out.size);
    nn_free(out.bytes);
}

#define MARGIN "                            " /* 28 columns */

static void two_columns(void **state)
{
    (void)state;
    expect("--nodes N", "nodes of a model", "  --nodes N                 nodes of a model\n");
    expect("--twenty-four-columns-on", "text", "  --twenty-four-columns-on  text\n"); /* two blanks are left */
    expect("--twenty-five-columns-now", "text", "  --twenty-five-columns-now\n" MARGIN "text\n");
    expect("--quiet", "", "  --quiet                   \n");
    expect("--quiet", "  some   blanks ", "  --quiet                   some blanks\n");
}

static void words_are_wrapped(void **state)
{
    (void)state;
    /* 72 columns of text: the last word just fits, and one letter more does not. */
    expect("-x", "123456789 123456789 123456789 123456789 123456789 123456789 123456789 12 next",
           "  -x                        123456789 123456789 123456789 123456789 123456789 123456789 123456789 12\n" MARGIN
           "next\n");
    expect("-x", "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123 next",
           "  -x                        123456789 123456789 123456789 123456789 123456789 123456789 123456789\n" MARGIN
           "123 next\n");
    char text[200], row[260];
    memset(text, 'w', 150); /* longer than a line: it is not cut, and no empty line comes before it */
    text[150] = '\0';
    strcpy(row, "  -x                        ");
    strcat(strcat(row, text), "\n");
    expect("-x", text, row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_columns),
        cmocka_unit_test(words_are_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
