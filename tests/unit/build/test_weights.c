/* Weights of operators and of pairs, as text. */
#include "build/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static op_model models[] = {{.name = "A", .index = 0}, {.name = "B", .index = 1}, {.name = "Cc", .index = 2}};
static const op_set set = {.ops = models, .n_ops = 3};

static void weights_of_text(void **state)
{
    (void)state;
    arena a;
    nn_error err;
    op_weights *w;
    arena_init(&a, 0);
    assert_int_equal(weights_parse(&w, &set, " B 2.5 # two and a half\r\n\nA , Cc\t0.001\n*,B 7\nB,* 3\n", &a, &err), NN_OK);
    assert_int_equal(w->ops[0], 1000);
    assert_int_equal(w->ops[1], 2500);
    assert_int_equal(w->pairs[0 * 3 + 2], 1);
    assert_int_equal(w->pairs[0 * 3 + 1], 7000);
    assert_int_equal(w->pairs[1 * 3 + 1], 3000); /* as specific as *,B and later */
    assert_int_equal(w->pairs[2 * 3 + 2], 1000);
    assert_int_equal(weights_of(w, 0, 1), 2500 * 7000);
    assert_int_equal(weights_of(w, SIZE_MAX, 1), 2500 * 1000);
    /* The line that says most wins, wherever it stands. */
    assert_int_equal(weights_parse(&w, &set, "Cc 4\n* 0\nB,Cc 5\nB,* 0\n*,* 2", &a, &err), NN_OK);
    assert_int_equal(w->ops[2], 4000);
    assert_int_equal(w->ops[0], 0);
    assert_int_equal(w->pairs[1 * 3 + 2], 5000);
    assert_int_equal(w->pairs[1 * 3 + 0], 0);
    assert_int_equal(w->pairs[0], 2000);
    assert_int_equal(weights_parse(&w, &set, "A 10000", &a, &err), NN_OK);
    assert_null(w->pairs);
    assert_string_equal(weights_normal("# x\n A ,\tB   1.5 # y\n\n*   0", &a), "A,B 1.5\n* 0\n");
    arena_free(&a);
}

static void sequences(void **state)
{
    (void)state;
    arena a;
    nn_error err;
    op_weights *w;
    arena_init(&a, 0);
    assert_int_equal(weights_parse(&w, &set, "A,B 2\nA, B ,Cc 1.5\nA,A,A 0\nCc,Cc,Cc,Cc,Cc,Cc,Cc,A 3 # A,B,C\n", &a, &err), NN_OK);
    assert_int_equal(w->n_sequences, 2); /* a weight of 0 wishes nothing */
    assert_int_equal(w->sequences[0].n, 3);
    assert_int_equal(w->sequences[0].weight, 1500);
    assert_int_equal(w->sequences[0].ops[2], 2);
    assert_int_equal(w->sequences[1].n, 8);
    assert_int_equal(w->sequences[1].ops[7], 0);
    assert_int_equal(w->pairs[1], 2000);
    arena_free(&a);
}

static void malformed_weights(void **state)
{
    (void)state;
    static const char *const texts[][2] = {{"A", "line 1"},
                                           {"A x", "line 1"},
                                           {"\nA 1.2345", "line 2"},
                                           {"A -1", "line 1"},
                                           {"A 10000.001", "line 1"},
                                           {"A,B,*  1", "expected a name instead of *"},
                                           {"A,A,A,A,A,A,A,A,A 1", "expected 1 to 8 operators"},
                                           {"A,B,Q 1", "Q"},
                                           {"A,B C,A 1", "line 1"},
                                           {"A,B,,A 1", "line 1"},
                                           {",A 1", "line 1"},
                                           {"A, 1", "line 1"},
                                           {"A 1e3", "line 1"},
                                           {"A 1 2", "line 1"},
                                           {"A .5", "line 1"},
                                           {"A 5.", "line 1"},
                                           {"Q 1", "Q"},
                                           {"A,Q 1", "Q"},
                                           {"* 0", "above 0"},
                                           {"A 99999999999999999999", "line 1"}};
    arena a;
    nn_error err;
    op_weights *w;
    arena_init(&a, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(weights_parse(&w, &set, texts[i][0], &a, &err), NN_ERR_USAGE);
        assert_non_null(strstr(err.message, texts[i][1]));
    }
    arena_free(&a);
}

/* A number for each pair of operators takes memory by the square of a table. */
static void pairs_of_a_large_table(void **state)
{
    (void)state;
    const op_set large = {.ops = models, .n_ops = OP_MAX_PAIRED + 1};
    arena a;
    nn_error err;
    op_weights *w;
    arena_init(&a, 0);
    assert_int_equal(weights_parse(&w, &large, "* 0.5", &a, &err), NN_OK);
    assert_int_equal(weights_parse(&w, &large, "*,* 0.5", &a, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "weights: pairs of 4097 operators are too many; expected at most 4096 operators (see --ops)");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_text),
        cmocka_unit_test(sequences),
        cmocka_unit_test(malformed_weights),
        cmocka_unit_test(pairs_of_a_large_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
