/* Costs and lists of operators, from a small table. */
#include "build/op_index.h"
#include "small_table.h"

/* Compare makes bool of float32, Choose turns it back; int64 takes two nodes to make and one to turn back. */
static const char table[] =
    "operators:\n"
    "  Choose: {since: [1], in: {C: bool, X: float32}, out: {Y: float32}, shape: {C: shape(X), Y: shape(X)}, range: {Y: X}}\n"
    "  Compare: {since: [1], in: {A: float32, B: float32 data|weight}, out: {C: bool}, shape: {B: shape(A), C: shape(A)},\n"
    "    range: {C: \"[0, 1]\"}}\n"
    "  Count: {since: [1], in: {C: bool}, out: {N: int64}, shape: {N: shape(C)}, range: {N: \"[0, 9]\"}}\n"
    "  Give: {since: [1], out: {Y: float32}, choose: {n: 1..8}, shape: {Y: \"[n]\"}, range: {Y: \"[0, 1]\"}, flags: [source]}\n"
    "  Impossible: {since: [1], in: {X: float32}, out: {Y: float32}, choose: {n: 1..8}, where: [\"n > 8\"],\n"
    "    shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Least: {since: [1], in: {X: float32, N: int64}, out: {Y: float32}, shape: {N: shape(X), Y: shape(X)}, range: {Y: X}}\n"
    "  Many: {since: [1], in: {X: \"float32 data|weight variadic 1..5\"}, out: {Y: float32}, shape: {Y: \"broadcast(X)\"},\n"
    "    range: {Y: \"nth(X, 0)\"}}\n"
    "  Move: {since: [1], in: {X: float32}, out: {Y: float32}, shape: {Y: shape(X)}, range: {Y: X}}\n"
    "  Scale: {since: [1], in: {X: float32, W: float32 weight}, out: {Y: float32, Z: float32},\n"
    "    shape: {W: shape(X), Y: shape(X), Z: shape(X)}, range: {Y: X + W, Z: X}}\n"
    "  Turn: {since: [1], types: {T: [bool, float32]}, in: {X: float32}, out: {Y: T}, attrs: {to: type T}, shape: {Y: shape(X)},\n"
    "    range: {Y: \"[0, 1]\"}}\n";

static op_set *ops;
static op_index *facts;

static int load(void **state)
{
    (void)state;
    ops = small_table(table);
    return op_index_new(&facts, ops, NULL) == NN_OK ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    op_index_free(facts);
    op_set_free(ops);
    return 0;
}

static void costs_of_types(void **state)
{
    (void)state;
    assert_int_equal(facts->produce[DT_FLOAT32], 0);
    assert_int_equal(facts->sink[DT_FLOAT32], 0);
    assert_int_equal(facts->produce[DT_BOOL], 1);
    assert_int_equal(facts->sink[DT_BOOL], 1);
    assert_int_equal(facts->produce[DT_INT64], 2);
    assert_int_equal(facts->sink[DT_INT64], 1);
    assert_int_equal(facts->produce[DT_INT8], OP_COST_NONE);
    assert_int_equal(facts->sink[DT_INT8], OP_COST_NONE);
    assert_int_equal(op_index_sink(facts, 1u << DT_BOOL | 1u << DT_INT8), 1);
    assert_int_equal(op_index_sink(facts, 1u << DT_INT8), OP_COST_NONE);
    assert_int_equal(facts->sinkable, 1u << DT_FLOAT32 | 1u << DT_BOOL | 1u << DT_INT64);
    assert_int_equal(facts->produced, 1u << DT_BOOL | 1u << DT_INT64);
}

