/* Contents of tensors: every kind keeps its promise for every type, bounds hold after rounding, streams do not depend on order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "write/contents.h"

static arena scratch;

static int set_up(void **state)
{
    (void)state;
    arena_init(&scratch, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&scratch);
    return 0;
}

static tensor_desc shape(dtype t, int rank, const int64_t *dims)
{
    tensor_desc d = {.type = t, .rank = rank};
    memcpy(d.dims, dims, (size_t)rank * sizeof *dims);
    return d;
}

static tensor_desc vector(dtype t, int64_t n)
{
    return shape(t, 1, &n);
}

static double half_by_definition(uint16_t h)
{
    int e = h >> 10 & 31;
    double x = e > 0 ? 1024 + (h & 1023) : h & 1023;
    for (int k = e > 0 ? e : 1; k < 25; k++)
        x /= 2;
    for (int k = 25; k < e; k++)
        x *= 2;
    return h >> 15 ? -x : x;
}

static double at(dtype t, const void *p, size_t i)
{
    switch (t) {
    case DT_FLOAT32:
        return (double)((const float *)p)[i];
    case DT_DOUBLE:
        return ((const double *)p)[i];
    case DT_UINT8:
        return ((const uint8_t *)p)[i];
    case DT_BOOL:
        return ((const uint8_t *)p)[i];
    case DT_INT8:
        return ((const int8_t *)p)[i];
    case DT_UINT16:
        return ((const uint16_t *)p)[i];
    case DT_INT16:
        return ((const int16_t *)p)[i];
    case DT_FLOAT16:
        return half_by_definition(((const uint16_t *)p)[i]);
    case DT_UINT32:
        return ((const uint32_t *)p)[i];
    case DT_INT32:
        return ((const int32_t *)p)[i];
    case DT_UINT64:
        return (double)((const uint64_t *)p)[i];
    default:
        return (double)((const int64_t *)p)[i];
    }
}

/* Elements as doubles, from stream k. */
static double *fill(const tensor_desc *d, const content *c, uint64_t k)
{
    size_t n = (size_t)tensor_elements(d);
    void *raw = malloc(values_bytes(d) + 1);
    double *out = malloc((n + 1) * sizeof *out);
    nn_error err = {0};
    bulk_rng r;
    values_stream(&r, 5, k, VALUES_INITIALIZER, 0, 0);
    if (values_fill(raw, d, c, &r, &scratch, &err) != NN_OK)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < n; i++)
        out[i] = at(d->type, raw, i);
    free(raw);
    return out;
}

static const char *refused(const tensor_desc *d, const content *c)
{
    static nn_error err;
    void *raw = malloc(values_bytes(d) + 1);
    bulk_rng r;
    values_stream(&r, 5, 0, VALUES_INITIALIZER, 0, 0);
    err = (nn_error){0};
    assert_int_equal(values_fill(raw, d, c, &r, &scratch, &err), NN_ERR_BUILD);
    free(raw);
    return err.message;
}

static const dtype whole_types[] = {DT_UINT8,  DT_INT8,   DT_UINT16,  DT_INT16,  DT_INT32,  DT_INT64,
                                    DT_UINT32, DT_UINT64, DT_FLOAT32, DT_DOUBLE, DT_FLOAT16};
#define EACH(i, array)                  \
    size_t i = 0;                       \
    i < sizeof array / sizeof array[0]; \
    i++

static int count_value(const double *x, size_t n, double v)
{
    int k = 0;
    for (size_t i = 0; i < n; i++)
        k += x[i] == v;
    return k;
}

static void uniform_stays_inside_after_rounding(void **state)
{
    (void)state;
    /* bounds that are no float32 values: rounding to nearest would leave the interval */
    const double bounds[][2] = {{0.1, 0.1000000123},      {-0.3, 0.7},       {1e-6, 1e6},     {-1e-45, 1e-45},
                                {16777216.5, 16777219.5}, {-3.4e38, 3.4e38}, {1 + 1e-9, 1.1}, {-2.000000001, -2},
                                {-FLT_MAX, FLT_MAX}};
    for (EACH(k, bounds)) {
        tensor_desc d = vector(DT_FLOAT32, 5000);
        content c = {.kind = CONTENT_UNIFORM, .lo = bounds[k][0], .hi = bounds[k][1]};
        double *x = fill(&d, &c, k), least = INFINITY, most = -INFINITY;
        for (size_t i = 0; i < 5000; i++) {
            assert_true(x[i] >= c.lo && x[i] <= c.hi);
            least = x[i] < least ? x[i] : least;
            most = x[i] > most ? x[i] : most;
        }
        if (k == 1 || k == 5) { /* and reaches all of it */
            assert_true(least < c.lo + (c.hi - c.lo) * 0.01);
            assert_true(most > c.hi - (c.hi - c.lo) * 0.01);
        }
        free(x);
    }
}

