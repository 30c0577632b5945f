/* The bookkeeping of pairs of classes. */
#include "suite/small_operator.h"

typedef struct {
    small_operator o;
    facet_table t;
    class_pairs p;
} fixture;

static void begin(fixture *f, int strength)
{
    nn_error err;
    open_operator(&f->o);
    assert_int_equal(facets_new(&f->t, &f->o.set->ops[0], &f->o.classes.operators[0], 6, &f->o.memory, &err), NN_OK);
    assert_int_equal(class_pairs_new(&f->p, &f->t, strength, &f->o.memory, &err), NN_OK);
}

static size_t named(const fixture *f, const char *text)
{
    return class_named(&f->t, text);
}

static pair_state state_of(const fixture *f, const char *a, const char *b)
{
    return class_pairs_state(&f->p, named(f, a), named(f, b));
}

static void pairs_of_different_facets_are_asked_for(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 2);
    assert_int_equal(state_of(&f, "T = double", "T = double"), PAIR_OPEN);
    assert_int_equal(state_of(&f, "T = double", "mode = b"), PAIR_OPEN);
    assert_int_equal(state_of(&f, "T = double", "T = float16"), PAIR_NONE);
    assert_int_equal(state_of(&f, "B: absent", "B: initializer"), PAIR_NONE);
    assert_int_equal(state_of(&f, "mode = other", "mode = other"), PAIR_NONE); /* not declared */
    size_t a, b, single = named(&f, "T = float32");
    assert_true(class_pairs_next(&f.p, &a, &b));
    assert_true(a == single && b == single);
    close_operator(&f.o);
}

static void a_case_covers_what_it_has(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 2);
    const int classes[] = {(int)named(&f, "T = double"), (int)named(&f, "mode = b"), -1, (int)named(&f, "k = 2")};
    assert_int_equal(class_pairs_gain(&f.p, classes, 4), 6);
    class_pairs_cover(&f.p, classes, 4);
    assert_int_equal(class_pairs_gain(&f.p, classes, 4), 0);
    assert_int_equal(state_of(&f, "mode = b", "T = double"), PAIR_COVERED);
    assert_int_equal(state_of(&f, "mode = a", "T = double"), PAIR_OPEN);
    const pair_counts c = class_pairs_count(&f.p);
    assert_int_equal(c.covered, 3);
    assert_int_equal(c.covered_classes, 3);
    close_operator(&f.o);
}

static void an_impossible_class_has_no_pairs(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 2);
    const pair_counts before = class_pairs_count(&f.p);
    class_pairs_give_up(&f.p, named(&f, "k = 9"), named(&f, "k = 9"));
    const pair_counts c = class_pairs_count(&f.p);
    assert_int_equal(c.impossible_classes, 1);
    assert_int_equal(c.classes, before.classes);
    assert_int_equal(before.asked - c.asked, before.classes - 3); /* all but those of k */
    assert_int_equal(state_of(&f, "k = 9", "mode = a"), PAIR_NONE);
    class_pairs_give_up(&f.p, named(&f, "k = 2"), named(&f, "mode = a"));
    assert_int_equal(class_pairs_count(&f.p).impossible, 1);
    close_operator(&f.o);
}

static void a_class_that_is_seen_is_asked_for(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 2);
    const int classes[] = {(int)named(&f, "mode = other"), -1};
    class_pairs_seen(&f.p, classes, 2);
    assert_int_equal(state_of(&f, "mode = other", "mode = other"), PAIR_OPEN);
    assert_int_equal(state_of(&f, "mode = other", "k = 2"), PAIR_OPEN);
    assert_int_equal(state_of(&f, "mode = other", "mode = a"), PAIR_NONE);
    assert_int_equal(state_of(&f, "mode = other", "k = other"), PAIR_NONE);
    close_operator(&f.o);
}

static void single_classes_alone_may_be_asked_for(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 1);
    size_t a, b, n = 0;
    while (class_pairs_next(&f.p, &a, &b)) {
        assert_int_equal(a, b);
        class_pairs_give_up(&f.p, a, b);
        n++;
    }
    assert_int_equal(n, f.t.n_classes - 3);
    close_operator(&f.o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_different_facets_are_asked_for), cmocka_unit_test(a_case_covers_what_it_has),
        cmocka_unit_test(an_impossible_class_has_no_pairs),        cmocka_unit_test(a_class_that_is_seen_is_asked_for),
        cmocka_unit_test(single_classes_alone_may_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
