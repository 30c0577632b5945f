/* Failures: each reason is reached by a table or request made for it, and names the rule concerned. */
#include "lower/lower_bench.h"

#include <stdio.h>

#define A(in, out, body) "operators:\n  A:\n    since: [1]\n    in: {" in "}\n    out: {" out "}\n" body
#define SAME "    shape: {Y: \"shape(X)\"}\n    range: {Y: X}\n"
#define WHERE(condition) A("X: float32", "Y: float32", SAME "    rank: {X: 2}\n    where: [\"" condition "\"]\n")
#define CHOOSE(choice, condition) \
    A("X: float32", "Y: float32", SAME "    rank: {X: 2}\n    choose: {" choice "}\n    where: [\"" condition "\"]\n")
#define RANGE(range) A("X: float32", "Y: float32", "    shape: {Y: \"shape(X)\"}\n    range: {Y: \"" range "\"}\n")
#define WEIGHT(type, shape, values)                     \
    A("X: float32, W: " type " constant", "Y: float32", \
      "    shape: {W: \"" shape "\", Y: \"shape(X)\"}\n    values: {W: \"" values "\"}\n    range: {Y: X}\n")

static const tensor_desc vector = {.type = DT_FLOAT32, .rank = 1, .dims = {3}, .range = {-1, 1}};
static const tensor_desc none = {.type = DT_FLOAT32, .rank = 1, .dims = {0}, .range = {0, 1}};
static const tensor_desc matrix = {.type = DT_FLOAT32, .rank = 2, .dims = {3, 4}, .range = {-1, 1}};
static const tensor_desc wide = {.type = DT_FLOAT32, .rank = 1, .dims = {3}, .range = {-1000, 1000}};
static const tensor_desc whole = {.type = DT_INT64, .rank = 1, .dims = {3}, .range = {0, 5}};

static lower_slot given(const tensor_desc *t)
{
    return (lower_slot){.kind = SLOT_TENSOR, .tensor = t, .rank = -1};
}

static void two_tensors(lower_request *r)
{
    r->arity[0] = 2;
    r->slots[0] = r->slots[1] = given(&vector);
}

static void give_vector(lower_request *r)
{
    r->slots[0] = given(&vector);
}

static void give_empty(lower_request *r)
{
    r->slots[0] = given(&none);
}

static void give_wide(lower_request *r)
{
    r->slots[0] = given(&wide);
}

static void give_whole(lower_request *r)
{
    r->slots[0] = given(&whole);
}

static void give_second(lower_request *r)
{
    r->slots[1] = given(&vector);
}

static void pin_letter(lower_request *r)
{
    static const inst_pin pins[] = {{.var = 0, .v = {.s = "c"}}};
    r->pins = pins;
    r->n_pins = 1;
}

static void give_constant(lower_request *r)
{
    static const double list[] = {1, 3};
    static const tensor_desc pair = {.type = DT_INT64, .rank = 1, .dims = {2}, .range = {1, 3}};
    static const content numbers = {.kind = CONTENT_LIST, .list = list, .n_list = 2};
    r->slots[1] = (lower_slot){.kind = SLOT_TENSOR, .tensor = &pair, .init = &numbers, .rank = -1};
    r->relaxed = true;
}

static void leave_out_first(lower_request *r)
{
    r->slots[0].kind = SLOT_ABSENT;
}

static void leave_out_second(lower_request *r)
{
    r->slots[1].kind = SLOT_ABSENT;
}

static void want_matrix(lower_request *r)
{
    give_vector(r);
    r->target = &matrix;
}

static void want_wide(lower_request *r)
{
    give_vector(r);
    r->target = &wide;
}

