/* Instances in other worlds: what holds, what changes with sizes, and the traps, where a model runs at several sizes although the
 * entry does not hold at all of them. */
#include "lower/again.h"
#include "lower_bench.h"

#include <stdio.h>

/* A bench, and a second lowering that solves again. */
typedef struct {
    bench b;
    lower *again;
    tape *zeros;
    op_instance out;
} twice;

static void open_twice(twice *t, uint64_t seed)
{
    nn_error err = {0};
    open_bench_typed(&t->b, NULL, dtype_bit(DT_FLOAT32), (lower_limits){0}, seed);
    assert_int_equal(lower_new(&t->again, t->b.set, &t->b.limits, &t->b.memory, &err), NN_OK);
    assert_int_equal(tape_new_bytes(&t->zeros, NULL, 0, &err), NN_OK);
    lower_set_keep(t->again, true);
}

static void close_twice(twice *t)
{
    lower_free(t->again);
    tape_free(t->zeros);
    close_bench(&t->b);
}

static tensor_desc desc(int rank, const int64_t *dims)
{
    tensor_desc d = {.type = DT_FLOAT32, .rank = rank, .range = iv(-1, 1), .likely = est_all(iv(-1, 1))};
    memcpy(d.dims, dims, (size_t)rank * sizeof *dims);
    return d;
}
#define DESC(...) desc((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

static int var_of(const op_model *op, const char *name)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (strcmp(op->rules->vars[i].name, name) == 0)
            return (int)i;
    fail_msg("%s has no variable %s", op->name, name);
    return -1;
}

/* Solves the operator on the tensor, with these pins, until it has an instance. */
static void solve_on(twice *t, const char *name, const tensor_desc *d, const inst_pin *pins, size_t n_pins)
{
    const op_model *op = &t->b.set->ops[op_find(t->b.set, name)];
    lower_request r = {.op = op, .pins = pins, .n_pins = n_pins};
    for (size_t i = 0; i < op->n_inputs; i++) {
        r.arity[i] = 1;
        r.slots[i] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
    }
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = d, .rank = -1};
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < 1000 && res == LOWER_FAIL; k++)
        res = solve(&t->b, &r);
    assert_int_equal(res, LOWER_OK);
}

/* The instance with its first input in another size. */
static lower_result hold(twice *t, const tensor_desc *d)
{
    const op_instance *was = &t->b.inst[0];
    tensor_desc inputs[OP_MAX_SLOTS];
    again_operand operands[OP_MAX_SLOTS];
    memset(operands, 0, sizeof operands);
    for (size_t i = 0; i < was->n_inputs; i++)
        inputs[i] = i == 0 ? *d : was->inputs[i].desc;
    const again_request r = {.was = was, .inputs = inputs, .operands = operands};
    return lower_again(t->again, t->zeros, &r, &t->out);
}

/* The same where data decide sizes in this way. */
static lower_result hold_found(twice *t, const tensor_desc *d, lower_found how)
{
    const op_instance *was = &t->b.inst[0];
    again_operand operands[OP_MAX_SLOTS];
    memset(operands, 0, sizeof operands);
    const again_request r = {.was = was, .inputs = d, .operands = operands, .found = how};
    return lower_again(t->again, t->zeros, &r, &t->out);
}

static void assert_dims(const tensor_desc *d, int rank, const int64_t *dims)
{
    assert_int_equal(d->rank, rank);
    for (int k = 0; k < rank; k++)
        assert_int_equal(d->dims[k], dims[k]);
}
#define ASSERT_DIMS(d, ...) assert_dims(d, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

static void a_shape_rule_gives_the_dims(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 1);
    const tensor_desc x = DESC(3, 4, 9), y = DESC(1, 4, 12);
    solve_on(&t, "Relu", &x, NULL, 0);
    assert_int_equal(hold(&t, &y), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 1, 4, 12);
    close_twice(&t);
}

/* A weight has the size that it had. */
static void weights_do_not_follow(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 2);
    const tensor_desc x = DESC(3, 7), rows = DESC(5, 7), columns = DESC(3, 8);
    solve_on(&t, "MatMul", &x, NULL, 0);
    assert_int_equal(t.b.inst[0].inputs[1].kind, INST_INIT);
    assert_int_equal(hold(&t, &rows), LOWER_OK);
    assert_int_equal(t.out.outputs[0].desc.dims[t.out.outputs[0].desc.rank - 2], 5);
    assert_int_equal(hold(&t, &columns), LOWER_FAIL);
    close_twice(&t);
}

