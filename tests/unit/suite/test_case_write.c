/* Cases of operators of the built-in table: their lines of the index, without files; and every allocation fails in turn (in builds
 * with -DNN_STRESS). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suite/case_write.h"

static nn_table *table;
static arena memory;
static class_table classes;

static int set_up(void **state)
{
    (void)state;
    nn_error err = {.message = ""};
    arena_init(&memory, 0);
    const nn_table_config config = {.opset = 17, .profile = "onnx", .ops = "Clip,Shape", .types = "int8", .outputs = 1};
    nn_status s = nn_table_open(&table, &config, &err);
    if (s == NN_OK)
        s = class_table_of_choices(&classes, table->ops, &memory, &err);
    if (s != NN_OK)
        print_error("%s\n", err.message);
    return s == NN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    nn_table_close(table);
    arena_free(&memory);
    return 0;
}

/* Appends the lines of all cases of an operator. */
static nn_status make(const char *name, json_line *lines, uint64_t *n, nn_error *err)
{
    const search_options o = {.tries = 200, .strength = 2, .limits = {.max_rank = 3, .max_elements = 64, .max_dim = 8}};
    const int op = op_find(table->ops, name);
    case_search s;
    case_writer w;
    bool found = true;
    *n = 0;
    nn_status st = case_writer_open(&w, 0, -1, "", err);
    if (st == NN_OK) {
        st = case_search_open(&s, table->ops, &table->ops->ops[op], &classes.operators[op], &o, err);
        while (st == NN_OK && found) {
            st = case_search_next(&s, &found, err);
            if (st == NN_OK && found)
                st = case_write(&w, table, &s, (*n)++, lines, err);
        }
        case_search_close(&s);
    }
    case_writer_close(&w);
    return st;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
        n++;
    return n;
}

static void a_line_says_what_a_case_is_for(void **state)
{
    (void)state;
    json_line lines = {.bytes = NULL};
    nn_error err = {.message = ""};
    uint64_t n;
    assert_int_equal(make("Clip", &lines, &n, &err), NN_OK);
    line_text(&lines, "", 1);
    assert_false(lines.failed);
    assert_in_range(n, 8, 30);
    assert_int_equal(count(lines.bytes, "\n"), n);
    assert_int_equal(count(lines.bytes, "{\"case\":\"test_Clip_v13_0"), n);
    assert_int_equal(
        count(lines.bytes, "\"operator\":\"Clip\",\"version\":13,\"opset\":17,\"description\":\"Clip, version 13: T = "), n);
    assert_int_equal(count(lines.bytes, "\"test_data_set_0/output_0.pb\":\""), n);
    assert_int_equal(count(lines.bytes, "\"test_data_set_0/bound_0.pb\":\""), n);
    assert_int_equal(count(lines.bytes, "\"unbounded\":0"), n);
    nn_free(lines.bytes);
}

/* The output of a source does not depend on values; its input is a graph input of any type. */
static void sources_have_cases(void **state)
{
    (void)state;
    json_line lines = {.bytes = NULL};
    nn_error err = {.message = ""};
    uint64_t n;
    assert_int_equal(make("Shape", &lines, &n, &err), NN_OK);
    line_text(&lines, "", 1);
    assert_in_range(n, 6, 40);
    assert_true(count(lines.bytes, "\"T = int8\"") >= 3);
    assert_int_equal(count(lines.bytes, "\"initializer\":false"), n);
    nn_free(lines.bytes);
}

#ifdef NN_STRESS
static void allocations_fail(void **state)
{
    (void)state;
    for (long k = 1, more = 1; more; k += k < 200 ? 1 : 23) {
        json_line lines = {.bytes = NULL};
        nn_error err = {.message = ""};
        uint64_t n;
        nn_stress_fail_at(k);
        nn_status s = make("Clip", &lines, &n, &err);
        more = nn_stress_count() >= k;
        nn_stress_fail_at(0);
        assert_int_equal(s, more ? NN_ERR_NOMEM : NN_OK);
        nn_free(lines.bytes);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_a_case_is_for),
        cmocka_unit_test(sources_have_cases),
#ifdef NN_STRESS
        cmocka_unit_test(allocations_fail),
#endif
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
