/* Connected, convex parts of graphs: their nodes, inputs and outputs, against plain definitions. */
#include "small_family.h"

#include "form/form_read.h"
#include "form/form_region.h"

#include <string.h>

static arena mem;
static form_rules *rules;
static onnx_request onnx;
static nn_model *built;

static void read_model(form_model *m, uint64_t index)
{
    nn_error err;
    assert_int_equal(nn_model_build(&built, family, index, &err), NN_OK);
    onnx = (onnx_request){.opset = 17, .name = "g", .seed = 3, .index = index};
    *m = (form_model){.a = &mem, .rules = rules};
    bulk_seed(&m->random, index, 7);
    assert_int_equal(onnx_message(&m->plain, built->graph, &built->names, &onnx, &mem, &err), NN_OK);
    form_value **values = arena_calloc(&mem, built->graph->n_tensors + 1, sizeof *values);
    form_read(m, built->graph, &built->names, values);
    assert_false(m->failed);
}

/* reach[i] bit k: a path from node i to node k. */
static void reachable(const form_graph *g, uint64_t reach[64])
{
    memset(reach, 0, 64 * sizeof *reach);
    for (size_t i = g->nodes.n; i-- > 0;)
        for (size_t k = i + 1; k < g->nodes.n; k++)
            for (size_t j = 0; j < FORM_NODE(g->nodes, k)->inputs.n; j++) {
                const form_value *v = FORM_VALUE(FORM_NODE(g->nodes, k)->inputs, j);
                if (v != NULL && v->producer == g->nodes.items[i])
                    reach[i] |= (uint64_t)1 << k | reach[k];
            }
}

static uint64_t bits_of(const form_graph *g, const form_list *nodes)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < g->nodes.n; i++)
        if (form_holds(nodes, g->nodes.items[i]))
            bits |= (uint64_t)1 << i;
    return bits;
}

static void parts_are_convex(void **state)
{
    (void)state;
    size_t several = 0;
    for (uint64_t index = 0; index < 60; index++) {
        form_model m;
        form_region r;
        uint64_t reach[64];
        arena_reset(&mem);
        read_model(&m, index % 6);
        m.random.state ^= index << 32;
        assert_true(form_region_draw(&m, m.main, 1 + (uint32_t)index % 7, &r));
        reachable(m.main, reach);
        uint64_t in = bits_of(m.main, &r.nodes);
        assert_int_equal(__builtin_popcountll(in), r.nodes.n);
        several += r.nodes.n > 1;
        for (size_t i = 0; i < m.main->nodes.n; i++) {
            uint64_t before = 0;
            for (size_t k = 0; k < i; k++)
                before |= (reach[k] >> i & 1) << k;
            if ((in >> i & 1) == 0)
                assert_false((before & in) != 0 && (reach[i] & in) != 0);
        }
        /* inputs come from outside; outputs are used outside */
        for (size_t i = 0; i < r.inputs.n; i++)
            assert_false(form_holds(&r.nodes, FORM_VALUE(r.inputs, i)->producer));
        for (size_t i = 0; i < r.outputs.n; i++)
            assert_true(form_holds(&r.nodes, FORM_VALUE(r.outputs, i)->producer));
    }
    assert_true(several > 30);
}

/* A part that is taken and put back as one node leaves a graph in topological order. */
static void taking_a_part(void **state)
{
    (void)state;
    for (uint64_t index = 0; index < 30; index++) {
        form_model m;
        form_region r;
        arena_reset(&mem);
        read_model(&m, index % 6);
        m.random.state ^= index << 32;
        const size_t all = m.main->nodes.n;
        assert_true(form_region_draw(&m, m.main, 5, &r));
        form_graph *body = form_region_take(&m, &r, m.main, "part");
        assert_int_equal(body->nodes.n, r.nodes.n);
        assert_int_equal(body->outputs.n, r.outputs.n);
        form_node *n = form_node_new(&m, m.main, "Part", "");
        form_attr_graph(&m, n, "body", body);
        form_region_replace(&m, &r, n);
        assert_int_equal(m.main->nodes.n, all - r.nodes.n + 1);
        for (size_t i = 0; i < m.main->nodes.n; i++) {
            const form_node *at = FORM_NODE(m.main->nodes, i);
            for (size_t k = 0; k < at->inputs.n; k++) {
                const form_value *v = FORM_VALUE(at->inputs, k);
                for (size_t j = i; v != NULL && j < m.main->nodes.n; j++)
                    assert_ptr_not_equal(v->producer, m.main->nodes.items[j]);
            }
        }
        for (size_t i = 0; i < r.outputs.n; i++) {
            assert_ptr_equal(FORM_VALUE(r.outputs, i)->producer, n);
            assert_ptr_equal(FORM_VALUE(r.outputs, i)->home, m.main);
            assert_ptr_equal(FORM_VALUE(body->outputs, i)->home, body);
            assert_int_equal(form_uses(&m, body, FORM_VALUE(r.outputs, i)), 0);
        }
        form_graph *copy = form_clone(&m, body, m.main);
        assert_int_equal(copy->nodes.n, body->nodes.n);
        for (size_t i = 0; i < copy->outputs.n; i++)
            assert_ptr_not_equal(copy->outputs.items[i], body->outputs.items[i]);
        assert_false(m.failed);
    }
}

/* A random order is topological too. */
static void orders(void **state)
{
    (void)state;
    size_t moved = 0;
    for (uint64_t index = 0; index < 20; index++) {
        form_model m;
        arena_reset(&mem);
        read_model(&m, index % 6);
        m.random.state ^= index << 32;
        form_list before = m.main->nodes;
        form_sort(&m, m.main, false);
        assert_int_equal(m.main->nodes.n, before.n);
        form_sort(&m, m.main, true);
        assert_int_equal(m.main->nodes.n, before.n);
        for (size_t i = 0; i < before.n; i++) {
            moved += m.main->nodes.items[i] != before.items[i];
            const form_node *at = FORM_NODE(m.main->nodes, i);
            for (size_t k = 0; k < at->inputs.n; k++)
                for (size_t j = i; at->inputs.items[k] != NULL && j < before.n; j++)
                    assert_ptr_not_equal(FORM_VALUE(at->inputs, k)->producer, m.main->nodes.items[j]);
        }
    }
    assert_true(moved > 20);
}

static int end(void **state)
{
    nn_model_free(built);
    built = NULL;
    return close_family(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_family, end)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(parts_are_convex), TEST(taking_a_part), TEST(orders)};
    nn_error err;
    arena kept;
    arena_init(&mem, 0);
    arena_init(&kept, 0);
    if (form_rules_load(&rules, spec_embedded_forms, spec_embedded_forms_count, &kept, &err) != NN_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&mem);
    arena_free(&kept);
    return failed;
}