static void uniform_is_uniform(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_FLOAT32, 100000);
    content c = {.kind = CONTENT_UNIFORM, .lo = -1, .hi = 3};
    double *x = fill(&d, &c, 1), mean = 0, square = 0;
    int bins[16] = {0};
    for (size_t i = 0; i < 100000; i++) {
        mean += x[i] / 1e5;
        square += (x[i] - 1) * (x[i] - 1) / 1e5;
        bins[(int)((x[i] + 1) * 3.999999)]++;
    }
    assert_true(fabs(mean - 1) < 0.02);
    assert_true(fabs(square - 16.0 / 12) < 0.02);
    for (int i = 0; i < 16; i++)
        assert_in_range(bins[i], 5900, 6600);
    free(x);
}

static void double_stays_inside(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_DOUBLE, 1000);
    content c = {.kind = CONTENT_UNIFORM, .lo = 0.1, .hi = 0.1 + 1e-15};
    double *x = fill(&d, &c, 1);
    for (size_t i = 0; i < 1000; i++)
        assert_true(x[i] >= c.lo && x[i] <= c.hi);
    free(x);
}

static void points_are_exact(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_FLOAT32, 9);
    content c = {.kind = CONTENT_UNIFORM, .lo = 0.375, .hi = 0.375};
    double *x = fill(&d, &c, 1);
    assert_int_equal(count_value(x, 9, 0.375), 9);
    free(x);
}

static void integers_reach_every_value(void **state)
{
    (void)state;
    for (EACH(k, whole_types)) {
        bool is_unsigned = dtype_name(whole_types[k])[0] == 'u';
        double lo = is_unsigned ? 0 : -3;
        tensor_desc d = vector(whole_types[k], 2000);
        content c = {.kind = CONTENT_INTEGERS, .lo = lo, .hi = 6};
        double *x = fill(&d, &c, k);
        int seen = 0;
        for (double v = lo; v <= 6; v++) {
            int n = count_value(x, 2000, v);
            assert_in_range(n, 100, 400);
            seen += n;
        }
        assert_int_equal(seen, 2000);
        free(x);
    }
}

static void integers_of_wide_ranges(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_INT64, 4000);
    content c = {.kind = CONTENT_INTEGERS, .lo = -0x1p52, .hi = 0x1p52};
    double *x = fill(&d, &c, 1);
    int negative = 0;
    for (size_t i = 0; i < 4000; i++) {
        assert_true(x[i] >= c.lo && x[i] <= c.hi);
        negative += x[i] < 0;
    }
    assert_in_range(negative, 1800, 2200);
    free(x);
}

static void distinct_are_distinct(void **state)
{
    (void)state;
    const struct {
        int64_t n;
        double lo, hi;
    } cases[] = {{1, 5, 5}, {100, 0, 99}, {100, -50, 60}, {500, 0, 1e9}, {1000, 0, 5000}, {0, 3, 3}};
    for (EACH(k, cases)) {
        tensor_desc d = vector(DT_INT64, cases[k].n);
        content c = {.kind = CONTENT_DISTINCT, .lo = cases[k].lo, .hi = cases[k].hi};
        double *x = fill(&d, &c, k);
        for (int64_t i = 0; i < cases[k].n; i++) {
            assert_true(x[i] >= c.lo && x[i] <= c.hi);
            assert_int_equal(count_value(x, (size_t)cases[k].n, x[i]), 1);
        }
        free(x);
    }
}

static void distinct_in_random_order(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_INT32, 3);
    content c = {.kind = CONTENT_DISTINCT, .lo = 0, .hi = 2};
    int orders[27] = {0};
    for (uint64_t k = 0; k < 1200; k++) {
        double *x = fill(&d, &c, k);
        orders[(int)(x[0] * 9 + x[1] * 3 + x[2])]++;
        free(x);
    }
    int used = 0;
    for (int i = 0; i < 27; i++)
        if (orders[i] > 0) {
            assert_in_range(orders[i], 130, 280);
            used++;
        }
    assert_int_equal(used, 6);
}

