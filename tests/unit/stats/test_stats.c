/* Statistics of graphs: counted, and merged in any order. */
#include "hand_graph.h"
#include "stats/class_table.h"
#include "stats/stats.h"

static uint64_t bin(const stats *s, int64_t key)
{
    for (size_t i = 0; i < s->n_dims; i++)
        if (s->dims[i].key == key)
            return s->dims[i].count;
    return 0;
}

static void graphs_are_counted(void **state)
{
    (void)state;
    op_set *set = small_set();
    arena a;
    arena_init(&a, 0);
    class_table t;
    nn_error err;
    stats s, other, sum;
    static hand h, chain;
    assert_int_equal(class_table_new(&t, set, &a, &err), NN_OK);
    assert_int_equal(stats_init(&s, set, &t, &err) | stats_init(&other, set, &t, &err) | stats_init(&sum, set, &t, &err), NN_OK);
    hand_small(&h);
    hand_begin(&chain);
    int32_t x = hand_tensor(&chain, TENSOR_INPUT, DT_FLOAT32, DIMS(3), 0, 1);
    for (int i = 0; i < 10; i++)
        x = hand_node(&chain, "Op", NULL, 0, DT_FLOAT32, DIMS(3), x, -2);
    hand_output(&chain, x);
    assert_int_equal(stats_reserve(&s, &h.g, &err), NN_OK);
    stats_add(&s, &h.g);
    assert_int_equal(s.nodes, 6);
    assert_int_equal(s.joins, 1);     /* Add */
    assert_int_equal(s.depth.sum, 5); /* Conv, LeakyRelu, Add, Clip, Transpose */
    assert_int_equal(s.outputs.sum, 2);
    assert_int_equal(s.tensors, 7);
    assert_int_equal(s.reused, 2); /* of Conv and of Add */
    assert_int_equal(s.ranks[4], 5);
    assert_int_equal(s.ranks[2], 1);
    assert_int_equal(bin(&s, 8), 10);
    assert_int_equal(bin(&s, 2), 6);
    assert_int_equal(bin(&s, 256), 1);
    assert_int_equal(bin(&s, 3), 0); /* inputs and initializers do not count */
    assert_int_equal(s.op_nodes[0], 6);
    assert_int_equal(s.op_models[0], 1);
    const class_subject *b = subject(&t, "B");
    assert_int_equal(s.class_counts[b->first + class_of_input(b, true)], 3); /* Conv, Add, Reshape have a second input */

    assert_int_equal(stats_reserve(&other, &chain.g, &err), NN_OK);
    stats_add(&other, &chain.g);
    /* merged in either order, or counted in one: the same */
    assert_int_equal(stats_reserve(&s, &chain.g, &err), NN_OK);
    stats_add(&s, &chain.g);
    stats first = {0};
    assert_int_equal(stats_init(&first, set, &t, &err), NN_OK);
    assert_int_equal(stats_reserve(&first, &h.g, &err), NN_OK);
    stats_add(&first, &h.g);
    assert_int_equal(stats_merge(&sum, &other, &err), NN_OK);
    assert_int_equal(stats_merge(&sum, &first, &err), NN_OK);
    assert_int_equal(sum.models, 2);
    assert_int_equal(sum.nodes, 16);
    assert_int_equal(sum.depth.least, 5);
    assert_int_equal(sum.depth.greatest, 10);
    assert_int_equal(sum.depth.sum, 15);
    assert_int_equal(sum.op_models[0], 2);
    assert_int_equal(sum.n_dims, s.n_dims);
    for (size_t i = 0; i < s.n_dims; i++)
        assert_true(sum.dims[i].key == s.dims[i].key && sum.dims[i].count == s.dims[i].count);
    assert_int_equal(stats_covered(&sum), 1);
    stats_free(&s);
    stats_free(&other);
    stats_free(&sum);
    stats_free(&first);
    arena_free(&a);
    op_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
