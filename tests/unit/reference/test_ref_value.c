/* Arithmetic with bounds: what float32, float16 and whole arithmetic on operands within their errors gives lies within the result's
 * bound, and exact operations have none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reference/ref_value.h"
#include "splitmix.h"

static arena a;
static double spare[2 * REF_LANES];

static double between(double lo, double hi)
{
    return lo + (hi - lo) * (double)(splitmix() >> 11) * 0x1p-53;
}

typedef ref_value operation(ref_vectors *r, ref_value x, ref_value y);

static ref_value greater(ref_vectors *r, ref_value x, ref_value y)
{
    return ref_extreme(r, x, y, true);
}

static float float_of(int op, float x, float y)
{
    switch (op) {
    case 0:
        return x + y;
    case 1:
        return x - y;
    case 2:
        return x * y;
    case 3:
        return x / y;
    default:
        return x > y ? x : y;
    }
}

static void bounds_hold_float32(void **state)
{
    (void)state;
    static operation *const operations[] = {ref_add, ref_sub, ref_mul, ref_div, greater};
    ref_unit unit = ref_unit_of(DT_FLOAT32);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    splitmix_state = 1;
    for (int i = 0; i < 20000; i++) {
        arena_reset(&a);
        int op = i % 5;
        double x = (double)(float)between(-10, 10), y = (double)(float)between(0.5, 10);
        double ex = i % 3 == 0 ? 0 : pow(10, between(-8, -1)), ey = i % 3 == 1 ? 0 : pow(10, between(-8, -1));
        ref_value z = operations[op](&r, ref_real(&r, x, ex), ref_real(&r, y, ey));
        for (int j = 0; j < 8; j++) {
            float p = (float)(j < 4 ? x + ex * (j % 2 == 0 ? 1 : -1) : between(x - ex, x + ex));
            float q = (float)(j < 4 ? y + ey * (j / 2 == 0 ? 1 : -1) : between(y - ey, y + ey));
            if (fabs((double)p - x) > ex || fabs((double)q - y) > ey)
                continue;
            double got = (double)float_of(op, p, q);
            assert_true(fabs(got - z.v[0]) <= z.e[0]);
        }
        assert_true(z.e[0] <= 300 * (ex + ey) + 1e-4);
    }
}

static void exact_operations_have_no_error(void **state)
{
    (void)state;
    ref_unit unit = ref_unit_of(DT_FLOAT32), half = ref_unit_of(DT_FLOAT16);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare}, h = r;
    h.unit = &half;
    assert_true(ref_add(&r, ref_real(&r, 2, 0), ref_real(&r, 3, 0)).e[0] == 0);
    assert_true(ref_mul(&r, ref_real(&r, 0, 0), ref_real(&r, 3, 0.5)).e[0] == 0);
    assert_true(ref_add(&r, ref_real(&r, 1, 0), ref_real(&r, 0x1p-30, 0)).e[0] > 0);
    assert_true(ref_add(&h, ref_real(&h, 2048, 0), ref_real(&h, 1, 0)).e[0] >= 1);
    assert_true(ref_add(&h, ref_real(&h, 1024, 0), ref_real(&h, 1, 0)).e[0] == 0);
    assert_true(ref_mul(&r, ref_real(&r, 0x1p-100, 0), ref_real(&r, 0x1p-40, 0)).e[0] >= 0x1p-126);
    assert_true(ref_div(&r, ref_real(&r, 1, 0), ref_real(&r, 0.5, 0.5)).e[0] == (double)INFINITY);
}

/* NaN and infinities are exact where they are copied; of what is computed from them nothing is known. */
/* The error of a NaN that only some implementations give. */
static bool open_nan(ref_value x)
{
    return isnan(x.v[0]) && isinf(x.e[0]);
}

static bool sure_nan(ref_value x)
{
    return isnan(x.v[0]) && x.e[0] == 0;
}

static void special_numbers_are_known_where_they_are_sure(void **state)
{
    (void)state;
    ref_unit unit = ref_unit_of(DT_FLOAT32);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    const double inf = (double)INFINITY;
    ref_value nan = ref_real(&r, (double)NAN, 0), any = ref_real(&r, (double)NAN, inf), one = ref_real(&r, 1, 0),
              none = ref_real(&r, 0, 0), near = ref_real(&r, 0.1, 0.2), unknown = ref_real(&r, 1, inf);
    ref_value all[] = {nan, any, one, none, near, unknown, ref_real(&r, inf, 0), ref_real(&r, -inf, 0)};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        bool zero = i == 1 || i == 3 || i == 4 || i == 5; /* it may be 0, which an implementation may leave out */
        for (int swapped = 0; swapped < 2; swapped++) {
            ref_value x = swapped ? all[i] : nan, y = swapped ? nan : all[i];
            assert_true(sure_nan(ref_add(&r, x, y)) && sure_nan(ref_sub(&r, x, y)) && sure_nan(ref_div(&r, x, y)));
            assert_true(zero ? open_nan(ref_mul(&r, x, y)) : sure_nan(ref_mul(&r, x, y)));
            assert_true(open_nan(ref_extreme(&r, x, y, true)) && open_nan(ref_extreme(&r, x, y, false)));
        }
        assert_true(i == 0 || isinf(ref_add(&r, any, all[i]).e[0]));
    }
    assert_true(sure_nan(ref_neg(&r, nan)) && open_nan(ref_neg(&r, any)));
}

