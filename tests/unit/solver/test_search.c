/* The solver's search: which solution comes first, what is found among how many, enumeration. */
#include "solver/csp_fixture.h"

static uint64_t zero(void *user, uint64_t bound)
{
    (void)bound;
    ++*(int *)user;
    return 0;
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
    csp_search how = {.mode = CSP_BOUNDARY, .draw = splitmix_draw};
    splitmix_state = 1;
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
    csp_search how = {.mode = CSP_LOG, .draw = splitmix_draw};
    splitmix_state = 2;
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
        csp_search how = {.mode = (csp_mode)mode, .draw = splitmix_draw};
        OK(csp_solve(s, &how, (csp_var[]){x, y}, 2));
        assert_true(csp_check(s, NULL));
        csp_undo(s, m);
    }
}

/* One value in 1001, whichever it is, is found: nothing is skipped. */
static void test_every_needle(void **unused)
{
    (void)unused;
    splitmix_state = 4;
    for (int64_t t = 0; t < 1001; t++)
        for (int mode = 0; mode < 4; mode++) { /* the last: not a decision variable */
            csp_reset(s);
            csp_var x = csp_int(s, 0, 1000), b[2] = {csp_int(s, 0, 1), csp_int(s, 0, 1)};
            for (int i = 0; i < 2; i++) /* x == t or x == t: neither alone is known */
                OK(csp_reify(s, b[i], CSP_EQ, (int64_t[]){1}, &x, 1, t));
            OK(csp_or(s, csp_const(s, 1), b, 2));
            csp_search how = {.mode = (csp_mode)(mode % 3), .draw = splitmix_draw};
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
    csp_search how = {.draw = splitmix_draw};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_zeros_are_simplest), TEST(test_boundary), TEST(test_log),       TEST(test_needle),
        TEST(test_every_needle),       TEST(test_pigeons),  TEST(test_enumerate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
