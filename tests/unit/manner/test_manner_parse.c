/* Manners: what a file means, and every refusal with its place and exact text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "manner/manner_parse.h"

static const char table[] = "classes:\n"
                            "  one: {types: {T: [float32]}, in: {X: T}, out: {Y: T}, shape: {Y: shape(X)}, range: {Y: X}}\n"
                            "operators:\n"
                            "  Alpha: {like: one, since: [1], choose: {k: 1..9, m: k + 1}, attrs: {mode: \"string {'a', 'b'}\"}}\n"
                            "  Beta: {like: one, since: [1]}\n"
                            "  Gamma: {like: one, since: [18]}\n";
static op_set *ops;
static arena memory;

static int open_table(void **state)
{
    (void)state;
    nn_error err = {0};
    const spec_file f = {.name = "t.yaml", .bytes = table, .size = sizeof table - 1};
    arena_init(&memory, 0);
    return op_set_new(&ops, &f, 1, NULL, 17, &err) == NN_OK ? 0 : -1;
}

static int close_table(void **state)
{
    (void)state;
    op_set_free(ops);
    arena_free(&memory);
    return 0;
}

static nn_status parse(manner *m, const char *text, nn_error *err)
{
    const spec_file f = {.name = "specs/manners/odd.yaml", .bytes = text, .size = strlen(text)};
    return manner_parse(m, ops, &f, &memory, err);
}

static void a_whole_manner(void **state)
{
    (void)state;
    manner m;
    nn_error err = {0};
    const char text[] =
        "doc: a text\n"
        "mixed: 2.5\n"
        "chain: 1\n"
        "joins: 0.05..0.125\n"
        "inputs: 1..3\n"
        "ranks: {0: 1, 4: 2.5}\n"
        "batch: {1: 9}\n"
        "dims: {8: 1, 2..7: 3, 8..64/8: 2}\n"
        "weights: {Alpha: 3, Gamma: 7}\n"
        "sequences: {\"Alpha,Beta\": 2, \"Alpha, Gamma, Beta\": 5, \"Beta,Beta,Alpha\": 1}\n"
        "operators:\n"
        "  Alpha,Beta,Gamma:\n"
        "    habits: {flat: {share: 0.5, where: [rank(X) == 2, 'X[0] == 1']}}\n"
        "  Alpha:\n"
        "    choose: {k: {share: 0.9, from: '{1, 2}'}, mode: {share: 1, from: \"{'a'}\", opset: 18..}}\n"
        "    habits: {small: {share: 0.25, where: k < 3, opset: ..17}, late: {share: 1, where: k < 3, opset: 18..}}\n";
    nn_status s = parse(&m, text, &err);
    if (s != NN_OK)
        fail_msg("%d:%d %s", err.line, err.column, err.message);
    assert_string_equal(m.name, "odd");
    assert_string_equal(m.doc, "a text");
    assert_int_equal(m.mixed, 2500);
    assert_int_equal(m.ranges[MANNER_joins].least, 50);
    assert_int_equal(m.ranges[MANNER_joins].most, 125);
    assert_int_equal(m.ranges[MANNER_chain].least, 1000);
    assert_int_equal(m.ranges[MANNER_inputs].most, 3);
    assert_false(m.ranges[MANNER_outputs].given);
    assert_int_equal(m.ranks[4], 2500);
    assert_int_equal(m.batch.n, 1);
    assert_int_equal(m.dims.n, 3);
    assert_int_equal(m.dims.rows[1].most, 7);
    assert_int_equal(m.dims.rows[2].step, 8);
    assert_int_equal(m.weights[op_find(ops, "Alpha")], 3000);
    assert_int_equal(m.weights[op_find(ops, "Beta")], 0);
    assert_int_equal(m.n_paths, 2); /* Gamma is not in this opset */
    assert_int_equal(m.paths[1].n, 3);
    assert_int_equal(m.paths[1].ops[2], op_find(ops, "Alpha"));
    const manner_op *alpha = &m.ops[op_find(ops, "Alpha")], *beta = &m.ops[op_find(ops, "Beta")];
    assert_int_equal(alpha->n_habits, 2); /* one is for other opsets */
    assert_int_equal(alpha->habits[0].n, 2);
    assert_int_equal(alpha->habits[1].share, 250);
    assert_int_equal(alpha->vars[0].share, 900);
    assert_int_equal(beta->n_habits, 1);
    assert_null(beta->vars);
    assert_false(manner_is_plain(&m));
}

static void an_empty_manner_is_plain(void **state)
{
    (void)state;
    manner m;
    nn_error err = {0};
    assert_int_equal(parse(&m, "# nothing\n", &err), NN_OK);
    assert_true(manner_is_plain(&m));
    assert_int_equal(parse(&m, "doc: nothing\nmixed: 3\n", &err), NN_OK);
    assert_true(manner_is_plain(&m));
}

