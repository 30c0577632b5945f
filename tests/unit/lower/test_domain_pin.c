/* Requests that require values, give constants, or relax rules that keep values of interest. Every instance is re-checked. */
#include "lower_bench.h"
#include "rules/opmodel_rules.h"

static const char table[] =
    "operators:\n"
    "  Cut: {since: [1], in: {X: float32}, out: {Y: float32}, rank: {X: 2..4},\n"
    "    choose: {ax: \"subset(iota(rank(X)), 1..rank(X))\", perm: \"permutation(rank(X))\", k: 1..5, t: \"factors(numel(X), "
    "k)\",\n"
    "      size: \"list(len(ax), 1..9)\", twice: \"2 * size[0]\", mode: \"{'a', 'b'}\", how: \"if mode == 'a' then {1, 3} else "
    "{2}\"},\n"
    "    attrs: {alpha: \"float real(0, 1) default 0.5\", only: \"int 0..9 when mode == 'a'\"},\n"
    "    where: [\"size[0] < X[0]\"], shape: {Y: t}, range: {Y: X}}\n"
    "  Fill: {since: [1], in: {X: float32, S: int64 constant, W: float32 weight}, out: {Y: float32}, rank: {X: 1..3},\n"
    "    choose: {n: 1..6}, shape: {S: \"[2]\", W: \"[n]\", Y: \"[n, rank(X)]\"}, values: {S: \"[n, rank(X)]\", W: \"uniform(1, "
    "2)\"},\n"
    "    range: {Y: X * W}}\n"
    "  Pick: {since: [1], in: {X: float32, I: int64 constant}, out: {Y: float32}, rank: {X: 1..1},\n"
    "    shape: {I: \"[3]\", Y: \"[3]\"}, values: {I: \"distinct(0, X[0] - 1)\"}, range: {Y: X}}\n"
    "  Over: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {B: shape(A), C: shape(A)},\n"
    "    domain: {A: \"[-100, 100]\", B: [\"[0.01, 50]\", \"[-1, -0.5]\"]}, range: {C: A / B},\n"
    "    require: [\"mag(C) <= 1000\", \"live(A) > 0.1 * width(likely(A))\", \"lo(A) < hi(A)\"]}\n"
    "  Meet: {since: [1], in: {A: float32, B: float32}, out: {C: float32}, shape: {B: shape(A), C: shape(A)}, range: {C: \"[0, "
    "1]\"},\n"
    "    require: [\"rank(A) == 3 or width(meet(A, B)) * 3 > width(A)\"]}\n"
    "  Cap: {since: [1], in: {X: float32, high: float32 constant}, out: {Y: float32}, shape: {high: \"[]\", Y: shape(X)},\n"
    "    values: {high: \"lo(likely(X)) + 0.5 * width(likely(X))\"}, range: {Y: \"min(X, high)\"}}\n";

static bench hand;

static int open_hand(void **state)
{
    (void)state;
    open_bench_typed(&hand, table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 5);
    return 0;
}

static int close_hand(void **state)
{
    (void)state;
    close_bench(&hand);
    return 0;
}

static const op_model *op_named(const char *name)
{
    return &hand.set->ops[op_find(hand.set, name)];
}

static inst_pin pin(const op_model *op, const char *name, inst_value v)
{
    for (size_t i = 0; i < op->rules->n_vars; i++)
        if (strcmp(op->rules->vars[i].name, name) == 0)
            return (inst_pin){.var = (int)i, .v = v};
    fail_msg("%s has no %s", op->name, name);
    return (inst_pin){0};
}

static tensor_desc floats(int rank, int64_t d, double lo, double hi)
{
    tensor_desc x = {.type = DT_FLOAT32, .rank = rank, .dims = {d, 3, 2}, .range = {lo, hi}};
    x.likely = est_all(x.range);
    return x;
}

/* ---- pins ---- */

static lower_result cut(const inst_pin *pins, size_t n)
{
    const tensor_desc x = floats(3, 4, -1, 1);
    lower_request r = {.op = op_named("Cut"), .arity = {1}, .pins = pins, .n_pins = n, .relaxed = true};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    return solve(&hand, &r);
}

