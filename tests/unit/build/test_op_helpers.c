/* Helpers for operators that cannot fill a graph alone, from a small table. */
#include "build/op_helpers.h"
#include "small_table.h"

#include <stdio.h>

/* Types: Compare gives bool, Flip keeps it, Any converts every type, Pick takes bool; Count takes int64.
 * Give and Note are made of nothing. Join and Late join data. Never has no instance, though its signature suits best. */
static const char table[] =
    "operators:\n"
    "  Any: {since: [1], types: {T: [bool, float32, int64], U: [bool, float32, int64]}, in: {X: T}, out: {Y: U}, attrs: {to: type "
    "U},\n"
    "    shape: {Y: shape(X)}, range: {Y: \"[0, 1]\"}}\n"
    "  Compare: {since: [1], in: {A: float32, B: float32}, out: {C: bool}, shape: {B: shape(A), C: shape(A)},\n"
    "    range: {C: \"[0, 1]\"}}\n"
    "  Count: {since: [1], in: {C: int64}, out: {N: float32}, shape: {N: shape(C)}, range: {N: \"[0, 9]\"}}\n"
    "  Flip: {since: [1], in: {X: bool}, out: {Y: bool}, shape: {Y: shape(X)}, range: {Y: \"[0, 1]\"}}\n"
    "  Give: {since: [1], out: {Y: float32}, choose: {n: 1..8}, shape: {Y: \"[n]\"}, range: {Y: \"[0, 1]\"}, flags: [source]}\n"
    "  Join: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {B: shape(A), C: shape(A)}, range: {C: A + B}}\n"
    "  Late: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, where: [\"rank(A) > 0\"], shape: {B: shape(A),\n"
    "    C: shape(A)}, range: {C: A - B}}\n"
    "  Move: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Never: {since: [1], types: {T: [bool, float32, int64], U: [bool, float32, int64]}, in: {X: T}, out: {Y: U},\n"
    "    choose: {n: 1..8}, where: [\"n > 8\"], attrs: {to: type U}, shape: {Y: shape(X)}, range: {Y: \"[0, 1]\"}}\n"
    "  Note: {since: [1], in: {X: float32}, out: {N: int64}, shape: {N: \"[]\"}, range: {N: \"[0, 9]\"}, flags: [source]}\n"
    "  Pick: {since: [1], in: {C: bool, X: float32}, out: {Y: float32}, shape: {C: shape(X), Y: shape(X)}, range: {Y: X}}\n";

#define MOST 16

static op_set *ops;

static int load(void **state)
{
    (void)state;
    ops = small_table(table);
    return ops->n_ops <= MOST ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    op_set_free(ops);
    return 0;
}

static void mark(bool *flags, const char *names)
{
    char text[100];
    (void)snprintf(text, sizeof text, "%s", names);
    for (char *name = strtok(text, " "); name != NULL; name = strtok(NULL, " "))
        flags[named(ops, name)->index] = true;
}

/* The helpers, a bar, and what they serve. */
static const char *found(const char *keep, const char *barred)
{
    static char text[200];
    bool flags[4][MOST] = {{false}};
    mark(flags[0], keep);
    mark(flags[1], barred);
    assert_int_equal(op_helpers_find(ops, flags[0], flags[1], flags[2], flags[3], NULL), NN_OK);
    text[0] = '\0';
    for (int k = 2; k < 4; k++) {
        for (size_t i = 0; i < ops->n_ops; i++)
            if (flags[k][i])
                strcat(strcat(text, text[0] != '\0' && text[strlen(text) - 1] != '|' ? " " : ""), ops->ops[i].name);
        strcat(text, k == 2 ? "|" : "");
    }
    return text;
}

static void types_are_converted(void **state)
{
    (void)state;
    assert_string_equal(found("Flip", ""), "Any|Flip");
    assert_string_equal(found("Flip Compare", "Any"), "Join Pick|Compare Flip");
    assert_string_equal(found("Flip", "Any"), "Compare Pick|Flip");
    assert_string_equal(found("Flip", "Any Pick"), "|"); /* nothing takes bool */
}

static void sources_are_joined(void **state)
{
    (void)state;
    assert_string_equal(found("Give", ""), "Join|Give");
    assert_string_equal(found("Give", "Join"), "Late|Give");
    assert_string_equal(found("Note Flip", ""), "Any Join|Flip Note");
    assert_string_equal(found("Note Late", ""), "Any|Note"); /* there is a join */
    assert_string_equal(found("Compare", ""), "Any Join|Compare");
}

static void none_without_need(void **state)
{
    (void)state;
    assert_string_equal(found("Move", ""), "|");
    assert_string_equal(found("Give Join", ""), "|");
    assert_string_equal(found("Any Flip", ""), "|");
    assert_string_equal(found("Count Move", "Any Note"), "|"); /* only Never gives int64 */
    assert_string_equal(found("Count Flip", ""), "Any|Count Flip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_converted),
        cmocka_unit_test(sources_are_joined),
        cmocka_unit_test(none_without_need),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