/* The trap of an axis that is left out: every dimension of 1 goes, so that the rank depends on the size. */
static void squeeze_of_all_ones_is_refused(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 3);
    const tensor_desc x = DESC(1, 5, 3), more = DESC(1, 6, 3), fewer = DESC(1, 1, 3);
    bool left_out = false;
    for (int k = 0; k < 200 && !left_out; k++) {
        solve_on(&t, "Squeeze", &x, NULL, 0);
        left_out = t.b.inst[0].inputs[1].kind == INST_ABSENT;
    }
    assert_true(left_out);
    assert_int_equal(hold(&t, &more), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 6, 3);
    assert_int_equal(hold(&t, &fewer), LOWER_FAIL);
    close_twice(&t);
}

/* The trap of a condition that is longer than its axis: runtimes ignore what is beyond. */
static void compress_needs_its_whole_axis(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 4);
    const tensor_desc x = DESC(9, 2);
    bool found = false;
    for (int k = 0; k < 500 && !found; k++) {
        solve_on(&t, "Compress", &x, NULL, 0);
        const op_instance *in = &t.b.inst[0];
        found = in->n_attrs == 1 && in->attrs[0].i == 0 && in->inputs[1].desc.dims[0] > 4;
    }
    assert_true(found);
    const int64_t length = t.b.inst[0].inputs[1].desc.dims[0], kept = t.b.inst[0].outputs[0].desc.dims[0];
    const tensor_desc enough = DESC(length, 2), less = DESC(length - 1, 2);
    assert_int_equal(hold(&t, &enough), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, kept, 2);
    assert_int_equal(hold(&t, &less), LOWER_FAIL);
    close_twice(&t);
}

/* Indices that are constant must exist at every size. */
static void indices_lie_in_every_size(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 5);
    const tensor_desc x = DESC(9, 2), small = DESC(1, 2), large = DESC(12, 2);
    const op_model *op = &t.b.set->ops[op_find(t.b.set, "Gather")];
    const inst_pin axis = {.var = var_of(op, "axis"), .v = {.i = 0}};
    bool found = false;
    for (int k = 0; k < 200 && !found; k++) {
        solve_on(&t, "Gather", &x, &axis, 1);
        found = t.b.inst[0].inputs[1].kind == INST_INIT && iv_mag(t.b.inst[0].inputs[1].desc.range) >= 2;
    }
    assert_true(found);
    assert_int_equal(hold(&t, &large), LOWER_OK);
    assert_int_equal(hold(&t, &small), LOWER_FAIL);
    close_twice(&t);
}

static void pin_list(inst_pin *p, const op_model *op, const char *name, const int64_t *x, size_t n)
{
    *p = (inst_pin){.var = var_of(op, name), .v = {.ints = x, .n = n}};
}

/* The target [0, -1] means another shape; the target [3, 28] means none. */
static void targets_of_reshape(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 6);
    const tensor_desc x = DESC(3, 7, 4), y = DESC(5, 9, 4);
    const op_model *op = &t.b.set->ops[op_find(t.b.set, "Reshape")];
    static const int64_t target[] = {3, 28}, first[] = {0};
    inst_pin pins[4] = {{.var = var_of(op, "k"), .v = {.i = 2}}, {.var = var_of(op, "wild"), .v = {.i = 1}}};
    pin_list(&pins[2], op, "t", target, 2);
    pin_list(&pins[3], op, "copied", first, 1);
    solve_on(&t, "Reshape", &x, pins, 4);
    assert_int_equal(hold(&t, &y), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 5, 36);
    pins[1].v.i = -1;
    pins[3].v.n = 0;
    solve_on(&t, "Reshape", &x, pins, 4);
    assert_int_equal(hold(&t, &y), LOWER_FAIL);
    close_twice(&t);
}

