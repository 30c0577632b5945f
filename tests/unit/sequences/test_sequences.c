/* Sequences, paths, blocks, reductions and statistics on cases whose results are known; in a stress build also without memory. */
#include "sequences/coverage.h"
#include "folder.h"
#include "sequences/seq_analysis.h"
#include "sequences/seq_match.h"
#include "sequences/seq_paths.h"
#include "sequences/seq_report.h"
#include "sequences/seq_stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static onnx_view chains(const char *text)
{
    onnx_view v;
    assert_int_equal(onnx_view_chains(&v, text, strlen(text), "f", NULL), NN_OK);
    return v;
}

static uint32_t find(seq_trie *t, const char *text, bool add)
{
    uint32_t s = 0;
    for (; *text != '\0'; text++)
        s = seq_child(t, s, seq_op(t, (char[]){*text, '\0'}, add), add);
    return s;
}

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

static void test_trie(void **state)
{
    (void)state;
    seq_trie t;
    onnx_view a = chains("A,B,A,B\nC"), b = chains("B,A,D");
    assert_int_equal(seq_trie_init(&t, 3, 0, NULL), NN_OK);
    assert_int_equal(seq_count_model(&t, &a, 0, SEQ_ADD, NULL), NN_OK);
    assert_int_equal(seq_count_model(&t, &b, 1, SEQ_KNOWN, NULL), NN_OK);
    static const struct {
        const char *s;
        unsigned first, second;
    } cases[] = {{"A", 1, 1}, {"B", 1, 1}, {"C", 1, 0}, {"AB", 1, 0}, {"BA", 1, 1}, {"ABA", 1, 0}, {"BAB", 1, 0}};
    assert_int_equal(t.n, 1 + sizeof cases / sizeof cases[0]);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t s = find(&t, cases[i].s, false);
        assert_int_not_equal(s, SEQ_NONE);
        assert_int_equal(t.nodes[s].models[0], cases[i].first);
        assert_int_equal(t.nodes[s].models[1], cases[i].second);
        assert_int_equal(t.nodes[s].length, strlen(cases[i].s));
    }
    assert_int_equal(find(&t, "ABAB", false), SEQ_NONE);
    assert_int_equal(seq_tail(&t, find(&t, "ABA", false)), find(&t, "BA", false));
    uint32_t order[] = {find(&t, "B", false), find(&t, "BA", false), find(&t, "ABA", false), find(&t, "AB", false)};
    assert_int_equal(seq_sort(&t, order, 4, NULL), NN_OK);
    assert_int_equal(order[0], find(&t, "AB", false));
    assert_int_equal(order[1], find(&t, "ABA", false));
    assert_int_equal(order[2], find(&t, "B", false));
    assert_int_equal(order[3], find(&t, "BA", false));
    bool wanted[16] = {false}, has;
    wanted[find(&t, "AB", false)] = true;
    assert_int_equal(seq_model_has(&t, &a, wanted, 3, &has, NULL), NN_OK);
    assert_true(has);
    assert_int_equal(seq_model_has(&t, &b, wanted, 3, &has, NULL), NN_OK);
    assert_false(has);
    seq_trie_free(&t);
    onnx_view_free(&a);
    onnx_view_free(&b);
}

static void test_path_count(void **state)
{
    (void)state;
    onnx_view v = chains("A,B\nC\nD,E,F");
    path_count c;
    char text[44];
    assert_int_equal(seq_path_count(&v, &c, NULL), NN_OK);
    path_count_text(&c, text);
    assert_string_equal(text, "3");
    v.nodes[5].graph_outputs = 4000000000u; /* D,E,F to so many outputs from so many inputs */
    v.nodes[3].graph_inputs = 4000000000u;
    assert_int_equal(seq_path_count(&v, &c, NULL), NN_OK);
    path_count_text(&c, text);
    assert_string_equal(text, "16000000000000000002");
    path_count_text(&(path_count){.high = UINT64_MAX, .low = UINT64_MAX}, text);
    assert_string_equal(text, "340282366920938463463374607431768211455");
    path_count_text(&(path_count){.at_least = true}, text);
    assert_string_equal(text, "2^128 or more");
    onnx_view_free(&v);
}

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

