/* The command line of `nngen reduce`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reduce/reduce_options.h"

static char *args[16];

static nn_status parse(reduce_options *o, nn_error *err, const char *const *words)
{
    int n = 0;
    for (; words[n] != NULL; n++)
        args[n] = (char *)(uintptr_t)words[n];
    args[n] = NULL;
    return reduce_options_parse(o, n, args, err);
}

static void test_all(void **state)
{
    (void)state;
    reduce_options o;
    nn_error err;
    assert_int_equal(
        parse(&o, &err,
              (const char *const[]){"m.onnx", "--jobs", "3", "--timeout=7", "--resume", "--", "sh", "--jobs", "{}", NULL}),
        NN_OK);
    assert_string_equal(o.model, "m.onnx");
    assert_string_equal(o.out, "reduced");
    assert_int_equal(o.jobs, 3);
    assert_int_equal(o.timeout, 7);
    assert_int_equal(o.tries, 1);
    assert_true(o.resume != 0 && o.force == 0);
    assert_int_equal(o.n_command, 3);
    assert_string_equal(o.command[1], "--jobs");
    assert_null(o.command[3]);
}

static void test_wrong(void **state)
{
    static const struct {
        const char *words[6], *message;
    } cases[] = {
        {{"m.onnx", NULL}, "reduce: expected -- and a command, such as: -- ./fails.sh {}"},
        {{"m.onnx", "--", NULL}, "reduce: expected -- and a command, such as: -- ./fails.sh {}"},
        {{"--", "true", NULL}, "reduce: expected a model"},
        {{"m.onnx", "--tries", "0", "--", "true", NULL}, "--tries 0: expected an integer from 1 to 1000"},
        {{"m.onnx", "--tries", "99999999999999999999", "--", "a", NULL},
         "--tries 99999999999999999999: expected an integer from 1 to 1000"},
        {{"m.onnx", "--out", NULL}, "--out: expected DIR"},
        {{"m.onnx", "--out=", "--", "true", NULL}, "--out '': expected DIR"},
        {{"m.onnx", "--resume=1", "--", "true", NULL}, "--resume: no value was expected"},
        {{"m.onnx", "--inptus", "x", "--", "true", NULL}, "unknown option --inptus; did you mean --inputs?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        reduce_options o;
        nn_error err;
        assert_int_equal(parse(&o, &err, cases[i].words), NN_ERR_USAGE);
        assert_string_equal(err.message, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
