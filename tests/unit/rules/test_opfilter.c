/* The --ops expression: what it keeps, what it notes, and every refusal with its exact text. */
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
static arena memory;
static op_choice choice;

static nn_status filter(const char *expr, nn_error *err)
{
    nn_status s = op_choice_make(&choice, &set, expr, &memory, err);
    if (s == NN_OK)
        s = op_choice_idle(&choice, expr, err);
    if (s == NN_OK)
        op_set_keep(&set, choice.keep);
    return s;
}

static const char *kept(const char *expr)
{
    static const char *const names[] = {"Add", "Conv", "MatMul", "Relu", "Split"};
    static char text[64];
    for (uint16_t i = 0; i < 5; i++)
        models[i] = (op_model){.name = names[i], .index = i};
    set = (op_set){.ops = models, .n_ops = 5, .table = &table};
    nn_error err = {0};
    text[0] = '\0';
    if (filter(expr, &err) != NN_OK) {
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
    assert_string_equal(kept("Relu,Add"), "Add Relu");
    assert_string_equal(kept("+Relu,+Add"), "Add Relu");
    assert_string_equal(kept("-Conv"), "Add MatMul Relu Split");
    assert_string_equal(kept("-Conv,-Add,-Gone,-Later"), "MatMul Relu Split");
    assert_string_equal(kept("+Add,Conv,-Add"), "Conv");
    assert_string_equal(kept("-Add,+Add,Conv"), "Conv"); /* the order does not matter */
    assert_string_equal(kept(" Add , + Relu,Add"), "Add Relu");
}

/* Known names that the set does not have are noted once each, and the others are kept. */
static void missing_ones_are_noted(void **state)
{
    (void)state;
    assert_string_equal(kept("Gone,Relu,Later,Gone"), "Relu");
    assert_true(choice.named);
    assert_int_equal(choice.n_gone, 2);
    assert_string_equal(choice.gone[0].op, "Gone");
    assert_string_equal(choice.gone[0].reason, "is left out of profile ort at opset 17: no kernel");
    assert_string_equal(choice.gone[1].op, "Later");
    assert_string_equal(choice.gone[1].reason, "is not in opset 17");
    assert_string_equal(kept("-Gone,-Relu"), "Add Conv MatMul Split");
    assert_int_equal(choice.n_gone, 0);
    assert_false(choice.named);
    assert_true(choice.barred[3]); /* Relu */
}

static void reasons(void **state)
{
    (void)state;
    char why[200];
    assert_string_equal(kept("Relu"), "Relu");
    assert_true(op_set_reason(&set, "Gone,", 4, why, sizeof why));
    assert_string_equal(why, "is left out of profile ort at opset 17: no kernel");
    assert_false(op_set_reason(&set, "Xyzzy", 5, why, sizeof why));
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
        assert_int_equal(filter(names[k], &err), NN_OK);
        assert_int_equal(set.n_ops, 1);
        assert_string_equal(set.ops[0].name, names[k]);
        assert_int_equal(filter("Con", &err), NN_ERR_USAGE);
    }
}

static void ops_are_refused(void **state)
{
    (void)state;
    assert_string_equal(kept("Rulu"), "unknown operator Rulu; did you mean Relu?");
    assert_string_equal(kept("relu"), "unknown operator relu; did you mean Relu?");
    assert_string_equal(kept("-Matmul"), "unknown operator Matmul; did you mean MatMul?");
    assert_string_equal(kept("Add,-Xyzzy"), "unknown operator Xyzzy");
    assert_string_equal(kept("Add,-Relu,-Conv"), "operators 'Add,-Relu,-Conv': -Relu removes nothing, because only named operators "
                                                 "are used; expected A,B or -A,-B");
    assert_string_equal(kept("Add,-Gone"), "operators 'Add,-Gone': -Gone removes nothing, because only named operators are used; "
                                           "expected A,B or -A,-B");
    assert_string_equal(kept("Add,Xyzzy"), "unknown operator Xyzzy");
    assert_string_equal(kept("Gone"), "operator Gone is left out of profile ort at opset 17: no kernel");
    assert_string_equal(kept("+Later"), "operator Later is not in opset 17");
    assert_string_equal(kept("Later,Gone"), "operator Later is not in opset 17; none of the 2 named operators is available");
    assert_string_equal(kept("Gone,Relu,-Relu"), "operator Gone is left out of profile ort at opset 17: no kernel");
    assert_string_equal(kept("Gone,Rulu,Relu"), "unknown operator Rulu; did you mean Relu?");
    assert_string_equal(kept("Add,,Conv"), "operators '': expected names separated by commas, such as A,B or -A,-B");
    assert_string_equal(kept("-"), "operators '': expected names separated by commas, such as A,B or -A,-B");
    assert_string_equal(kept("+Add,-Add"), "operators '+Add,-Add' selects no operator; expected at least one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ops_are_chosen),         cmocka_unit_test(missing_ones_are_noted), cmocka_unit_test(reasons),
        cmocka_unit_test(names_that_begin_alike), cmocka_unit_test(ops_are_refused),
    };
    arena_init(&memory, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&memory);
    return failed;
}
