/* The solver's store: domains, undo, marks, reset, limits, memory. */
#include "base.h"
#include "solver/csp_fixture.h"

/* ---- domains ---- */

static void test_domains(void **unused)
{
    (void)unused;
    csp_var a = csp_int(s, 3, 9), b = csp_set(s, (int64_t[]){7, -1, 7, 30, 2}, 5), c = csp_const(s, 5);
    DOMAIN(a, 3, 9);
    VALUES(b, -1, 2, 7, 30);
    assert_false(csp_contains(s, b, 3));
    assert_true(csp_fixed(s, c));
    assert_int_equal(csp_variables(s), 3);
    OK(csp_restrict(s, b, 0, 29));
    VALUES(b, 2, 7);
    OK(csp_remove(s, a, 5));
    VALUES(a, 3, 4, 6, 7, 8, 9);
    OK(csp_remove(s, a, 3));
    OK(csp_remove(s, a, 9));
    OK(csp_remove(s, a, 100));
    VALUES(a, 4, 6, 7, 8);
    OK(csp_restrict(s, a, 5, 5 + 1));
    DOMAIN(a, 6, 6);
    csp_mark m = csp_get_mark(s);
    FAIL(csp_remove(s, a, 6));
    FAIL(csp_propagate(s));
    csp_undo(s, m);
    OK(csp_propagate(s));
    FAIL(csp_restrict(s, b, 3, 6));
    csp_undo(s, m);
    FAIL(csp_restrict(s, b, 9, 2));
    csp_undo(s, m);
    VALUES(b, 2, 7);
}

/* The constraint at which propagation failed, whatever comes before and after it. */
static void test_conflicts(void **unused)
{
    (void)unused;
    csp_var a = csp_int(s, 0, 9), b = csp_int(s, 0, 9), c = csp_int(s, 0, 9);
    assert_int_equal(csp_posted(s), 0);
    OK(csp_ne(s, a, b));
    OK(csp_linear(s, CSP_LE, (int64_t[]){1, 1}, (csp_var[]){b, c}, 2, 12));
    assert_int_equal(csp_posted(s), 2);
    csp_mark m = csp_get_mark(s);
    OK(csp_mul(s, csp_const(s, 77), a, b)); /* 7 * 11 */
    OK(csp_ne(s, a, c));
    FAIL(csp_propagate(s));
    assert_int_equal(csp_conflict(s), 2);
    csp_undo(s, m);
    assert_int_equal(csp_posted(s), 2);
    OK(csp_propagate(s));
    OK(csp_restrict(s, b, 9, 9));
    OK(csp_restrict(s, c, 9, 9));
    FAIL(csp_propagate(s));
    assert_int_equal(csp_conflict(s), 1);
    csp_undo(s, m);
    FAIL(csp_restrict(s, a, 10, 12)); /* no constraint's fault */
    FAIL(csp_propagate(s));
    assert_true(csp_conflict(s) == SIZE_MAX);
}

static void test_bounds_of_values(void **unused)
{
    (void)unused;
    csp_var a = csp_int(s, INT64_MIN, INT64_MAX), one = csp_int(s, INT64_MAX - 1, INT64_MAX);
    DOMAIN(a, -B, B);
    assert_true(csp_size(s, a) == 2 * (uint64_t)B + 1);
    (void)one;
    FAIL(csp_propagate(s));
    csp_reset(s);
    OK(csp_propagate(s));
    a = csp_set(s, (int64_t[]){INT64_MIN, -B, 0, B, INT64_MAX}, 5);
    VALUES(a, -B, 0, B);
    csp_mark m = csp_get_mark(s);
    csp_int(s, 4, 3);
    FAIL(csp_propagate(s));
    csp_undo(s, m);
    csp_set(s, NULL, 0);
    FAIL(csp_propagate(s));
    csp_undo(s, m);
    csp_const(s, INT64_MIN);
    FAIL(csp_propagate(s));
    csp_undo(s, m);
    OK(csp_propagate(s));
}

static void test_hole_in_large_interval(void **unused)
{
    (void)unused;
    csp_var a = csp_int(s, 0, 1000000);
    OK(csp_remove(s, a, 500));
    OK(csp_propagate(s));
    assert_false(csp_contains(s, a, 500));
    assert_true(csp_contains(s, a, 501));
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, a, 499, 501));
    OK(csp_propagate(s));
    VALUES(a, 499, 501);
    csp_undo(s, m);
    OK(csp_restrict(s, a, 500, 900));
    OK(csp_propagate(s));
    DOMAIN(a, 501, 900);
    csp_undo(s, m);
    OK(csp_restrict(s, a, 500, 500));
    FAIL(csp_propagate(s));
}

/* ---- marks, reset, limits ---- */

