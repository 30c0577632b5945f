/* Tensors with bounds taken apart and put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "eval/eval_part.h"

static arena a;
static nn_error err;

static ref_tensor whole(int rank, const int64_t *dims, int64_t first)
{
    ref_tensor t = {.type = DT_INT64, .whole = true, .rank = rank, .n = 1};
    for (int d = 0; d < rank; d++)
        t.n *= (size_t)(t.dims[d] = dims[d]);
    t.w = arena_alloc(&a, (t.n + 1) * sizeof *t.w);
    for (size_t i = 0; i < t.n; i++)
        t.w[i] = first + (int64_t)i;
    return t;
}

static ref_tensor real(size_t n, const double *v, const double *e)
{
    ref_tensor t = {.type = DT_FLOAT32, .rank = 1, .dims = {(int64_t)n}, .n = n};
    t.v = arena_alloc(&a, 2 * (n + 1) * sizeof *t.v);
    t.e = t.v + n;
    for (size_t i = 0; i < n; i++) {
        t.v[i] = v[i];
        t.e[i] = e[i];
    }
    return t;
}

/* What slices take apart, stacks join, along each axis and in both directions. */
static void slices_and_stacks(void **state)
{
    (void)state;
    static const int64_t dims[] = {2, 3, 4};
    arena_init(&a, 0);
    ref_tensor t = whole(3, dims, 0), part[4], again;
    for (int axis = 0; axis < 3; axis++)
        for (int backward = 0; backward < 2; backward++) {
            const ref_tensor *parts[4];
            size_t n = (size_t)dims[axis];
            for (size_t k = 0; k < n; k++) {
                assert_int_equal(eval_part_slice(&part[k], &t, axis, (int64_t)(backward ? n - 1 - k : k), &a, &err), NN_OK);
                parts[k] = &part[k];
            }
            assert_int_equal(part[0].rank, 2);
            assert_int_equal(eval_part_stack(&again, &part[0], parts, n, axis, backward, &a, &err), NN_OK);
            assert_true(eval_part_same_form(&t, &again));
            assert_memory_equal(again.w, t.w, t.n * sizeof *t.w);
        }
    assert_int_equal(eval_part_stack(&again, &part[0], NULL, 0, 1, false, &a, &err), NN_OK);
    assert_int_equal(again.n, 0);
    assert_int_equal(again.dims[1], 0);
    assert_int_equal(eval_part_zeros(&again, &t, 1, &a, &err), NN_OK);
    assert_true(again.rank == 2 && again.dims[0] == 2 && again.dims[1] == 4 && again.w[7] == 0);
    arena_free(&a);
}

/* An exact part and one with bounds make a tensor with bounds; integers that double does not have get one. */
static void mixed_stack(void **state)
{
    (void)state;
    arena_init(&a, 0);
    ref_tensor x = whole(0, NULL, ((int64_t)1 << 53) + 1), y = {.type = DT_INT64, .whole = true, .n = 1}, t;
    double v = 2, e = 1;
    y.v = &v;
    y.e = &e;
    const ref_tensor *parts[] = {&x, &y};
    assert_int_equal(eval_part_stack(&t, &x, parts, 2, 0, false, &a, &err), NN_OK);
    assert_null(t.w);
    assert_true(t.e[0] >= 1 && t.e[0] <= 4 && t.v[0] == 0x1p53);
    assert_true(t.v[1] == 2 && t.e[1] == 1);
    arena_free(&a);
}

static void hulls(void **state)
{
    (void)state;
    arena_init(&a, 0);
    const double inf = (double)__builtin_inff();
    const double v[] = {1, 1, -1, inf, inf, 0}, e[] = {0.5, 0.25, 0, 0, 0, inf};
    const double w[] = {2, 1, 1, inf, 0, 1}, f[] = {0.25, 0.5, 0, 0, 0, 0};
    ref_tensor x = real(6, v, e), y = real(6, w, f), t;
    assert_int_equal(eval_part_hull(&t, &x, &y, &a, &err), NN_OK);
    for (int i = 0; i < 3; i++) {
        double lo = v[i] - e[i] < w[i] - f[i] ? v[i] - e[i] : w[i] - f[i],
               hi = v[i] + e[i] > w[i] + f[i] ? v[i] + e[i] : w[i] + f[i];
        assert_true(t.v[i] - t.e[i] <= lo && t.v[i] + t.e[i] >= hi && t.e[i] < (hi - lo) / 2 * (1 + 1e-12) + 1e-12);
    }
    assert_true(t.v[3] == inf && t.e[3] == 0);
    assert_true(t.e[4] == inf && t.e[5] == inf);
    static const int64_t one[] = {2};
    ref_tensor p = whole(1, one, 3), q = whole(1, one, 3), r = whole(1, one, 4);
    assert_int_equal(eval_part_hull(&t, &p, &q, &a, &err), NN_OK);
    assert_true(t.w != NULL && t.w[1] == 4);
    assert_int_equal(eval_part_hull(&t, &p, &r, &a, &err), NN_OK);
    assert_true(t.w == NULL && t.v[0] == 3.5 && t.e[0] >= 0.5 && t.e[0] < 0.5001);
    arena_free(&a);
}

static void certainty(void **state)
{
    (void)state;
    int64_t x = 7;
    static const struct {
        double v, e;
        bool truth, certain;
        int64_t x;
    } cases[] = {{1, 0, true, true, 1},       {1, 0.5, true, true, 1},  {1, 1, true, false, 0},
                 {0, 0.5, true, true, 0},     {0, 1, true, false, 0},   {-3, 0.5, true, true, 1},
                 {5, 0, false, true, 5},      {5, 0.4, false, true, 5}, {5, 0.6, false, false, 0},
                 {1e300, 0, false, false, 0}, {-2, 0, false, true, -2}, {0.0 / 1, 1e300, false, false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = cases[i].v, e = cases[i].e;
        ref_tensor t = {.type = DT_BOOL, .whole = true, .n = 1, .v = &v, .e = &e};
        assert_int_equal(eval_part_certain(&t, cases[i].truth, &x), cases[i].certain);
        if (cases[i].certain)
            assert_int_equal(x, cases[i].x);
    }
    double nan = __builtin_nan(""), none = 0;
    ref_tensor t = {.type = DT_BOOL, .n = 1, .v = &nan, .e = &none};
    assert_false(eval_part_certain(&t, true, &x));
    assert_false(eval_part_certain(&t, false, &x));
    arena_init(&a, 0);
    assert_int_equal(eval_part_number(&t, DT_INT64, 1, -9, &a, &err), NN_OK);
    assert_true(t.rank == 1 && t.n == 1 && eval_part_certain(&t, false, &x) && x == -9 && eval_part_certain(&t, true, &x) &&
                x == 1);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_and_stacks),
        cmocka_unit_test(mixed_stack),
        cmocka_unit_test(hulls),
        cmocka_unit_test(certainty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