static void assert_ints(const char *name, const inst_value *want)
{
    inst_pin p = pin(hand.inst[0].op, name, *want);
    const inst_value *v = &hand.inst[0].vars[p.var].v;
    assert_int_equal(v->n, want->n);
    for (size_t i = 0; i < v->n; i++)
        assert_int_equal(v->ints[i], want->ints[i]);
}

static void required_values_are_kept(void **state)
{
    (void)state;
    const op_model *op = op_named("Cut");
    const inst_value ax = {.ints = (const int64_t[]){0, 2}, .n = 2}, perm = {.ints = (const int64_t[]){2, 0, 1}, .n = 3};
    const inst_value t = {.ints = (const int64_t[]){6, 1, 4}, .n = 3};
    const inst_pin pins[] = {pin(op, "t", t),
                             pin(op, "ax", ax),
                             pin(op, "perm", perm),
                             pin(op, "mode", (inst_value){.s = "a"}),
                             pin(op, "how", (inst_value){.i = 3}),
                             pin(op, "twice", (inst_value){.i = 6}),
                             pin(op, "alpha", (inst_value){.r = 0.5}),
                             pin(op, "only", (inst_value){.i = 7})};
    for (int i = 0; i < 30; i++) {
        assert_int_equal(cut(pins, sizeof pins / sizeof *pins), LOWER_OK);
        assert_ints("ax", &ax);
        assert_ints("perm", &perm);
        const tensor_desc *y = &hand.inst[0].outputs[0].desc;
        assert_true(y->rank == 3 && y->dims[0] == 6 && y->dims[1] == 1 && y->dims[2] == 4); /* k follows from t */
        assert_int_equal(hand.inst[0].vars[pin(op, "size", ax).var].v.ints[0], 3);          /* follows from twice */
        assert_int_equal(hand.inst[0].n_attrs, 2);                                          /* written, also with the default */
        assert_true(hand.inst[0].attrs[0].f == 0.5 && hand.inst[0].attrs[1].i == 7);
    }
}

