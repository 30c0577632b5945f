/* Texts of JSON lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suite/suite_lines.h"

static const char *field(const char *line, const char *key)
{
    static char out[LINE_TEXT];
    return line_field(line, strlen(line), key, out) ? out : NULL;
}

static void keys_at_the_top_are_found(void **state)
{
    (void)state;
    assert_string_equal(field("{\"case\": \"c\", \"outcome\":\"passed\"}", "outcome"), "passed");
    assert_string_equal(field("{\"n\": 1.5e3, \"l\": [1, {\"case\": \"x,}\"}], \"b\": true, \"case\": \"c\"}", "case"), "c");
    assert_string_equal(field("{\"s\": \"a \\\" , } b\", \"case\": \"a\\\\\\/\"}", "case"), "a\\/");
    assert_string_equal(field("  { \"case\" : \"\" }", "case"), "");
}

static void other_lines_have_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"case\"",
                                      "{\"case\":",
                                      "{\"case\": 1}",
                                      "{\"case\": \"c",
                                      "{\"case\": \"c\\",
                                      "{\"case\": \"\\u0041\"}",
                                      "{\"a\": [1, \"case\": \"c\"}",
                                      "{\"a\": {\"case\": \"c\"}}",
                                      "{\"outcome\": \"passed\" \"case\": \"c\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_null(field(bad[i], "case"));
}

static void a_text_must_fit(void **state)
{
    (void)state;
    char line[LINE_TEXT + 20] = "{\"case\": \"";
    const size_t head = strlen(line);
    memset(line + head, 'x', LINE_TEXT - 1);
    memcpy(line + head + LINE_TEXT - 1, "\"}", 3);
    assert_int_equal(strlen(field(line, "case")), LINE_TEXT - 1);
    memset(line + head, 'x', LINE_TEXT);
    memcpy(line + head + LINE_TEXT, "\"}", 3);
    assert_null(field(line, "case"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_at_the_top_are_found),
        cmocka_unit_test(other_lines_have_none),
        cmocka_unit_test(a_text_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
