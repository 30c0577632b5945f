/* Propagators of arithmetic, one by one: exact domains after propagation, failures, extreme values. */
#include "solver/csp_fixture.h"

/* ---- linear ---- */

static void test_linear_eq(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 0, 10), y = csp_int(s, 0, 10), z = csp_int(s, -5, 5);
    OK(LINEAR(CSP_EQ, 17, C(2, 1, -1), x, y, z));
    OK(csp_propagate(s));
    DOMAIN(x, 1, 10);
    OK(csp_restrict(s, y, 0, 1));
    OK(csp_restrict(s, z, -5, -3));
    OK(csp_propagate(s)); /* 2x = 17 - y + z in [11, 14] */
    DOMAIN(x, 6, 7);
    OK(csp_restrict(s, x, 7, 7));
    OK(csp_propagate(s)); /* y - z = 3 */
    DOMAIN(y, 0, 0);
    DOMAIN(z, -3, -3);
    FAIL(LINEAR(CSP_EQ, 1, C(2, 4), csp_int(s, 0, 9), csp_int(s, 0, 9))); /* parity */
}

static void test_linear_le_ne(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 0, 10), y = csp_int(s, 0, 10);
    OK(LINEAR(CSP_LE, 7, C(3, -2), x, y));
    OK(LINEAR(CSP_LE, -16, C(-2), x));
    OK(csp_propagate(s));
    DOMAIN(x, 8, 9);
    DOMAIN(y, 9, 10);
    OK(LINEAR(CSP_NE, 0, C(1, -1), x, y));
    OK(csp_propagate(s));
    OK(csp_restrict(s, x, 9, 9));
    OK(csp_propagate(s));
    DOMAIN(y, 10, 10);
    FAIL(LINEAR(CSP_NE, 19, C(1, 1), x, y) == CSP_FAIL ? CSP_FAIL : csp_propagate(s));
    csp_reset(s);
    OK(csp_linear(s, CSP_EQ, NULL, NULL, 0, 0));
    OK(csp_linear(s, CSP_LE, NULL, NULL, 0, 1));
    OK(csp_linear(s, CSP_NE, NULL, NULL, 0, 1));
    OK(csp_propagate(s));
    FAIL(csp_linear(s, CSP_LE, NULL, NULL, 0, -1));
}

static void test_linear_extremes(void **unused)
{
    (void)unused;
    csp_var x[6];
    for (int i = 0; i < 6; i++)
        x[i] = csp_int(s, -B, B);
    const int64_t c[6] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, INT64_MIN};
    OK(csp_linear(s, CSP_LE, c, x, 6, INT64_MIN));
    OK(csp_linear(s, CSP_EQ, (int64_t[]){1, 1}, x, 2, INT64_MAX));
    OK(csp_linear(s, CSP_NE, c, x, 6, INT64_MAX));
    OK(csp_propagate(s));
    DOMAIN(x[0], B - 1, B); /* x0 + x1 = 2^63 - 1 */
    DOMAIN(x[1], B - 1, B);
    OK(csp_restrict(s, x[0], B, B));
    OK(csp_restrict(s, x[2], B, B));
    OK(csp_restrict(s, x[3], B, B));
    OK(csp_restrict(s, x[4], B, B));
    OK(csp_propagate(s)); /* (2^63 - 1) (3 * 2^62 - 1) - 2^63 (2^63 + x5) <= -2^63 */
    DOMAIN(x[1], B - 1, B - 1);
    DOMAIN(x[5], B - 1, B);
    OK(csp_restrict(s, x[5], B - 1, B - 1));
    OK(csp_propagate(s));
    assert_true(csp_check(s, NULL));
    csp_reset(s);
    csp_var y = csp_int(s, -B, B), z = csp_int(s, -B, B);
    FAIL(csp_linear(s, CSP_LE, (int64_t[]){INT64_MIN, INT64_MIN}, (csp_var[]){csp_const(s, -B), csp_const(s, -B)}, 2, 0) == CSP_OK
             ? csp_propagate(s)
             : CSP_FAIL);
    csp_reset(s);
    y = csp_int(s, -B, B);
    z = csp_int(s, -B, B);
    OK(csp_linear(s, CSP_EQ, (int64_t[]){INT64_MAX, -1}, (csp_var[]){y, z}, 2, 0));
    OK(csp_propagate(s)); /* |y| < 1 as z is at most 2^62 */
    DOMAIN(y, 0, 0);
    DOMAIN(z, 0, 0);
}

/* At the edge between 64-bit and wider sums. */
static void test_linear_edge(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -B, B), y = csp_int(s, -B + 1, B - 1);
    OK(LINEAR(CSP_EQ, 0, C(1, 1), x, y));
    OK(csp_propagate(s));
    DOMAIN(x, -B + 1, B - 1);
    for (int shift = 50; shift < 62; shift++) { /* 7x + 3y = -9m with x, y in [-m, m]: x <= -6m / 7 */
        csp_reset(s);
        int64_t m = (int64_t)1 << shift;
        x = csp_int(s, -m, m);
        y = csp_int(s, -m, m);
        OK(csp_linear(s, CSP_EQ, (int64_t[]){7, 3, 9}, (csp_var[]){x, y, csp_int(s, m, m + 1)}, 3, 0));
        OK(csp_propagate(s));
        DOMAIN(x, -m, -(6 * (m / 7) + 6 * (m % 7) / 7) - (6 * (m % 7) % 7 != 0));
    }
}

static void test_linear_repeated(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, -20, 20);
    OK(LINEAR(CSP_EQ, 12, C(2, 3, -1), x, x, x)); /* 4x = 12 */
    OK(csp_propagate(s));
    DOMAIN(x, 3, 3);
    FAIL(LINEAR(CSP_NE, 0, C(1, -1), x, x) == CSP_OK ? csp_propagate(s) : CSP_FAIL);
}

/* ---- products ---- */

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
        TEST(test_linear_eq),
        TEST(test_linear_le_ne),
        TEST(test_linear_extremes),
        TEST(test_linear_edge),
        TEST(test_linear_repeated),
        TEST(test_mul),
        TEST(test_mul_signs),
        TEST(test_mul_extremes),
        TEST(test_product),
        TEST(test_product_beyond_bound),
        TEST(test_div),
        TEST(test_div_by_zero),
        TEST(test_div_extremes),
        TEST(test_mod),
        TEST(test_min_max),
        TEST(test_abs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