static void test_marks(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 0, 20), y = csp_int(s, 0, 20);
    OK(LINEAR(CSP_LE, 20, C(1, 1), x, y));
    OK(csp_propagate(s));
    csp_mark outer = csp_get_mark(s);
    csp_var z = csp_int(s, 0, 400);
    OK(csp_mul(s, z, x, y));
    OK(csp_restrict(s, x, 3, 20));
    OK(csp_propagate(s));
    DOMAIN(y, 0, 17);
    csp_mark inner = csp_get_mark(s);
    OK(csp_remove(s, x, 5));
    OK(csp_remove(s, x, 6));
    OK(csp_ne(s, x, y));
    OK(csp_restrict(s, z, 90, 400));
    OK(csp_propagate(s));
    assert_false(csp_contains(s, x, 5));
    csp_mark third = csp_get_mark(s);
    OK(csp_remove(s, x, 8));
    FAIL((csp_restrict(s, y, 18, 20), csp_propagate(s)));
    csp_undo(s, third);
    assert_true(csp_contains(s, x, 8));
    assert_false(csp_contains(s, x, 6));
    csp_undo(s, inner);
    assert_true(csp_contains(s, x, 5));
    DOMAIN(z, 0, 340);
    csp_undo(s, inner); /* again */
    csp_undo(s, outer);
    assert_int_equal(csp_variables(s), 2);
    DOMAIN(x, 0, 20);
    DOMAIN(y, 0, 20);
    csp_var all[] = {x, y};
    assert_int_equal(solutions(all, 2), 231);
}

/* Constraints that wait for propagation at a mark wait again after undo. */
static void test_pending(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 0, 20), y = csp_int(s, 0, 20);
    OK(LINEAR(CSP_EQ, 20, C(1, 1), x, y));
    OK(csp_restrict(s, x, 5, 20));
    csp_mark m = csp_get_mark(s);
    OK(csp_propagate(s));
    DOMAIN(y, 0, 15);
    csp_undo(s, m);
    DOMAIN(y, 0, 20);
    OK(csp_propagate(s));
    DOMAIN(y, 0, 15);
}

static void test_reset(void **unused)
{
    (void)unused;
    for (int round = 0; round < 3; round++) {
        csp_var x = csp_int(s, 0, 9), y = csp_int(s, 0, 9);
        assert_int_equal(x, 0);
        OK(LINEAR(CSP_EQ, 4, C(1, 1), x, y));
        assert_int_equal(solutions((csp_var[]){x, y}, 2), 5);
        assert_true(csp_propagations(s) > 0);
        FAIL(csp_restrict(s, x, 10, 12));
        FAIL(csp_propagate(s));
        csp_reset(s);
        assert_int_equal(csp_variables(s), 0);
        assert_int_equal(csp_propagations(s), 0);
        OK(csp_propagate(s));
    }
}

static void test_limit(void **unused)
{
    (void)unused;
    /* x < y < x: each propagation moves one bound by one */
    csp_var x = csp_int(s, 0, B), y = csp_int(s, 0, B);
    OK(LINEAR(CSP_LE, -1, C(1, -1), x, y));
    OK(LINEAR(CSP_LE, -1, C(1, -1), y, x));
    csp_set_limit(s, 100);
    assert_int_equal(csp_propagate(s), CSP_LIMIT);
    assert_int_equal(csp_propagations(s), 100);
    int64_t lo = csp_lo(s, x);
    assert_int_equal(csp_propagate(s), CSP_LIMIT);
    assert_int_equal(csp_lo(s, x), lo);
    csp_set_limit(s, 100); /* goes on where it stopped */
    assert_int_equal(csp_propagate(s), CSP_LIMIT);
    assert_true(csp_lo(s, x) > lo);
    lo = csp_lo(s, x);
    csp_search how = {.draw = splitmix_draw};
    csp_set_limit(s, 1000);
    assert_int_equal(csp_solve(s, &how, &x, 1), CSP_LIMIT);
    assert_int_equal(csp_lo(s, x), lo); /* as before the call */
    csp_reset(s);
    x = csp_int(s, 0, 50);
    y = csp_int(s, 0, 50);
    LINEAR(CSP_LE, -1, C(1, -1), x, y);
    LINEAR(CSP_LE, -1, C(1, -1), y, x);
    csp_set_limit(s, 0);
    FAIL(csp_propagate(s));
}

/* ---- memory ---- */