static void costs_of_operators(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int cost, before, after, most, floats, least;
    } rows[] = {
        {"Choose", 2, 1, 0, 2, 1, 2}, {"Compare", 2, 0, 1, 2, 2, 1}, {"Count", 3, 1, 1, 1, 0, 1},
        {"Give", 2, 0, 1, 0, 0, 0},   {"Least", 3, 2, 0, 2, 1, 2},   {"Many", 1, 0, 0, 5, 5, 1},
        {"Move", 1, 0, 0, 1, 1, 1},   {"Scale", 1, 0, 0, 1, 1, 1},   {"Turn", 1, 0, 0, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const op_facts *f = &facts->facts[named(ops, rows[i].name)->index];
        if (f->cost != rows[i].cost || f->inputs_cost != rows[i].before || f->outputs_cost != rows[i].after ||
            f->most_data != rows[i].most || f->most_floats != rows[i].floats || f->least_data != rows[i].least || !f->feasible)
            fail_msg("%s: cost %d, %d before, %d after; takes at most %d, %d of data, at least %d", rows[i].name, f->cost,
                     f->inputs_cost, f->outputs_cost, f->most_data, f->most_floats, f->least_data);
    }
}

/* Rules that contradict one another make an operator that no list holds. */
static void infeasible_operators_are_left_out(void **state)
{
    (void)state;
    const op_facts *f = &facts->facts[named(ops, "Impossible")->index];
    assert_false(f->feasible);
    assert_int_equal(f->cost, OP_COST_NONE);
    for (size_t i = 0; i < facts->usable.n; i++)
        assert_int_not_equal(facts->usable.items[i], named(ops, "Impossible")->index);
}

static void check_list(const op_list *l, const char *expected)
{
    char text[200] = "";
    for (size_t i = 0; i < l->n; i++) {
        strcat(text, i ? " " : "");
        strcat(text, ops->ops[l->items[i]].name);
    }
    assert_string_equal(text, expected);
}

static void lists(void **state)
{
    (void)state;
    check_list(&facts->usable, "Choose Compare Count Give Least Many Move Scale Turn");
    check_list(&facts->joins, "Choose Compare Least Many");
    check_list(&facts->float_joins, "Many");
    check_list(&facts->bridges, "Many Move Scale Turn");
    check_list(&facts->converters, "Turn");
    check_list(&facts->producers[DT_BOOL], "Compare Turn");
    check_list(&facts->producers[DT_INT64], "Count");
    check_list(&facts->producers[DT_FLOAT32], "");
    check_list(&facts->takers[DT_BOOL], "Choose Count");
    check_list(&facts->takers[DT_INT64], "Least");
    check_list(&facts->sinks[DT_BOOL], "Choose");
    check_list(&facts->sinks[DT_INT64], "Least");
    assert_int_equal(facts->join_cost, 1);
}

static void weights_that_reach_one_output_only(void **state)
{
    (void)state;
    assert_int_equal(facts->facts[named(ops, "Scale")->index].aside, 2);
    assert_int_equal(facts->facts[named(ops, "Move")->index].aside, 0);
}

static void main_inputs(void **state)
{
    (void)state;
    static const op_input inputs[] = {{.roles = ROLE_WEIGHT}, {.roles = ROLE_DATA | ROLE_WEIGHT}, {.roles = ROLE_DATA}};
    op_model op = {.inputs = (op_input *)inputs, .n_inputs = 3};
    assert_int_equal(op_main_input(&op), 2);
    op.n_inputs = 2;
    assert_int_equal(op_main_input(&op), 1);
    op.n_inputs = 1;
    assert_int_equal(op_main_input(&op), -1);
    assert_int_equal(op_main_input(named(ops, "Give")), -1);
    assert_int_equal(op_main_input(named(ops, "Choose")), 0);
}

/* Without a join, a source's output can never be tied to a graph input. */
static void sources_need_a_join(void **state)
{
    (void)state;
    op_model some[2] = {*named(ops, "Give"), *named(ops, "Move")};
    op_set s = *ops;
    op_index *x;
    s.ops = some;
    s.n_ops = 2;
    some[0].index = 0;
    some[1].index = 1;
    assert_int_equal(op_index_new(&x, &s, NULL), NN_OK);
    assert_int_equal(x->join_cost, OP_COST_NONE);
    assert_int_equal(x->facts[0].cost, OP_COST_NONE);
    assert_int_equal(x->facts[1].cost, 1);
    op_index_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_of_types),
        cmocka_unit_test(costs_of_operators),
        cmocka_unit_test(infeasible_operators_are_left_out),
        cmocka_unit_test(lists),
        cmocka_unit_test(weights_that_reach_one_output_only),
        cmocka_unit_test(main_inputs),
        cmocka_unit_test(sources_need_a_join),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