static void permuted_differ_along_the_axis(void **state)
{
    (void)state;
    const int64_t dims[] = {3, 4, 5};
    for (int axis = 0; axis < 3; axis++) {
        tensor_desc d = shape(DT_INT64, 3, dims);
        content c = {.kind = CONTENT_PERMUTED, .axis = axis, .count = 6};
        double *x = fill(&d, &c, (uint64_t)axis);
        size_t step = axis == 0 ? 20 : axis == 1 ? 5 : 1;
        for (size_t i = 0; i < 60; i++) {
            assert_true(x[i] >= 0 && x[i] < 6);
            size_t line = (i / step) % (size_t)dims[axis];
            for (size_t k = line + 1; k < (size_t)dims[axis]; k++)
                assert_true(x[i] != x[i + (k - line) * step]);
        }
        free(x);
    }
}

static void tuples_are_distinct_and_inside(void **state)
{
    (void)state;
    const int64_t dims[] = {4, 5, 2};
    const double into[] = {7, 3, 9};
    tensor_desc d = shape(DT_INT64, 3, dims);
    content c = {.kind = CONTENT_TUPLES, .list = into, .n_list = 3};
    double *x = fill(&d, &c, 1);
    bool seen[21] = {false};
    for (size_t i = 0; i < 40; i += 2) {
        assert_true(x[i] >= 0 && x[i] < 7 && x[i + 1] >= 0 && x[i + 1] < 3);
        size_t flat = (size_t)(x[i] * 3 + x[i + 1]);
        assert_false(seen[flat]);
        seen[flat] = true;
    }
    free(x);
}

static void masks_have_their_count(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_BOOL, 17);
    for (int64_t k = 0; k <= 17; k++) {
        content c = {.kind = CONTENT_MASK, .count = k};
        double *x = fill(&d, &c, 1);
        assert_int_equal(count_value(x, 17, 1), k);
        assert_int_equal(count_value(x, 17, 0), 17 - k);
        free(x);
    }
}

static void any_mask_has_both(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_BOOL, 2);
    content c = {.kind = CONTENT_MASK, .count = -1};
    int first = 0;
    for (uint64_t k = 0; k < 200; k++) {
        double *x = fill(&d, &c, k);
        assert_true(x[0] != x[1]);
        first += x[0] == 1;
        free(x);
    }
    assert_in_range(first, 60, 140);
}

static void negative_indices(void **state)
{
    (void)state;
    const int64_t dims[] = {6, 2};
    const double into[] = {4, 5};
    const struct {
        content c;
        double n;
    } cases[] = {{{.kind = CONTENT_INTEGERS, .lo = 0, .hi = 7, .negative = true}, 8},
                 {{.kind = CONTENT_DISTINCT, .lo = 0, .hi = 20, .negative = true}, 21},
                 {{.kind = CONTENT_PERMUTED, .axis = 0, .count = 9, .negative = true}, 9},
                 {{.kind = CONTENT_TUPLES, .list = into, .n_list = 2, .negative = true}, 0}};
    for (EACH(k, cases)) {
        tensor_desc d = shape(DT_INT64, 2, dims);
        int negative = 0, plain = 0;
        for (uint64_t s = 0; s < 20; s++) {
            double *x = fill(&d, &cases[k].c, s);
            for (size_t i = 0; i < 12; i++) {
                double n = cases[k].n > 0 ? cases[k].n : into[i % 2];
                assert_true(x[i] >= -n && x[i] < n);
                negative += x[i] < 0;
                plain += x[i] >= 0;
            }
            free(x);
        }
        assert_in_range(negative, 30, 100);
        assert_int_equal(negative + plain, 240);
    }
}

static void negative_does_not_make_two_equal(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_INT64, 10);
    content c = {.kind = CONTENT_DISTINCT, .lo = 0, .hi = 9, .negative = true};
    double *x = fill(&d, &c, 3);
    for (double v = 0; v < 10; v++)
        assert_int_equal(count_value(x, 10, v) + count_value(x, 10, v - 10), 1);
    free(x);
}

static void lists_are_exact(void **state)
{
    (void)state;
    const double numbers[] = {0, 1, 1, 0, 1};
    const dtype types[] = {DT_BOOL, DT_UINT8, DT_INT8, DT_INT32, DT_INT64, DT_FLOAT32, DT_DOUBLE};
    for (EACH(k, types)) {
        tensor_desc d = vector(types[k], 5);
        content c = {.kind = CONTENT_LIST, .list = numbers, .n_list = 5};
        double *x = fill(&d, &c, 1);
        assert_memory_equal(x, numbers, sizeof numbers);
        free(x);
    }
}

