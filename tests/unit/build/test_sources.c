/* Sources: operators whose output depends on no values, some without any input, and attributes that are tensors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "build/build.h"
#include "build/graph_check.h"
#include "write/naming.h"
#include "onnx.pb-c.h"
#include "write/onnx_write.h"

#define OPSET 17

static const char table[] =
    "operators:\n"
    "  Give: {since: [1], out: {Y: float32}, choose: {n: 1..8}, attrs: {value: \"tensor reals(n, -2, 2)\"}, shape: {Y: \"[n]\"},\n"
    "    range: {Y: \"[min(value), max(value)]\"}, flags: [source]}\n"
    "  Count: {since: [1], out: {Y: int64}, attrs: {n: int 1..8}, shape: {Y: \"[n]\"}, range: {Y: \"[0, n]\"}, flags: [source]}\n"
    "  Look: {since: [1], in: {X: float32}, out: {Y: int64}, rank: {X: 1..3}, shape: {Y: \"[rank(X)]\"},\n"
    "    range: {Y: \"[min(shape(X)), max(shape(X))]\"}, flags: [source]}\n"
    "  Turn: {since: [1], in: {X: int64}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Pick: {since: [1], in: {X: float32 data|weight, I: int64}, out: {Y: float32}, choose: {n: 1..64}, shape: {X: \"[n]\", Y: "
    "\"[n] ++ shape(I)\"}, "
    "range: {Y: X}}\n"
    "  Sum: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {C: \"broadcast(A, B)\"},\n"
    "    domain: {A: \"[-1e6, 1e6]\", B: \"[-1e6, 1e6]\"}, range: {C: A + B}}\n";

static op_set *ops;

static int load(void **state)
{
    (void)state;
    const spec_file file = {.name = "sources.yaml", .bytes = table, .size = sizeof table - 1};
    nn_error err = {0};
    if (op_set_new(&ops, &file, 1, NULL, OPSET, &err) == NN_OK && lower_fold_domains(ops, &err) == NN_OK)
        return 0;
    print_error("%d: %s\n", err.line, err.message);
    return -1;
}

static int unload(void **state)
{
    (void)state;
    op_set_free(ops);
    return 0;
}

static const graph *build(builder *b, const op_set *used, size_t nodes, uint64_t seed)
{
    tape *t = NULL;
    const graph *g = NULL;
    nn_error err = {0};
    assert_int_equal(tape_new_seeded(&t, 3, seed, NULL), NN_OK);
    build_request r = {.nodes = nodes, .check = true};
    if (builder_build(b, &r, t, &g, NULL, &err) != NN_OK || graph_check(g, used, nodes, &err) != NN_OK)
        fail_msg("%zu nodes, seed %llu: %s", nodes, (unsigned long long)seed, err.message);
    tape_free(t);
    return g;
}

static bool named(const graph *g, size_t node, const char *name)
{
    return strcmp(g->nodes[node].op_type, name) == 0;
}

/* Whether a node depends on the values of a graph input. */
static bool varies(const graph *g, size_t node)
{
    bool found = false;
    for (size_t i = 0; i < g->nodes[node].n_inputs && !named(g, node, "Look"); i++) {
        const graph_tensor *x = &g->tensors[g->nodes[node].inputs[i]];
        found |= x->kind == TENSOR_INPUT || (x->producer >= 0 && varies(g, (size_t)x->producer));
    }
    return found;
}

