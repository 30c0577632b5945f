/* Motifs in graphs: a plan made by hand is placed as it is, fed by the graph, in graphs that are whole. */
#include "build/whole_table.h"
#include "build/build_motif.h"
#include "rules/opmodel_rules.h"

#include <cmocka.h>

/* ---- a set with one motif: a layer normalisation ---- */

static const op_set *hand_ops;
static uint64_t hand_shown;

static const op_model *named(const char *name)
{
    int i = op_find(hand_ops, name);
    assert_true(i >= 0);
    return &hand_ops->ops[i];
}

static int var_named(const op_model *op, const char *name)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (strcmp(op->rules->vars[i].name, name) == 0)
            return (int)i;
    fail_msg("%s has no %s", op->name, name);
    return -1;
}

static motif_node *add_node(motif_plan *p, const char *op, arena *a)
{
    motif_node *n = &p->nodes[p->n_nodes++];
    inst_pin *pins = arena_calloc(a, 8, sizeof *pins);
    assert_non_null(pins);
    *n = (motif_node){.name = op, .op = named(op), .pins = pins};
    for (size_t i = 0; i < n->op->n_inputs; i++)
        n->arity[i] = 1;
    for (size_t s = 0; s < OP_MAX_SLOTS; s++)
        n->operands[s].kind = MOTIF_AUTO;
    return n;
}

static void pin(motif_node *n, const char *name, inst_value v)
{
    ((inst_pin *)(uintptr_t)n->pins)[n->n_pins++] = (inst_pin){.var = var_named(n->op, name), .v = v};
}

static void pin_mean(motif_node *n, int rank, arena *a)
{
    int64_t *last = arena_calloc(a, 2, sizeof *last);
    assert_non_null(last);
    last[0] = rank - 1;
    last[1] = 1;
    pin(n, "part", (inst_value){.i = 1});
    pin(n, "ax", (inst_value){.ints = last, .n = 1});
    pin(n, "from_end", (inst_value){.ints = last + 1, .n = 1});
    pin(n, "keepdims", (inst_value){.i = 1});
}

static motif_const scalar(double x, arena *a)
{
    double *list = arena_calloc(a, 1, sizeof *list);
    assert_non_null(list);
    *list = x;
    tensor_desc d = {.type = DT_FLOAT32, .range = {x, x}};
    d.likely = est_still(d.range);
    return (motif_const){.name = "c", .desc = d, .init = {.kind = CONTENT_LIST, .list = list, .n_list = 1}};
}

static void operands(motif_node *n, motif_operand x, motif_operand y)
{
    n->operands[0] = x;
    n->operands[1] = y;
}

int motif_draw_near_miss(tape *t)
{
    (void)t;
    return 0;
}

nn_status motif_plan_new(const motif_set *s, size_t i, motif_level level, int near_miss, const tensor_desc *given,
                         const lower_limits *limits, tape *t, arena *a, motif_plan *out)
{
    (void)s, (void)i, (void)near_miss, (void)limits, (void)t;
    tensor_desc x = {.type = DT_FLOAT32, .rank = 2, .dims = {3, 8}};
    if (given && (given->type != DT_FLOAT32 || given->rank < 1 || given->dims[given->rank - 1] < 2))
        return NN_ERR_BUILD;
    if (given)
        x = *given;
    x.range = iv(-8, 8);
    *out = (motif_plan){.name = "layer_norm", .level = level, .shown = hand_shown};
    out->nodes = arena_calloc(a, MOTIF_MAX_NODES, sizeof *out->nodes);
    out->consts = arena_calloc(a, 4, sizeof *out->consts);
    out->inputs = arena_calloc(a, 1, sizeof *out->inputs);
    assert_true(out->nodes && out->consts && out->inputs);
    out->inputs[out->n_inputs++] = (motif_in){"x", x};
    out->consts[out->n_consts++] = scalar(2, a);
    out->consts[out->n_consts++] = scalar(1e-5, a);
    const motif_operand in = {MOTIF_INPUT, 0, 0}, none = {MOTIF_AUTO, 0, 0};
    const motif_operand node[] = {{MOTIF_NODE, 0, 0}, {MOTIF_NODE, 1, 0}, {MOTIF_NODE, 2, 0}, {MOTIF_NODE, 3, 0},
                                  {MOTIF_NODE, 4, 0}, {MOTIF_NODE, 5, 0}, {MOTIF_NODE, 6, 0}};
    motif_node *n = add_node(out, "ReduceMean", a);
    pin_mean(n, x.rank, a);
    operands(n, in, none);
    operands(add_node(out, "Sub", a), in, node[0]);
    n = add_node(out, "Pow", a);
    pin(n, "p", (inst_value){.r = 2});
    operands(n, node[1], (motif_operand){MOTIF_CONST, 0, 0});
    n = add_node(out, "ReduceMean", a);
    pin_mean(n, x.rank, a);
    operands(n, node[2], none);
    operands(add_node(out, "Add", a), node[3], (motif_operand){MOTIF_CONST, 1, 0});
    operands(add_node(out, "Sqrt", a), node[4], none);
    operands(add_node(out, "Div", a), node[1], node[5]);
    operands(add_node(out, "Mul", a), node[6], node[6]);                                                      /* a tensor twice */
    operands(add_node(out, "Pow", a), (motif_operand){MOTIF_NODE, 7, 0}, (motif_operand){MOTIF_CONST, 0, 0}); /* shared */
    pin(&out->nodes[8], "p", (inst_value){.r = 2});
    return NN_OK;
}

