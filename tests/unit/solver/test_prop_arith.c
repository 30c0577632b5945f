/* Division, remainder, extremes and absolute value: exact domains after propagation, failures, extreme values. */
#include "solver/csp_fixture.h"

/* ---- division ---- */

static void test_div(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 10, 25), y = csp_int(s, 3, 4), z = csp_int(s, -100, 100);
    OK(csp_div(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(z, 2, 8);
    OK(csp_restrict(s, z, 7, 9));
    OK(csp_propagate(s)); /* x >= 7 * 3 */
    DOMAIN(x, 21, 25);
    DOMAIN(y, 3, 3);
    csp_reset(s);
    x = csp_int(s, -7, -7);
    z = csp_int(s, -100, 100);
    OK(csp_div(s, z, x, csp_const(s, 2)));
    csp_var c = csp_int(s, -100, 100), r = csp_int(s, -100, 100);
    OK(csp_ceildiv(s, c, x, csp_const(s, 2)));
    OK(csp_mod(s, r, x, csp_const(s, 2)));
    csp_var z2 = csp_int(s, -100, 100), c2 = csp_int(s, -100, 100), r2 = csp_int(s, -100, 100);
    OK(csp_div(s, z2, x, csp_const(s, -2)));
    OK(csp_ceildiv(s, c2, x, csp_const(s, -2)));
    OK(csp_mod(s, r2, csp_const(s, 7), csp_const(s, -2)));
    OK(csp_propagate(s));
    DOMAIN(z, -4, -4);
    DOMAIN(c, -3, -3);
    DOMAIN(r, 1, 1);
    DOMAIN(z2, 3, 3);
    DOMAIN(c2, 4, 4);
    DOMAIN(r2, -1, -1);
}

static void test_div_by_zero(void **unused)
{
    (void)unused;
    csp_var y = csp_int(s, -1, 1);
    OK(csp_div(s, csp_int(s, -9, 9), csp_int(s, 5, 9), y));
    OK(csp_propagate(s));
    VALUES(y, -1, 1);
    csp_reset(s);
    y = csp_int(s, 0, 7);
    OK(csp_mod(s, csp_const(s, 4), csp_int(s, 0, 100), y));
    OK(csp_propagate(s));
    DOMAIN(y, 5, 7);
    csp_result (*const post[])(csp *, csp_var, csp_var, csp_var) = {csp_div, csp_ceildiv, csp_mod};
    for (int i = 0; i < 3; i++) {
        csp_reset(s);
        FAIL((post[i](s, csp_int(s, -B, B), csp_int(s, -B, B), csp_const(s, 0)), csp_propagate(s)));
        csp_reset(s);
        csp_var wide_y = csp_int(s, -1000, 1000), x[2] = {csp_int(s, 3, 4), wide_y};
        post[i](s, csp_int(s, -B, B), x[0], wide_y);
        assert_int_equal(solutions(x, 2), 2 * 2000); /* 0 inside a large interval is left out by search as well */
    }
}

static void test_div_extremes(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -B, B), y = csp_int(s, -B, B), z = csp_int(s, -B, B);
    OK(csp_div(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(z, -B, B);
    OK(csp_restrict(s, z, B, B));
    OK(csp_propagate(s)); /* 2^62 / 1 or -2^62 / -1 */
    OK(csp_restrict(s, y, -B, -1));
    OK(csp_propagate(s));
    DOMAIN(y, -1, -1);
    DOMAIN(x, -B, -B);
    csp_reset(s);
    x = csp_int(s, -B, B);
    y = csp_int(s, -B, B);
    z = csp_int(s, -B, B);
    OK(csp_mod(s, z, x, y));
    OK(csp_propagate(s));
    DOMAIN(z, -B + 1, B - 1);
    OK(csp_restrict(s, y, -B, -B));
    OK(csp_restrict(s, x, B - 1, B));
    OK(csp_propagate(s));
    DOMAIN(z, -1, 0);
    OK(csp_restrict(s, x, B - 1, B - 1));
    OK(csp_propagate(s));
    DOMAIN(z, -1, -1);
    csp_reset(s);
    x = csp_int(s, -B, B);
    z = csp_int(s, -B, B);
    OK(csp_ceildiv(s, z, x, csp_const(s, -B)));
    OK(csp_propagate(s));
    DOMAIN(z, -1, 1);
}

static void test_mod(void **unused)
{
    (void)unused;
    csp_var y = csp_int(s, 1, 8), x = csp_const(s, 12);
    OK(csp_mod(s, csp_const(s, 0), x, y));
    OK(csp_propagate(s));
    VALUES(y, 1, 2, 3, 4, 6);
    x = csp_int(s, 10, 20);
    OK(csp_mod(s, csp_const(s, 3), x, csp_const(s, 5)));
    OK(csp_propagate(s));
    VALUES(x, 13, 18);
    x = csp_int(s, 1001, 999999);
    OK(csp_mod(s, csp_int(s, 2, 3), x, csp_const(s, 100)));
    OK(csp_propagate(s));
    DOMAIN(x, 1002, 999903);
    y = csp_int(s, 1, 4096);
    OK(csp_mod(s, csp_const(s, 2), csp_const(s, 98), y)); /* divisors of 96 above 2 */
    OK(csp_propagate(s));
    VALUES(y, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96);
    x = csp_int(s, 4, 6);
    csp_var r = csp_int(s, 0, 100);
    OK(csp_mod(s, r, x, csp_int(s, 7, 9)));
    OK(csp_propagate(s));
    DOMAIN(r, 4, 6);
}

/* ---- extremes, absolute value ---- */

static void test_min_max(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 2, 8), y = csp_int(s, 5, 9), lo = csp_int(s, -100, 100), hi = csp_int(s, -100, 100);
    OK(csp_min(s, lo, VARS(x, y)));
    OK(csp_max(s, hi, VARS(x, y)));
    OK(csp_propagate(s));
    DOMAIN(lo, 2, 8);
    DOMAIN(hi, 5, 9);
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, lo, 2, 4));
    OK(csp_propagate(s)); /* only x reaches */
    DOMAIN(x, 2, 4);
    OK(csp_restrict(s, hi, 9, 9));
    OK(csp_propagate(s));
    DOMAIN(y, 9, 9);
    csp_undo(s, m);
    OK(csp_restrict(s, lo, 8, 10));
    OK(csp_propagate(s));
    DOMAIN(x, 8, 8);
    DOMAIN(y, 8, 9);
    FAIL(csp_min(s, lo, NULL, 0));
    csp_undo(s, m);
    OK(csp_restrict(s, hi, 5, 6));
    OK(csp_propagate(s));
    DOMAIN(x, 2, 6);
    csp_reset(s);
    x = csp_int(s, -B, B);
    y = csp_int(s, -B, B);
    hi = csp_const(s, -B);
    OK(csp_max(s, hi, VARS(x, y)));
    OK(csp_propagate(s));
    DOMAIN(x, -B, -B);
}

static void test_abs(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -7, 4), z = csp_int(s, -3, 100);
    OK(csp_abs(s, z, x));
    OK(csp_propagate(s));
    DOMAIN(z, 0, 7);
    csp_mark m = csp_get_mark(s);
    OK(csp_restrict(s, z, 5, 6));
    OK(csp_propagate(s));
    DOMAIN(x, -6, -5);
    csp_undo(s, m);
    OK(csp_restrict(s, z, 4, 4));
    OK(csp_propagate(s));
    VALUES(x, -4, 4);
    csp_undo(s, m);
    OK(csp_restrict(s, x, -7, -2));
    OK(csp_propagate(s));
    DOMAIN(z, 2, 7);
    csp_reset(s);
    x = csp_int(s, -B, B);
    z = csp_const(s, B);
    OK(csp_abs(s, z, x));
    OK(csp_propagate(s));
    VALUES(x, -B, B);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_div), TEST(test_div_by_zero), TEST(test_div_extremes), TEST(test_mod), TEST(test_min_max), TEST(test_abs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
