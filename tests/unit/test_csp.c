/* The solver, propagator by propagator: exact domains after propagation, failures, extreme values, undo, marks, reset, memory. */
#include "base.h"
#include "csp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define B CSP_BOUND

static csp *s;

static int setup(void **unused)
{
    (void)unused;
    s = csp_new();
    return s ? 0 : -1;
}

static int teardown(void **unused)
{
    (void)unused;
    csp_free(s);
    return 0;
}

#define DOMAIN(x, lo, hi)                   \
    do {                                    \
        assert_int_equal(csp_lo(s, x), lo); \
        assert_int_equal(csp_hi(s, x), hi); \
    } while (0)
#define OK(call) assert_int_equal(call, CSP_OK)
#define FAIL(call) assert_int_equal(call, CSP_FAIL)
#define VARS(...) (csp_var[]){__VA_ARGS__}, sizeof((csp_var[]){__VA_ARGS__}) / sizeof(csp_var)
#define LINEAR(rel, rhs, coefs, ...) csp_linear(s, rel, (int64_t[])coefs, VARS(__VA_ARGS__), rhs)
#define C(...)      \
    {               \
        __VA_ARGS__ \
    }

/* The domain is exactly this list. */
static void values(csp_var x, size_t n, const int64_t *expected)
{
    assert_int_equal(csp_size(s, x), n);
    for (size_t i = 0; i < n; i++)
        assert_true(csp_contains(s, x, expected[i]));
}
#define VALUES(x, ...) values(x, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static uint64_t zero(void *user, uint64_t bound)
{
    (void)bound;
    ++*(int *)user;
    return 0;
}

static uint64_t state;

static uint64_t draw(void *user, uint64_t bound)
{
    (void)user;
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % bound;
}

static uint64_t solutions(csp_var *x, size_t n)
{
    uint64_t count;
    csp_enumerate(s, x, n, UINT64_MAX, NULL, NULL, &count);
    return count;
}

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
    csp_search how = {.draw = draw};
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

/* ---- search ---- */

static void test_zeros_are_simplest(void **unused)
{
    (void)unused;
    for (int mode = 0; mode < 3; mode++)
        for (int exact = 0; exact < 2; exact++) {
            csp_reset(s);
            csp_var x = csp_int(s, 2, 30), y = csp_int(s, 1, 90), z = csp_int(s, 1, 1000000);
            OK(csp_mul(s, z, x, y));
            OK(LINEAR(CSP_LE, -7, C(-1), y));
            int draws = 0;
            csp_search how = {.mode = (csp_mode)mode, .draw = zero, .user = &draws, .exact_limit = exact ? 10000 : 1};
            OK(csp_solve(s, &how, (csp_var[]){x, y}, 2));
            assert_int_equal(csp_value(s, x), 2);
            assert_int_equal(csp_value(s, y), 7);
            assert_int_equal(csp_value(s, z), 14);
            assert_true(csp_check(s, NULL));
            assert_int_equal(draws, exact && mode != CSP_BOUNDARY ? 1 : 3); /* the order of two, two values */
        }
}

static void test_boundary(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 3, 1000), y = csp_int(s, -50, 50);
    int ends[4] = {0};
    csp_search how = {.mode = CSP_BOUNDARY, .draw = draw};
    state = 1;
    for (int i = 0; i < 400; i++) {
        csp_mark m = csp_get_mark(s);
        OK(csp_solve(s, &how, (csp_var[]){x, y}, 2));
        int64_t a = csp_value(s, x), b = csp_value(s, y);
        assert_true((a == 3 || a == 1000) && (b == -50 || b == 50));
        ends[2 * (a == 3) + (b == 50)]++;
        csp_undo(s, m);
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(ends[i], 60, 140);
}

