/* Linear relations and their reification: exact domains after propagation, failures, extreme values. */
#include "solver/csp_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_linear_eq),   TEST(test_linear_le_ne),    TEST(test_linear_extremes),
        TEST(test_linear_edge), TEST(test_linear_repeated), TEST(test_reify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
