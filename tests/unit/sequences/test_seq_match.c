/* Matching blocks of pairs whose blocks are known. */
#include "sequences/seq_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static nn_status append(void *data, const uint32_t *ops, size_t n)
{
    char *text = data;
    size_t at = strlen(text);
    text[at++] = ' ';
    for (size_t i = 0; i < n; i++)
        text[at++] = (char)ops[i];
    text[at] = '\0';
    return NN_OK;
}

static void assert_blocks(seq_matching how, const char *a, const char *b, size_t least, const char *blocks)
{
    uint32_t x[32], y[32];
    char text[200] = "";
    for (size_t i = 0; i < strlen(a); i++)
        x[i] = (uint32_t)a[i];
    for (size_t i = 0; i < strlen(b); i++)
        y[i] = (uint32_t)b[i];
    assert_int_equal(seq_match(how, x, strlen(a), y, strlen(b), least, append, text, NULL), NN_OK);
    assert_string_equal(text, blocks);
}

static void test_match(void **state)
{
    (void)state;
    assert_blocks(SEQ_GESTALT, "ABCDxEFG", "EFGyABCD", 3, " ABCD"); /* EFG is on the other side */
    assert_blocks(SEQ_MAXIMAL, "ABCDxEFG", "EFGyABCD", 3, " ABCD EFG");
    assert_blocks(SEQ_GESTALT, "ABCxABCD", "ABCDABC", 3, " ABCD");
    assert_blocks(SEQ_GESTALT, "ABCxABC", "ABC", 3, " ABC");
    assert_blocks(SEQ_GESTALT, "ABxCDE", "ABCDE", 2, " AB CDE");
    assert_blocks(SEQ_GESTALT, "ABxCDE", "ABCDE", 3, " CDE");
    assert_blocks(SEQ_GESTALT, "", "ABC", 1, "");
    assert_blocks(SEQ_MAXIMAL, "AAA", "AA", 2, " AA AA");
    assert_blocks(SEQ_GESTALT, "AAA", "AA", 2, " AA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