static const struct {
    const char *table;
    void (*change)(lower_request *r);
    const char *text;
} rows[] = {
    {WHERE("1 == 2"), NULL, "a condition does not hold: A, where (t.yaml:9:14)"},
    {A("X: float32", "Y: float32", SAME "    require: [\"hi(X) < lo(X)\"]\n"), NULL,
     "a condition does not hold: A, require (t.yaml:8:16)"},
    {CHOOSE("a: 1..5", "a * a == 7"), NULL, "conditions contradict each other: A, where (t.yaml:10:14)"},
    {CHOOSE("a: 1..2, b: 1..2, c: 1..2", "a != b and b != c and a != c"), NULL, "the conditions have no common solution: A"},
    {CHOOSE("m: \"list(12, 1..11)\"", "all(all(m[i] != m[j] for j in 0..i-1) for i in 1..11)"), NULL,
     "no solution was found within the solver's limit: A"},
    {CHOOSE("m: \"rank(X)..rank(X) - 1\"", "m > 0"), NULL, "a domain contains no value: A, value m (t.yaml:9:14)"},
    {CHOOSE("m: \"list(65, 1..2)\"", "m[0] > 0"), NULL,
     "the length of a list to be drawn is not between 0 and 64: A, value m (t.yaml:9:14)"},
    {WHERE("sum(sum(sum(1 for a in 0..9999) for b in 0..9999) for c in 0..9999) == 1"), NULL,
     "evaluation takes too many steps: A, where (t.yaml:9:14)"},
    {WHERE("len(iota(1000000)) == 1"), NULL, "the length of a list is negative or too large: A, where (t.yaml:9:14)"},
    {WHERE("X[9] == 1"), NULL, "an index lies outside its list: A, where (t.yaml:9:14)"},
    {WHERE("3 / (X[0] - X[0]) == 1"), NULL, "division by zero: A, where (t.yaml:9:14)"},
    {WHERE("9223372036854775807 + 1 == 0"), NULL, "a number does not fit into 64 bits: A, where (t.yaml:9:14)"},
    {CHOOSE("r: \"{1e39, 1e40}\"", "1 == 1"), NULL, "a real number is infinite as float32: A, value r (t.yaml:9:14)"},
    {CHOOSE("m: \"list(64, 0..1)\"", "sum(m) == 7"), NULL,
     "a sum, product or condition has too many undecided operands: A, where (t.yaml:10:14)"},
    {WHERE("min([i for i in 1..0]) == 1"), NULL, "the smallest or largest of no elements does not exist: A, where (t.yaml:9:14)"},
    {WHERE("broadcast([2], [3]) == [3]"), NULL, "dimensions cannot be broadcast together: A, where (t.yaml:9:14)"},
    {WHERE("fits([1, 2], [3])"), NULL, "a shape cannot be broadcast to another one: A, where (t.yaml:9:14)"},
    {WHERE("shape(X) == [1]"), NULL, "lists that must be equal have different lengths: A, where (t.yaml:9:14)"},
    {A("X: float32, B: float32 optional", "Y: float32", SAME "    where: [\"rank(B) == 1\"]\n"), leave_out_second,
     "a tensor or attribute is needed but left out: A, where (t.yaml:8:14)"},
    {A("X: float32", "Y: float32", SAME "    require: [\"least('string') < 0\"]\n"), NULL,
     "an expression has no value here: A, require (t.yaml:8:16)"},
    {CHOOSE("s: \"letters([52])\"", "s == 'a'"), NULL, "only the numbers 0 to 51 have letters: A, value s (t.yaml:9:14)"},
    {WHERE("unravel(1, [0]) == [0]"), NULL, "a dimension is not positive: A, where (t.yaml:9:14)"},
    {A("X: float32", "Y: float32", SAME), two_tensors, "the number of tensors is not allowed for the input: A, input X"},
    {A("X: float32", "Y: float32", SAME), give_whole, "the element type is not allowed here: A, input X"},
    {A("X: float32, W: float32 weight", "Y: float32", "    shape: {W: \"[2]\", Y: \"shape(X)\"}\n    range: {Y: X}\n"), give_second,
     "the role of the input does not allow this kind of tensor: A, input W"},
    {A("X: float32", "Y: float32", SAME), leave_out_first,
     "an input is given but must be absent, or absent but must be given: A, presence X"},
    {A("X: float32", "Y: float32", SAME "    rank: {X: 2}\n"), give_vector, "the rank is not allowed: A, shape X (t.yaml:8:15)"},
    {A("X: float32", "Y: float32 variadic 17", "    shape: {Y: \"shape(X)\"}\n    range: {Y: X}\n"), NULL,
     "the number of outputs is not allowed: A, arity Y (t.yaml:5:31)"},
    {A("X: float32", "Y: float32", SAME), want_matrix,
     "the output does not have the rank of the graph input to be replaced: A, target Y"},
    {A("X: int64", "Y: float32", "    shape: {Y: \"shape(X)\"}\n    range: {Y: \"X + [0, 1]\"}\n"), NULL,
     "no graph input can have this type: A, input X"},
    {A("X: float32", "Y: float32", SAME), give_empty, "the operator takes no tensor without elements: A, input X"},
    {A("X: float32", "Y: float32", SAME "    domain: {X: \"[-2, 2]\"}\n"), give_wide,
     "values may lie outside the domain: A, domain X (t.yaml:8:18)"},
    {RANGE("X / 0"), NULL, "values may be infinite or outside the range of the type: A, range Y (t.yaml:7:17)"},
    {RANGE("X * 1000000"), NULL, "values may be too large: A, range Y (t.yaml:7:17)"},
    {RANGE("[1, 1]"), NULL, "the output can have only one value: A, range Y (t.yaml:7:17)"},
    {RANGE("X * 0.0000001"), NULL, "values are too small or too close together: A, range Y (t.yaml:7:17)"},
    {A("X: float32", "Y: float32", SAME), want_wide,
     "the values do not cover those of the graph input to be replaced: A, target Y"},
    {WEIGHT("float32", "[2]", "[1e39, 0]"), NULL,
     "a value of the initializer is not finite or does not fit its type: A, values W (t.yaml:7:18)"},
    {WEIGHT("float32", "[2]", "[1, 2, 3]"), NULL,
     "the length of the list is not the initializer's number of elements: A, values W (t.yaml:7:18)"},
    {WEIGHT("int64", "[5]", "distinct(0, 3)"), NULL,
     "no initializer of this shape and type can have such values: A, values W (t.yaml:7:18)"},
    {CHOOSE("m: \"{'a', 'b'}\"", "m != 'd'"), pin_letter,
     "the value that is required is not allowed here: A, value m (t.yaml:9:14)"},
    {WEIGHT("int64", "[2]", "[1, 2]"), give_constant,
     "the given constant is none that the operator's choices lead to: A, values W (t.yaml:7:18)"},
};