static void test_statistics(void **state)
{
    (void)state;
    double *lf = log_factorials(200);
    assert_non_null(lf);
    /* Fisher's lady: 3 of 4 cups right, 17/70; all right, 1/70. */
    assert_true(fabs(fisher_greater(lf, 3, 1, 1, 3) - 17.0 / 70) < 1e-12);
    assert_true(fabs(fisher_greater(lf, 4, 0, 0, 4) - 1.0 / 70) < 1e-12);
    assert_true(fisher_greater(lf, 0, 4, 4, 0) == 1);
    assert_true(fisher_greater(lf, 0, 0, 0, 0) == 1);
    assert_true(fisher_greater(lf, 50, 50, 50, 50) <= 1);
    for (uint64_t b = 0; b < 20; b++) /* more correct models that hold it are less evidence */
        assert_true(fisher_greater(lf, 10, b, 30, 60) < fisher_greater(lf, 10, b + 1, 30, 60));
    nn_free(lf);
    assert_true(odds_ratio(6, 2, 3, 4) == 4);
    assert_true(odds_ratio(1, 0, 0, 1) == 9);
    /* The example of the paper: 15 p-values, of which the first four are found at 0.05. */
    double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                  0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
    benjamini_hochberg(p, 15);
    size_t found = 0;
    for (size_t i = 0; i < 15; i++) {
        assert_true(i == 0 || p[i] >= p[i - 1]);
        found += p[i] <= 0.05;
    }
    assert_int_equal(found, 4);
}

#ifdef NN_STRESS
static void ignore(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_int_equal(folder_make(state), 0);
    char a[64], b[64];
    (void)snprintf(a, sizeof a, "%s/a.txt", folder);
    (void)snprintf(b, sizeof b, "%s/b.txt", folder);
    folder_write("a.txt", "A,B,C,D,E\nX,B,C,D,E\n");
    folder_write("b.txt", "B,C,D,E,F\nA,B,C\n");
    char *const sequences[] = {"--failed", a, "--failed", b,           "--correct",     b,
                               "--suite",  a, "--reduce", "published", "--min-support", "1"};
    char *const matching[] = {"--failed",   a,          "--failed",  b,          "--correct", b,
                              "--matching", "--reduce", "corrected", "--format", "json"};
    char *const lines[] = {"--reduce", "published", "--order", "7", a};
    char *const paths[] = {"--paths", a};
    char *const inventory[] = {a, b};
    char *const cover[] = {a, "--against", b};
    static const struct {
        int n;
        bool coverage;
    } shape[] = {{12, false}, {11, false}, {5, false}, {2, false}, {2, false}, {3, true}};
    char *const *const commands[] = {sequences, matching, lines, paths, inventory, cover};
    for (size_t k = 0; k < sizeof shape / sizeof shape[0]; k++) {
        nn_status s = NN_ERR_NOMEM;
        for (long n = 1; s != NN_OK; n++) {
            json_line out = {.bytes = NULL};
            size_t problems;
            nn_error err = {0};
            const seq_watch watch = {.tell = ignore};
            nn_stress_fail_at(n);
            s = (shape[k].coverage ? coverage_run : sequences_run)(shape[k].n, commands[k], &out, &watch, &problems, &err);
            nn_stress_fail_at(0);
            assert_true(s == NN_OK || (s == NN_ERR_NOMEM && err.message[0] != '\0'));
            assert_true(s != NN_OK || (out.size > 0 && problems == 0));
            nn_free(out.bytes);
        }
    }
    assert_int_equal(folder_remove(state), 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trie),      cmocka_unit_test(test_path_count), cmocka_unit_test(test_match),
        cmocka_unit_test(test_reduce),    cmocka_unit_test(test_statistics),
#ifdef NN_STRESS
        cmocka_unit_test(test_no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
