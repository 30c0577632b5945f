/* Arena: alignment, marks that nest, reuse of blocks, failure. Under AddressSanitizer released memory is poisoned as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "base.h"

/* A small generator for the tests alone. */
static uint32_t next(uint32_t *s)
{
    *s = *s * 1664525u + 1013904223u;
    return *s >> 8;
}

static void aligned_and_disjoint(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 1000);
    enum { N = 3000 };
    static unsigned char *p[N];
    static size_t size[N];
    uint32_t s = 1;
    for (int i = 0; i < N; i++) {
        size[i] = next(&s) % (i % 50 == 0 ? 5000 : 90);
        p[i] = arena_alloc(&a, size[i]);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        memset(p[i], i & 255, size[i]);
    }
    for (int i = 0; i < N; i++)
        for (size_t k = 0; k < size[i]; k++)
            assert_int_equal(p[i][k], i & 255);
    arena_free(&a);
    assert_non_null(arena_alloc(&a, 10)); /* usable again */
    arena_free(&a);
}

static void empty_allocations_differ(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 0);
    void *p = arena_alloc(&a, 0), *q = arena_alloc(&a, 0);
    assert_non_null(p);
    assert_non_null(q);
    assert_ptr_not_equal(p, q);
    arena_free(&a);
}

static void strings(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 64);
    assert_string_equal(arena_strdup(&a, "one"), "one");
    assert_string_equal(arena_strndup(&a, "truncated", 5), "trunc");
    assert_string_equal(arena_strndup(&a, "ab", 50), "ab");
    const char raw[3] = {'x', 'y', 'z'}; /* without an end */
    assert_string_equal(arena_strndup(&a, raw, 3), "xyz");
    assert_string_equal(arena_printf(&a, "%s_%d", "node", 12), "node_12");
    char *longer = arena_printf(&a, "%0200d", 7); /* larger than a block */
    assert_int_equal(strlen(longer), 200);
    assert_int_equal(longer[199], '7');
    unsigned char *zeros = arena_calloc(&a, 30, 7);
    for (int i = 0; i < 210; i++)
        assert_int_equal(zeros[i], 0);
    arena_free(&a);
}

/* A stack of marks, against a copy of what each allocation holds. */
static void marks_nest(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 512);
    enum { DEPTH = 40, N = 20000 };
    static struct {
        unsigned char *p;
        size_t size;
        unsigned char fill;
    } live[N];
    arena_mark marks[DEPTH];
    size_t at[DEPTH], n = 0, depth = 0;
    uint32_t s = 7;
    for (int step = 0; step < N; step++) {
        uint32_t what = next(&s) % 10;
        if (what == 0 && depth < DEPTH) {
            marks[depth] = arena_get_mark(&a);
            at[depth++] = n;
        } else if (what == 1 && depth > 0) {
            size_t to = next(&s) % depth; /* skip some marks */
            arena_release(&a, marks[to]);
            n = at[to];
            depth = to;
            for (size_t i = 0; i < n; i += 1 + n / 20)
                for (size_t k = 0; k < live[i].size; k++)
                    assert_int_equal(live[i].p[k], live[i].fill);
        } else {
            live[n].size = next(&s) % (what == 2 ? 2000 : 60);
            live[n].fill = (unsigned char)step;
            live[n].p = arena_alloc(&a, live[n].size);
            assert_non_null(live[n].p);
            memset(live[n].p, live[n].fill, live[n].size);
            n++;
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < live[i].size; k++)
            assert_int_equal(live[i].p[k], live[i].fill);
    arena_free(&a);
}

static void released_memory_comes_again(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 256);
    arena_mark start = arena_get_mark(&a);
    void *first = arena_alloc(&a, 100);
    arena_mark m = arena_get_mark(&a);
    void *p = arena_alloc(&a, 100), *large = arena_alloc(&a, 1000);
    arena_release(&a, m);
    assert_ptr_equal(arena_alloc(&a, 100), p);
    assert_ptr_equal(arena_alloc(&a, 1000), large);
    arena_release(&a, start);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_free(&a);
}

static void impossible_sizes_set_failed(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 0);
    void *kept = arena_alloc(&a, 10);
    assert_false(arena_failed(&a));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_true(arena_failed(&a));
    assert_non_null(arena_alloc(&a, 10)); /* later ones may succeed, the flag stays */
    assert_true(arena_failed(&a));
    arena_reset(&a);
    assert_false(arena_failed(&a));
    assert_null(arena_calloc(&a, SIZE_MAX / 4, 8)); /* the product overflows */
    assert_true(arena_failed(&a));
    (void)kept;
    arena_free(&a);
}

#ifdef NN_STRESS
static void no_new_block_while_kept_ones_serve(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 256);
    for (int i = 0; i < 50; i++)
        assert_non_null(arena_alloc(&a, 100));
    arena_reset(&a);
    nn_stress_fail_at(1);
    for (int i = 0; i < 50; i++)
        assert_non_null(arena_alloc(&a, 100));
    assert_int_equal(nn_stress_count(), 0);
    assert_null(arena_alloc(&a, 4000));
    assert_true(arena_failed(&a));
    assert_null(arena_printf(&a, "%04000d", 1));
    nn_stress_fail_at(0);
    arena_free(&a);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligned_and_disjoint),
        cmocka_unit_test(empty_allocations_differ),
        cmocka_unit_test(strings),
        cmocka_unit_test(marks_nest),
        cmocka_unit_test(released_memory_comes_again),
        cmocka_unit_test(impossible_sizes_set_failed),
#ifdef NN_STRESS
        cmocka_unit_test(no_new_block_while_kept_ones_serve),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
