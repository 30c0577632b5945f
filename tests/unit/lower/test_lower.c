/* Lowering: what operator instances may look like, on small tables written here and on the embedded one. */
#include "lower/entry_bench.h"
#include "lower/op_feasible.h"

#include <stdio.h>

/* ---- idioms and defaults ---- */

static void idioms_are_imposed_on_a_share(void **state)
{
    (void)state;
    int n[64];
    sample_ints(ENTRY(SAME "    attrs: {a: int 0..50}\n    idioms: {special: [\"a == 23\"]}\n"), 4000, n);
    assert_in_range(n[23], 400, 900); /* 15 % and its own share of the rest */
    for (int v = 1; v < 50; v++)
        assert_true(n[v] > 0);
}

static void impossible_idioms_are_dropped(void **state)
{
    (void)state;
    int n[64];
    assert_int_equal(sample_ints(ENTRY(SAME "    attrs: {a: int 0..5}\n    idioms: {never: [\"a == 23\"]}\n"), 500, n), 500);
}

static void defaults_leave_attributes_out(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, ENTRY(SAME "    attrs: {a: int 1..9 default 4, b: int 1..9 when a == 4}\n"), (lower_limits){0}, 5);
    lower_request r = request(&b.set->ops[0]);
    int out = 0, both = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(solve(&b, &r), LOWER_OK);
        const attr_value *a = attr(&b.inst[0], "a"), *c = attr(&b.inst[0], "b");
        assert_int_equal(c != NULL, a == NULL || a->i == 4);
        out += a == NULL;
        both += a != NULL && c != NULL;
        arena_reset(&b.memory);
    }
    assert_in_range(out, 180, 330);
    assert_true(both > 20);
    close_bench(&b);
}

/* ---- targets, links, partners ---- */

static void targets_fix_the_output(void **state)
{
    (void)state;
    bench b;
    open_bench(&b,
               "operators:\n  A:\n    since: [1]\n    in: {X: float32, W: float32 weight}\n    out: {Y: float32}\n"
               "    rank: {X: 1..3}\n    attrs: {g: int 1..4}\n    where: [\"X[-1] % g == 0\"]\n"
               "    shape: {Y: \"X[:-1] ++ [X[-1] / g * 2]\", W: \"[g]\"}\n    range: {Y: \"hull(X, -0.5)\"}\n",
               (lower_limits){0}, 3);
    tensor_desc target = tensor(2, 5, 6, 0);
    lower_request r = request(&b.set->ops[0]);
    r.target = &target;
    bool seen[5] = {false};
    for (int i = 0; i < 300; i++) {
        if (solve(&b, &r) == LOWER_OK) {
            const op_instance *x = &b.inst[0];
            int64_t g = attr(x, "g")->i;
            assert_int_equal(x->outputs[0].desc.rank, 2);
            assert_int_equal(x->outputs[0].desc.dims[0], 5);
            assert_int_equal(x->outputs[0].desc.dims[1], 6);
            assert_int_equal(x->inputs[0].kind, INST_NEW_INPUT);
            assert_int_equal(x->inputs[0].desc.dims[1], 3 * g);
            assert_int_equal(x->inputs[1].kind, INST_INIT);
            assert_int_equal(x->inputs[1].desc.dims[0], g);
            assert_true(iv_inside(x->outputs[0].desc.range, target.range));
            seen[g] = true;
        }
        arena_reset(&b.memory);
    }
    assert_true(seen[1] && seen[2] && seen[3] && seen[4]);
    target.dims[1] = 7; /* odd: no g gives it */
    for (int i = 0; i < 50; i++)
        assert_int_equal(solve(&b, &r), LOWER_FAIL);
    close_bench(&b);
}

