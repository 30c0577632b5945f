/* The programs of the table compile at every opset, for every operator that they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "emit/emit_way.h"
#include "table/opset.h"

static size_t compile_all(const emit_program *p, int opset)
{
    op_set *ops;
    ref_table *rules;
    nn_error err;
    arena a;
    size_t n = 0;
    arena_init(&a, 0);
    if (op_set_new_typed(&ops, spec_embedded, spec_embedded_count, NULL, opset, ~(dtype_mask)0, &err) != NN_OK ||
        ref_table_new(&rules, ops, spec_embedded_compute, spec_embedded_compute_count, &err) != NN_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < ops->n_ops; i++) {
        const emit_ways *ways;
        if (emit_ways_new(&ways, p, rules, (int)i, &a, &err) != NN_OK)
            fail_msg("opset %d: %s:%d: %s", opset, err.file, err.line, err.message);
        n += ways != NULL && ways->n_ways > 0;
        assert_true(ways == NULL || ways->n_ways > 0);
    }
    ref_table_free(rules);
    op_set_free(ops);
    arena_free(&a);
    return n;
}

static void test_programs_compile(void **state)
{
    (void)state;
    static const char *const names[] = {"torch", "tensorflow", "keras"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        emit_program p;
        nn_error err;
        arena a;
        arena_init(&a, 0);
        if (emit_program_read(&p, names[k], spec_embedded_programs, spec_embedded_programs_count, &a, &err) != NN_OK)
            fail_msg("%s", err.message);
        for (int opset = OPSET_MIN; opset <= OPSET_MAX; opset++) {
            size_t n = compile_all(&p, opset);
            assert_true(n >= (opset < 17 ? 90 : 130));
        }
        arena_free(&a);
    }
}

static void test_unknown_programs_are_named(void **state)
{
    (void)state;
    emit_program p;
    nn_error err;
    arena a;
    arena_init(&a, 0);
    assert_int_equal(emit_program_read(&p, "theano", spec_embedded_programs, spec_embedded_programs_count, &a, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "--as theano: expected one of keras, onnx, tensorflow, torch");
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_programs_compile), cmocka_unit_test(test_unknown_programs_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
