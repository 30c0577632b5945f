/* The trie of sequences: what models hold, the order of sequences, their parts. */
#include "sequences/letters.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
