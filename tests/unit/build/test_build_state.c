/* The growing graph: lists, shapes, live nodes, components. */
#include "hand_group.h"
#include "build/whole_table.h"

#include <stdlib.h>

static void lists_forget_by_place(void **state)
{
    (void)state;
    id_list l = {0};
    for (int32_t i = 0; i < 5; i++)
        assert_true(id_push(&l, 10 + i));
    assert_int_equal(id_remove(&l, 1), 14); /* the last one moves to the gap */
    assert_int_equal(l.n, 4);
    assert_int_equal(l.items[1], 14);
    assert_int_equal(id_remove(&l, 3), 13); /* the last one itself */
    assert_int_equal(l.n, 3);
    nn_free(l.items);
}

/* Tensors of a shape from the newest to the oldest; initializers are not among them. */
static void tensors_are_found_by_shape(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, false);
    tensor_desc d = hand_desc(DT_FLOAT32, 0, 1), other = hand_desc(DT_BOOL, 0, 1);
    assert_int_equal(state_same_shape(&h.s, &d), -1);
    int32_t a = state_add_tensor(&h.s, TENSOR_INPUT, &d, 0);
    (void)state_add_tensor(&h.s, TENSOR_INPUT, &other, 0);
    (void)state_add_tensor(&h.s, TENSOR_INIT, &d, 0);
    int32_t b = state_add_tensor(&h.s, TENSOR_INPUT, &d, 0);
    int32_t found[4], n = 0;
    for (int32_t t = state_same_shape(&h.s, &d); t >= 0; t = h.s.notes[t].same_shape)
        if (tensor_shape_equal(&h.s.tensors[t].desc, &d))
            found[n++] = t;
    assert_int_equal(n, 2);
    assert_int_equal(found[0], b);
    assert_int_equal(found[1], a);
    assert_true(state_reset(&h.s, 100));
    assert_int_equal(state_same_shape(&h.s, &d), -1);
    hand_close(&h);
}

static void a_consumed_node_is_not_live(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, true);
    int32_t t = hand_start(&h);
    assert_true(state_node_live(&h.s, 0));
    assert_int_equal(h.s.sink_need, 0);
    (void)hand_on(&h, "Less", t); /* to bool: one node brings it back */
    assert_false(state_node_live(&h.s, 0));
    assert_true(state_node_live(&h.s, 1));
    assert_int_equal(h.s.sink_need, 1);
    assert_int_equal(h.s.sinks.n, 1);
    (void)hand_on(&h, "Undo", h.s.nodes[1].outputs[0]);
    assert_int_equal(h.s.sink_need, 0);
    assert_int_equal(h.s.sinks.n, 0);
    assert_int_equal(h.s.live.n, 1);
    assert_false(state_node_live(&h.s, -1)); /* the producer of a graph input */
    hand_close(&h);
}

static void joins_unite_components(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, true);
    int32_t t = hand_start(&h), u = hand_start(&h), v = hand_start(&h);
    assert_int_equal(h.s.components, 3);
    hand_begin(&h);
    hand_op(&h, "Join");
    hand_tensor(&h, t);
    hand_tensor(&h, v);
    (void)hand_commit(&h);
    assert_int_equal(h.s.components, 2);
    assert_int_equal(state_root(&h.s, 0), state_root(&h.s, 2));
    assert_int_equal(state_root(&h.s, 0), state_root(&h.s, 3));
    assert_int_not_equal(state_root(&h.s, 0), state_root(&h.s, h.s.notes[u].node));
    hand_close(&h);
}

/* What a strict state asks of a weak node: a join. Spared, the node asks for nothing. */
static void a_weak_node_can_be_spared(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, true);
    assert_false(state_spare(&h.s));
    hand_begin(&h);
    hand_op(&h, "Move");
    (void)hand_input(&h, INST_NEW_INPUT, hand_desc(DT_FLOAT32, -1, 1));
    h.outputs[0][0].desc.likely = est_weak(iv(-1, 1));
    int32_t t = hand_commit(&h);
    assert_true(h.s.notes[t].weak);
    assert_int_equal(h.s.sink_need, 1);
    assert_true(state_spare(&h.s));
    assert_false(h.s.notes[t].weak);
    assert_int_equal(h.s.sink_need, 0);
    assert_int_equal(h.s.sinks.n, 0);
    assert_false(state_spare(&h.s));
    hand_close(&h);
}

/* A constant depends on no graph input, so that it cannot be spared. */
static void a_constant_is_not_spared(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, true);
    hand_op(&h, "Give");
    (void)hand_commit(&h);
    assert_int_equal(h.s.sink_need, 1);
    assert_false(state_spare(&h.s));
    hand_close(&h);
}

