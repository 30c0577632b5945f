/* Tables and elements: exact domains after propagation, failures. */
#include "solver/csp_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_element),
        TEST(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
