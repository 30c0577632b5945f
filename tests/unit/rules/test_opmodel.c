/* Compiled operators: a set with other types, made from one that exists, is the set that the table's files give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/opmodel.h"

static void assert_same_tensors(const op_model *x, const op_model *y)
{
    assert_int_equal(x->n_inputs, y->n_inputs);
    for (size_t i = 0; i < x->n_inputs; i++) {
        const op_input *a = &x->inputs[i], *b = &y->inputs[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->types, b->types);
        assert_int_equal(a->type_var, b->type_var);
        assert_int_equal(a->roles, b->roles);
        assert_int_equal(a->optional, b->optional);
        assert_int_equal(a->conditional, b->conditional);
        assert_int_equal(a->min_arity, b->min_arity);
        assert_int_equal(a->max_arity, b->max_arity);
        assert_int_equal(a->ranks, b->ranks);
        assert_int_equal(a->has_domain, b->has_domain);
    }
    assert_int_equal(x->n_outputs, y->n_outputs);
    for (size_t i = 0; i < x->n_outputs; i++) {
        const op_output *a = &x->outputs[i], *b = &y->outputs[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->types, b->types);
        assert_int_equal(a->type_var, b->type_var);
        assert_int_equal(a->optional, b->optional);
        assert_int_equal(a->conditional, b->conditional);
        assert_int_equal(a->variadic, b->variadic);
    }
}

static void assert_same_set(const op_set *x, const op_set *y)
{
    assert_int_equal(x->asked, y->asked);
    assert_int_equal(x->data, y->data);
    assert_int_equal(x->n_ops, y->n_ops);
    assert_int_equal(x->n_all, y->n_all);
    assert_int_equal(x->n_untyped, y->n_untyped);
    for (size_t i = 0; i < x->n_untyped; i++) {
        assert_string_equal(x->untyped[i].op, y->untyped[i].op);
        assert_int_equal(x->untyped[i].types, y->untyped[i].types);
    }
    for (size_t i = 0; i < x->n_ops; i++) {
        const op_model *a = &x->ops[i], *b = &y->ops[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->index, b->index);
        assert_int_equal(a->since, b->since);
        assert_int_equal(a->flags, b->flags);
        assert_int_equal(a->data, b->data);
        assert_int_equal(a->n_types, b->n_types);
        for (size_t v = 0; v < a->n_types; v++) {
            assert_string_equal(a->type_names[v], b->type_names[v]);
            assert_int_equal(a->type_masks[v], b->type_masks[v]);
        }
        assert_same_tensors(a, b);
    }
}

static void other_types_from_a_set_are_those_from_the_files(void **state)
{
    (void)state;
    const dtype_mask all = ((dtype_mask)1 << DT_COUNT) - 2, few = dtype_bit(DT_INT64) | dtype_bit(DT_BOOL);
    const dtype_mask asked[][2] = {{0, all}, {all, 0}, {few, all}, {all, few}, {0, few}};
    for (int opset = 13; opset <= 22; opset += 9)
        for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
            op_set *from, *retyped, *whole;
            nn_error err;
            assert_int_equal(op_set_new_typed(&from, spec_embedded, spec_embedded_count, NULL, opset, asked[k][0], &err), NN_OK);
            assert_int_equal(op_set_new_typed(&whole, spec_embedded, spec_embedded_count, NULL, opset, asked[k][1], &err), NN_OK);
            assert_int_equal(op_set_new_retyped(&retyped, from, asked[k][1], &err), NN_OK);
            assert_true(k > 1 || retyped->n_ops != from->n_ops);
            assert_ptr_equal(retyped->table, from->table);
            assert_same_set(retyped, whole);
            op_set_free(retyped);
            op_set_free(from);
            op_set_free(whole);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_types_from_a_set_are_those_from_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