static void links_meet(void **state)
{
    (void)state;
    bench b;
    open_bench(&b,
               "operators:\n"
               "  A:\n    since: [1]\n    in: {X: float32}\n    out: {Y: float32}\n    rank: {X: 2}\n    attrs: {s: int 1..3}\n"
               "    shape: {Y: \"[X[0], ceildiv(X[1], s)]\"}\n    range: {Y: \"X\"}\n"
               "  B:\n    since: [1]\n    in: {X: float32, Z: float32}\n    out: {Y: float32}\n"
               "    where: [\"X[1] == 5\", \"X[0] >= 40\"]\n    rank: {X: 2, Z: 2}\n    shape: {Y: \"broadcast(X, Z)\"}\n"
               "    range: {Y: \"X + Z\"}\n",
               (lower_limits){0}, 9);
    int found = 0;
    for (int i = 0; i < 200; i++) {
        lower_request r = request(&b.set->ops[0]), q = request(&b.set->ops[1]);
        int first, second;
        q.slots[0] = (lower_slot){.kind = SLOT_LINK, .frame = 0, .output = 0, .rank = -1};
        lower_begin(b.l, b.t);
        if (lower_add(b.l, &r, &first) == LOWER_OK && lower_add(b.l, &q, &second) == LOWER_OK &&
            lower_close(b.l, b.inst) == LOWER_OK) {
            const tensor_desc *made = &b.inst[0].outputs[0].desc, *used = &b.inst[1].inputs[0].desc;
            assert_int_equal(b.inst[1].inputs[0].kind, INST_LINK);
            assert_int_equal(made->dims[1], 5); /* the later operator's condition reaches the earlier one */
            assert_true(made->dims[0] >= 40);
            assert_int_equal((b.inst[0].inputs[0].desc.dims[1] + attr(&b.inst[0], "s")->i - 1) / attr(&b.inst[0], "s")->i, 5);
            assert_memory_equal(made->dims, used->dims, 2 * sizeof *made->dims);
            assert_true(made->range.lo == used->range.lo && made->range.hi == used->range.hi);
            found++;
        }
        arena_reset(&b.memory);
    }
    assert_true(found > 150);
    close_bench(&b);
}

static void partners_are_bound_and_taken_back(void **state)
{
    (void)state;
    bench b;
    open_bench(&b,
               "operators:\n  A:\n    since: [1]\n    in: {X: float32, Z: float32}\n    out: {Y: float32}\n    rank: {X: 2, Z: 2}\n"
               "    where: [\"X[1] == Z[0]\", \"Z[1] >= 3\"]\n    domain: {Z: \"[0, 10]\"}\n"
               "    shape: {Y: \"[X[0], Z[1]]\"}\n    range: {Y: \"X * Z\"}\n",
               (lower_limits){0}, 13);
    tensor_desc x = tensor(2, 4, 6, 0), good = tensor(2, 6, 3, 0), wrong = tensor(2, 5, 3, 0), thin = tensor(2, 6, 2, 0),
                negative = tensor(2, 6, 3, 0), flat = tensor(1, 6, 0, 0), whole = tensor(2, 6, 3, 0);
    good.range = wrong.range = thin.range = flat.range = whole.range = iv(0, 1);
    whole.type = DT_INT64;
    for (int i = 0; i < 40; i++) {
        lower_request r = request(&b.set->ops[0]);
        r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
        r.slots[1] = (lower_slot){.kind = SLOT_OPEN, .rank = 2};
        int frame;
        lower_begin(b.l, b.t);
        assert_int_equal(lower_add(b.l, &r, &frame), LOWER_OK);
        assert_int_equal(lower_open_rank(b.l, frame, 1), 2);
        assert_int_equal(lower_open_rank(b.l, frame, 0), -1);
        assert_int_equal(lower_open_type(b.l, frame, 1), DT_FLOAT32);
        assert_true(lower_fits(b.l, frame, 1, &good));
        assert_false(lower_fits(b.l, frame, 1, &wrong)); /* propagation has settled Z[0] */
        assert_false(lower_fits(b.l, frame, 1, &thin));
        assert_false(lower_fits(b.l, frame, 1, &negative)); /* its values leave the domain */
        assert_false(lower_fits(b.l, frame, 1, &flat));
        assert_false(lower_fits(b.l, frame, 1, &whole));
        assert_false(lower_fits(b.l, frame, 0, &x)); /* not open */
        assert_int_equal(lower_bind(b.l, frame, 1, &wrong), LOWER_FAIL);
        assert_int_equal(lower_bind(b.l, frame, 1, &flat), LOWER_FAIL);
        assert_int_equal(lower_bind(b.l, frame, 1, &whole), LOWER_FAIL);
        assert_true(lower_fits(b.l, frame, 1, &good)); /* the problem is as it was */
        bool bind = i % 2 == 0;
        if (bind)
            assert_int_equal(lower_bind(b.l, frame, 1, &good), LOWER_OK);
        assert_int_equal(lower_close(b.l, b.inst), LOWER_OK);
        assert_int_equal(b.inst[0].inputs[1].kind, bind ? INST_TENSOR : INST_NEW_INPUT);
        assert_int_equal(b.inst[0].inputs[1].desc.dims[0], 6);
        assert_true(b.inst[0].inputs[1].desc.dims[1] >= 3);
        arena_reset(&b.memory);
    }
    close_bench(&b);
}