static void values_outside_a_domain_fail(void **state)
{
    (void)state;
    const op_model *op = op_named("Cut");
    const int64_t ints[] = {0, 3, 2, 2, 5, 4};
    const inst_pin wrong[][2] = {
        {pin(op, "ax", (inst_value){.ints = ints, .n = 2})},       /* 3 is no axis */
        {pin(op, "ax", (inst_value){.ints = ints + 2, .n = 2})},   /* twice the same */
        {pin(op, "ax", (inst_value){.ints = ints, .n = 0})},       /* too few */
        {pin(op, "perm", (inst_value){.ints = ints + 1, .n = 3})}, /* none */
        {pin(op, "t", (inst_value){.ints = ints + 4, .n = 2})},    /* 20, not 24 elements */
        {pin(op, "k", (inst_value){.i = 6})},
        {pin(op, "twice", (inst_value){.i = 5})},
        {pin(op, "twice", (inst_value){.i = 8})}, /* against where */
        {pin(op, "mode", (inst_value){.s = "c"})},
        {pin(op, "alpha", (inst_value){.r = 1.5})},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (int k = 0; k < 10; k++)
            if (cut(wrong[i], 1) == LOWER_OK)
                fail_msg("case %zu was accepted", i);
    const inst_pin absent[] = {pin(op, "mode", (inst_value){.s = "b"}), pin(op, "only", (inst_value){.i = 7})};
    assert_int_equal(cut(absent, 2), LOWER_FAIL);
    const inst_pin branch[] = {pin(op, "mode", (inst_value){.s = "b"}), pin(op, "how", (inst_value){.i = 3})};
    assert_int_equal(cut(branch, 2), LOWER_FAIL);
}

/* Pins that are excluded leave the variable free but for one value; what is left out has the value of its default. */
static void excluded_values_do_not_occur(void **state)
{
    (void)state;
    const op_model *op = op_named("Cut");
    const int64_t axes[] = {0, 2};
    const inst_value ax = {.ints = axes, .n = 2};
    inst_pin pins[] = {pin(op, "ax", ax), pin(op, "mode", (inst_value){.s = "a"}), pin(op, "alpha", (inst_value){.r = 0.5})};
    for (size_t k = 0; k < sizeof pins / sizeof *pins; k++)
        pins[k].excluded = true;
    size_t free = 0, without = 0;
    for (int i = 0; i < 300; i++) {
        for (size_t n = 0; n < 2; n++) {
            if (cut(pins, n * 3) != LOWER_OK)
                continue;
            const inst_var *a = &hand.inst[0].vars[pins[0].var], *mode = &hand.inst[0].vars[pins[1].var];
            const inst_var *alpha = &hand.inst[0].vars[pins[2].var];
            bool same = (a->v.n == 2 && memcmp(a->v.ints, axes, sizeof axes) == 0) || strcmp(mode->v.s, "a") == 0 ||
                        (alpha->known && alpha->v.r == 0.5);
            free += n == 0 && same;
            without += n == 1;
            assert_true(n == 0 || !same);
        }
    }
    assert_true(free > 50 && without > 5);
}

/* ---- given constants ---- */

static content listed(const double *x, size_t n)
{
    return (content){.kind = CONTENT_LIST, .list = x, .n_list = n};
}

static tensor_desc whole(int64_t n, double lo, double hi)
{
    tensor_desc x = {.type = DT_INT64, .rank = 1, .dims = {n}, .range = {lo, hi}};
    x.likely = est_still(x.range);
    return x;
}

static lower_result fill(const content *s, const content *w, const inst_pin *pins, size_t n)
{
    const tensor_desc x = floats(2, 4, -1, 1), sizes = whole(2, 0, 9), weight = floats(1, 3, 0.25, 0.5);
    lower_request r = {.op = op_named("Fill"), .arity = {1, 1, 1}, .pins = pins, .n_pins = n, .relaxed = true};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &sizes, .init = s, .share = 3, .rank = -1};
    r.slots[2] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &weight, .init = w, .rank = -1};
    return solve(&hand, &r);
}

static void given_constants_are_the_nodes_initializers(void **state)
{
    (void)state;
    const double right[] = {3, 2}, wrong[] = {3, 3}, half[] = {0.5, 0.25, 0.5};
    const content s = listed(right, 2), no = listed(wrong, 2), w = listed(half, 3);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(fill(&s, &w, NULL, 0), LOWER_OK); /* n follows from the shape of the weight */
        const inst_input *in = hand.inst[0].inputs;
        assert_int_equal(in[1].kind, INST_INIT);
        assert_true(in[1].given && in[1].share == 3 && in[1].init.list == right);
        assert_true(in[2].given && in[2].init.list == half);
        assert_true(hand.inst[0].outputs[0].desc.range.hi < 0.51);
        assert_int_equal(fill(&no, &w, NULL, 0), LOWER_FAIL);
        assert_int_equal(lower_last_failure(hand.l).reason, WHY_GIVEN);
    }
}

static lower_result pick(const double *list, size_t n)
{
    const tensor_desc x = floats(1, 5, -1, 1);
    tensor_desc indices = whole(3, list[0], list[0]);
    for (size_t i = 0; i < n; i++)
        indices.range = iv_hull(indices.range, iv_point(list[i]));
    const content c = listed(list, n);
    lower_request r = {.op = op_named("Pick"), .arity = {1, 1}, .relaxed = true};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &indices, .init = &c, .rank = -1};
    return solve(&hand, &r);
}

static void given_constants_obey_generators(void **state)
{
    (void)state;
    assert_int_equal(pick((const double[]){4, 0, 2}, 3), LOWER_OK);
    assert_int_equal(pick((const double[]){4, 0, 5}, 3), LOWER_FAIL); /* no such index */
    assert_int_equal(pick((const double[]){4, 0, 4}, 3), LOWER_FAIL); /* not distinct */
    assert_int_equal(pick((const double[]){1}, 1), LOWER_FAIL);       /* one number for all three */
}

