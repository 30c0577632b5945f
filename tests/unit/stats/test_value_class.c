/* Classes of values follow from the domains of attributes. */
#include "stats/class_table.h"

static const char *declared(const class_table *t, const char *name)
{
    static char text[256];
    const class_subject *s = subject(t, name);
    text[0] = '\0';
    for (size_t i = 0; i < s->n_classes; i++)
        if (!s->classes[i].undeclared)
            strcat(strcat(text, text[0] != '\0' ? "|" : ""), s->classes[i].name);
    return text;
}

static const char *class_of(const class_table *t, const char *name, attr_value v)
{
    const class_subject *s = subject(t, name);
    return s->classes[class_of_attr(s, &v)].name;
}

static void classes_follow_the_domains(void **state)
{
    (void)state;
    op_set *set = small_set();
    arena a;
    arena_init(&a, 0);
    class_table t;
    nn_error err;
    assert_int_equal(class_table_new(&t, set, &a, &err), NN_OK);
    assert_string_equal(declared(&t, "mode"), "absent|a|b");
    assert_string_equal(declared(&t, "flag"), "0|1");
    assert_string_equal(declared(&t, "few"), "1|2|3");
    assert_string_equal(declared(&t, "many"), "absent|1|2..31|32");
    assert_string_equal(declared(&t, "wide"), "1|2..9|10..64");
    assert_string_equal(declared(&t, "around"), "-16..-1|0|1..4|5..16");
    assert_string_equal(declared(&t, "axis"), "< 0|>= 0");
    assert_string_equal(declared(&t, "scale"), "-1..1|1..3");
    assert_string_equal(declared(&t, "ends"), "1..2|2..4");
    assert_string_equal(declared(&t, "pads"), "zeros|equal|mixed"); /* through the variable */
    assert_string_equal(declared(&t, "sizes"), "equal|mixed");
    assert_string_equal(declared(&t, "perm"), "identity|other order");
    assert_string_equal(declared(&t, "part"), "");
    assert_string_equal(declared(&t, "B"), "absent|present");

    const int64_t zeros[] = {0, 0}, equal[] = {2, 2}, mixed[] = {1, 2}, order[] = {0, 1}, swapped[] = {1, 0};
#define INTS(list) ((attr_value){.kind = ATTR_INTS, .ints = list, .n = sizeof(list) / sizeof *(list)})
#define INT(x) ((attr_value){.kind = ATTR_INT, .i = (x)})
#define FLOAT(x) ((attr_value){.kind = ATTR_FLOAT, .f = (x)})
    assert_string_equal(class_of(&t, "mode", (attr_value){.kind = ATTR_STRING, .s = "b"}), "b");
    assert_string_equal(class_of(&t, "mode", (attr_value){.kind = ATTR_STRING, .s = "c"}), "other");
    assert_string_equal(class_of(&t, "flag", INT(1)), "1");
    assert_string_equal(class_of(&t, "many", INT(1)), "1");
    assert_string_equal(class_of(&t, "many", INT(31)), "2..31");
    assert_string_equal(class_of(&t, "many", INT(32)), "32");
    assert_string_equal(class_of(&t, "many", INT(33)), "other");
    assert_string_equal(class_of(&t, "wide", INT(9)), "2..9");
    assert_string_equal(class_of(&t, "wide", INT(10)), "10..64");
    assert_string_equal(class_of(&t, "wide", INT(64)), "10..64");
    assert_string_equal(class_of(&t, "around", INT(-16)), "-16..-1");
    assert_string_equal(class_of(&t, "around", INT(0)), "0");
    assert_string_equal(class_of(&t, "axis", INT(-1)), "< 0");
    assert_string_equal(class_of(&t, "axis", INT(0)), ">= 0");
    assert_string_equal(class_of(&t, "scale", FLOAT(-1)), "-1..1");
    assert_string_equal(class_of(&t, "scale", FLOAT(2.5)), "1..3");
    assert_string_equal(class_of(&t, "ends", FLOAT(1.9)), "1..2");
    assert_string_equal(class_of(&t, "pads", INTS(zeros)), "zeros");
    assert_string_equal(class_of(&t, "pads", INTS(equal)), "equal");
    assert_string_equal(class_of(&t, "pads", INTS(mixed)), "mixed");
    assert_string_equal(class_of(&t, "perm", INTS(order)), "identity");
    assert_string_equal(class_of(&t, "perm", INTS(swapped)), "other order");
    assert_string_equal(class_of(&t, "part", INTS(order)), "several");
    const class_subject *many = subject(&t, "many"), *b = subject(&t, "B");
    assert_string_equal(many->classes[class_of_attr(many, NULL)].name, "absent");
    assert_string_equal(b->classes[class_of_input(b, true)].name, "present");
    assert_string_equal(b->classes[class_of_input(b, false)].name, "absent");
    arena_free(&a);
    op_set_free(set);
}

static void choices_have_classes_too(void **state)
{
    (void)state;
    op_set *set = small_set();
    arena a;
    arena_init(&a, 0);
    class_table plain, t;
    nn_error err;
    assert_int_equal(class_table_new(&plain, set, &a, &err), NN_OK);
    assert_int_equal(class_table_of_choices(&t, set, &a, &err), NN_OK);
    assert_int_equal(t.operators[0].n_subjects, plain.operators[0].n_subjects + 1);
    assert_string_equal(declared(&t, "k"), "zeros|equal|mixed");
    assert_string_equal(set->ops[0].rules->vars[subject(&t, "k")->var].name, "k");
    assert_int_equal(subject(&t, "B")->var, -1);
    arena_free(&a);
    op_set_free(set);
}

/* An example of a class is in the class. */
static void examples_are_in_their_classes(void **state)
{
    (void)state;
    op_set *set = small_set();
    arena a;
    arena_init(&a, 0);
    class_table t;
    nn_error err;
    size_t examples = 0;
    assert_int_equal(class_table_new(&t, set, &a, &err), NN_OK);
    for (size_t i = 0; i < t.operators[0].n_subjects; i++) {
        const class_subject *s = &t.operators[0].subjects[i];
        attr_value v;
        for (size_t k = 0; s->input < 0 && k < s->n_classes; k++) {
            if (!class_example(s, k, set->ops[0].rules->vars[s->var].type == TY_REAL, &v))
                continue;
            assert_int_equal(class_of_attr(s, &v), k);
            examples++;
        }
    }
    assert_int_equal(examples, 2 + 2 + 3 + 3 + 3 + 4 + 2 + 2 + 2);
    arena_free(&a);
    op_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_follow_the_domains),
        cmocka_unit_test(choices_have_classes_too),
        cmocka_unit_test(examples_are_in_their_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
