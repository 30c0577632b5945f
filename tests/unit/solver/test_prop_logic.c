/* Equality, broadcasting and logic: exact domains after propagation, failures. */
#include "solver/csp_fixture.h"

static void test_eq_ne(void **unused)
{
    (void)unused;
    csp_var x = csp_set(s, (int64_t[]){1, 4, 9, 16, 25}, 5), y = csp_int(s, 3, 20), w = csp_set(s, (int64_t[]){4, 5, 16}, 3);
    OK(csp_eq(s, x, y));
    OK(csp_propagate(s));
    VALUES(y, 4, 9, 16);
    OK(csp_eq(s, y, w));
    OK(csp_propagate(s));
    VALUES(x, 4, 16);
    OK(csp_ne(s, x, csp_const(s, 4)));
    OK(csp_propagate(s));
    DOMAIN(w, 16, 16);
    FAIL((csp_ne(s, y, w), csp_propagate(s)));
    csp_reset(s);
    x = csp_int(s, 0, 5);
    OK(csp_eq(s, x, x));
    FAIL(csp_ne(s, x, x));
}

static void test_broadcast(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -4, 9), y = csp_int(s, 0, 6), z = csp_int(s, 0, 100);
    OK(csp_broadcast(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(x, 1, 9);
    DOMAIN(y, 1, 6);
    DOMAIN(z, 1, 9);
    csp_var all[] = {x, y, z};
    assert_int_equal(solutions(all, 3), 9 + 5 + 5); /* x free with y 1; y free with x 1; both equal */
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, z, 5, 5));
    OK(csp_propagate(s));
    VALUES(x, 1, 5);
    VALUES(y, 1, 5);
    OK(csp_remove(s, y, 1));
    OK(csp_propagate(s));
    VALUES(x, 1, 5);
    csp_undo(s, m);
    OK(csp_restrict(s, x, 2, 9));
    OK(csp_restrict(s, z, 7, 9));
    OK(csp_propagate(s));
    DOMAIN(y, 1, 1);
    DOMAIN(x, 7, 9);
    csp_undo(s, m);
    OK(csp_restrict(s, x, 3, 3));
    OK(csp_restrict(s, y, 4, 5));
    FAIL(csp_propagate(s));
}

static void test_spread(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -4, 9), y = csp_int(s, -1, 6), z = csp_int(s, -7, 100);
    OK(csp_spread(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(x, 0, 9);
    DOMAIN(y, 0, 6);
    DOMAIN(z, 0, 9);
    csp_var all[] = {x, y, z};
    assert_int_equal(solutions(all, 3), 10 + 6 + 6); /* x free with y 1; y free with x 1, but for both 1; both equal, but for 1 */
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, x, 0, 0)); /* an empty operand decides */
    OK(csp_propagate(s));
    DOMAIN(z, 0, 0);
    VALUES(y, 0, 1);
    csp_undo(s, m);
    OK(csp_restrict(s, z, 0, 0));
    OK(csp_propagate(s));
    VALUES(x, 0, 1);
    VALUES(y, 0, 1);
    OK(csp_restrict(s, y, 1, 1));
    OK(csp_propagate(s));
    DOMAIN(x, 0, 0);
    csp_undo(s, m);
    OK(csp_restrict(s, z, 1, 1));
    OK(csp_propagate(s));
    DOMAIN(x, 1, 1);
    DOMAIN(y, 1, 1);
    csp_undo(s, m);
    OK(csp_restrict(s, x, 0, 0));
    OK(csp_restrict(s, y, 2, 6));
    FAIL(csp_propagate(s));
}

static void test_or_and(void **unused)
{
    (void)unused;
    csp_var x[3], o = csp_int(s, -1, 2), a = csp_int(s, -1, 2);
    for (int i = 0; i < 3; i++)
        x[i] = csp_int(s, -9, 9);
    OK(csp_or(s, o, x, 3));
    OK(csp_and(s, a, x, 3));
    OK(csp_propagate(s));
    DOMAIN(x[0], 0, 1);
    DOMAIN(o, 0, 1);
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, o, 0, 0));
    OK(csp_propagate(s));
    DOMAIN(x[2], 0, 0);
    DOMAIN(a, 0, 0);
    csp_undo(s, m);
    OK(csp_restrict(s, a, 1, 1));
    OK(csp_propagate(s));
    DOMAIN(x[1], 1, 1);
    DOMAIN(o, 1, 1);
    csp_undo(s, m);
    OK(csp_restrict(s, o, 1, 1));
    OK(csp_restrict(s, x[0], 0, 0));
    OK(csp_restrict(s, x[2], 0, 0));
    OK(csp_propagate(s));
    DOMAIN(x[1], 1, 1);
    DOMAIN(a, 0, 0);
    csp_undo(s, m);
    OK(csp_restrict(s, a, 0, 0));
    OK(csp_restrict(s, x[0], 1, 1));
    OK(csp_restrict(s, x[1], 1, 1));
    OK(csp_propagate(s));
    DOMAIN(x[2], 0, 0);
    csp_reset(s);
    o = csp_int(s, 0, 1);
    a = csp_int(s, 0, 1);
    OK(csp_or(s, o, NULL, 0));
    OK(csp_and(s, a, NULL, 0));
    OK(csp_propagate(s));
    DOMAIN(o, 0, 0);
    DOMAIN(a, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_eq_ne),
        TEST(test_broadcast),
        TEST(test_spread),
        TEST(test_or_and),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
