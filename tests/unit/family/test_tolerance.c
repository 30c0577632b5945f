/* Pairs (atol, rtol) cover every bound, in the arithmetic of the type as well, and are not much larger than they need be. */
#include "family/tolerance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "splitmix.h"

enum { N = 200 };

static double uniform(void)
{
    return (double)(splitmix() >> 11) * 0x1p-53;
}

static void exact(void **state)
{
    (void)state;
    const float v[3] = {1, -2, 0}, e[3] = {0, 0, 0};
    tolerance t = {.n = 0};
    double atol = 1, rtol = 1;
    tolerance_add(&t, DT_FLOAT32, v, e, 3);
    tolerance_pair(&t, DT_FLOAT32, &atol, &rtol);
    assert_true(atol == 0 && rtol == 0 && !t.wide && t.unbounded == 0);
}

static void wide(void **state)
{
    (void)state;
    const float v[3] = {1, -2, (float)__builtin_inff()};
    tolerance t = {.n = 0};
    double atol, rtol;
    tolerance_add(&t, DT_FLOAT32, v, (float[]){0.0199f, 0.0199f, 0}, 3);
    assert_false(t.wide);
    tolerance_add(&t, DT_FLOAT32, v, (float[]){0.0201f, 0, 0}, 3);
    assert_true(t.wide && t.unbounded == 0);
    tolerance_add(&t, DT_FLOAT32, v, (float[]){0.5f, 0, (float)__builtin_inff()}, 3);
    assert_true(t.wide && t.unbounded == 1);
    tolerance_pair(&t, DT_FLOAT32, &atol, &rtol);
    assert_true(atol + rtol * 1 >= 0.5); /* finite bounds are still covered */
    t = (tolerance){.n = 0};
    tolerance_add(&t, DT_INT64, (int64_t[]){-300}, (float[]){1}, 1);
    assert_false(t.wide);
    tolerance_add(&t, DT_INT8, (int8_t[]){-50}, (float[]){1}, 1);
    assert_true(t.wide);
}

/* In float, as NumPy compares: with the expected or the actual value on the right. */
static void check_float(const tolerance *t, const float *v, const float *e)
{
    double atol, rtol;
    tolerance_pair(t, DT_FLOAT32, &atol, &rtol);
    for (int i = 0; i < N; i++)
        for (int up = 0; up < 2; up++) {
            float y = up ? v[i] + e[i] : v[i] - e[i];
            float d = __builtin_fabsf(y - v[i]);
            if ((double)y - (double)v[i] > (double)e[i] || (double)v[i] - (double)y > (double)e[i])
                continue; /* rounded away from v */
            assert_true(d <= (float)atol + (float)rtol * __builtin_fabsf(v[i]));
            assert_true(d <= (float)atol + (float)rtol * __builtin_fabsf(y));
            assert_true(__builtin_fabs((double)y - (double)v[i]) <= atol + rtol * __builtin_fabs((double)v[i]));
        }
}

static void covered(void **state)
{
    (void)state;
    splitmix_state = 7;
    for (int round = 0; round < 300; round++) {
        float v[N], e[N];
        tolerance t = {.n = 0};
        double scale = __builtin_ldexp(1, (int)(splitmix() % 200) - 140), relative = __builtin_ldexp(1, -(int)(splitmix() % 24));
        for (int i = 0; i < N; i++) {
            v[i] = (float)(scale * (uniform() - 0.5));
            e[i] = (float)(relative * (round % 2 ? __builtin_fabs((double)v[i]) : scale) * uniform());
        }
        tolerance_add(&t, DT_FLOAT32, v, e, N / 2);
        tolerance_add(&t, DT_FLOAT32, v + N / 2, e + N / 2, N - N / 2);
        check_float(&t, v, e);
    }
}

/* Bounds of one relative size give nearly that rtol; bounds of one absolute size give nearly that atol. */
static void close_to_the_bounds(void **state)
{
    (void)state;
    float v[N], e[N];
    double atol, rtol;
    for (int i = 0; i < N; i++)
        v[i] = (float)(i + 1);
    tolerance t = {.n = 0};
    for (int i = 0; i < N; i++)
        e[i] = v[i] * 0x1p-15f;
    tolerance_add(&t, DT_FLOAT32, v, e, N);
    tolerance_pair(&t, DT_FLOAT32, &atol, &rtol);
    assert_true(rtol >= 0x1p-15 && rtol < 0x1.01p-15 && atol < 1e-6);
    t = (tolerance){.n = 0};
    for (int i = 0; i < N; i++)
        e[i] = 0.25f;
    tolerance_add(&t, DT_FLOAT32, v, e, N);
    tolerance_pair(&t, DT_FLOAT32, &atol, &rtol);
    assert_true(rtol < 1e-12 && atol >= 0.25 && atol < 0.2501);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact),
        cmocka_unit_test(wide),
        cmocka_unit_test(covered),
        cmocka_unit_test(close_to_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