/* ---- what every instance keeps ---- */

static void limits_hold(void **state)
{
    (void)state;
    bench b;
    lower_limits limits = {.max_elements = 50, .max_dim = 7, .max_rank = 3, .max_magnitude = 100};
    open_bench(&b, ENTRY("    attrs: {a: int 1..40}\n    shape: {Y: \"[a] ++ shape(X)\"}\n    range: {Y: \"X * a * 10\"}\n"),
               limits, 23);
    lower_request r = request(&b.set->ops[0]);
    int found = 0;
    for (int i = 0; i < 500; i++) {
        if (solve(&b, &r) == LOWER_OK) {
            const tensor_desc *x = &b.inst[0].inputs[0].desc, *y = &b.inst[0].outputs[0].desc;
            assert_true(x->rank <= 2 && y->rank == x->rank + 1);
            for (int k = 0; k < x->rank; k++)
                assert_in_range(x->dims[k], 1, 7);
            assert_true(tensor_elements(y) <= 50);
            assert_true(iv_mag(y->range) <= 100);
            found++;
        }
        arena_reset(&b.memory);
    }
    assert_true(found > 50);
    close_bench(&b);
}

/* Everything of an instance that the table decides, as text. */
static char *describe(arena *a, const op_instance *x)
{
    char *s = arena_strdup(a, x->op->name);
    for (size_t i = 0; i < x->n_inputs + x->n_outputs; i++) {
        const tensor_desc *d = i < x->n_inputs ? &x->inputs[i].desc : &x->outputs[i - x->n_inputs].desc;
        s = arena_printf(a, "%s|%d %d %a %a", s, i < x->n_inputs ? (int)x->inputs[i].kind : 9, (int)d->type, d->range.lo,
                         d->range.hi);
        for (int k = 0; k < d->rank; k++)
            s = arena_printf(a, "%s,%lld", s, (long long)d->dims[k]);
    }
    for (size_t i = 0; i < x->n_attrs; i++) {
        const attr_value *v = &x->attrs[i];
        s = arena_printf(a, "%s|%s %lld %a %s", s, v->name, (long long)v->i, v->f, v->s ? v->s : "");
        for (size_t k = 0; v->ints && k < v->n; k++)
            s = arena_printf(a, "%s,%lld", s, (long long)v->ints[k]);
    }
    assert_non_null(s);
    return s;
}