static void init_request(lower_request *r, const op_model *op)
{
    size_t slot = 0;
    *r = (lower_request){.op = op};
    for (size_t i = 0; i < op->n_inputs; i++) {
        r->arity[i] = op->inputs[i].min_arity;
        for (int k = 0; k < r->arity[i]; k++)
            r->slots[slot++] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
    }
}

/* A name whose value is found by way of all others, each some levels of evaluation deep. */
static void levels_are_bounded(void **state)
{
    (void)state;
    enum { NAMES = 30, DEEP = 50 };
    char table[8000];
    size_t n = (size_t)snprintf(table, sizeof table,
                                "operators:\n  A:\n    since: [1]\n    in: {X: float32, B: float32 optional when v0 > 0}\n"
                                "    out: {Y: float32}\n    choose:\n      v%d: 1\n",
                                NAMES);
    for (int i = NAMES - 1; i >= 0; i--) {
        n += (size_t)snprintf(table + n, sizeof table - n, "      v%d: \"", i);
        for (int k = 0; k < DEEP; k++)
            n += (size_t)snprintf(table + n, sizeof table - n, "1+(");
        n += (size_t)snprintf(table + n, sizeof table - n, "v%d", i + 1);
        for (int k = 0; k < DEEP; k++)
            n += (size_t)snprintf(table + n, sizeof table - n, ")");
        n += (size_t)snprintf(table + n, sizeof table - n, "\"\n");
    }
    (void)snprintf(table + n, sizeof table - n, SAME);
    bench b;
    lower_request r;
    open_bench_typed(&b, table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
    init_request(&r, &b.set->ops[0]);
    assert_int_equal(solve(&b, &r), LOWER_FAIL);
    lower_why why = lower_last_failure(b.l);
    assert_int_equal(why.reason, WHY_LEVELS);
    close_bench(&b);
}

static void each_is_reached_and_named(void **state)
{
    (void)state;
    bool seen[WHY_COUNT_] = {false};
    /* The first is of what did not fail. Circles are found when a table is loaded, faults of the re-check only where the program is
     * wrong. Too many operators and levels: below. */
    seen[WHY_NONE] = seen[WHY_CIRCLE] = seen[WHY_RECHECK] = seen[WHY_OPERATORS] = seen[WHY_LEVELS] = true;
    int wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench b;
        char text[300];
        lower_request r;
        open_bench_typed(&b, rows[i].table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
        init_request(&r, &b.set->ops[0]);
        if (rows[i].change)
            rows[i].change(&r);
        if (solve(&b, &r) != LOWER_FAIL)
            fail_msg("row %zu has an instance", i);
        lower_why why = lower_last_failure(b.l);
        assert_in_range(why.reason, 0, WHY_COUNT_ - 1);
        seen[why.reason] = true;
        (void)lower_why_text(&why, text, sizeof text);
        if (strcmp(text, rows[i].text) != 0) {
            print_error("row %zu: %s\n    expected %s\n", i, text, rows[i].text);
            wrong++;
        }
        close_bench(&b);
    }
    for (int k = 0; k < WHY_COUNT_; k++)
        if (!seen[k]) {
            print_error("never reached: %s\n", lower_reason_text((lower_reason)k));
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

static void the_rule_that_cannot_hold_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *wheres;
        int line;
    } cases[] = {
        {"      - a * a == 7\n      - a + b > 2\n      - b != 3\n", 10},
        {"      - a + b > 2\n      - a * a == 7\n      - b != 3\n", 11},
        {"      - a + b > 2\n      - can(a * a == 7) or b > 0\n      - a * a == 7\n", 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char table[600];
        bench b;
        lower_request r;
        (void)snprintf(table, sizeof table,
                       A("X: float32", "Y: float32", SAME "    attrs: {a: int 1..5, b: int 1..5}\n    where:\n%s"),
                       cases[i].wheres);
        open_bench_typed(&b, table, dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
        init_request(&r, &b.set->ops[0]);
        assert_int_equal(solve(&b, &r), LOWER_FAIL);
        lower_why why = lower_last_failure(b.l);
        assert_int_equal(why.reason, WHY_CONFLICT);
        assert_int_equal(why.section, AT_WHERE);
        assert_int_equal(why.place.line, cases[i].line);
        assert_string_equal(why.place.file, "t.yaml");
        close_bench(&b);
    }
}

/* Of operators that are solved together, the one whose rule failed. */
static void the_operator_is_that_of_the_rule(void **state)
{
    (void)state;
    bench b;
    lower_request r[2];
    int frame;
    open_bench_typed(&b,
                     A("X: float32", "Y: float32", SAME) "  B:\n    since: [1]\n    in: {P: float32}\n    out: {Q: float32}\n"
                                                         "    shape: {Q: \"shape(P)\"}\n    range: {Q: P}\n"
                                                         "    domain: {P: \"[2, 3]\"}\n",
                     dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
    init_request(&r[0], &b.set->ops[0]);
    init_request(&r[1], &b.set->ops[1]);
    give_vector(&r[0]);
    r[1].slots[0] = (lower_slot){.kind = SLOT_LINK, .frame = 0, .output = 0, .rank = -1};
    lower_begin(b.l, b.t);
    assert_int_equal(lower_add(b.l, &r[0], &frame), LOWER_OK);
    assert_int_equal(lower_add(b.l, &r[1], &frame), LOWER_OK);
    assert_int_equal(lower_close(b.l, b.inst), LOWER_FAIL);
    lower_why why = lower_last_failure(b.l);
    assert_int_equal(why.reason, WHY_DOMAIN);
    assert_string_equal(why.op->name, "B");
    assert_string_equal(why.name, "P");

    lower_begin(b.l, b.t);
    for (int i = 0; i < LOWER_MAX_FRAMES; i++)
        assert_int_equal(lower_add(b.l, &r[0], &frame), LOWER_OK);
    assert_int_equal(lower_add(b.l, &r[0], &frame), LOWER_FAIL);
    assert_int_equal(lower_last_failure(b.l).reason, WHY_OPERATORS);
    close_bench(&b);
}

static void what_fails_and_is_taken_back_is_no_failure(void **state)
{
    (void)state;
    bench b;
    lower_request r;
    int frame;
    open_bench_typed(&b, A("X: float32", "Y: float32", SAME "    rank: {X: 1}\n    where: [\"X[0] == 3\"]\n"),
                     dtype_bit(DT_FLOAT32), (lower_limits){0}, 3);
    init_request(&r, &b.set->ops[0]);
    r.slots[0].kind = SLOT_OPEN;
    tensor_desc four = vector;
    four.dims[0] = 4;
    lower_begin(b.l, b.t);
    assert_int_equal(lower_add(b.l, &r, &frame), LOWER_OK);
    assert_int_equal(lower_bind(b.l, frame, 0, &four), LOWER_FAIL);
    lower_why why = lower_last_failure(b.l);
    assert_int_equal(why.section, AT_PARTNER);
    assert_string_equal(why.name, "X");
    assert_int_equal(lower_bind(b.l, frame, 0, &vector), LOWER_OK);
    assert_int_equal(lower_close(b.l, b.inst), LOWER_OK);
    close_bench(&b);
}

static void the_text_is_cut_as_snprintf_does(void **state)
{
    (void)state;
    char text[16];
    const lower_why why = {.text = "a reason", .section = AT_WHERE, .place = {"t.yaml", 3, 4}};
    assert_int_equal(lower_why_text(&why, NULL, 0), strlen("a reason: where (t.yaml:3:4)"));
    assert_int_equal(lower_why_text(&why, text, sizeof text), strlen("a reason: where (t.yaml:3:4)"));
    assert_string_equal(text, "a reason: where");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_bounded),
        cmocka_unit_test(each_is_reached_and_named),
        cmocka_unit_test(the_rule_that_cannot_hold_is_named),
        cmocka_unit_test(the_operator_is_that_of_the_rule),
        cmocka_unit_test(what_fails_and_is_taken_back_is_no_failure),
        cmocka_unit_test(the_text_is_cut_as_snprintf_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