static void a_computed_tensor_is_a_constant_only_if_claimed(void **state)
{
    (void)state;
    const tensor_desc x = floats(2, 4, -1, 1), sizes = whole(2, 0, 9);
    lower_request r = {.op = op_named("Fill"), .arity = {1, 1, 1}, .relaxed = true};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &sizes, .rank = -1};
    assert_int_equal(solve(&hand, &r), LOWER_FAIL);
    r.claimed = true;
    assert_int_equal(solve(&hand, &r), LOWER_OK);
    assert_int_equal(hand.inst[0].inputs[1].kind, INST_TENSOR);
    r.relaxed = false;
    assert_int_equal(solve(&hand, &r), LOWER_FAIL);
}

/* ---- relaxed rules ---- */

static lower_result of_two(const char *op, tensor_desc a, tensor_desc b, bool relaxed)
{
    lower_request r = {.op = op_named(op), .arity = {1, 1}, .relaxed = relaxed};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &a, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &b, .rank = -1};
    return solve(&hand, &r);
}

static lower_result over(tensor_desc a, tensor_desc b, bool relaxed)
{
    return of_two("Over", a, b, relaxed);
}

static void only_rules_of_interest_give_way(void **state)
{
    (void)state;
    const tensor_desc a = floats(2, 4, -1, 1);
    tensor_desc still = a;
    still.likely = est_still(a.range);
    assert_int_equal(over(a, floats(2, 4, 1, 2), false), LOWER_OK);
    assert_int_equal(over(still, floats(2, 4, 1, 2), false), LOWER_FAIL); /* estimates */
    assert_int_equal(over(still, floats(2, 4, 1, 2), true), LOWER_OK);
    assert_int_equal(over(a, floats(2, 4, 1e-6, 2), false), LOWER_FAIL); /* small end of the domain, and magnitude */
    assert_int_equal(over(a, floats(2, 4, 1e-6, 2), true), LOWER_OK);
    assert_int_equal(over(floats(2, 4, -1e4, 1), floats(2, 4, 1, 1e4), true), LOWER_OK); /* large ends */
    assert_int_equal(over(a, floats(2, 4, -2, -0.5), true), LOWER_FAIL);                 /* -1 is what the operator can compute */
    assert_int_equal(over(a, floats(2, 4, 0, 2), true), LOWER_FAIL);
    assert_int_equal(over(floats(2, 4, 1, 1), floats(2, 4, 1, 2), true), LOWER_FAIL); /* bounds: not an estimate */
    assert_int_equal(of_two("Meet", a, floats(2, 4, 2, 3), false), LOWER_FAIL);       /* a width, behind `or` */
    assert_int_equal(of_two("Meet", a, floats(2, 4, 2, 3), true), LOWER_OK);
}

/* Contents that are computed from estimates are of use; others are allowed as well. */
static void given_constants_may_differ_from_estimates(void **state)
{
    (void)state;
    static const double point = 0.75;
    const tensor_desc x = floats(2, 4, -1, 1), high = {.type = DT_FLOAT32, .range = {0.75, 0.75}};
    const content c = listed(&point, 1);
    lower_request r = {.op = op_named("Cap"), .arity = {1, 1}, .relaxed = true};
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &high, .init = &c, .rank = -1};
    assert_int_equal(solve(&hand, &r), LOWER_OK);
    assert_true(hand.inst[0].outputs[0].desc.range.hi == 0.75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_values_are_kept),        cmocka_unit_test(values_outside_a_domain_fail),
        cmocka_unit_test(excluded_values_do_not_occur),    cmocka_unit_test(given_constants_are_the_nodes_initializers),
        cmocka_unit_test(given_constants_obey_generators), cmocka_unit_test(a_computed_tensor_is_a_constant_only_if_claimed),
        cmocka_unit_test(only_rules_of_interest_give_way), cmocka_unit_test(given_constants_may_differ_from_estimates),
    };
    return cmocka_run_group_tests(tests, open_hand, close_hand);
}