/* Everything once; the first status that is not CSP_OK, or CSP_FAIL never. */
static csp_result everything(csp *t)
{
    csp_var x[80], b = csp_int(t, 0, 1), v = csp_set(t, (int64_t[]){1, 2, 3, 5, 8, 13}, 6);
    for (int i = 0; i < 80; i++)
        x[i] = csp_int(t, 1, 6 + i);
    csp_linear(t, CSP_EQ, (int64_t[]){2, -2, 2, 2}, (csp_var[]){x[1], x[2], x[3], csp_const(t, 3)}, 4, 8);
    csp_linear(t, CSP_EQ, (int64_t[]){2, -2, 2}, x + 4, 3, 8);
    csp_remove(t, csp_int(t, 0, 1000), 500);
    csp_remove(t, x[9], 3);
    csp_reify(t, b, CSP_NE, (int64_t[]){1, -1}, x, 2, 0);
    csp_product(t, csp_int(t, 1, 1000), (csp_var[]){x[7], x[8], csp_const(t, 2)}, 3);
    csp_product(t, csp_const(t, 720), x + 70, 5);
    csp_div(t, x[10], x[11], x[12]);
    csp_ceildiv(t, x[13], x[14], x[15]);
    csp_mod(t, csp_const(t, 0), x[16], x[17]);
    csp_min(t, x[18], x + 19, 3);
    csp_max(t, x[22], x + 23, 3);
    csp_abs(t, x[26], csp_int(t, -9, 9));
    csp_eq(t, x[27], v);
    csp_ne(t, x[28], x[29]);
    csp_element(t, x[30], csp_int(t, 0, 3), x + 31, 4);
    csp_table(t, x + 35, 2, (int64_t[]){1, 2, 3, 4, 5, 6}, 3);
    csp_broadcast(t, x[37], x[38], x[39]);
    csp_or(t, b, (csp_var[]){csp_int(t, 0, 1), csp_int(t, 0, 1)}, 2);
    csp_and(t, b, (csp_var[]){csp_int(t, 0, 1), csp_int(t, 0, 1)}, 2);
    csp_restrict(t, x[40], 2, 5);
    csp_propagate(t);
    csp_mark m = csp_get_mark(t);
    csp_search how = {.draw = splitmix_draw};
    uint64_t count;
    csp_enumerate(t, x + 27, 2, 5, NULL, NULL, &count);
    csp_result r = csp_solve(t, &how, x + 27, 1);
    assert_int_equal(r == CSP_NOMEM, csp_status(t) == CSP_NOMEM);
    csp_undo(t, m);
    r = csp_solve(t, &how, x, 80);
    if (csp_status(t) == CSP_OK) {
        assert_int_equal(r, CSP_OK);
        assert_true(csp_check(t, NULL));
    } else {
        assert_int_equal(r, CSP_NOMEM);
        assert_int_equal(csp_int(t, 0, 1), -1);
        assert_int_equal(csp_set(t, NULL, 0), -1);
        assert_int_equal(csp_eq(t, -1, -1), CSP_NOMEM);
        assert_int_equal(csp_table(t, x, 1, NULL, 0), CSP_NOMEM);
        assert_int_equal(csp_restrict(t, -1, 0, 1), CSP_NOMEM);
        assert_int_equal(csp_remove(t, -1, 0), CSP_NOMEM);
        assert_int_equal(csp_propagate(t), CSP_NOMEM);
        assert_int_equal(csp_enumerate(t, x, 1, 1, NULL, NULL, &count), CSP_NOMEM);
        assert_int_equal(csp_lo(t, -1), 0);
        csp_undo(t, m);
    }
    csp_reset(t);
    return csp_status(t);
}

static void test_reuse(void **unused)
{
    (void)unused;
    splitmix_state = 3;
    for (int i = 0; i < 20; i++)
        OK(everything(s));
}

#ifdef NN_STRESS
static void test_every_allocation_fails(void **unused)
{
    (void)unused;
    long n = 0;
    for (long at = 1;; at++) {
        nn_stress_fail_at(at);
        csp *t = csp_new();
        if (t) {
            splitmix_state = 3;
            OK(everything(t));
        }
        n = nn_stress_count();
        nn_stress_fail_at(0);
        if (t) { /* and the memory that came too late is asked for again */
            OK(everything(t));
            csp_free(t);
        }
        if (n < at)
            break;
        assert_true(at < 10000);
    }
    assert_true(n > 20);
    print_message("%ld allocations failed in turn\n", n);
}

static void test_steady_state(void **unused)
{
    (void)unused;
    splitmix_state = 3;
    OK(everything(s));
    nn_stress_fail_at(0);
    splitmix_state = 3;
    OK(everything(s));
    assert_int_equal(nn_stress_count(), 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_domains),
        TEST(test_conflicts),
        TEST(test_bounds_of_values),
        TEST(test_hole_in_large_interval),
        TEST(test_marks),
        TEST(test_pending),
        TEST(test_reset),
        TEST(test_limit),
        TEST(test_reuse),
#ifdef NN_STRESS
        TEST(test_every_allocation_fails),
        TEST(test_steady_state),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
