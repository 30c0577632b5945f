/* The facets of an operator, and the classes of an instance. */
#include "suite/small_operator.h"

static void facets_are_what_cases_differ_in(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "T = float32", "T = float16",    "T = double",     "I = int32",     "I = int64", "X: rank 1", "X: rank 2",    "B: absent",
        "B: rank 1",   "B: graph input", "B: initializer", "mode = absent", "mode = a",  "mode = b",  "mode = other", "size = 2",
        "size = 3..8", "size = 9",       "size = other",   "k = 2",         "k = 3..8",  "k = 9",     "k = other"};
    small_operator o;
    facet_table t;
    nn_error err;
    open_operator(&o);
    assert_int_equal(facets_new(&t, &o.set->ops[0], &o.classes.operators[0], 6, &o.memory, &err), NN_OK);
    assert_int_equal(t.n_classes, sizeof texts / sizeof texts[0]);
    for (size_t k = 0; k < t.n_classes; k++)
        assert_string_equal(facet_text(&t, k, &o.memory), texts[k]);
    close_operator(&o);
}

static void ranks_end_at_the_limit(void **state)
{
    (void)state;
    small_operator o;
    facet_table t;
    nn_error err;
    open_operator(&o);
    assert_int_equal(facets_new(&t, &o.set->ops[0], &o.classes.operators[0], 1, &o.memory, &err), NN_OK);
    for (size_t k = 0; k < t.n_classes; k++)
        assert_string_not_equal(facet_text(&t, k, &o.memory), "X: rank 2");
    close_operator(&o);
}

/* An instance made by hand: mode b, size 5, no B. */
static void an_instance_has_a_class_of_each_facet(void **state)
{
    (void)state;
    small_operator o;
    facet_table t;
    nn_error err;
    open_operator(&o);
    assert_int_equal(facets_new(&t, &o.set->ops[0], &o.classes.operators[0], 6, &o.memory, &err), NN_OK);
    inst_input inputs[] = {
        {.kind = INST_NEW_INPUT, .input = 0, .desc = {.type = DT_DOUBLE, .rank = 2, .dims = {3, 4}}},
        {.kind = INST_NEW_INPUT, .input = 1, .desc = {.type = DT_INT64}},
        {.kind = INST_ABSENT, .input = 2},
    };
    inst_output output = {true, inputs[0].desc};
    inst_var vars[3] = {
        {.known = true, .v.i = 5}, {.known = true, .written = true, .v.s = "b"}, {.known = true, .written = true, .v.i = 5}};
    const op_instance x = {.op = &o.set->ops[0], .inputs = inputs, .n_inputs = 3, .outputs = &output, .n_outputs = 1, .vars = vars};
    int classes[16];
    assert_in_range(t.n, 1, 16);
    facets_of(&t, &x, classes);
    static const char *const texts[] = {"T = double", "I = int64", "X: rank 2",   "B: absent",
                                        NULL,         "mode = b",  "size = 3..8", "k = 3..8"};
    assert_int_equal(t.n, sizeof texts / sizeof texts[0]);
    for (size_t i = 0; i < t.n; i++) {
        assert_int_equal(classes[i] >= 0, texts[i] != NULL);
        if (texts[i] != NULL)
            assert_string_equal(facet_text(&t, (size_t)classes[i], &o.memory), texts[i]);
    }
    close_operator(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facets_are_what_cases_differ_in),
        cmocka_unit_test(ranks_end_at_the_limit),
        cmocka_unit_test(an_instance_has_a_class_of_each_facet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
