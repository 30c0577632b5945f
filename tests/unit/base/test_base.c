/* Base layer: errors, allocation, growth, checked arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base.h"

static void fail_fills_every_field(void **state)
{
    (void)state;
    nn_error err;
    memset(&err, 0x5a, sizeof err);
    assert_int_equal(nn_fail(&err, NN_ERR_TABLE, "table.yaml", 7, 3, "rank %d of %s", 4, "X"), NN_ERR_TABLE);
    assert_int_equal(err.status, NN_ERR_TABLE);
    assert_string_equal(err.file, "table.yaml");
    assert_int_equal(err.line, 7);
    assert_int_equal(err.column, 3);
    assert_string_equal(err.message, "rank 4 of X");
}

static void fail_without_place_or_error(void **state)
{
    (void)state;
    nn_error err;
    memset(&err, 0x5a, sizeof err);
    assert_int_equal(nn_fail(&err, NN_ERR_IO, NULL, 0, 0, "full"), NN_ERR_IO);
    assert_string_equal(err.file, "");
    assert_int_equal(err.line, 0);
    assert_int_equal(nn_fail(NULL, NN_ERR_USAGE, "f", 1, 1, "%s", "x"), NN_ERR_USAGE);
    assert_int_equal(nn_nomem(&err), NN_ERR_NOMEM);
    assert_string_equal(err.message, "out of memory");
}

static void fail_cuts_long_text(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    nn_error err;
    nn_fail(&err, NN_ERR_IO, text, 1, 1, "%s", text);
    assert_int_equal(strlen(err.file), sizeof err.file - 1);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

/* Callers put more words around a message: the arguments may lie in *err itself. */
static void fail_may_wrap_its_own_message(void **state)
{
    (void)state;
    nn_error err;
    nn_fail(&err, NN_ERR_TABLE, "a.yaml", 2, 1, "unknown name");
    nn_fail(&err, err.status, err.file, err.line, 9, "in range: %s", err.message);
    assert_string_equal(err.file, "a.yaml");
    assert_string_equal(err.message, "in range: unknown name");
    assert_int_equal(err.column, 9);
}

static void allocation(void **state)
{
    (void)state;
    void *none = nn_malloc(0);
    assert_non_null(none);
    nn_free(none);
    unsigned char *zeros = nn_calloc(100, 8);
    assert_non_null(zeros);
    for (int i = 0; i < 800; i++)
        assert_int_equal(zeros[i], 0);
    nn_free(zeros);
    none = nn_calloc(0, 8);
    assert_non_null(none);
    none = nn_realloc(none, 0);
    assert_non_null(none);
    nn_free(none);
    volatile size_t huge = SIZE_MAX / 2;
    assert_null(nn_calloc(huge, 4));
    char *copy = nn_strdup("text");
    assert_string_equal(copy, "text");
    nn_free(copy);
    nn_free(NULL);
}

static void grow_keeps_content_and_doubles(void **state)
{
    (void)state;
    uint32_t *v = NULL;
    size_t capacity = 0, changes = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        size_t before = capacity;
        assert_true(nn_grow((void **)&v, &capacity, i + 1, sizeof *v));
        assert_true(capacity > i);
        changes += capacity != before;
        v[i] = i * 7;
    }
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(v[i], i * 7);
    assert_true(changes < 20); /* geometric */
    assert_true(nn_grow((void **)&v, &capacity, 5, sizeof *v));
    assert_true(capacity >= 100000);
    nn_free(v);
}

static void grow_refuses_overflow(void **state)
{
    (void)state;
    uint64_t *v = NULL;
    size_t capacity = 0;
    assert_true(nn_grow((void **)&v, &capacity, 3, sizeof *v));
    uint64_t *same = v;
    size_t before = capacity;
    v[2] = 42;
    assert_false(nn_grow((void **)&v, &capacity, SIZE_MAX / 8 + 2, sizeof *v));
    assert_false(nn_grow((void **)&v, &capacity, SIZE_MAX, sizeof *v));
    assert_ptr_equal(v, same);
    assert_int_equal(capacity, before);
    assert_int_equal(v[2], 42);
    nn_free(v);
}

static void checked_arithmetic(void **state)
{
    (void)state;
    int64_t r;
    assert_true(nn_add64(INT64_MAX - 1, 1, &r));
    assert_true(r == INT64_MAX);
    assert_false(nn_add64(INT64_MAX, 1, &r));
    assert_false(nn_add64(INT64_MIN, -1, &r));
    assert_true(nn_sub64(INT64_MIN + 1, 1, &r));
    assert_true(r == INT64_MIN);
    assert_false(nn_sub64(0, INT64_MIN, &r));
    assert_true(nn_mul64(3037000499, 3037000499, &r));
    assert_true(r == INT64_C(9223372030926249001));
    assert_false(nn_mul64(3037000500, 3037000500, &r));
    assert_false(nn_mul64(INT64_MIN, -1, &r));
}

static void division_rounds_as_named(void **state)
{
    (void)state;
    for (int64_t a = -40; a <= 40; a++)
        for (int64_t b = -9; b <= 9; b++) {
            if (b == 0)
                continue;
            /* by definition: the largest q with q * |b| <= a * sign(b), by counting */
            int64_t n = b < 0 ? -a : a, d = b < 0 ? -b : b, q = -50;
            while ((q + 1) * d <= n)
                q++;
            assert_true(nn_floordiv(a, b) == q);
            assert_true(nn_ceildiv(a, b) == (q * d == n ? q : q + 1));
            assert_true(nn_floormod(a, b) == a - b * q);
            assert_true(nn_floormod(a, b) == 0 || (nn_floormod(a, b) < 0) == (b < 0));
        }
    assert_true(nn_floordiv(INT64_MIN, 2) == INT64_MIN / 2);
    assert_true(nn_floordiv(INT64_MIN, INT64_MAX) == -2);
    assert_true(nn_ceildiv(INT64_MAX, INT64_MIN) == 0);
}

#ifdef NN_STRESS
static void stress_fails_from_the_nth_on(void **state)
{
    (void)state;
    for (long n = 1; n <= 6; n++) {
        nn_stress_fail_at(n);
        for (long i = 1; i <= 8; i++) {
            void *p = i % 3 == 0 ? nn_malloc(8) : i % 3 == 1 ? nn_calloc(2, 4) : (void *)nn_strdup("s");
            assert_true((p != NULL) == (i < n));
            nn_free(p);
        }
        assert_int_equal(nn_stress_count(), 8);
    }
    nn_stress_fail_at(2);
    char *v = NULL;
    size_t capacity = 0;
    assert_true(nn_grow((void **)&v, &capacity, 1, 1));
    char *same = v;
    assert_false(nn_grow((void **)&v, &capacity, 1000, 1));
    assert_ptr_equal(v, same);
    nn_stress_fail_at(0);
    nn_free(v);
    v = nn_strdup("x");
    assert_non_null(v);
    nn_free(v);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_every_field),
        cmocka_unit_test(fail_without_place_or_error),
        cmocka_unit_test(fail_cuts_long_text),
        cmocka_unit_test(fail_may_wrap_its_own_message),
        cmocka_unit_test(allocation),
        cmocka_unit_test(grow_keeps_content_and_doubles),
        cmocka_unit_test(grow_refuses_overflow),
        cmocka_unit_test(checked_arithmetic),
        cmocka_unit_test(division_rounds_as_named),
#ifdef NN_STRESS
        cmocka_unit_test(stress_fails_from_the_nth_on),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
