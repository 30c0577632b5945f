/* What a group would do to the graph: each fault has its text, and what is foreseen comes true. */
#include "hand_group.h"
#include "splitmix.h"

static void twice(hand_group *h)
{
    int32_t t = hand_start(h);
    hand_begin(h);
    hand_op(h, "Join");
    hand_tensor(h, t);
    hand_tensor(h, t);
}

static void linked_twice(hand_group *h)
{
    int32_t t = hand_start(h);
    hand_begin(h);
    hand_op(h, "Move");
    hand_tensor(h, t);
    hand_op(h, "Join");
    hand_link(h, 0, 0);
    hand_link(h, 0, 0);
}

static void bool_graph_input(hand_group *h)
{
    hand_op(h, "Undo");
    (void)hand_input(h, INST_NEW_INPUT, hand_desc(DT_BOOL, 0, 1));
}

static void link_to_nothing(hand_group *h)
{
    hand_op(h, "Scale");
    (void)hand_input(h, INST_NEW_INPUT, hand_desc(DT_FLOAT32, -1, 1));
    h->outputs[0][1].present = false;
    hand_op(h, "Move");
    hand_link(h, 0, 1);
}

static void difference_of_functions(hand_group *h)
{
    int32_t t = hand_start(h), u = hand_on(h, "Move", t), v = hand_on(h, "Move", t);
    hand_begin(h);
    hand_op(h, "Sub");
    hand_tensor(h, u);
    hand_tensor(h, v);
}

static void norm_of_equal_elements(hand_group *h)
{
    int32_t t = hand_start(h);
    h->s.notes[t].equal_axes = 1;
    hand_begin(h);
    hand_op(h, "Norm");
    hand_tensor(h, t);
}

static int32_t weak_tensor(hand_group *h)
{
    hand_begin(h);
    hand_op(h, "Move");
    (void)hand_input(h, INST_NEW_INPUT, hand_desc(DT_FLOAT32, -1, 1));
    h->outputs[0][0].desc.likely = est_weak(iv(-1, 1));
    return hand_commit(h);
}

static void weak_values_led_on(hand_group *h)
{
    int32_t t = weak_tensor(h);
    hand_begin(h);
    hand_op(h, "Move");
    hand_tensor(h, t);
}

static void weak_in_place_of_an_input(hand_group *h)
{
    (void)hand_start(h);
    hand_begin(h);
    hand_op(h, "Move");
    (void)hand_input(h, INST_NEW_INPUT, hand_desc(DT_FLOAT32, -1, 1));
    h->outputs[0][0].desc.likely = est_weak(iv(-1, 1));
    h->g.target = h->s.inputs.items[0];
}

static void single_value(hand_group *h)
{
    int32_t t = hand_start(h);
    hand_begin(h);
    hand_op(h, "Move");
    hand_tensor(h, t);
    h->outputs[0][0].desc.range = iv(1, 1);
}

static void avoided_path(hand_group *h)
{
    avoid_set *set = avoid_new(&h->memory, h->ops->n_ops);
    const uint16_t path[] = {named(h->ops, "Move")->index, named(h->ops, "Less")->index};
    assert_non_null(set);
    assert_true(avoid_add(set, path, 2));
    h->s.avoid = set;
    int32_t t = hand_start(h);
    hand_begin(h);
    hand_op(h, "Less");
    hand_tensor(h, t);
}

static void constant_led_on(hand_group *h)
{
    hand_op(h, "Give");
    hand_op(h, "Move");
    hand_link(h, 0, 0);
}

