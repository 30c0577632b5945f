/* The cases of an operator: together they have every pair of classes that is possible, and no other pair is called impossible. */
#include "suite/small_operator.h"

static const search_options usual = {.tries = 400, .strength = 2, .limits = {.max_rank = 6, .max_elements = 64, .max_dim = 8}};

typedef struct {
    small_operator o;
    case_search s;
    uint8_t seen[64 * 64];
} run;

static void begin(run *r, const search_options *o)
{
    nn_error err = {0};
    memset(r->seen, 0, sizeof r->seen);
    open_operator(&r->o);
    assert_int_equal(case_search_open(&r->s, r->o.set, &r->o.set->ops[0], &r->o.classes.operators[0], o, &err), NN_OK);
    assert_in_range(r->s.facets.n_classes, 1, 64);
}

static bool next(run *r)
{
    bool found;
    nn_error err = {0};
    assert_int_equal(case_search_next(&r->s, &found, &err), NN_OK);
    for (size_t i = 0; found && i < r->s.facets.n; i++)
        for (size_t k = 0; k < r->s.facets.n; k++)
            if (r->s.classes[i] >= 0 && r->s.classes[k] >= 0)
                r->seen[r->s.classes[i] * 64 + r->s.classes[k]] = 1;
    return found;
}

static void end(run *r)
{
    assert_null(lower_fault(r->s.l));
    case_search_close(&r->s);
    close_operator(&r->o);
}

static bool is_lost(const run *r, const char *a, const char *b)
{
    size_t x = class_named(&r->s.facets, a), y = class_named(&r->s.facets, b);
    for (size_t i = 0; i < r->s.n_lost; i++)
        if ((r->s.lost[i].a == x && r->s.lost[i].b == y) || (r->s.lost[i].a == y && r->s.lost[i].b == x))
            return r->s.lost[i].reason[0] != '\0';
    return false;
}

static void every_possible_pair_has_a_case(void **state)
{
    (void)state;
    run r;
    begin(&r, &usual);
    while (next(&r))
        continue;
    /* what the conditions forbid, and what follows from `size: int k`: size and k have the same value */
    assert_true(is_lost(&r, "mode = b", "X: rank 1"));
    assert_true(is_lost(&r, "mode = b", "B: rank 1"));
    assert_true(is_lost(&r, "mode = b", "B: initializer"));
    assert_true(is_lost(&r, "mode = b", "B: graph input"));
    assert_true(is_lost(&r, "size = 2", "k = 9"));
    assert_int_equal(r.s.n_lost, 4 + 6);
    const pair_counts c = class_pairs_count(&r.s.pairs);
    assert_int_equal(c.asked, c.covered + c.impossible);
    assert_int_equal(c.impossible, r.s.n_lost);
    assert_int_equal(c.impossible_classes, 0);
    size_t seen = 0;
    for (size_t a = 0; a < r.s.facets.n_classes; a++)
        for (size_t b = a + 1; b < r.s.facets.n_classes; b++) {
            seen += r.seen[a * 64 + b];
            assert_int_equal(class_pairs_state(&r.s.pairs, a, b) == PAIR_COVERED, r.seen[a * 64 + b]);
        }
    assert_int_equal(seen, c.covered);
    assert_in_range(r.s.cases, 9, 16); /* at least 3 types with 3 sizes */
    end(&r);
}

static void single_classes_need_few_cases(void **state)
{
    (void)state;
    run r;
    search_options single = usual;
    single.strength = 1;
    begin(&r, &single);
    while (next(&r))
        continue;
    const pair_counts c = class_pairs_count(&r.s.pairs);
    assert_int_equal(c.asked, 0);
    assert_int_equal(c.covered_classes, c.classes);
    assert_int_equal(c.classes, r.s.facets.n_classes - 3); /* without "other" */
    assert_in_range(r.s.cases, 3, 6);
    end(&r);
}

static void the_seed_decides(void **state)
{
    (void)state;
    run a, b, c;
    search_options other = usual;
    other.seed = 1;
    begin(&a, &usual);
    begin(&b, &usual);
    begin(&c, &other);
    bool differ = false;
    while (next(&a)) {
        assert_true(next(&b));
        assert_memory_equal(a.s.classes, b.s.classes, a.s.facets.n * sizeof *a.s.classes);
        assert_int_equal(a.s.x.inputs[0].desc.dims[0], b.s.x.inputs[0].desc.dims[0]);
        differ |= !next(&c) || a.s.x.inputs[0].desc.dims[0] != c.s.x.inputs[0].desc.dims[0];
    }
    assert_false(next(&b));
    assert_true(differ);
    end(&a);
    end(&b);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_possible_pair_has_a_case),
        cmocka_unit_test(single_classes_need_few_cases),
        cmocka_unit_test(the_seed_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