static void test_log(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 1, (1 << 20) - 1), y = csp_int(s, 0, B);
    int octave[21] = {0}, small_y = 0;
    csp_search how = {.mode = CSP_LOG, .draw = draw};
    state = 2;
    for (int i = 0; i < 20000; i++) {
        csp_mark m = csp_get_mark(s);
        csp_set_limit(s, 1000);
        OK(csp_solve(s, &how, (csp_var[]){x, y}, 2));
        octave[63 - __builtin_clzll((uint64_t)csp_value(s, x))]++;
        small_y += csp_value(s, y) < (int64_t)1 << 31;
        csp_undo(s, m);
    }
    for (int i = 0; i < 20; i++)
        assert_in_range(octave[i], 850, 1150);
    assert_in_range(small_y, 9500, 10500);
    /* within an octave: the lower half of [2^19, 2^20) in logarithm ends at 2^19 * sqrt(2) */
    csp_reset(s);
    x = csp_set(s, (int64_t[]){1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072}, 18);
    int first = 0;
    how.exact_limit = 1;
    for (int i = 0; i < 1800; i++) {
        csp_mark m = csp_get_mark(s);
        OK(csp_solve(s, &how, &x, 1));
        first += csp_value(s, x) <= 256;
        csp_undo(s, m);
    }
    assert_in_range(first, 800, 1050);
}

/* Large domains where most values fail: the search must close in, not count up. */
static void test_needle(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 0, 1 << 30), y = csp_int(s, 0, 1 << 30), z = csp_int(s, 0, B);
    OK(csp_mul(s, z, x, y));
    OK(LINEAR(CSP_EQ, 12345678, C(1, -1), x, y));
    OK(csp_restrict(s, z, (int64_t)12345678 + 5 * (int64_t)1000, (int64_t)12345679 * 7));
    for (int mode = 0; mode < 3; mode++) {
        csp_mark m = csp_get_mark(s);
        csp_search how = {.mode = (csp_mode)mode, .draw = draw};
        OK(csp_solve(s, &how, (csp_var[]){x, y}, 2));
        assert_true(csp_check(s, NULL));
        csp_undo(s, m);
    }
}

/* One value in 1001, whichever it is, is found: nothing is skipped. */
static void test_every_needle(void **unused)
{
    (void)unused;
    state = 4;
    for (int64_t t = 0; t < 1001; t++)
        for (int mode = 0; mode < 4; mode++) { /* the last: not a decision variable */
            csp_reset(s);
            csp_var x = csp_int(s, 0, 1000), b[2] = {csp_int(s, 0, 1), csp_int(s, 0, 1)};
            for (int i = 0; i < 2; i++) /* x == t or x == t: neither alone is known */
                OK(csp_reify(s, b[i], CSP_EQ, (int64_t[]){1}, &x, 1, t));
            OK(csp_or(s, csp_const(s, 1), b, 2));
            csp_search how = {.mode = (csp_mode)(mode % 3), .draw = draw};
            OK(csp_solve(s, &how, &x, mode < 3));
            assert_int_equal(csp_value(s, x), t);
        }
}

static void test_pigeons(void **unused)
{
    (void)unused;
    csp_var x[6];
    for (int i = 0; i < 6; i++) {
        x[i] = csp_int(s, 1, 5);
        for (int j = 0; j < i; j++)
            OK(csp_ne(s, x[i], x[j]));
    }
    csp_search how = {.draw = draw};
    FAIL(csp_solve(s, &how, x, 6)); /* proved over the restarts */
    DOMAIN(x[0], 1, 5);
    assert_int_equal(solutions(x, 5), 0);
    csp_reset(s);
    for (int i = 0; i < 5; i++) {
        x[i] = csp_int(s, 1, 5);
        for (int j = 0; j < i; j++)
            OK(csp_ne(s, x[i], x[j]));
    }
    assert_int_equal(solutions(x, 5), 120);
}

static bool stop_at_three(void *user, const csp *unused)
{
    (void)unused;
    return ++*(int *)user < 3;
}

