/* Elements outside their bounds: which, in what order, and how many are kept. */
#include "compare/elements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "splitmix.h"

enum { N = 300 };

static file_tensor tensor(dtype type, const void *data, size_t n)
{
    return (file_tensor){.name = "y", .type = type, .rank = 1, .dims = {(int64_t)n}, .n = n, .data = data};
}

static nn_status add(outside_list *l, const file_tensor *v, const file_tensor *y, const file_tensor *e, nn_error *err)
{
    const compared_output c = {.expected = v, .actual = y, .bounds = e, .output = "y", .set = -1};
    return outside_add(l, &c, err);
}

/* Any limit gives the first elements of the whole sorted list. */
static void limits(void **state)
{
    (void)state;
    float v[N] = {0}, y[N], e[N];
    outside_list all = {.limit = N};
    nn_error err;
    splitmix_state = 11;
    for (int i = 0; i < N; i++) {
        y[i] = (float)(splitmix() % 50);
        e[i] = (float)(splitmix() % 4);
    }
    const file_tensor vt = tensor(DT_FLOAT32, (const uint8_t *)v, N), yt = tensor(DT_FLOAT32, (const uint8_t *)y, N),
                      et = tensor(DT_FLOAT32, (const uint8_t *)e, N);
    assert_int_equal(add(&all, &vt, &yt, &et, &err), NN_OK);
    outside_sort(&all);
    assert_int_equal(all.elements, N);
    assert_int_equal(all.n, all.outside);
    for (size_t i = 1; i < all.n; i++)
        assert_true(all.all[i - 1].ratio > all.all[i].ratio ||
                    (all.all[i - 1].ratio == all.all[i].ratio && all.all[i - 1].off >= all.all[i].off));
    for (size_t limit = 0; limit < 40; limit += 3) {
        outside_list some = {.limit = limit};
        assert_int_equal(add(&some, &vt, &yt, &et, &err), NN_OK);
        outside_sort(&some);
        assert_int_equal(some.n, limit);
        assert_true(some.capacity <= 8 + 4 * limit);
        for (size_t i = 0; i < limit; i++)
            assert_int_equal(some.all[i].place, all.all[i].place);
        outside_free(&some);
    }
    outside_free(&all);
}

static void places(void **state)
{
    (void)state;
    const int64_t v[6] = {1, 2, 3, 4, 5, INT64_MIN}, y[6] = {1, 2, 3, 4, 9, INT64_MAX};
    file_tensor vt = tensor(DT_INT64, (const uint8_t *)v, 6), yt = tensor(DT_INT64, (const uint8_t *)y, 6);
    vt.rank = yt.rank = 3;
    memcpy(vt.dims, (int64_t[]){1, 3, 2}, 3 * sizeof(int64_t));
    const compared_output c = {.expected = &vt, .actual = &yt, .atol = 1, .output = "y", .set = 4, .number = 2};
    outside_list l = {.limit = 5};
    nn_error err;
    assert_int_equal(outside_add(&l, &c, &err), NN_OK);
    outside_sort(&l);
    assert_int_equal(l.n, 2);
    assert_true(l.all[0].off > 1.8e19 && l.all[0].actual_int == INT64_MAX); /* the difference does not fit in 64 bits with a sign */
    assert_int_equal(l.all[1].index[1], 2);
    assert_int_equal(l.all[1].index[2], 0);
    assert_true(l.all[1].ratio == 4);
    assert_int_equal(l.all[1].set, 4);
    assert_int_equal(l.all[1].number, 2);
    outside_free(&l);
}

static void empty(void **state)
{
    (void)state;
    const file_tensor t = tensor(DT_FLOAT32, NULL, 0);
    outside_list l = {.limit = 5};
    nn_error err;
    assert_int_equal(add(&l, &t, &t, &t, &err), NN_OK);
    assert_int_equal(l.outputs, 1);
    assert_int_equal(l.outside, 0);
    outside_free(&l);
}

#ifdef NN_STRESS
static void memory(void **state)
{
    (void)state;
    const float v[4] = {0}, y[4] = {1, 2, 3, 4};
    const file_tensor vt = tensor(DT_FLOAT32, (const uint8_t *)v, 4), yt = tensor(DT_FLOAT32, (const uint8_t *)y, 4);
    nn_status s = NN_ERR_NOMEM;
    for (long n = 1; s != NN_OK; n++) {
        outside_list l = {.limit = 5};
        nn_error err;
        nn_stress_fail_at(n);
        s = add(&l, &vt, &yt, &vt, &err);
        nn_stress_fail_at(0);
        assert_true(s == NN_OK || s == NN_ERR_NOMEM);
        outside_free(&l);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(places),
        cmocka_unit_test(empty),
#ifdef NN_STRESS
        cmocka_unit_test(memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
