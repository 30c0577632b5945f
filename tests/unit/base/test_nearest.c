/* The nearest word, for what was mistyped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"

static void distances(void **state)
{
    (void)state;
    assert_int_equal(word_distance("kitten", "sitting", 9), 3);
    assert_int_equal(word_distance("", "abc", 9), 3);
    assert_int_equal(word_distance("abcd", "acbd", 9), 1); /* neighbours swapped */
    assert_int_equal(word_distance("ABC", "abc", 9), 0);
    assert_int_equal(word_distance("abcdef", "uvwxyz", 2), 3); /* beyond the limit */
}

static void the_first_of_the_nearest_is_taken(void **state)
{
    (void)state;
    nearest n = {.word = NULL};
    nearest_offer(&n, "verfiy", "merge");
    assert_null(n.word);
    nearest_offer(&n, "verfiy", "verity"); /* 2 edits, a third of the word */
    assert_string_equal(n.word, "verity");
    nearest_offer(&n, "verfiy", "verify");
    assert_string_equal(n.word, "verify");
    nearest_offer(&n, "verfiy", "verfix"); /* as near, but with a replaced letter */
    assert_string_equal(n.word, "verify");
    nearest_offer(&n, "verfiy", "evrfiy"); /* a swap, too, but of the first letter */
    assert_string_equal(n.word, "verify");
    nearest_offer(&n, "verfiy", "verfyi"); /* as likely, but later */
    assert_string_equal(n.word, "verify");
}

static void likely_mistakes_come_first(void **state)
{
    (void)state;
    static const char *const names[] = {"Add", "Conv", "ConvTranspose", "Elu",  "Gelu", "MatMul", "Max", "Mean", "Min",
                                        "Mod", "Mul",  "PRelu",         "Relu", "Selu", "Sum",    "Tan", "Tanh"};
    static const char *const rows[][2] = {{"Rlu", "Relu"}, {"Rleu", "Relu"}, {"relu", "Relu"},      {"Reluu", "Relu"},
                                          {"Cov", "Conv"}, {"Cnov", "Conv"}, {"MatMull", "MatMul"}, {"Mtmul", "MatMul"},
                                          {"Mn", "Min"},   {"Selo", "Selu"}, {"Tahn", "Tanh"},      {"Glu", "Gelu"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nearest n = {.word = NULL};
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            nearest_offer(&n, rows[i][0], names[k]);
        assert_non_null(n.word);
        assert_string_equal(n.word, rows[i][1]);
    }
}

/* Of words shorter than three letters one may be wrong, of longer ones a third. */
static void how_much_may_be_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *unknown, *candidate;
        bool near;
    } rows[] = {
        {"", "a", true},
        {"", "ab", false},
        {"ab", "xb", true},
        {"ab", "xy", false},
        {"abc", "xbc", true},
        {"abc", "xyc", false},
        {"abcdef", "xycdef", true},
        {"abcdef", "xyzdef", false},
        {"abcdefg", "xyzdefg", true},
        {"", "", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nearest n = {.word = NULL};
        nearest_offer(&n, rows[i].unknown, rows[i].candidate);
        if ((n.word != NULL) != rows[i].near)
            fail_msg("%s and %s", rows[i].unknown, rows[i].candidate);
    }
}

static void long_words_are_compared_in_part(void **state)
{
    (void)state;
    char a[5000], b[5000];
    memset(a, 'a', sizeof a - 1);
    memset(b, 'a', sizeof b - 1);
    a[sizeof a - 1] = b[100] = '\0';
    assert_int_equal(word_distance(a, b, 9), 0); /* alike in their first 63 letters */
    b[62] = 'b';
    assert_int_equal(word_distance(a, b, 9), 1);
    assert_int_equal(word_distance(a, "", 100), 63);
}

static void a_family_has_few_members(void **state)
{
    (void)state;
    const char *const words[] = {"ab1", "ab2", "ac", "b", "ad", "ae"};
    char out[16];
    assert_int_equal(nearest_family(out, sizeof out, "ab", "", words, 6), 2);
    assert_string_equal(out, "ab1 or ab2");
    assert_int_equal(nearest_family(out, sizeof out, "b", "`", words, 6), 1);
    assert_string_equal(out, "`b`");
    assert_int_equal(nearest_family(out, sizeof out, "a", "", words + 2, 4), 3);
    assert_string_equal(out, "ac, ad or ae");
    const char *const none[] = {"a", "", "c", "abc"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(nearest_family(out, sizeof out, none[i], "", words, 6), 0); /* "a": five words */
        assert_string_equal(out, "");
    }
    assert_int_equal(nearest_family(out, 11, "ab", "", words, 6), 2); /* just room enough */
    assert_int_equal(nearest_family(out, 10, "ab", "", words, 6), 0);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(the_first_of_the_nearest_is_taken),
        cmocka_unit_test(likely_mistakes_come_first),
        cmocka_unit_test(how_much_may_be_wrong),
        cmocka_unit_test(long_words_are_compared_in_part),
        cmocka_unit_test(a_family_has_few_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