/* A computed tensor in the place of the target: its contents say what follows, and where they are not known, nothing does. */
static void computed_targets(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 11);
    const tensor_desc x = DESC(3, 7, 4), y = DESC(5, 9, 4);
    const tensor_desc target = {.type = DT_INT64, .rank = 1, .dims = {2}, .range = iv(-1, 64)};
    const op_model *op = &t.b.set->ops[op_find(t.b.set, "Reshape")];
    static const int64_t dims[] = {3, 28};
    inst_pin pins[4] = {{.var = var_of(op, "k"), .v = {.i = 2}}, {.var = var_of(op, "wild"), .v = {.i = 1}}};
    pin_list(&pins[2], op, "t", dims, 2);
    pin_list(&pins[3], op, "copied", NULL, 0);
    lower_request r = {.op = op, .arity = {1, 1}, .pins = pins, .n_pins = 4, .relaxed = true, .claimed = true};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &target, .rank = -1};
    lower_set_keep(t.b.l, true);
    assert_int_equal(solve(&t.b, &r), LOWER_OK);
    const tensor_desc same[] = {x, target}, other[] = {y, target};
    again_operand operands[2] = {{.fixed = false}, {.fixed = true}};
    again_request again = {.was = &t.b.inst[0], .inputs = same, .operands = operands};
    assert_int_equal(lower_again(t.again, t.zeros, &again, &t.out), LOWER_OK);
    again.inputs = other;
    assert_int_equal(lower_again(t.again, t.zeros, &again, &t.out), LOWER_FAIL); /* it is [3, -1] still */
    operands[1] = (again_operand){.fixed = false};
    assert_int_equal(lower_again(t.again, t.zeros, &again, &t.out), LOWER_FAIL);
    operands[1] = (again_operand){.known = true, .values = {5, -1}};
    assert_int_equal(lower_again(t.again, t.zeros, &again, &t.out), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 5, 36);
    operands[1].values[0] = 7;
    assert_int_equal(lower_again(t.again, t.zeros, &again, &t.out), LOWER_FAIL);
    close_twice(&t);
}

/* An end that counts from behind follows the size; one that counts from the front must exist. */
static void ends_of_slice(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 7);
    const tensor_desc x = DESC(9, 2), y = DESC(12, 2), z = DESC(5, 2);
    const op_model *op = &t.b.set->ops[op_find(t.b.set, "Slice")];
    static const int64_t axis[] = {0}, from[] = {2, 0}, to[] = {8, 2}, front[] = {0, 0}, behind[] = {1, 0};
    inst_pin pins[7] = {{.var = var_of(op, "stepped"), .v = {.i = 0}}};
    pin_list(&pins[1], op, "from", from, 2);
    pin_list(&pins[2], op, "to", to, 2);
    pin_list(&pins[3], op, "from_form", front, 2);
    pin_list(&pins[4], op, "to_form", behind, 2);
    pin_list(&pins[5], op, "cut", axis, 1);
    solve_on(&t, "Slice", &x, pins, 6);
    assert_int_equal(hold(&t, &y), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 9, 2);
    assert_int_equal(hold(&t, &z), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 2, 2);
    pin_list(&pins[4], op, "to_form", front, 2);
    solve_on(&t, "Slice", &x, pins, 6);
    assert_int_equal(hold(&t, &y), LOWER_OK);
    ASSERT_DIMS(&t.out.outputs[0].desc, 6, 2);
    assert_int_equal(hold(&t, &z), LOWER_FAIL);
    close_twice(&t);
}

/* The interval is that of the size: a sum over more elements is wider. */
static void ranges_are_those_of_the_size(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 8);
    const tensor_desc x = DESC(3, 4), y = DESC(6, 4);
    const op_model *op = &t.b.set->ops[op_find(t.b.set, "ReduceSum")];
    bool over = false;
    for (int k = 0; k < 200 && !over; k++) {
        solve_on(&t, "ReduceSum", &x, NULL, 0);
        const tensor_desc *d = &t.b.inst[0].outputs[0].desc;
        over = d->range.hi >= 12;
    }
    assert_true(over);
    assert_int_equal(hold(&t, &y), LOWER_OK);
    assert_true(t.out.outputs[0].desc.range.hi >= 2 * t.b.inst[0].outputs[0].desc.range.hi - 1e-3);
    assert_ptr_equal(t.out.op, op);
    close_twice(&t);
}