const char *motif_name(const motif_set *s, size_t i)
{
    (void)s, (void)i;
    return "layer_norm";
}

size_t motif_nodes(const motif_set *s, size_t i)
{
    (void)s, (void)i;
    return 9;
}

const op_model *motif_operator(const motif_set *s, size_t i)
{
    (void)s, (void)i;
    return &hand_ops->ops[0];
}

/* ---- tests ---- */

static const motif_set *hand_set(const op_set *ops)
{
    hand_ops = ops;
    return (const motif_set *)(const void *)ops;
}

/* The nodes are the plan's, in its order, and connected as it says. */
static void check_placed(const graph *g, const placed_motif *p)
{
    static const char *const names[] = {"ReduceMean", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Pow"};
    const graph_node *n = g->nodes + p->first;
    assert_int_equal(p->n, 9);
    for (size_t k = 0; k < 9; k++)
        assert_string_equal(n[k].op_type, names[k]);
    assert_int_equal(n[0].inputs[0], n[1].inputs[0]); /* the input, also where it is a new graph input */
    assert_int_equal(n[1].inputs[1], n[0].outputs[0]);
    assert_int_equal(n[6].inputs[0], n[1].outputs[0]);
    assert_int_equal(n[7].inputs[0], n[7].inputs[1]);
    assert_int_equal(n[2].inputs[1], n[8].inputs[1]); /* one initializer for both */
    const graph_tensor *two = &g->tensors[n[2].inputs[1]];
    assert_int_equal(two->kind, TENSOR_INIT);
    assert_int_equal(two->consumers, 2);
    assert_true(two->init.list[0] == 2);
    for (size_t k = 0; k + 1 < 9; k++) /* others do not take inner tensors */
        assert_int_equal(g->tensors[n[k].outputs[0]].consumers, k == 1 || k == 6 ? 2 : 1);
}

static void check_graphs(uint64_t shown, uint32_t share, const due_motif *due, size_t n_due, size_t nodes, size_t *placed,
                         size_t *fed)
{
    builder *b = new_builder(all_ops);
    const uint16_t allowed[] = {0};
    hand_shown = shown;
    *placed = *fed = 0;
    for (uint64_t m = 0; m < 40; m++) {
        build_report report;
        build_request r = {.nodes = nodes, .check = true};
        r.motifs = (motif_wish){hand_set(all_ops), allowed, 1, share, 35, due, n_due};
        tape *t = seeded(7, m);
        const graph *g = build(b, &r, t, &report);
        size_t n = 0;
        const placed_motif *p = builder_motifs(b, &n);
        for (size_t k = 0; k < n; k++) {
            check_placed(g, &p[k]);
            *fed += g->tensors[g->nodes[p[k].first].inputs[0]].kind == TENSOR_NODE;
            for (size_t f = 0; f < 9; f++)
                if (shown >> f & 1)
                    assert_true(g->tensors[g->nodes[(size_t)p[k].first + f].outputs[0]].output);
        }
        assert_int_equal(report.motif_missing + n, n_due > 0 ? n_due : n);
        *placed += n;
        tape_free(t);
    }
    builder_free(b);
}

static void a_share_of_the_nodes_is_in_motifs(void **state)
{
    (void)state;
    size_t placed, fed;
    check_graphs(0, 400, NULL, 0, 40, &placed, &fed);
    print_message("%zu motifs of 9 nodes in 40 graphs of 40, %zu fed by a node\n", placed, fed);
    assert_in_range(placed, 50, 90); /* a share of 0.4 is 71 */
    assert_true(fed * 10 >= placed * 8);
}

static void due_motifs_are_placed(void **state)
{
    (void)state;
    static const due_motif due[] = {{0, MOTIF_EXACT}, {0, MOTIF_EXACT}};
    size_t placed, fed;
    check_graphs(0, 0, due, 2, 40, &placed, &fed);
    assert_int_equal(placed, 80);
    check_graphs(0, 0, due, 1, 15, &placed, &fed);
    print_message("%zu of 40 graphs of 15 nodes have the motif\n", placed);
    assert_true(placed >= 36);
}

static void shown_tensors_are_graph_outputs(void **state)
{
    (void)state;
    static const due_motif due[] = {{0, MOTIF_EXACT}};
    size_t placed, fed;
    check_graphs(1u << 1 | 1u << 6, 0, due, 1, 40, &placed, &fed);
    assert_int_equal(placed, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_the_nodes_is_in_motifs),
        cmocka_unit_test(due_motifs_are_placed),
        cmocka_unit_test(shown_tensors_are_graph_outputs),
    };
    return cmocka_run_group_tests(tests, load_table, free_table);
}