static void each_fault_has_its_text(void **state)
{
    (void)state;
    static const struct {
        void (*make)(hand_group *h);
        const char *fault;
    } rows[] = {
        {twice, "an operator would take the same tensor twice"},
        {linked_twice, "an operator would take the same tensor twice"},
        {bool_graph_input, "it takes a type that graph inputs cannot have"},
        {link_to_nothing, "the operator leaves the output out"},
        {difference_of_functions, "its inputs are functions of one tensor"},
        {norm_of_equal_elements, "all elements of its input are equal along an axis"},
        {weak_values_led_on, "its values may be the same for all inputs"},
        {weak_in_place_of_an_input, "its values may be the same for all inputs"},
        {single_value, "its output can have only one value"},
        {avoided_path, "it would complete a forbidden path"},
        {constant_led_on, "its result would not depend on graph inputs"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hand_group h;
        build_effect e;
        hand_open(&h, true);
        rows[i].make(&h);
        state_foresee(&h.s, &h.g, &e);
        if (!e.fault || strcmp(e.fault, rows[i].fault) != 0)
            fail_msg("row %zu: %s", i, e.fault ? e.fault : "no fault");
        hand_close(&h);
    }
}

static void expect_no_fault(hand_group *h)
{
    build_effect e;
    state_foresee(&h->s, &h->g, &e);
    if (e.fault)
        fail_msg("%s", e.fault);
    assert_true(state_commit(&h->s, &h->g));
    hand_close(h);
}

/* The same groups where the circumstances allow them. */
static void allowed_after_all(void **state)
{
    (void)state;
    hand_group h;
    hand_open(&h, true);
    weak_values_led_on(&h);
    h.s.leads = true; /* a due path asks for it */
    expect_no_fault(&h);
    hand_open(&h, false); /* weak tensors count like others */
    weak_values_led_on(&h);
    expect_no_fault(&h);
    hand_open(&h, true);
    difference_of_functions(&h); /* of one tensor, but what is added to it tells them apart */
    h.g.inst[0].op = named(h.ops, "Join");
    expect_no_fault(&h);
    hand_open(&h, true); /* a source's integers may be brought back to data */
    int32_t t = hand_start(&h);
    hand_begin(&h);
    hand_op(&h, "Look");
    hand_tensor(&h, t);
    hand_op(&h, "Turn");
    hand_link(&h, 0, 0);
    expect_no_fault(&h);
    hand_open(&h, true);
    avoided_path(&h);
    h.s.avoid = NULL;
    expect_no_fault(&h);
}

/* ---- what is foreseen comes true ---- */

static int32_t any_tensor(const hand_group *h, dtype type)
{
    for (int k = 0; k < 20 && h->s.n_tensors > 0; k++) {
        int32_t t = (int32_t)(splitmix() % h->s.n_tensors);
        if (h->s.tensors[t].kind != TENSOR_INIT && h->s.tensors[t].desc.type == type)
            return t;
    }
    return -1;
}

/* A tensor, a link or a new graph input, as chance has it. False: there is nothing of the type. */
static bool any_input(hand_group *h, size_t f, dtype type)
{
    int32_t t = any_tensor(h, type);
    for (size_t k = 0; k < f; k++)
        if (splitmix() % 2 && h->outputs[k][0].desc.type == type) {
            hand_link(h, k, 0);
            return true;
        }
    if (t >= 0 && splitmix() % 4)
        hand_tensor(h, t);
    else if (type == DT_FLOAT32)
        (void)hand_input(h, INST_NEW_INPUT, hand_desc(type, -1, 1));
    else
        return false;
    return true;
}

static bool any_group(hand_group *h)
{
    static const char *const names[] = {"Move", "Join", "Less", "Undo", "Look", "Turn", "Give", "Norm"};
    static const dtype types[][2] = {{DT_FLOAT32}, {DT_FLOAT32, DT_FLOAT32}, {DT_FLOAT32}, {DT_BOOL}, {DT_FLOAT32}, {DT_INT64}, {0},
                                     {DT_FLOAT32}};
    size_t n = 1 + splitmix() % 3;
    hand_begin(h);
    for (size_t f = 0; f < n; f++) {
        size_t k = splitmix() % 8;
        hand_op(h, names[k]);
        for (int i = 0; i < 2 && types[k][i] != DT_NONE; i++)
            if (!any_input(h, f, types[k][i]))
                return false;
        if (splitmix() % 8 == 0)
            h->outputs[f][0].desc.likely = est_weak(iv(-1, 1));
    }
    /* An operator of floats may take the place of a graph input that it does not read. */
    if (n == 1 && h->s.inputs.n > 0 && splitmix() % 2 && h->outputs[0][0].desc.type == DT_FLOAT32) {
        h->g.target = h->s.inputs.items[splitmix() % h->s.inputs.n];
        for (size_t i = 0; i < h->g.inst[0].n_inputs; i++)
            if (h->g.inst[0].inputs[i].kind == INST_TENSOR)
                return false;
    }
    return true;
}

static void what_is_foreseen_comes_true(void **state)
{
    (void)state;
    size_t committed = 0, targets = 0, faults = 0, united = 0;
    splitmix_state = 7;
    for (int round = 0; round < 60; round++) {
        hand_group h;
        hand_open(&h, round % 2);
        for (int k = 0; k < 60; k++) {
            build_effect e;
            if (!any_group(&h))
                continue;
            size_t inputs = h.s.inputs.n, components = h.s.components;
            state_foresee(&h.s, &h.g, &e);
            if (e.fault) {
                faults++;
                continue;
            }
            assert_true(state_commit(&h.s, &h.g));
            assert_int_equal(h.s.n_nodes, e.nodes);
            assert_int_equal(h.s.live.n, e.live);
            assert_int_equal(h.s.components, e.components);
            assert_int_equal(h.s.joins, e.joins);
            assert_int_equal(h.s.sink_need, e.sink_need);
            assert_int_equal(h.s.inputs.n, inputs + e.new_inputs - (h.g.target >= 0));
            committed++;
            targets += h.g.target >= 0;
            united += e.components < components;
        }
        hand_close(&h);
    }
    assert_true(committed > 500 && targets > 20 && faults > 100 && united > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_text),
        cmocka_unit_test(allowed_after_all),
        cmocka_unit_test(what_is_foreseen_comes_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