static size_t component(int32_t *parent, int32_t v)
{
    while (parent[v] != v)
        v = parent[v];
    return (size_t)v;
}

/* Whether what is known to the producer of an input goes on through the node. */
static bool passes(const build_state *s, int32_t t, size_t node)
{
    int32_t p = s->tensors[t].producer;
    return !s->strict || p < 0 || s->node_notes[p].weak || (!s->notes[t].weak && !s->node_notes[node].weak);
}

/* What the state knows, found again from the graph, and from what it says of weak tensors. */
static void check_state(builder *b)
{
    build_state *s = &b->s;
    size_t live = 0, joins = 0, reused = 0, unconsumed = 0, listed = 0, components = 0;
    int32_t *parent = calloc(s->n_nodes, sizeof *parent), *first = calloc(s->n_tensors, sizeof *first);
    bool *taken = calloc(s->n_tensors, sizeof *taken);
    assert_true(parent && first && taken);
    for (size_t v = 0; v < s->n_nodes; v++)
        for (size_t i = 0; i < s->nodes[v].n_inputs; i++)
            if (s->nodes[v].inputs[i] >= 0)
                taken[s->nodes[v].inputs[i]] |= passes(s, s->nodes[v].inputs[i], v);
    for (size_t v = 0; v < s->n_nodes; v++)
        parent[v] = (int32_t)v;
    for (size_t t = 0; t < s->n_tensors; t++) {
        const graph_tensor *x = &s->tensors[t];
        first[t] = x->producer;
        if (x->kind == TENSOR_INIT)
            continue;
        reused += x->consumers >= 2;
        bool loose = x->kind == TENSOR_NODE && !taken[t];
        assert_true(loose == (s->notes[t].free_at >= 0));
        unconsumed += loose;
    }
    for (size_t v = 0; v < s->n_nodes; v++) {
        const graph_node *n = &s->nodes[v];
        size_t data = 0;
        bool used = false;
        for (size_t i = 0; i < n->n_inputs; i++) {
            int32_t t = n->inputs[i];
            if (t < 0 || s->tensors[t].kind == TENSOR_INIT)
                continue;
            data++;
            if (first[t] < 0)
                first[t] = (int32_t)v;
            parent[component(parent, (int32_t)v)] = (int32_t)component(parent, first[t]);
        }
        for (size_t o = 0; o < n->n_outputs; o++)
            used |= n->outputs[o] >= 0 && taken[n->outputs[o]] && (s->node_notes[v].weak || !s->notes[n->outputs[o]].aside);
        joins += data >= 2;
        live += !used;
        assert_true(!used == state_node_live(s, (int32_t)v));
    }
    for (size_t v = 0; v < s->n_nodes; v++)
        components += parent[v] == (int32_t)v;
    for (int t = 0; t < DT_COUNT; t++)
        for (int r = 0; r < STATE_RANKS; r++) {
            listed += s->free[t][r].n;
            for (size_t i = 0; i < s->free[t][r].n; i++) {
                int32_t id = s->free[t][r].items[i];
                assert_true(s->tensors[id].desc.type == (dtype)t && s->tensors[id].desc.rank == r &&
                            s->notes[id].free_at == (int32_t)i);
            }
        }
    assert_int_equal(live, s->live.n);
    assert_int_equal(joins, s->joins);
    assert_int_equal(reused, s->reused);
    assert_int_equal(unconsumed, listed);
    assert_int_equal(components, s->components);
    free(parent);
    free(taken);
    free(first);
}

static void state_agrees_with_the_graph(void **state)
{
    (void)state;
    builder *b = new_builder(all_ops);
    for (uint64_t m = 0; m < 60; m++) {
        build_report report;
        build_request r = {.nodes = 1 + (size_t)m};
        tape *t = seeded(4, m);
        build(b, &r, t, &report);
        check_state(b);
        assert_int_equal(b->s.components, 1);
        assert_int_equal(b->s.sink_need, 0);
        tape_free(t);
    }
    builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_forget_by_place),
        cmocka_unit_test(tensors_are_found_by_shape),
        cmocka_unit_test(a_consumed_node_is_not_live),
        cmocka_unit_test(joins_unite_components),
        cmocka_unit_test(a_weak_node_can_be_spared),
        cmocka_unit_test(a_constant_is_not_spared),
        cmocka_unit_test_setup_teardown(state_agrees_with_the_graph, load_table, free_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
