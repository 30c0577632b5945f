/* Texts of unknown origin: what is UTF-8, what can be shown, and that JSON is valid whatever is in it. */
#include "base/json_line.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length, shown;
    } cases[] = {
        {"", 0, 0},
        {"a", 1, 1},
        {"\n", 1, 0},
        {"\x7f", 1, 0},
        {"\xc2\x9f", 2, 0},
        {"\xc2\xa0", 2, 2},
        {"\xdf\xbf", 2, 2},
        {"\xe0\xa0\x80", 3, 3},
        {"\xed\x9f\xbf", 3, 3},
        {"\xf0\x90\x80\x80", 4, 4},
        {"\xf4\x8f\xbf\xbf", 4, 4},
        {"\x80", 0, 0},
        {"\xc1\xbf", 0, 0},         /* longer than needed */
        {"\xe0\x9f\xbf", 0, 0},     /* too long a form as well */
        {"\xf0\x8f\xbf\xbf", 0, 0}, /* too long a form as well */
        {"\xed\xa0\x80", 0, 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* past U+10FFFF */
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xe2\x82", 0, 0}, /* cut off */
        {"\xe2\x82z", 0, 0},
        {"\xff", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(utf8_length(cases[i].text), cases[i].length);
        assert_int_equal(utf8_shown(cases[i].text), cases[i].shown);
    }
}

static void test_json(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", "\"\""},
                                           {"ab", "\"ab\""},
                                           {"a\"\\\n", "\"a\\u0022\\u005c\\u000a\""},
                                           {"\xc3\xbc\xf0\x9f\x98\x80z", "\"\xc3\xbc\xf0\x9f\x98\x80z\""},
                                           {"\xff\xc3", "\"\\ufffd\\ufffd\""},
                                           {"a\xe2\x82\"", "\"a\\ufffd\\ufffd\\u0022\""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_line j = {.bytes = NULL};
        line_string(&j, cases[i][0]);
        assert_false(j.failed);
        assert_int_equal(j.size, strlen(cases[i][1]));
        assert_memory_equal(j.bytes, cases[i][1], j.size);
        nn_free(j.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_length), cmocka_unit_test(test_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