static void one_number_fills(void **state)
{
    (void)state;
    const double seven = 7;
    tensor_desc d = vector(DT_INT64, 5);
    content c = {.kind = CONTENT_LIST, .list = &seven, .n_list = 1};
    double *x = fill(&d, &c, 1);
    assert_int_equal(count_value(x, 5, 7), 5);
    free(x);
}

static void the_end_of_int64(void **state)
{
    (void)state;
    const double ends[] = {0x1p63, -0x1p63, 0x1p53};
    tensor_desc d = vector(DT_INT64, 3);
    content c = {.kind = CONTENT_LIST, .list = ends, .n_list = 3};
    int64_t x[3];
    nn_error err;
    bulk_rng r;
    bulk_seed(&r, 1, 1);
    assert_int_equal(values_fill(x, &d, &c, &r, &scratch, &err), NN_OK);
    assert_true(x[0] == INT64_MAX && x[1] == INT64_MIN && x[2] == INT64_C(1) << 53);
}

static void empty_tensors(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_FLOAT32, 0);
    content c = {.kind = CONTENT_UNIFORM, .lo = 0, .hi = 1};
    free(fill(&d, &c, 1));
}

/* Uniform draws of float16 reach both ends and the values between. */
static void halves_lie_in_their_interval(void **state)
{
    (void)state;
    tensor_desc d = vector(DT_FLOAT16, 4000);
    const content c = {.kind = CONTENT_UNIFORM, .lo = -0.001, .hi = 3.0005};
    double *x = fill(&d, &c, 0), lo = 9, hi = -9, sum = 0;
    for (size_t i = 0; i < 4000; i++) {
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
        sum += x[i];
    }
    assert_true(lo >= c.lo && lo < 0.01 && hi <= 3 && hi > 2.99);
    assert_true(sum / 4000 > 1.4 && sum / 4000 < 1.6);
    free(x);
    const double third = 1.0 / 3;
    x = fill(&d, &(content){.kind = CONTENT_LIST, .list = &third, .n_list = 1}, 0);
    assert_true(x[3999] == 1365.0 / 4096);
    free(x);
}

static void contradictions_are_errors(void **state)
{
    (void)state;
    const double half = 0.5, big = 300, three[] = {1, 2, 3};
    tensor_desc f = vector(DT_FLOAT32, 4), u8 = vector(DT_UINT8, 4), i64 = vector(DT_INT64, 4), b = vector(DT_BOOL, 4);
    tensor_desc h = vector(DT_FLOAT16, 4), s = vector(DT_STRING, 4);
    const double huge = 1e5;
    assert_string_equal(refused(&f, &(content){.kind = CONTENT_UNIFORM, .lo = 0.1, .hi = 0.1}),
                        "no float32 value lies in [0.10000000000000001, 0.10000000000000001]");
    assert_string_equal(refused(&f, &(content){.kind = CONTENT_UNIFORM, .lo = 2, .hi = 1}), "no float32 value lies in [2, 1]");
    assert_string_equal(refused(&f, &(content){.kind = CONTENT_UNIFORM, .lo = 0, .hi = INFINITY}),
                        "values in [0, inf] are beyond float32");
    assert_string_equal(refused(&f, &(content){.kind = CONTENT_UNIFORM, .lo = NAN, .hi = 1}),
                        "values in [nan, 1] are beyond float32");
    assert_string_equal(refused(&u8, &(content){.kind = CONTENT_INTEGERS, .lo = 0, .hi = 300}),
                        "[0, 300] are not integer bounds of uint8");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_INTEGERS, .lo = 0.5, .hi = 3}),
                        "[0.5, 3] are not integer bounds of int64");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_DISTINCT, .lo = 0, .hi = 2}),
                        "expected 4 different values, but only 3 are possible");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_PERMUTED, .axis = 0, .count = 3}),
                        "expected 4 different values, but only 3 are possible");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_PERMUTED, .axis = 1, .count = 3}), "axis 1 of a tensor of rank 1");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_TUPLES, .list = three, .n_list = 3}),
                        "index tuples of length 4 into a shape of rank 3");
    assert_string_equal(refused(&b, &(content){.kind = CONTENT_MASK, .count = 5}), "a mask of 5 true among 4 elements");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_LIST, .list = three, .n_list = 3}),
                        "a list of 3 numbers for 4 elements");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_LIST, .list = &half, .n_list = 1}), "0.5 is not a value of int64");
    assert_string_equal(refused(&u8, &(content){.kind = CONTENT_LIST, .list = &big, .n_list = 1}), "300 is not a value of uint8");
    assert_string_equal(refused(&i64, &(content){.kind = CONTENT_NONE}), "an initializer without contents");
    assert_string_equal(refused(&h, &(content){.kind = CONTENT_UNIFORM, .lo = 0.1, .hi = 0.10001}),
                        "no float16 value lies in [0.10000000000000001, 0.10001]");
    assert_string_equal(refused(&h, &(content){.kind = CONTENT_LIST, .list = &huge, .n_list = 1}), "100000 is beyond float16");
    assert_string_equal(refused(&s, &(content){.kind = CONTENT_UNIFORM, .lo = 0, .hi = 1}), "no contents for tensors of string");
}