static void infinities_are_ordered(void **state)
{
    (void)state;
    ref_unit unit = ref_unit_of(DT_FLOAT32);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    const double inf = (double)INFINITY;
    ref_value one = ref_real(&r, 1, 0), near = ref_real(&r, 1, 0.5), unknown = ref_real(&r, 1, inf), far = ref_real(&r, inf, inf);
    for (int sign = -1; sign <= 1; sign += 2) {
        ref_value x = ref_real(&r, sign * inf, 0);
        assert_true(isinf(ref_add(&r, x, one).e[0]) && isinf(ref_mul(&r, x, one).e[0]) && isinf(ref_div(&r, x, one).e[0]));
        assert_true(ref_neg(&r, x).e[0] == 0 && ref_compare(&r, x, one, REF_GT).w[0] == (sign > 0));
        ref_value more = ref_extreme(&r, near, x, sign > 0), less = ref_extreme(&r, x, near, sign < 0);
        assert_true(more.v[0] == sign * inf && more.e[0] == 0);
        assert_true(less.v[0] == 1 && less.e[0] == 0.5);
        for (int greatest = 0; greatest < 2; greatest++) { /* what is not known may be NaN */
            assert_true(isinf(ref_extreme(&r, unknown, x, greatest).e[0]) && isinf(ref_extreme(&r, x, far, greatest).e[0]));
            assert_true(isinf(ref_extreme(&r, far, one, greatest).e[0]));
        }
    }
    ref_value nan = ref_sub(&r, ref_real(&r, inf, 0), ref_real(&r, inf, 0));
    assert_true(open_nan(nan)); /* x - max(x) and the like: another order gives a number */
}

static void whole_numbers_are_exact(void **state)
{
    (void)state;
    ref_unit unit = ref_unit_of(DT_FLOAT32);
    ref_vectors r = {.a = &a, .unit = &unit, .n = 1, .spare = spare};
    int64_t big = INT64_C(9007199254740993); /* no double has it */
    assert_int_equal(ref_add(&r, ref_int(&r, big), ref_int(&r, 1)).w[0], big + 1);
    assert_int_equal(ref_div(&r, ref_int(&r, -7), ref_int(&r, 2)).w[0], -4);
    assert_int_equal(ref_mod(&r, ref_int(&r, -7), ref_int(&r, 2)).w[0], 1);
    assert_int_equal(ref_div(&r, ref_int(&r, INT64_MIN), ref_int(&r, -1)).w[0], INT64_MIN);
    assert_int_equal(ref_div(&r, ref_int(&r, 1), ref_int(&r, 0)).w[0], 0);
    ref_value real = ref_as_real(&r, ref_int(&r, big));
    assert_true(fabs(real.v[0] - 0x1p53) <= 2 && real.e[0] >= 1);
    ref_value loose = ref_real(&r, 7, 1); /* 6, 7 or 8 */
    loose.kind = REF_WHOLE;
    ref_value q = ref_div(&r, loose, ref_int(&r, 2)), m = ref_mod(&r, loose, ref_int(&r, 4));
    assert_true(q.kind == REF_WHOLE && q.v[0] - q.e[0] <= 3 && q.v[0] + q.e[0] >= 4 && q.e[0] <= 2);
    assert_true(m.v[0] - m.e[0] <= 0 && m.v[0] + m.e[0] >= 3);
    ref_value yes = ref_compare(&r, loose, ref_int(&r, 8), REF_LT), sure = ref_compare(&r, loose, ref_int(&r, 9), REF_LT);
    assert_true(yes.kind == REF_WHOLE && yes.e[0] == 1);
    assert_true(sure.kind == REF_INT && sure.w[0] == 1);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&a, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bounds_hold_float32), cmocka_unit_test(exact_operations_have_no_error),
                                       cmocka_unit_test(special_numbers_are_known_where_they_are_sure),
                                       cmocka_unit_test(infinities_are_ordered), cmocka_unit_test(whole_numbers_are_exact)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