/* What each operator reads: nothing is made from constants that no graph input is behind. */
static void bare_constants_are_joined(void **state)
{
    (void)state;
    builder *b = NULL;
    size_t turns = 0, gives = 0, counts = 0;
    assert_int_equal(builder_new(&b, ops, NULL), NN_OK);
    for (uint64_t seed = 0; seed < 200; seed++) {
        const graph *g = build(b, ops, 8, seed);
        for (size_t v = 0; v < g->n_nodes; v++) {
            bool fed = false; /* by what has inputs itself, or by a graph input */
            for (size_t i = 0; i < g->nodes[v].n_inputs; i++) {
                const graph_tensor *x = &g->tensors[g->nodes[v].inputs[i]];
                fed |= x->producer < 0 || g->nodes[x->producer].n_inputs > 0;
            }
            bool bare = named(g, v, "Give") || named(g, v, "Count");
            assert_true(bare == (g->nodes[v].n_inputs == 0));
            assert_true(bare || fed);
            assert_true(!named(g, v, "Pick") || varies(g, v));
            turns += named(g, v, "Turn");
            gives += named(g, v, "Give");
            counts += named(g, v, "Count");
            for (size_t o = 0; o < g->nodes[v].n_outputs; o++)
                assert_true(!bare || !g->tensors[g->nodes[v].outputs[o]].output);
        }
    }
    assert_true(turns > 100 && gives > 50 && counts > 25);
    builder_free(b);
}

/* Where the only taker of the integers has no other input, their maker cannot stand. */
static void what_cannot_be_joined_stays_out(void **state)
{
    (void)state;
    op_model some[3];
    op_set s = *ops;
    s.ops = some;
    s.n_ops = 0;
    for (size_t i = 0; i < ops->n_ops; i++) {
        const char *name = ops->ops[i].name;
        if (strcmp(name, "Count") == 0 || strcmp(name, "Turn") == 0 || strcmp(name, "Sum") == 0) {
            some[s.n_ops] = ops->ops[i];
            some[s.n_ops].index = (uint16_t)s.n_ops;
            s.n_ops++;
        }
    }
    builder *b = NULL;
    assert_int_equal(builder_new(&b, &s, NULL), NN_OK);
    for (uint64_t seed = 0; seed < 30; seed++) {
        const graph *g = build(b, &s, 6, seed);
        for (size_t v = 0; v < g->n_nodes; v++)
            assert_true(named(g, v, "Sum"));
    }
    builder_free(b);
}

static void tensors_are_written(void **state)
{
    (void)state;
    builder *b = NULL;
    arena a = {0};
    onnx_buffer buffer = {0};
    size_t seen = 0;
    assert_int_equal(builder_new(&b, ops, NULL), NN_OK);
    for (uint64_t seed = 0; seed < 50; seed++) {
        const graph *g = build(b, ops, 6, seed);
        model_names names;
        const onnx_request q = {.opset = OPSET, .name = "g"};
        assert_int_equal(model_names_new(&names, g, ops, &a, NULL), NN_OK);
        assert_int_equal(onnx_write_model(&buffer, g, &names, &q, &a, NULL), NN_OK);
        Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, buffer.size, buffer.bytes);
        assert_non_null(m);
        for (size_t k = 0; k < g->n_nodes; k++) {
            const graph_node *n = &g->nodes[g->order[k]];
            if (strcmp(n->op_type, "Give") != 0)
                continue;
            const Onnx__AttributeProto *x = m->graph->node[k]->attribute[0];
            const graph_tensor *y = &g->tensors[n->outputs[0]];
            assert_int_equal(x->type, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR);
            assert_int_equal(x->t->data_type, DT_FLOAT32);
            assert_int_equal(x->t->n_dims, 1);
            assert_int_equal(x->t->dims[0], y->desc.dims[0]);
            assert_int_equal(x->t->n_float_data, y->desc.dims[0]);
            float lo = INFINITY, hi = -INFINITY;
            for (size_t i = 0; i < x->t->n_float_data; i++) {
                lo = fminf(lo, x->t->float_data[i]);
                hi = fmaxf(hi, x->t->float_data[i]);
            }
            assert_true(y->desc.range.lo == (double)lo && y->desc.range.hi == (double)hi);
            seen++;
        }
        onnx__model_proto__free_unpacked(m, NULL);
        arena_reset(&a);
    }
    assert_true(seen > 10);
    onnx_buffer_free(&buffer);
    arena_free(&a);
    builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_constants_are_joined),
        cmocka_unit_test(what_cannot_be_joined_stays_out),
        cmocka_unit_test(tensors_are_written),
    };
    return cmocka_run_group_tests_name("sources", tests, load, unload);
}