static void streams_are_independent_and_repeat(void **state)
{
    (void)state;
    struct {
        uint64_t seed, model;
        values_use use;
        uint64_t set;
        uint32_t index;
    } keys[] = {{0, 0, VALUES_INITIALIZER, 0, 0}, {1, 0, VALUES_INITIALIZER, 0, 0}, {0, 1, VALUES_INITIALIZER, 0, 0},
                {0, 0, VALUES_INPUT, 0, 0},       {0, 0, VALUES_INITIALIZER, 1, 0}, {0, 0, VALUES_INITIALIZER, 0, 1},
                {0, 0, VALUES_INPUT, 1, 0},       {0, 0, VALUES_INPUT, 0, 1},       {1, 1, VALUES_INITIALIZER, 0, 0}};
    uint32_t words[sizeof keys / sizeof keys[0]][64];
    for (EACH(k, keys)) {
        bulk_rng r, again;
        values_stream(&r, keys[k].seed, keys[k].model, keys[k].use, keys[k].set, keys[k].index);
        values_stream(&again, keys[k].seed, keys[k].model, keys[k].use, keys[k].set, keys[k].index);
        bulk_fill(&r, words[k], 64);
        for (int i = 0; i < 64; i++)
            assert_int_equal(words[k][i], bulk_next(&again));
        for (size_t j = 0; j < k; j++) {
            int bits = 0;
            for (int i = 0; i < 64; i++)
                bits += __builtin_popcount(words[j][i] ^ words[k][i]);
            assert_in_range(bits, 1024 - 150, 1024 + 150); /* half of the bits differ */
        }
    }
}

/* The same bits for ever and everywhere: a change of these is a change of every model. */
static void values_are_pinned(void **state)
{
    (void)state;
    tensor_desc f = vector(DT_FLOAT32, 4), i = vector(DT_INT64, 4);
    float real[4];
    int64_t whole[4];
    nn_error err;
    bulk_rng r;
    values_stream(&r, 1, 2, VALUES_INITIALIZER, 0, 3);
    assert_int_equal(values_fill(real, &f, &(content){.kind = CONTENT_UNIFORM, .lo = -1, .hi = 1}, &r, &scratch, &err), NN_OK);
    values_stream(&r, 1, 2, VALUES_INPUT, 4, 3);
    assert_int_equal(values_fill(whole, &i, &(content){.kind = CONTENT_DISTINCT, .lo = 0, .hi = 999}, &r, &scratch, &err), NN_OK);
    const uint32_t bits[4] = {0x3f74c8b9u, 0x3f218dedu, 0x3e6c643bu, 0xbf7a6c60u};
    const int64_t numbers[4] = {519, 222, 31, 377};
    uint32_t got[4];
    memcpy(got, real, sizeof got);
    for (int k = 0; k < 4; k++) {
        assert_int_equal(got[k], bits[k]);
        assert_int_equal(whole[k], numbers[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_stays_inside_after_rounding),
        cmocka_unit_test(uniform_is_uniform),
        cmocka_unit_test(double_stays_inside),
        cmocka_unit_test(points_are_exact),
        cmocka_unit_test(integers_reach_every_value),
        cmocka_unit_test(integers_of_wide_ranges),
        cmocka_unit_test(distinct_are_distinct),
        cmocka_unit_test(distinct_in_random_order),
        cmocka_unit_test(permuted_differ_along_the_axis),
        cmocka_unit_test(tuples_are_distinct_and_inside),
        cmocka_unit_test(masks_have_their_count),
        cmocka_unit_test(any_mask_has_both),
        cmocka_unit_test(negative_indices),
        cmocka_unit_test(negative_does_not_make_two_equal),
        cmocka_unit_test(lists_are_exact),
        cmocka_unit_test(one_number_fills),
        cmocka_unit_test(the_end_of_int64),
        cmocka_unit_test(empty_tensors),
        cmocka_unit_test(halves_lie_in_their_interval),
        cmocka_unit_test(contradictions_are_errors),
        cmocka_unit_test(streams_are_independent_and_repeat),
        cmocka_unit_test(values_are_pinned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
