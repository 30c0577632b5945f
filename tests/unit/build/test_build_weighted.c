/* Graphs of operators drawn by weight. */
#include "build/build.h"
#include "build/graph_check.h"
#include "small_table.h"

static const char table[] =
    "operators:\n"
    "  Join: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {C: \"broadcast(A, B)\"}, range: {C: A + B}}\n"
    "  Move: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Shift: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Turn: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n";

enum { NODES = 30, MODELS = 40 };

/* Nodes of each operator, and pairs, in a family with these weights. */
typedef struct {
    op_set *ops;
    size_t nodes[4], pairs[4][4];
} counted;

static void count(counted *c, const char *text)
{
    op_weights *w = NULL;
    builder *b = NULL;
    tape *t = NULL;
    arena a;
    nn_error err = {0};
    *c = (counted){.ops = small_table(table)};
    arena_init(&a, 0);
    assert_int_equal(builder_new(&b, c->ops, NULL), NN_OK);
    assert_int_equal(tape_new_seeded(&t, 3, 0, NULL), NN_OK);
    assert_int_equal(weights_parse(&w, c->ops, text, &a, &err), NN_OK);
    for (uint64_t m = 0; m < MODELS; m++) {
        const build_request r = {.nodes = NODES, .weights = w};
        const graph *g;
        tape_reseed(t, 3, m);
        if (builder_build(b, &r, t, &g, NULL, &err) != NN_OK || graph_check(g, c->ops, NODES, &err) != NN_OK)
            fail_msg("%s", err.message);
        for (size_t v = 0; v < g->n_nodes; v++) {
            c->nodes[g->nodes[v].op]++;
            for (size_t i = 0; i < g->nodes[v].n_inputs; i++) {
                int32_t p = g->tensors[g->nodes[v].inputs[i]].producer;
                if (p >= 0)
                    c->pairs[g->nodes[p].op][g->nodes[v].op]++;
            }
        }
    }
    tape_free(t);
    builder_free(b);
    arena_free(&a);
}

static void heavy_operators_are_frequent(void **state)
{
    (void)state;
    counted c;
    count(&c, "Move 8\nShift 2\nTurn 1\n");
    size_t move = c.nodes[named(c.ops, "Move")->index], shift = c.nodes[named(c.ops, "Shift")->index],
           turn = c.nodes[named(c.ops, "Turn")->index];
    assert_true(move > 2 * shift && move < 8 * shift);
    assert_true(shift > turn && shift < 4 * turn);
    op_set_free(c.ops);
}

static void weightless_operators_do_not_appear(void **state)
{
    (void)state;
    counted c;
    count(&c, "* 0\nMove 1\nJoin 1\n");
    assert_int_equal(c.nodes[named(c.ops, "Shift")->index], 0);
    assert_int_equal(c.nodes[named(c.ops, "Turn")->index], 0);
    assert_true(c.nodes[named(c.ops, "Move")->index] > 100);
    op_set_free(c.ops);
}

static void pairs_follow_their_weights(void **state)
{
    (void)state;
    counted c;
    count(&c, "Move,Shift 20\nMove,Turn 0\n");
    size_t move = named(c.ops, "Move")->index, shift = named(c.ops, "Shift")->index, turn = named(c.ops, "Turn")->index;
    assert_true(c.pairs[move][shift] > 5 * c.pairs[move][move]);
    assert_true(c.pairs[move][turn] * 20 < c.pairs[move][shift]);
    assert_true(c.pairs[shift][turn] * 3 > c.pairs[shift][shift]);
    op_set_free(c.ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heavy_operators_are_frequent),
        cmocka_unit_test(weightless_operators_do_not_appear),
        cmocka_unit_test(pairs_follow_their_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
