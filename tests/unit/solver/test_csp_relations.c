/* Propagators of relations and logic, one by one: exact domains after propagation, failures. */
#include "solver/csp_fixture.h"

/* ---- equality, element, table, broadcasting ---- */

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

static void test_element(void **unused)
{
    (void)unused;
    csp_var x[4] = {csp_int(s, 0, 3), csp_int(s, 10, 13), csp_set(s, (int64_t[]){2, 20}, 2), csp_const(s, 7)};
    csp_var i = csp_int(s, -5, 50), z = csp_int(s, 5, 12);
    OK(csp_element(s, z, i, x, 4));
    OK(csp_propagate(s));
    VALUES(i, 1, 3);
    DOMAIN(z, 7, 12);
    OK(csp_remove(s, z, 7));
    OK(csp_propagate(s));
    DOMAIN(i, 1, 1);
    DOMAIN(z, 10, 12);
    DOMAIN(x[1], 10, 12);
    FAIL(csp_element(s, z, i, x, 0));
    csp_reset(s);
    csp_var many[200];
    for (int k = 0; k < 200; k++)
        many[k] = csp_const(s, k * k);
    i = csp_int(s, -B, B);
    z = csp_int(s, 90, 38000);
    OK(csp_element(s, z, i, many, 200));
    OK(csp_propagate(s));
    DOMAIN(i, 10, 194);
    DOMAIN(z, 100, 194 * 194);
}

static void test_table(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -B, B), y = csp_int(s, 0, 9);
    const int64_t rows[] = {1, 2, B, 3, 7, 4, 7, 2, -B, 11};
    OK(csp_table(s, (csp_var[]){x, y}, 2, rows, 5));
    OK(csp_propagate(s));
    VALUES(x, 1, 7, B);
    VALUES(y, 2, 3, 4);
    csp_mark m = csp_get_mark(s);
    OK(csp_remove(s, y, 2));
    OK(csp_propagate(s));
    VALUES(x, 7, B);
    OK(csp_restrict(s, x, 0, 8));
    OK(csp_propagate(s));
    DOMAIN(y, 4, 4);
    csp_undo(s, m);
    VALUES(y, 2, 3, 4);
    FAIL(csp_restrict(s, x, 2, 6));
    FAIL(csp_propagate(s));
    csp_undo(s, m);
    FAIL(csp_table(s, (csp_var[]){x, y}, 2, NULL, 0));
    csp_undo(s, m);
    csp_var z = csp_int(s, 0, 5); /* one variable twice */
    OK(csp_table(s, (csp_var[]){z, z}, 2, (int64_t[]){1, 2, 2, 1, 3, 3, 4, 5}, 4));
    assert_int_equal(solutions(&z, 1), 1);
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

/* ---- logic ---- */

static void test_reify(void **unused)
{
    (void)unused;
    csp_var b = csp_int(s, -3, 7), x = csp_int(s, 0, 10);
    OK(csp_reify(s, b, CSP_LE, (int64_t[]){1}, &x, 1, 4));
    OK(csp_propagate(s));
    DOMAIN(b, 0, 1);
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, b, 0, 0));
    OK(csp_propagate(s));
    DOMAIN(x, 5, 10);
    csp_undo(s, m);
    OK(csp_restrict(s, b, 1, 1));
    OK(csp_propagate(s));
    DOMAIN(x, 0, 4);
    csp_undo(s, m);
    OK(csp_restrict(s, x, 6, 7));
    OK(csp_propagate(s));
    DOMAIN(b, 0, 0);
    csp_reset(s);
    csp_var y = csp_int(s, 0, 10), e = csp_int(s, 0, 1), n = csp_int(s, 0, 1);
    x = csp_int(s, 0, 10);
    OK(csp_reify(s, e, CSP_EQ, (int64_t[]){1, -1}, (csp_var[]){x, y}, 2, 0));
    OK(csp_reify(s, n, CSP_NE, (int64_t[]){1, -1}, (csp_var[]){x, y}, 2, 0));
    OK(csp_propagate(s));
    m = csp_get_mark(s);
    OK(csp_restrict(s, x, 0, 3));
    OK(csp_restrict(s, y, 4, 9));
    OK(csp_propagate(s));
    DOMAIN(e, 0, 0);
    DOMAIN(n, 1, 1);
    csp_undo(s, m);
    OK(csp_restrict(s, e, 1, 1));
    OK(csp_restrict(s, x, 3, 8));
    OK(csp_propagate(s));
    DOMAIN(y, 3, 8);
    OK(csp_restrict(s, y, 5, 5));
    OK(csp_propagate(s));
    DOMAIN(n, 0, 0);
    csp_undo(s, m);
    OK(csp_restrict(s, n, 1, 1));
    OK(csp_restrict(s, y, 5, 5));
    OK(csp_propagate(s));
    assert_false(csp_contains(s, x, 5));
    csp_reset(s);
    b = csp_int(s, 0, 1);
    OK(csp_reify(s, b, CSP_EQ, (int64_t[]){6, 4}, (csp_var[]){csp_int(s, 0, 9), csp_int(s, 0, 9)}, 2, 3));
    DOMAIN(b, 0, 0);
    b = csp_int(s, 0, 1); /* x <= 2^63 - 1 always holds: its opposite has no 64-bit right-hand side */
    OK(csp_reify(s, b, CSP_LE, (int64_t[]){1}, (csp_var[]){csp_int(s, -B, B)}, 1, INT64_MAX));
    OK(csp_propagate(s));
    DOMAIN(b, 1, 1);
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
        TEST(test_eq_ne), TEST(test_element), TEST(test_table), TEST(test_broadcast), TEST(test_reify), TEST(test_or_and),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