static void each_operator_is_feasible_and_determined_by_its_seed(void **state)
{
    (void)state;
    bench b, c;
    open_bench(&b, NULL, (lower_limits){0}, 29);
    open_bench(&c, NULL, (lower_limits){0}, 29);
    size_t found = 0;
    for (size_t i = 0; i < b.set->n_ops; i++) {
        op_obstacle why;
        if (!op_feasible(b.set, &b.set->ops[i], &b.limits, &why))
            fail_msg("operator %s: %s", b.set->ops[i].name, why.s);
        lower_request r = request(&b.set->ops[i]), q = request(&c.set->ops[i]);
        for (int k = 0; k < 8; k++) {
            lower_result x = solve(&b, &r), y = solve(&c, &q);
            assert_int_equal(x, y);
            if (x == LOWER_OK)
                assert_string_equal(describe(&b.memory, &b.inst[0]), describe(&c.memory, &c.inst[0]));
            found += x == LOWER_OK;
            arena_reset(&b.memory);
            arena_reset(&c.memory);
        }
        assert_int_equal(tape_count(b.t), tape_count(c.t));
    }
    assert_true(found > 4 * b.set->n_ops);
    close_bench(&b);
    close_bench(&c);
}

/* ---- tables that ask for the impossible or for too much ---- */

static void contradictions_fail(void **state)
{
    (void)state;
    static const char *const tables[] = {
        ENTRY(SAME "    where: [\"numel(X) > 3\", \"numel(X) < 2\"]\n"),
        ENTRY(SAME "    attrs: {a: int 1..5}\n    where: [\"a * a == 7\"]\n"),
        ENTRY(SAME "    require: [\"hi(X) < lo(X)\"]\n"),
        ENTRY("    shape: {Y: \"[0]\"}\n    range: {Y: \"X\"}\n"),
        ENTRY("    shape: {Y: \"[100000]\"}\n    range: {Y: \"X\"}\n"),
        ENTRY("    shape: {Y: \"shape(X)\"}\n    range: {Y: \"X / 0\"}\n"),
        ENTRY(SAME "    attrs: {a: float 1e43}\n"), /* infinite as float32 */
        ENTRY(SAME "    attrs: {a: \"floats [1, 1e43]\"}\n"),
        ENTRY(SAME "    choose: {a: \"{1e43, 2e43}\"}\n"),
        ENTRY(SAME "    choose: {a: \"real(1e43, 1e43)\"}\n"),
        "operators:\n  A:\n    since: [1]\n    in: {X: float32, W: float32 weight}\n    out: {Y: float32}\n"
        "    rank: {W: 1}\n    shape: {Y: \"shape(X)\", W: \"[2, 2]\"}\n    range: {Y: X}\n",
        ENTRY(SAME "    rank: {X: 8}\n"),
        ENTRY(SAME "    rank: {X: 7..8}\n"),
        ENTRY(SAME "    choose: {n: 1..3, m: \"n..n - 1\"}\n"),
        ENTRY(SAME "    choose: {x: \"factors(7, 0)\"}\n"),
        ENTRY(SAME "    choose: {a: 1..1000000, b: 1..1000000}\n    where: [\"a * b == 999999999989\"]\n"),
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        bench b;
        open_bench(&b, tables[i], (lower_limits){0}, 31);
        lower_request r = request(&b.set->ops[0]);
        for (int k = 0; k < 10; k++)
            if (solve(&b, &r) != LOWER_FAIL)
                fail_msg("table %zu has an instance", i);
        assert_false(op_feasible(b.set, &b.set->ops[0], &b.limits, NULL));
        close_bench(&b);
    }
}

/* A rank by an expression, by the shape of an initializer, or asked for from outside: the rule holds for each. */
static void ranks_follow_their_rule(void **state)
{
    (void)state;
    static const char *const rules[] = {"{q}", "q", "{q, q}", "q..q", "if q == 2 then 2 else q", "{1, 4}"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char table[600];
        snprintf(table, sizeof table, ENTRY(SAME "    choose: {q: 1..2}\n    rank: {X: \"%s\"}\n"), rules[i]);
        bench b;
        open_bench(&b, table, (lower_limits){0}, 47);
        tensor_desc three = tensor(3, 2, 2, 2);
        lower_request r = request(&b.set->ops[0]), given = r, asked = r;
        given.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &three, .rank = -1};
        asked.slots[0] = (lower_slot){.kind = SLOT_OPEN, .rank = 3};
        for (int k = 0; k < 20; k++) {
            assert_int_equal(solve(&b, &r), LOWER_OK);
            assert_int_equal(solve(&b, &given), LOWER_FAIL);
            assert_int_equal(solve(&b, &asked), LOWER_FAIL);
            arena_reset(&b.memory);
        }
        close_bench(&b);
    }
}

