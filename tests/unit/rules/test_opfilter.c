/* The --ops expression: what it keeps, and every refusal with its exact text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/opfilter.h"

static op_model models[5];
static spec_exclusion excluded[] = {{.op = "Gone", .reason = "no kernel"}};
static const char *absent[] = {"Later"};
static const spec_table table = {
    .opset = 17, .profile = "ort", .exclusions = excluded, .n_exclusions = 1, .absent = absent, .n_absent = 1};
static op_set set;

static const char *kept(const char *expr)
{
    static const char *const names[] = {"Add", "Conv", "MatMul", "Relu", "Split"};
    static char text[64];
    for (uint16_t i = 0; i < 5; i++)
        models[i] = (op_model){.name = names[i], .index = i};
    set = (op_set){.ops = models, .n_ops = 5, .table = &table};
    nn_error err = {0};
    text[0] = '\0';
    if (op_set_filter(&set, expr, &err) != NN_OK) {
        assert_int_equal(err.status, NN_ERR_USAGE);
        assert_int_equal(set.n_ops, 5); /* as it was */
        static char message[sizeof err.message];
        strcpy(message, err.message);
        return message;
    }
    for (size_t i = 0; i < set.n_ops; i++) {
        assert_int_equal(set.ops[i].index, i);
        strcat(strcat(text, i > 0 ? " " : ""), set.ops[i].name);
    }
    return text;
}

static void ops_are_chosen(void **state)
{
    (void)state;
    assert_string_equal(kept(""), "Add Conv MatMul Relu Split");
    assert_string_equal(kept(NULL), "Add Conv MatMul Relu Split");
    assert_string_equal(kept("Relu,Add"), "Add Relu");
    assert_string_equal(kept("+Relu,+Add"), "Add Relu");
    assert_string_equal(kept("-Conv"), "Add MatMul Relu Split");
    assert_string_equal(kept("-Conv,-Add,-Gone,-Later"), "MatMul Relu Split");
    assert_string_equal(kept("+Add,Conv,-Add"), "Conv");
    assert_string_equal(kept("-Add,+Add,Conv"), "Conv"); /* the order does not matter */
    assert_string_equal(kept(" Add , + Relu,Add"), "Add Relu");
}

/* Names that begin with others, in name order: each is found by its whole name alone. */
static void names_that_begin_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"Conv", "ConvX", "ConvXY", "Sp", "Split"};
    for (uint16_t k = 0; k < 5; k++) {
        for (uint16_t i = 0; i < 5; i++)
            models[i] = (op_model){.name = names[i], .index = i};
        set = (op_set){.ops = models, .n_ops = 5, .table = &table};
        assert_int_equal(op_find(&set, names[k]), k);
        assert_int_equal(op_find(&set, "Con"), -1);
        assert_int_equal(op_find(&set, "Zeta"), -1);
        nn_error err;
        assert_int_equal(op_set_filter(&set, names[k], &err), NN_OK);
        assert_int_equal(set.n_ops, 1);
        assert_string_equal(set.ops[0].name, names[k]);
        assert_int_equal(op_set_filter(&set, "Con", &err), NN_ERR_USAGE);
    }
}

static void ops_are_refused(void **state)
{
    (void)state;
    assert_string_equal(kept("Rulu"), "unknown operator Rulu; did you mean Relu?");
    assert_string_equal(kept("relu"), "unknown operator relu; did you mean Relu?");
    assert_string_equal(kept("-Matmul"), "unknown operator Matmul; did you mean MatMul?");
    assert_string_equal(kept("Add,Xyzzy"), "unknown operator Xyzzy");
    assert_string_equal(kept("Gone"), "operator Gone is left out of profile ort at opset 17: no kernel");
    assert_string_equal(kept("+Later"), "operator Later is not in opset 17");
    assert_string_equal(kept("Add,,Conv"), "operators '': expected names separated by commas, such as A,B or -A,-B");
    assert_string_equal(kept("-"), "operators '': expected names separated by commas, such as A,B or -A,-B");
    assert_string_equal(kept("+Add,-Add"), "operators '+Add,-Add' selects no operator; expected at least one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ops_are_chosen),
        cmocka_unit_test(names_that_begin_alike),
        cmocka_unit_test(ops_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
