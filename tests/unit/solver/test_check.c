/* The independent checker: it accepts solutions and finds what is none. */
#include "solver/csp_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