/* Reals may be infinite, and no number at all, where nothing asks for more. */
static void infinite_reals_are_values(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, ENTRY(SAME "    choose: {r: \"[-inf, inf - inf, 1e43]\"}\n    where: [\"r[0] < r[2]\"]\n"), (lower_limits){0},
               43);
    lower_request r = request(&b.set->ops[0]);
    assert_int_equal(solve(&b, &r), LOWER_OK);
    close_bench(&b);
    open_bench(&b, ENTRY(SAME "    attrs: {r: \"float {1.5, 2 / 0, 3.5}\"}\n"), (lower_limits){0},
               43); /* what is not drawn has no say */
    r = request(&b.set->ops[0]);
    for (int k = 0, found = 0; k < 40 || found == 0; k++)
        found += solve(&b, &r) == LOWER_OK;
    close_bench(&b);
    open_bench(&b, ENTRY(SAME "    choose: {r: \"[-inf, inf - inf]\"}\n    where: [\"r[1] == r[1]\"]\n"), (lower_limits){0}, 43);
    r = request(&b.set->ops[0]);
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    close_bench(&b);
}

static void the_request_is_checked(void **state)
{
    (void)state;
    bench b;
    open_bench(
        &b,
        "operators:\n  A:\n    since: [1]\n    types: {T: [float32, int64]}\n    in: {X: T, W: float32 weight, B: T optional}\n"
        "    out: {Y: T}\n    shape: {Y: \"shape(X)\", W: \"[2]\"}\n    range: {Y: \"X\"}\n",
        (lower_limits){0}, 41);
    tensor_desc x = tensor(1, 3, 0, 0), whole = x;
    whole.type = DT_INT64;
    lower_request r = request(&b.set->ops[0]);
    r.arity[0] = 2; /* not variadic */
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    r = request(&b.set->ops[0]);
    r.slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1}; /* a weight takes no tensor */
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    r = request(&b.set->ops[0]);
    r.slots[0].kind = SLOT_INIT; /* data is no initializer */
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    r = request(&b.set->ops[0]);
    r.slots[0].kind = SLOT_ABSENT; /* not optional */
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    r = request(&b.set->ops[0]);
    r.slots[0] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &x, .rank = -1};
    r.slots[2] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &whole, .rank = -1}; /* T is float32 already */
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    r.output_type = DT_INT64;
    r.slots[2].kind = SLOT_ABSENT;
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    r.slots[0].tensor = &whole;
    whole.range = iv(0, 5);
    assert_int_equal(solve(&b, &r), LOWER_OK);
    assert_int_equal(b.inst[0].outputs[0].desc.type, DT_INT64);
    assert_int_equal(b.inst[0].inputs[2].kind, INST_ABSENT);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idioms_are_imposed_on_a_share),
        cmocka_unit_test(impossible_idioms_are_dropped),
        cmocka_unit_test(defaults_leave_attributes_out),
        cmocka_unit_test(targets_fix_the_output),
        cmocka_unit_test(links_meet),
        cmocka_unit_test(partners_are_bound_and_taken_back),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(each_operator_is_feasible_and_determined_by_its_seed),
        cmocka_unit_test(contradictions_fail),
        cmocka_unit_test(ranks_follow_their_rule),
        cmocka_unit_test(infinite_reals_are_values),
        cmocka_unit_test(the_request_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