/* Each operator's instances hold again at the size that they were solved for, with the same dims. */
static void nothing_changes_at_the_same_size(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 9);
    size_t held = 0, all = 0;
    for (size_t i = 0; i < t.b.set->n_ops; i++) {
        const op_model *op = &t.b.set->ops[i];
        lower_request r = {.op = op};
        if (op->n_inputs == 0)
            continue;
        for (size_t k = 0; k < op->n_inputs; k++) {
            r.arity[k] = op->inputs[k].min_arity > 1 ? op->inputs[k].min_arity : 1;
            for (int n = 0; n < r.arity[k]; n++)
                r.slots[k + (size_t)n] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
        }
        r.any_input = true;
        for (int k = 0; k < 10; k++) {
            if (solve(&t.b, &r) != LOWER_OK)
                continue;
            const op_instance *was = &t.b.inst[0];
            tensor_desc inputs[OP_MAX_SLOTS];
            again_operand operands[OP_MAX_SLOTS];
            memset(operands, 0, sizeof operands);
            for (size_t s = 0; s < was->n_inputs; s++)
                inputs[s] = was->inputs[s].desc;
            const again_request again = {.was = was, .inputs = inputs, .operands = operands};
            all++;
            if (lower_again(t.again, t.zeros, &again, &t.out) != LOWER_OK)
                continue;
            held++;
            for (size_t o = 0; o < was->n_outputs; o++)
                if (was->outputs[o].present)
                    assert_true(tensor_shape_equal(&was->outputs[o].desc, &t.out.outputs[o].desc));
        }
    }
    assert_true(all > 500);
    if (held < all * 99 / 100)
        fail_msg("%zu of %zu hold", held, all);
    close_twice(&t);
}

static void a_dimension_is_fixed_or_left(void **state)
{
    (void)state;
    twice t;
    open_twice(&t, 10);
    const op_model *op = &t.b.set->ops[op_find(t.b.set, "Det")];
    lower_request r = {.op = op, .arity = {1}};
    r.slots[0] = (lower_slot){.kind = SLOT_OPEN, .rank = 3};
    int frame;
    lower_begin(t.b.l, t.b.t);
    assert_int_equal(lower_add(t.b.l, &r, &frame), LOWER_OK);
    assert_int_equal(lower_fix(t.b.l, frame, 0, 0, 7), LOWER_OK);
    assert_int_equal(lower_fix(t.b.l, frame, 0, 1, 3), LOWER_OK);
    assert_int_equal(lower_fix(t.b.l, frame, 0, 2, 4), LOWER_FAIL); /* the matrix is square */
    assert_int_equal(lower_fix(t.b.l, frame, 0, 3, 1), LOWER_FAIL);
    assert_int_equal(lower_close(t.b.l, t.b.inst), LOWER_OK);
    ASSERT_DIMS(&t.b.inst[0].inputs[0].desc, 7, 3, 3);
    close_twice(&t);
}

/* What is found is drawn, with two sizes to tell apart; the least and the most follow from the input. */
static void found_sizes_are_drawn_least_and_most(void **state)
{
    (void)state;
    twice t;
    const tensor_desc d = DESC(3, 4), single = DESC(1), larger = DESC(5, 4);
    bool seen[16] = {false};
    open_twice(&t, 21);
    for (int k = 0; k < 200; k++) {
        solve_on(&t, "NonZero", &d, NULL, 0);
        const int64_t n = t.b.inst[0].outputs[0].desc.dims[1];
        assert_true(1 <= n && n <= 12);
        seen[n] = true;
        assert_int_equal(hold_found(&t, &d, FOUND_DRAWN), LOWER_OK);
        assert_dims(&t.out.outputs[0].desc, 2, (int64_t[]){2, n});
        assert_int_equal(hold_found(&t, &d, FOUND_LEAST), LOWER_OK);
        assert_dims(&t.out.outputs[0].desc, 2, (int64_t[]){2, 0});
        assert_int_equal(hold_found(&t, &larger, FOUND_MOST), LOWER_OK);
        assert_dims(&t.out.outputs[0].desc, 2, (int64_t[]){2, 20});
        arena_reset(&t.b.memory);
    }
    for (int n = 1; n <= 12; n++)
        assert_true(seen[n]);
    lower_request r = {.op = &t.b.set->ops[op_find(t.b.set, "NonZero")], .arity = {1}};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &single, .rank = -1};
    assert_int_equal(solve(&t.b, &r), LOWER_FAIL); /* with one element there is one size above 0 */
    close_twice(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_rule_gives_the_dims),
        cmocka_unit_test(weights_do_not_follow),
        cmocka_unit_test(squeeze_of_all_ones_is_refused),
        cmocka_unit_test(compress_needs_its_whole_axis),
        cmocka_unit_test(indices_lie_in_every_size),
        cmocka_unit_test(targets_of_reshape),
        cmocka_unit_test(computed_targets),
        cmocka_unit_test(ends_of_slice),
        cmocka_unit_test(ranges_are_those_of_the_size),
        cmocka_unit_test(nothing_changes_at_the_same_size),
        cmocka_unit_test(a_dimension_is_fixed_or_left),
        cmocka_unit_test(found_sizes_are_drawn_least_and_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
