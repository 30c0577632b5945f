/* Products: exact domains after propagation, failures, extreme values. */
#include "solver/csp_fixture.h"

static void test_mul(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 2, 9), y = csp_int(s, 3, 50), z = csp_int(s, 0, 40);
    OK(csp_mul(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(z, 6, 40);
    DOMAIN(y, 3, 20);
    OK(csp_restrict(s, z, 37, 40));
    OK(csp_propagate(s));
    DOMAIN(y, 5, 20); /* 37 / 9 */
    OK(csp_restrict(s, z, 36 + 1, 38));
    OK(csp_restrict(s, x, 2, 2));
    OK(csp_propagate(s));
    DOMAIN(y, 19, 19);
    DOMAIN(z, 38, 38);
}

static void test_mul_signs(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -3, 4), y = csp_int(s, -5, 6), z = csp_int(s, -100, 100);
    OK(csp_mul(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(z, -20, 24);
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, z, 19, 100));
    OK(csp_propagate(s)); /* 4*5, 4*6 */
    DOMAIN(x, -3, 4);
    OK(csp_restrict(s, x, 0, 4));
    OK(csp_propagate(s));
    DOMAIN(x, 4, 4);
    DOMAIN(y, 5, 6);
    csp_undo(s, m);
    OK(csp_restrict(s, z, 0, 0));
    OK(csp_restrict(s, x, -3, -1));
    OK(csp_propagate(s));
    DOMAIN(y, 0, 0);
    csp_undo(s, m);
    OK(csp_restrict(s, x, 0, 0));
    OK(csp_propagate(s));
    DOMAIN(z, 0, 0);
    DOMAIN(y, -5, 6);
    csp_undo(s, m);
    OK(csp_restrict(s, z, 1, 24));
    OK(csp_restrict(s, x, 0, 4));
    OK(csp_propagate(s));
    DOMAIN(x, 1, 4);
    csp_undo(s, m);
    OK(csp_restrict(s, z, 23, 23)); /* a prime beyond both */
    FAIL(csp_propagate(s));
}

static void test_mul_extremes(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -B, B), y = csp_int(s, -B, B), z = csp_int(s, -B, B);
    OK(csp_mul(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(z, -B, B);
    OK(csp_restrict(s, x, B, B));
    OK(csp_propagate(s));
    DOMAIN(y, -1, 1);
    OK(csp_restrict(s, y, -1, -1));
    OK(csp_propagate(s));
    DOMAIN(z, -B, -B);
    csp_reset(s);
    x = csp_int(s, 2, B);
    FAIL((csp_mul(s, csp_int(s, -B, B), x, csp_const(s, B)), csp_propagate(s)));
}

static void test_product(void **unused)
{
    (void)unused;
    csp_var x[4], z = csp_int(s, -5, 5);
    OK(csp_product(s, z, NULL, 0));
    OK(csp_propagate(s));
    DOMAIN(z, 1, 1);
    csp_reset(s);
    for (int i = 0; i < 4; i++)
        x[i] = csp_int(s, 1, 1000);
    OK(csp_product(s, csp_const(s, 12), x, 4));
    OK(csp_propagate(s));
    VALUES(x[0], 1, 2, 3, 4, 6, 12);
    OK(csp_restrict(s, x[1], 3, 3));
    OK(csp_propagate(s));
    VALUES(x[0], 1, 2, 4);
    OK(csp_restrict(s, x[0], 4, 4));
    OK(csp_propagate(s));
    DOMAIN(x[2], 1, 1);
    csp_reset(s);
    for (int i = 0; i < 3; i++)
        x[i] = csp_int(s, 1, 64);
    OK(csp_product(s, csp_const(s, 36), x, 3));
    assert_int_equal(solutions(x, 3), 36); /* C(4, 2)^2 */
}

static void test_product_beyond_bound(void **unused)
{
    (void)unused;
    /* 2^61 * 2^61 * 0 = 0 though a partial product is out of range */
    csp_var big = csp_int(s, B / 2, B), zero_or = csp_int(s, 0, 3), z = csp_int(s, -B, B);
    OK(csp_product(s, z, VARS(big, big, zero_or)));
    OK(csp_propagate(s));
    DOMAIN(zero_or, 0, 0);
    DOMAIN(z, 0, 0);
    csp_reset(s);
    csp_var x[5];
    for (int i = 0; i < 5; i++)
        x[i] = csp_int(s, -B, B);
    OK(csp_product(s, x[0], x + 1, 4));
    OK(csp_propagate(s));
    DOMAIN(x[0], -B, B);
    OK(csp_restrict(s, x[1], -B, -B));
    OK(csp_restrict(s, x[2], B, B));
    OK(csp_restrict(s, x[3], B, B));
    OK(csp_propagate(s));
    DOMAIN(x[4], 0, 0);
    csp_reset(s);
    csp_var n = csp_int(s, -B, -2);
    FAIL((csp_product(s, csp_int(s, -B, B), VARS(n, n, n, csp_const(s, B))), csp_propagate(s)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mul), TEST(test_mul_signs), TEST(test_mul_extremes), TEST(test_product), TEST(test_product_beyond_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
