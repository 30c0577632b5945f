/* Texts in tables: any bytes stay on their line, and different texts stay different. */
#include "sequences/report_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_written(json_line *out, const char *text)
{
    assert_false(out->failed);
    assert_int_equal(out->size, strlen(text));
    if (out->size > 0)
        assert_memory_equal(out->bytes, text, out->size);
    nn_free(out->bytes);
    *out = (json_line){.bytes = NULL};
}

static void texts_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown, *csv;
        size_t width;
    } rows[] = {
        {"", "", "", 0},
        {"plain", "plain", "plain", 5},
        {"a\nb\tc\x1b[0m\x7f", "a\\x0ab\\x09c\\x1b[0m\\x7f", "a\\x0ab\\x09c\\x1b[0m\\x7f", 22},
        {"a\\x0a", "a\\\\x0a", "a\\\\x0a", 6}, /* not what a line break becomes */
        {"\xc3\xa9", "\xc3\xa9", "\xc3\xa9", 1},
        {"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3", 8}, /* no UTF-8 */
        {"a,b", "a,b", "\"a,b\"", 3},
        {"a\"b", "a\"b", "\"a\"\"b\"", 3},
        {",\\\"", ",\\\\\"", "\",\\\\\"\"\"", 4},
    };
    json_line out = {.bytes = NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        report_text(&out, rows[i].text);
        assert_written(&out, rows[i].shown);
        report_csv_text(&out, rows[i].text);
        assert_written(&out, rows[i].csv);
        assert_int_equal(report_width(rows[i].text), rows[i].width);
    }
}

static void columns_are_filled(void **state)
{
    (void)state;
    json_line out = {.bytes = NULL};
    report_column(&out, "ab", 4);
    report_column(&out, "\xc3\xa9", 4); /* one character of two bytes */
    report_column(&out, "\n", 6);
    report_column(&out, "too wide", 3);
    assert_written(&out, "ab  \xc3\xa9   \\x0a  too wide");
}

static void lines_are_cut(void **state)
{
    (void)state;
    char word[600], cut[512];
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    memset(cut, 'w', sizeof cut - 1);
    cut[sizeof cut - 1] = '\0';
    json_line out = {.bytes = NULL};
    report_line(&out, "%d of %s", 3, "4");
    assert_written(&out, "3 of 4");
    report_line(&out, "%s", word);
    assert_written(&out, cut);
    report_line(&out, "%s", "");
    assert_written(&out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(columns_are_filled),
        cmocka_unit_test(lines_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
