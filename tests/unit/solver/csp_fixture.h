/* What the tests of the solver share: a fresh store for each test, and short forms of checks.
 *
 * A test is static void test_X(void **unused), listed as TEST(test_X). */
#ifndef TEST_CSP_FIXTURE_H
#define TEST_CSP_FIXTURE_H

#include "csp.h"
#include "splitmix.h"

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
static inline void values(csp_var x, size_t n, const int64_t *expected)
{
    assert_int_equal(csp_size(s, x), n);
    for (size_t i = 0; i < n; i++)
        assert_true(csp_contains(s, x, expected[i]));
}
#define VALUES(x, ...) values(x, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static inline uint64_t solutions(csp_var *x, size_t n)
{
    uint64_t count;
    csp_enumerate(s, x, n, UINT64_MAX, NULL, NULL, &count);
    return count;
}

#endif
