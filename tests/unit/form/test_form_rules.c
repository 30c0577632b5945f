/* The files of specs/forms: the built-in ones, and messages for wrong ones. */
#include "form/form_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static nn_status load(const char *text, form_rules **out, arena *a, nn_error *err)
{
    spec_file all[2] = {spec_embedded_forms[0], {.name = "specs/forms/x.yaml", .bytes = text, .size = strlen(text)}};
    return form_rules_load(out, all, text != NULL && *text != '\0' ? 2 : 1, a, err);
}

static void built_in(void **state)
{
    (void)state;
    arena a;
    nn_error err;
    form_rules *r;
    arena_init(&a, 0);
    assert_int_equal(spec_embedded_forms_count, 1);
    assert_int_equal(load("", &r, &a, &err), NN_OK);
    for (size_t i = 0; i < FORM_KINDS; i++)
        assert_true(r->shares[i] > 0 && r->shares[i] < 1000);
    assert_int_equal(r->limits[LIMIT_DEPTH], 3);
    assert_true(r->n_chains > 20 && r->names.n > 5);
    for (size_t i = 0; i < r->n_chains; i++)
        assert_true(r->chains[i].n_steps >= 1 && r->chains[i].types != 0);
    assert_int_equal(form_rules_load(&r, NULL, 0, &a, &err), NN_ERR_TABLE);
    assert_string_equal(err.message, "there are no files in specs/forms, which forms need");
    arena_free(&a);
}

/* A second file adds to the first, so that only what is wrong in it matters. */
static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
        int line, column;
    } cases[] = {
        {"[]", "forms: the file must be a mapping", 1, 1},
        {"share: {}", "forms: unknown key `share`; did you mean `shares`?", 1, 1},
        {"shares: {if: 2}", "forms: `if`: expected a share from 0 to 1", 1, 14},
        {"shares: {iff: 1}", "forms: unknown key `iff`; did you mean `if`?", 1, 10},
        {"limits: {depth: 0}", "forms: `depth`: expected a number from 1 to 999", 1, 17},
        {"limits: {depth: 1000}", "forms: `depth`: expected a number from 1 to 999", 1, 17},
        {"words: {if: [a]}", "forms: expected a text", 1, 13},
        {"names: x", "forms: a list of texts must be a list", 1, 8},
        {"chains: [x]", "forms: a chain must be a mapping", 1, 10},
        {"chains: [{use: neutral}]", "forms: a chain must have `use`, `types` and `steps`", 1, 10},
        {"chains: [{use: neutra, types: all, steps: [{op: A}]}]", "forms: unknown use `neutra`; did you mean `neutral`?", 1, 16},
        {"chains: [{use: pick, types: float, steps: [{op: A}]}]",
         "forms: `types`: expected types or groups of types, such as `float32 int64`, floats or all", 1, 29},
        {"chains: [{use: pick, types: all, rank: 9.., steps: [{op: A}]}]",
         "forms: `rank`: expected the smallest rank, such as `2..`", 1, 40},
        {"chains: [{use: pick, types: all, steps: []}]", "forms: `steps`: expected 1 to 6", 1, 41},
        {"chains: [{use: pick, types: all, steps: [{in: [x]}]}]", "forms: a step must name its operator: `op`", 1, 42},
        {"chains: [{use: pick, types: all, steps: [{op: A, in: [y]}]}]",
         "forms: expected an operand: x, index, {list: WORD}, {int: WORD}, {number: WORD}, {shape: yes} or {true: yes}", 1, 55},
        {"chains: [{use: pick, types: all, steps: [{op: A, in: [{list: axes}]}]}]",
         "forms: unknown list of integers `axes`; did you mean `axis`?", 1, 62},
        {"chains: [{use: pick, types: all, steps: [{op: A, attrs: {b: c}}]}]",
         "forms: expected an integer, a type or a list of integers", 1, 61},
        {"chains: [{use: pick, types: all, steps: [{op: A, type: q}]}]", "forms: unknown type `q`", 1, 56},
        {"carried: [all]", "forms: `carried` must be a mapping", 1, 10},
        {"carried: {all: 7, float9: 19}",
         "forms: `carried`: expected types or groups of types with an opset, such as `bfloat16: 16`", 1, 27},
        {"carried: {all: -1}", "forms: `carried`: expected types or groups of types with an opset, such as `bfloat16: 16`", 1, 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena a;
        nn_error err = {0};
        form_rules *r;
        arena_init(&a, 0);
        assert_int_equal(load(cases[i].text, &r, &a, &err), NN_ERR_TABLE);
        assert_null(r);
        if (strcmp(err.message, cases[i].says) != 0 || err.line != cases[i].line || err.column != cases[i].column)
            fail_msg("%s: %d:%d: %s", cases[i].text, err.line, err.column, err.message);
        arena_free(&a);
    }
}

static void shares(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint32_t x;
    } cases[] = {{"0", true, 0},      {"1", true, 1000},   {"0.5", true, 500}, {"0.125", true, 125}, {"0.0009", true, 0},
                 {"1.0", true, 1000}, {"1.001", false, 0}, {"2", false, 0},    {"", false, 0},       {".5", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *p = cases[i].text;
        uint32_t x = 7;
        assert_int_equal(form_share(&p, &x) && *p == '\0', cases[i].good);
        if (cases[i].good)
            assert_int_equal(x, cases[i].x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(built_in), cmocka_unit_test(faults), cmocka_unit_test(shares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
