/* Weights as text, and paths that are to be avoided. */
#include "family/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

static void malformed_weights(void **state)
{
    (void)state;
    static const char *const texts[][2] = {{"A", "line 1"},
                                           {"A x", "line 1"},
                                           {"\nA 1.2345", "line 2"},
                                           {"A -1", "line 1"},
                                           {"A 10000.001", "line 1"},
                                           {"A,B,Cc 1", "line 1"},
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
    pair_table *pairs;
    assert_int_equal(pairs_new(&pairs, &large, &(lower_limits){0}, &err), NN_ERR_USAGE);
    assert_null(pairs);
    assert_string_equal(err.message, "--cover: pairs of 4097 operators are too many; expected at most 4096 operators (see --ops)");
    arena_free(&a);
}

/* Against a search of all paths, on random graphs that grow at the end. */
static void avoided_paths(void **state)
{
    (void)state;
    arena a;
    uint64_t x = 1;
    size_t refused = 0;
    arena_init(&a, 0);
    for (int round = 0; round < 300; round++) {
        avoid_set *s = avoid_new(&a, 4);
        uint16_t ops[60], sequences[30][5];
        size_t length[30], inputs[60][2], n_sequences = 1 + (size_t)round % 30;
        avoid_mask masks[60];
        assert_non_null(s);
        for (size_t i = 0; i < n_sequences; i++) {
            length[i] = 2 + (x = x * 6364136223846793005u + 1442695040888963407u) / 4 % 1021 % 4;
            for (size_t k = 0; k < length[i]; k++)
                sequences[i][k] = (uint16_t)((x = x * 6364136223846793005u + 1442695040888963407u) >> 60) % 4;
            assert_true(avoid_add(s, sequences[i], length[i]));
        }
        for (size_t n = 0; n < 60;) {
            ops[n] = (uint16_t)((x = x * 6364136223846793005u + 1442695040888963407u) >> 60) % 4;
            masks[n] = (avoid_mask){0};
            for (int k = 0; k < 2; k++) {
                inputs[n][k] = (size_t)((x = x * 6364136223846793005u + 1442695040888963407u) >> 33) % (n + 1);
                if (inputs[n][k] < n) /* else a graph input */
                    avoid_pass(&masks[n], &masks[inputs[n][k]]);
            }
            bool found = false;
            for (size_t i = 0; i < n_sequences; i++) {
                /* Nodes at which what is left of the sequence, read backwards, may end. */
                uint64_t at = ops[n] == sequences[i][length[i] - 1] ? (uint64_t)1 << n : 0;
                for (size_t k = length[i] - 1; k-- > 0 && at;) {
                    uint64_t before = 0;
                    for (size_t v = 0; v <= n; v++)
                        for (int j = 0; j < 2 && at >> v & 1; j++)
                            if (inputs[v][j] < v && ops[inputs[v][j]] == sequences[i][k])
                                before |= (uint64_t)1 << inputs[v][j];
                    at = before;
                }
                found |= at != 0;
            }
            bool fine = avoid_enter(s, &masks[n], ops[n]);
            assert_int_equal(fine, !found);
            refused += found;
            n += fine || x >> 61 == 0;
            if (!fine && x >> 61 == 0)
                break;
        }
        arena_reset(&a);
    }
    assert_true(refused > 1000);
    avoid_set *s = avoid_new(&a, 4);
    uint16_t longest[AVOID_MOST + 1] = {0};
    assert_false(avoid_add(s, longest, AVOID_MOST + 1));
    assert_true(avoid_add(s, longest, AVOID_MOST));
    assert_false(avoid_add(s, longest, 2));
    arena_free(&a);
}

static nn_table *open_table(void)
{
    nn_table *t;
    assert_int_equal(nn_table_open(&t, NULL, NULL), NN_OK);
    return t;
}

/* Whether the graph has the path. */
static bool has_path(const graph *g, const op_set *ops, const char *const *names, size_t n, size_t node)
{
    if (strcmp(g->nodes[node].op_type, names[n - 1]) != 0)
        return false;
    bool found = n == 1;
    for (size_t i = 0; i < g->nodes[node].n_inputs && !found; i++) {
        int32_t t = g->nodes[node].inputs[i], from = t < 0 ? -1 : g->tensors[t].producer;
        found = from >= 0 && has_path(g, ops, names, n - 1, (size_t)from);
    }
    return found;
}

static bool anywhere(const nn_model *m, const char *const *names, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < m->graph->n_nodes; i++)
        found |= has_path(m->graph, m->family->table->ops, names, n, i);
    return found;
}

static void every_model_has_what_it_is_to_contain(void **state)
{
    (void)state;
    static const char *const first[] = {"Conv", "Relu", "MaxPool", "Sigmoid"}, *const second[] = {"Less", "Not", "Where"};
    static const char *const never[] = {"Relu", "Sigmoid"}, *const longer[] = {"Add", "Mul", "Sub"};
    nn_table *t = open_table();
    nn_family *f;
    nn_model *m = NULL;
    nn_error err;
    const nn_family_config c = {.nodes = 16,
                                .count = 60,
                                .seed = 5,
                                .contain = "Conv,Relu, MaxPool,Sigmoid;Less,Not,Where",
                                .avoid = "Relu,Sigmoid;Add,Mul,Sub",
                                .check = 1};
    assert_int_equal(nn_family_open(&f, t, &c, &err), NN_OK);
    for (uint64_t i = 0; i < 60; i++) {
        assert_int_equal(nn_model_build(&m, f, i, &err), NN_OK);
        assert_true(anywhere(m, first, 4));
        assert_true(anywhere(m, second, 3));
        assert_false(anywhere(m, never, 2));
        assert_false(anywhere(m, longer, 3));
    }
    nn_model_free(m);
    nn_family_close(f);
    nn_table_close(t);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *contain, *avoid, *says;
    } cases[] = {{"Relu,Not", "", "no output of one has a type that the next one takes"},
                 {"Conv,Nope", "", "unknown operator Nope; did you mean Not?"},
                 {"Constant,Relu", "", "would not depend on graph inputs"},
                 {"Conv,,Relu", "", "expected names"},
                 {"Conv,Relu,Add", "Conv,Relu", "holds a sequence that is to be avoided"},
                 {"Relu,Relu,Relu,Relu,Relu,Relu,Relu,Relu,Relu", "", "has no room in 8 nodes"},
                 {"", "Relu", "--ops -A leaves out a single one"}};
    nn_table *t = open_table();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_family *f;
        nn_error err;
        const nn_family_config c = {.nodes = 8, .count = 2, .contain = cases[i].contain, .avoid = cases[i].avoid};
        assert_int_equal(nn_family_open(&f, t, &c, &err), NN_ERR_USAGE);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%s", err.message);
    }
    nn_table_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_text),
        cmocka_unit_test(malformed_weights),
        cmocka_unit_test(pairs_of_a_large_table),
        cmocka_unit_test(avoided_paths),
        cmocka_unit_test(every_model_has_what_it_is_to_contain),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
