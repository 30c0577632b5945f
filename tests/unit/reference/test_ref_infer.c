/* Types and shapes of outputs, from inputs and attributes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reference/ref_rules.h"

enum { FIRST_OPSET = 7, LAST_OPSET = 28 };

static ref_table *open_table(op_set **ops, int opset)
{
    nn_error err;
    ref_table *t = NULL;
    nn_status s = op_set_new_typed(ops, spec_embedded, spec_embedded_count, NULL, opset, UINT32_MAX, &err);
    s = s == NN_OK ? ref_table_new(&t, *ops, spec_embedded_compute, spec_embedded_compute_count, &err) : s;
    s = s == NN_OK ? ref_table_add_shapes(t, &err) : s;
    if (s != NN_OK)
        print_error("%s:%d: %s\n", err.file, err.line, err.message);
    assert_int_equal(s, NN_OK);
    return t;
}

/* The shape of every output of every operator follows from what a model states. */
static void every_output_has_a_shape(void **state)
{
    (void)state;
    size_t missing = 0;
    for (int opset = FIRST_OPSET; opset <= LAST_OPSET; opset++) {
        op_set *ops = NULL;
        ref_table *t = open_table(&ops, opset);
        for (size_t k = 0; k < ops->n_all; k++)
            for (size_t i = 0; i < ops->ops[k].n_outputs; i++) {
                bool found = false;
                const ref_program *p = t->shapes[k];
                for (size_t r = 0; r < p->n; r++)
                    found |= p->order[r]->kind == HEAD_SHAPE && p->order[r]->slot == (int)i;
                if (!found)
                    print_error("opset %d: %s has no shape for %s\n", opset, ops->ops[k].name, ops->ops[k].outputs[i].name);
                missing += !found;
            }
        ref_table_free(t);
        op_set_free(ops);
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_output_has_a_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