static void test_enumerate(void **unused)
{
    (void)unused;
    csp_var x = csp_int(s, 0, 9), y = csp_int(s, 0, 9);
    OK(LINEAR(CSP_LE, 9, C(1, 1), x, y));
    uint64_t count;
    int seen = 0;
    OK(csp_enumerate(s, (csp_var[]){x, y}, 2, 1000, stop_at_three, &seen, &count));
    assert_int_equal(count, 3);
    OK(csp_enumerate(s, (csp_var[]){x, y}, 2, 7, NULL, NULL, &count));
    assert_int_equal(count, 7);
    OK(csp_enumerate(s, &x, 1, 1000, NULL, NULL, &count));
    assert_int_equal(count, 10); /* y is only a witness */
    OK(csp_enumerate(s, NULL, 0, 1000, NULL, NULL, &count));
    assert_int_equal(count, 1);
    OK(csp_enumerate(s, &x, 1, 0, NULL, NULL, &count));
    assert_int_equal(count, 0);
    csp_set_limit(s, 20);
    assert_int_equal(csp_enumerate(s, (csp_var[]){x, y}, 2, 1000, NULL, NULL, &count), CSP_LIMIT);
    DOMAIN(x, 0, 9);
    csp_set_limit(s, 1000);
    OK(csp_restrict(s, y, 9, 9));
    OK(csp_restrict(s, x, 1, 9));
    FAIL(csp_enumerate(s, &x, 1, 1000, NULL, NULL, &count));
}

static void test_check(void **unused)
{
    (void)unused;
    csp_var x = csp_const(s, B), y = csp_const(s, -B), z = csp_const(s, 3), b = csp_const(s, 1);
    size_t which = 99;
    const int64_t c[] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, INT64_MAX, INT64_MAX};
    const csp_var v[] = {x, x, y, y, x, x}; /* about 6 * 2^125: beyond 128 bits */
    csp_linear(s, CSP_NE, c, v, 6, 0);
    csp_reify(s, b, CSP_LE, (int64_t[]){-1}, &x, 1, 0);
    assert_true(csp_check(s, &which));
    csp_linear(s, CSP_LE, c, v, 6, INT64_MAX);
    csp_mul(s, z, x, y);
    assert_false(csp_check(s, &which));
    assert_int_equal(which, 2);
    csp_reset(s);
    x = csp_const(s, B);
    z = csp_const(s, 0);
    csp_product(s, z, VARS(x, x, x, x, z)); /* zero after an overflow */
    csp_ceildiv(s, csp_const(s, -1), x, csp_const(s, -B));
    csp_mod(s, csp_const(s, -B + 1), csp_const(s, 1), csp_const(s, -B));
    assert_true(csp_check(s, &which));
    csp_product(s, x, VARS(x, x, x, x));
    assert_false(csp_check(s, &which));
    assert_int_equal(which, 3);
    csp_reset(s);
    csp_div(s, csp_const(s, 0), csp_const(s, 0), csp_const(s, 0));
    assert_false(csp_check(s, &which));
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
    csp_search how = {.draw = draw};
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
    state = 3;
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
            state = 3;
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
    state = 3;
    OK(everything(s));
    nn_stress_fail_at(0);
    state = 3;
    OK(everything(s));
    assert_int_equal(nn_stress_count(), 0);
}
#endif

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_domains),
        TEST(test_bounds_of_values),
        TEST(test_hole_in_large_interval),
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
        TEST(test_eq_ne),
        TEST(test_element),
        TEST(test_table),
        TEST(test_broadcast),
        TEST(test_reify),
        TEST(test_or_and),
        TEST(test_marks),
        TEST(test_pending),
        TEST(test_reset),
        TEST(test_limit),
        TEST(test_zeros_are_simplest),
        TEST(test_boundary),
        TEST(test_log),
        TEST(test_needle),
        TEST(test_every_needle),
        TEST(test_pigeons),
        TEST(test_enumerate),
        TEST(test_check),
        TEST(test_reuse),
#ifdef NN_STRESS
        TEST(test_every_allocation_fails),
        TEST(test_steady_state),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
