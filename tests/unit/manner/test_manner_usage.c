/* Usages: what a list of them means, and every refusal with its place and exact text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "manner/manner_parse.h"

static const char table[] =
    "operators:\n"
    "  Alpha:\n"
    "    types: {T: [float32]}\n"
    "    since: [1]\n"
    "    in: {X: T, B: T data|weight}\n"
    "    out: {Y: T}\n"
    "    choose: {m: 1..9}\n"
    "    attrs: {k: 'ints list(2, 1..7)', mode: \"string {'a', 'b'} default 'a'\", axis: int -1..3, r: 'float real(0, 1)'}\n"
    "    shape: {Y: \"shape(X)\"}\n"
    "    range: {Y: \"hull(X, B)\"}\n";
static op_set *ops;
static arena memory;

static int open_table(void **state)
{
    (void)state;
    nn_error err = {0};
    const spec_file f = {.name = "t.yaml", .bytes = table, .size = sizeof table - 1};
    arena_init(&memory, 0);
    nn_status s = op_set_new(&ops, &f, 1, NULL, 17, &err);
    if (s != NN_OK)
        print_error("%s\n", err.message);
    return s == NN_OK ? 0 : -1;
}

static int close_table(void **state)
{
    (void)state;
    op_set_free(ops);
    arena_free(&memory);
    return 0;
}

static nn_status parse(manner *m, const char *usages, nn_error *err)
{
    char text[1000];
    int n = snprintf(text, sizeof text, "operators:\n  Alpha:\n    usages:\n%s", usages);
    const spec_file f = {.name = "odd.yaml", .bytes = text, .size = (size_t)n};
    return manner_parse(m, ops, &f, &memory, err);
}

static void usages_are_read(void **state)
{
    (void)state;
    manner m;
    nn_error err = {0};
    nn_status s = parse(&m,
                        "      - {weight: 28, rank: 4, values: {k: [3, 5], axis: -1, r: 0.5, mode: ~, m: 'X[1]'}}\n"
                        "      - {values: {mode: 'b'}, operands: {B: [0, 1, 1]}}\n",
                        &err);
    if (s != NN_OK)
        fail_msg("%d:%d %s", err.line, err.column, err.message);
    const manner_op *alpha = &m.ops[0];
    assert_int_equal(alpha->n_usages, 2);
    const manner_usage *u = &alpha->usages[0];
    assert_int_equal(alpha->usage_weights[0], 28);
    assert_int_equal(u->rank, 4);
    assert_int_equal(u->n_values, 5);
    assert_int_equal(u->values[0].v.n, 2);
    assert_int_equal(u->values[0].v.ints[1], 5);
    assert_int_equal(u->values[1].v.i, -1);
    assert_true(u->values[2].v.r == 0.5);
    assert_int_equal(u->values[3].kind, USAGE_LEFT_OUT);
    assert_int_equal(u->values[4].kind, USAGE_CONDITION);
    assert_non_null(u->values[4].condition);
    assert_int_equal(alpha->usage_weights[1], 1);
    assert_int_equal(alpha->usages[1].rank, -1);
    assert_string_equal(alpha->usages[1].values[0].v.s, "b");
    assert_int_equal(alpha->usages[1].operands[0].input, 1);
    assert_int_equal(alpha->usages[1].operands[0].rank, 3);
    assert_int_equal(alpha->usages[1].operands[0].ones, 6);
}

/* A usage that the entry can never follow would only cost time. */
static void impossible_usages_are_left_out(void **state)
{
    (void)state;
    manner m;
    nn_error err = {0};
    assert_int_equal(
        parse(&m, "      - {values: {k: [8, 1]}}\n      - {values: {m: 10}}\n      - {weight: 0, values: {m: 3}}\n", &err), NN_OK);
    assert_int_equal(m.ops[0].n_usages, 0);
}

static void each_fault_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"      - a", "4:9: manner odd: operator Alpha: a usage must be a mapping, not text"},
        {"      {a: 1}", "4:7: manner odd: operator Alpha: `usages`: expected a list of at most 256 usages"},
        {"      - {wieght: 1}", "4:10: manner odd: unknown key `wieght`; did you mean `weight`?"},
        {"      - {weight: 10000001}", "4:18: manner odd: operator Alpha: `weight`: expected an integer from 0 to 10000000"},
        {"      - {rank: 9}", "4:16: manner odd: operator Alpha: `rank`: expected an integer from 0 to 8"},
        {"      - {values: {q: 1}}", "4:19: manner odd: operator Alpha: `q` is not a variable or attribute of the operator"},
        {"      - {values: {k: 3}}", "4:22: manner odd: operator Alpha: `k`: expected a list of at most 64 numbers"},
        {"      - {values: {k: [a, 1]}}", "4:23: manner odd: operator Alpha: `k`: expected an integer"},
        {"      - {values: {axis: [1]}}", "4:25: manner odd: operator Alpha: `axis`: expected an integer"},
        {"      - {values: {r: a}}", "4:22: manner odd: operator Alpha: `r`: expected a number"},
        {"      - {values: {axis: ~}}", "4:25: manner odd: operator Alpha: `axis`: expected a value: it has no default"},
        {"      - {operands: {C: [1]}}", "4:21: manner odd: operator Alpha: `C` is not an input of the operator"},
        {"      - {operands: {B: [2]}}", "4:24: manner odd: operator Alpha: `B`: expected dims that are 1, or 0 for any"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        manner m;
        nn_error err = {0};
        char text[sizeof err.message + 40];
        assert_int_equal(parse(&m, cases[i].text, &err), NN_ERR_TABLE);
        (void)snprintf(text, sizeof text, "%d:%d: %s", err.line, err.column, err.message);
        assert_string_equal(text, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(usages_are_read), cmocka_unit_test(impossible_usages_are_left_out),
                                       cmocka_unit_test(each_fault_has_its_place)};
    return cmocka_run_group_tests(tests, open_table, close_table);
}
