/* Trees as canonical YAML, which reads back as the same tree. */
#include "table/tree.h"

static void dumping(void **state)
{
    (void)state;
    static const char text[] =
        "{a: [x, [1, {b: c}], {}, []], 'k k': \"q\\\"\\\\\\t\\n\\u2028é\", n: ~, t: 'null', d: '- a', e: '', f: -1, g: '...'}";
    char *s;
    nn_error err;
    assert_int_equal(spec_dump(&s, tree(text), 2, &a, &err), NN_OK);
    assert_string_equal(
        s, "  a:\n    - x\n    -\n      - 1\n      -\n        b: c\n    - {}\n    - []\n"
           "  \"k k\": \"q\\\"\\\\\\t\\n\\Lé\"\n  n: null\n  t: \"null\"\n  d: \"- a\"\n  e: \"\"\n  f: \"-1\"\n  g: \"...\"\n");
}

/* What has no plain form is read back all the same. */
static void dumping_rare_texts(void **state)
{
    (void)state;
    static const char key[] =
        "a key that is longer than what may stand before a colon in one line, which is why it has to have a mark of its own, the "
        "question mark in front";
    char *text = arena_printf(&a, "{deep: {\"%s\": [[\"\\u0085\"], \"\\ufeff\", \"\\u2029\", \"\\u00e9\"]}}", key), *s;
    nn_error err;
    assert_int_equal(spec_dump(&s, tree(text), 0, &a, &err), NN_OK);
    const spec_node *list = spec_get(spec_get(tree(s), "deep"), key);
    assert_non_null(list);
    assert_string_equal(list->items[0]->items[0]->text, "\xc2\x85");
    assert_string_equal(list->items[1]->text, "\xef\xbb\xbf");
    assert_string_equal(list->items[2]->text, "\xe2\x80\xa9");
    assert_string_equal(list->items[3]->text, "é");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dumping, setup, teardown),
        cmocka_unit_test_setup_teardown(dumping_rare_texts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
