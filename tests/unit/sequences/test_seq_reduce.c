/* Reductions of lists whose result is known. */
#include "sequences/letters.h"
#include "sequences/seq_reduce.h"

#include <stdio.h>

static seq_list list_of(seq_trie *t, const char *words)
{
    seq_list l = {.n = 0};
    char copy[400], *at = copy;
    (void)snprintf(copy, sizeof copy, "%s", words);
    for (char *w; (w = strsep(&at, " ")) != NULL;)
        assert_true(seq_list_add(&l, find(t, w, true)));
    return l;
}

static void assert_list(const seq_trie *t, const seq_list *l, const char *words)
{
    char text[400] = "";
    for (size_t i = 0; i < l->n; i++) {
        uint32_t ops[64];
        size_t n = seq_ops(t, l->all[i], ops), at = strlen(text);
        text[at] = ' ';
        for (size_t k = 0; k < n; k++)
            text[at + (i > 0) + k] = t->ops[ops[k]][0];
        text[at + (i > 0) + n] = '\0';
    }
    assert_string_equal(text, words);
}

static void assert_reduced(seq_reduction mode, const char *given, const char *kept, size_t covered)
{
    seq_trie t;
    assert_int_equal(seq_trie_init(&t, 10, 0, NULL), NN_OK);
    seq_list all = list_of(&t, given), l = list_of(&t, given);
    size_t n;
    assert_int_equal(seq_reduce(&t, &l, mode, 0, NULL), NN_OK);
    assert_list(&t, &l, kept);
    assert_int_equal(seq_covered(&t, &all, &l, &n, NULL), NN_OK);
    assert_int_equal(n, covered);
    nn_free(all.all);
    nn_free(l.all);
    seq_trie_free(&t);
}

static void test_reduce(void **state)
{
    (void)state;
    assert_reduced(SEQ_REDUCE_NONE, "XYZ ABC", "ABC XYZ", 2);
    assert_reduced(SEQ_REDUCE_CORRECTED, "XABCD ABCDY EFG", "ABCD EFG", 3);
    assert_reduced(SEQ_REDUCE_PUBLISHED, "XABCD ABCDY EFG", "ABCD EFG", 3);
    assert_reduced(SEQ_REDUCE_CORRECTED, "ABCD ABCDY", "ABCD", 2);
    assert_reduced(SEQ_REDUCE_PUBLISHED, "ABCD ABCDY", "", 0);         /* the block is one of the pair and goes with it */
    assert_reduced(SEQ_REDUCE_CORRECTED, "XABC ABCY", "ABCY XABC", 2); /* three in common are too few */
    assert_reduced(SEQ_REDUCE_CORRECTED, "UABCDE ABCDEV WBCDE BCDEZ", "BCDE", 4); /* in two passes or one */
    assert_reduced(SEQ_REDUCE_CORRECTED, "ABCDxEFGH EFGHyABCD", "ABCD EFGH", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reduce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
