/* Merging of trees: what is replaced, added, appended and taken away; operands stay as they are. */
#include "table/spec_merge.h"
#include "table/tree.h"

static void merging(void **state)
{
    (void)state;
    static const struct {
        const char *base, *over, *result;
    } rows[] = {
        {"{a: 1, b: 2}", "{c: 3, a: 4}", "a: 4\nb: 2\nc: 3\n"},
        {"{a: 1, b: 2}", "{a: null}", "b: 2\n"},
        {"{a: {b: {c: 1, d: 2}}}", "{a: {b: {c: null, e: {f: null, g: 1}}}}", "a:\n  b:\n    d: 2\n    e:\n      g: 1\n"},
        {"{a: [1]}", "{a+: [2], a: [3]}", "a: [3]\n"},
        {"{a: [1]}", "{a+: [2]}", "a: [1, 2]\n"},
        {"{a: []}", "{a+: [2]}", "a: [2]\n"},
        {"{a: {b: 1}}", "{a: [1]}", "a: [1]\n"},
        {"{a: [1]}", "{a: {b: 1, c: null}}", "a:\n  b: 1\n"},
        {"{a: 1}", "{}", "a: 1\n"},
        {"~", "{a: null, b+: [1]}", "b: [1]\n"},
        {"[1]", "[2, 3]", "[2, 3]\n"},
        {"{a: 1}", "text", "text\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nn_error err;
        spec_merger m = {.a = &a, .err = &err};
        const spec_node *base = tree(rows[i].base), *merged;
        char *before, *after, *result;
        assert_int_equal(spec_dump(&before, base, 0, &a, &err), NN_OK);
        assert_int_equal(spec_merge(&merged, i % 2 == 1 && base->kind == SPEC_NULL ? NULL : base, tree(rows[i].over), &m), NN_OK);
        assert_int_equal(spec_dump(&result, merged, 0, &a, &err), NN_OK);
        assert_string_equal(result, rows[i].result);
        assert_int_equal(spec_dump(&after, base, 0, &a, &err), NN_OK);
        assert_string_equal(before, after); /* operands are left as they are */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(merging, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