static void each_fault_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"- a", "1:1: manner odd: a manner must be a mapping, not a list"},
        {"chian: 1", "1:1: manner odd: unknown key `chian`; did you mean `chain`?"},
        {"doc: [a]", "1:6: manner odd: `doc` must be text, not a list"},
        {"mixed: -1", "1:8: manner odd: `mixed`: expected a weight from 0 to 10000 with at most three decimals"},
        {"mixed: 0.0001", "1:8: manner odd: `mixed`: expected a weight from 0 to 10000 with at most three decimals"},
        {"chain: 1.2", "1:8: manner odd: `chain`: expected a share from 0 to 1 such as 0.5, or a range such as 0.2..0.6"},
        {"joins: 0.6..0.2", "1:8: manner odd: `joins`: expected a share from 0 to 1 such as 0.5, or a range such as 0.2..0.6"},
        {"joins: {a: 1}", "1:8: manner odd: `joins`: expected a share from 0 to 1 such as 0.5, or a range such as 0.2..0.6"},
        {"inputs: 0", "1:9: manner odd: `inputs`: expected a number from 1 to 1000, or a range such as 1..4"},
        {"ranks: 3", "1:8: manner odd: `ranks` must be a mapping from ranks to weights, not text"},
        {"ranks: {9: 1}", "1:9: manner odd: `ranks`: expected ranks from 0 to 8, not `9`"},
        {"ranks: {2: 0}", "1:1: manner odd: `ranks`: no rank has a weight above 0"},
        {"dims: {x: 1}", "1:8: manner odd: `dims`: expected a dim such as 8, 1..7 or 8..64/8, not `x`"},
        {"dims: {0: 1}", "1:8: manner odd: `dims`: expected a dim such as 8, 1..7 or 8..64/8, not `0`"},
        {"dims: {8..1: 1}", "1:8: manner odd: `dims`: expected a dim such as 8, 1..7 or 8..64/8, not `8..1`"},
        {"batch: {8: 0}", "1:1: manner odd: `batch`: no dim has a weight above 0"},
        {"weights: {Alhpa: 1}", "1:11: manner odd: operator `Alhpa` is not in the table; did you mean `Alpha`?"},
        {"weights: {Alpha: x}", "1:18: manner odd: `Alpha`: expected a weight from 0 to 10000 with at most three decimals"},
        {"sequences: {Alpha: 1}", "1:13: manner odd: `Alpha`: expected at least two operators"},
        {"sequences: {\"Alpha,Zeta\": 1}", "1:13: manner odd: operator `Zeta` is not in the table; did you mean `Beta`?"},
        {"sequences: {\"Beta,Beta,Beta,Beta,Beta,Beta,Beta,Beta,Beta\": 1}",
         "1:13: manner odd: `Beta,Beta,Beta,Beta,Beta,Beta,Beta,Beta,Beta`: expected at most 8 operators"},
        {"operators: {Alpha: {habit: {}}}", "1:21: manner odd: unknown key `habit`; did you mean `habits`?"},
        {"operators: {Alpha: {habits: {a: {where: k == 1}}}}", "1:30: manner odd: `a`: expected a `share` from 0 to 1"},
        {"operators: {Alpha: {habits: {a: {share: 1}}}}", "1:30: manner odd: `a`: expected `where`"},
        {"operators: {Alpha: {habits: {a: {share: 1, where: j == 1}}}}",
         "1:51: operator Alpha: unknown name `j`; a variable, attribute, input, output or type variable of the operator was "
         "expected"},
        {"operators: {Alpha: {habits: {a: {share: 1, where: mode}}}}",
         "1:51: operator Alpha: this is a string, but a bool was expected"},
        {"operators: {Alpha: {habits: {a: {share: 1, where: k == 1, opset: x}}}}",
         "1:66: manner odd: `a`: expected an opset range like ..12, 13, 13..17 or 18.."},
        {"operators: {Alpha: {choose: {j: {share: 1, from: '{1}'}}}}",
         "1:30: operator Alpha: `j` is not a variable, attribute or input of the operator"},
        {"operators: {Alpha: {choose: {m: {share: 1, from: '{1}'}}}}",
         "1:30: operator Alpha: `m` is not drawn but computed; expected a variable with a domain"},
        {"operators: {Alpha: {choose: {mode: {share: 1, from: '{1}'}}}}",
         "1:53: operator Alpha: mode: its domain draws int, but string was expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        manner m;
        nn_error err = {0};
        char found[600];
        nn_status s = parse(&m, cases[i].text, &err);
        snprintf(found, sizeof found, "%d:%d: %s", err.line, err.column, err.message);
        if (s != NN_ERR_TABLE || strcmp(found, cases[i].message) != 0)
            fail_msg("%s\n  found    %s\n  expected %s", cases[i].text, found, cases[i].message);
        assert_string_equal(err.file, "specs/manners/odd.yaml");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_whole_manner), cmocka_unit_test(an_empty_manner_is_plain),
                                       cmocka_unit_test(each_fault_has_its_place)};
    return cmocka_run_group_tests(tests, open_table, close_table);
}
