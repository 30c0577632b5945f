/* JSON written piece by piece: commas, numbers that read back, strings that any reader takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_line.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *text_of(json_line *j)
{
    static char text[512];
    assert_false(j->failed);
    assert_true(j->size < sizeof text);
    memcpy(text, j->bytes, j->size);
    text[j->size] = '\0';
    nn_free(j->bytes);
    *j = (json_line){.bytes = NULL};
    return text;
}

static void commas_and_nesting(void **state)
{
    (void)state;
    json_line j = {.bytes = NULL};
    line_raw(&j, "{");
    line_key(&j, "a");
    line_int(&j, 1);
    line_key(&j, "b");
    line_raw(&j, "[");
    for (int i = 0; i < 3; i++) {
        line_next(&j);
        line_int(&j, -i);
    }
    line_raw(&j, "]");
    line_key(&j, "c");
    line_raw(&j, "{");
    line_raw(&j, "}}\n");
    line_raw(&j, "{");
    line_key(&j, "d");
    line_string(&j, "");
    line_raw(&j, "}");
    assert_string_equal(text_of(&j), "{\"a\":1,\"b\":[0,-1,-2],\"c\":{}}\n{\"d\":\"\"}");
}

static void whole_numbers(void **state)
{
    (void)state;
    const int64_t numbers[] = {0, 7, -7, 10, INT64_MAX, INT64_MIN};
    const char *const texts[] = {"0", "7", "-7", "10", "9223372036854775807", "-9223372036854775808"};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        json_line j = {.bytes = NULL};
        line_int(&j, numbers[i]);
        assert_string_equal(text_of(&j), texts[i]);
    }
}

static void strings_are_escaped(void **state)
{
    (void)state;
    json_line j = {.bytes = NULL};
    line_string(&j, "a\"b\\c\nd\x01\xc3\xa9");
    const char *text = text_of(&j);
    assert_string_equal(text, "\"a\\u0022b\\u005cc\\u000ad\\u0001\xc3\xa9\"");
    json_t *back = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(back), "a\"b\\c\nd\x01\xc3\xa9");
    json_decref(back);
}

static void reals_read_back(void **state)
{
    (void)state;
    const double numbers[] = {0, -0.0, 1, 0.1, -1.0 / 3, 1e-300, 5e-324, DBL_MAX, -DBL_MAX, 123456789012345678.0, (double)0.1F};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        json_line j = {.bytes = NULL};
        line_real(&j, numbers[i]);
        json_t *back = json_loads(text_of(&j), JSON_DECODE_ANY, NULL);
        assert_true(json_number_value(back) == numbers[i]);
        json_decref(back);
    }
    json_line j = {.bytes = NULL};
    line_real(&j, INFINITY);
    assert_string_equal(text_of(&j), "1.7976931348623157e+308");
    line_real(&j, NAN);
    assert_string_equal(text_of(&j), "0");
}

static void reals_in_a_locale_with_commas(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE", "ps_AF"};
    bool found = false;
    for (size_t i = 0; i < COUNT(locales) && !found; i++)
        found = setlocale(LC_NUMERIC, locales[i]) != NULL;
    if (!found)
        skip();
    json_line j = {.bytes = NULL};
    line_real(&j, -0.5);
    (void)setlocale(LC_NUMERIC, "C");
    assert_string_equal(text_of(&j), "-0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_nesting),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(reals_read_back),
        cmocka_unit_test(reals_in_a_locale_with_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
