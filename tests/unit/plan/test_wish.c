/* The plan of wished sequences: all are dealt before any is dealt again, within the room of a model. */
#include "plan/wish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 200, OPS = 12 };

static weight_sequence all[N + 1];
static op_weights weights = {.n_ops = OPS, .sequences = all, .n_sequences = N};

/* Different sequences of 3 or 4 operators. */
static void make_sequences(void)
{
    for (size_t i = 0; i < N; i++)
        all[i] = (weight_sequence){.ops = {(uint16_t)(i % OPS), (uint16_t)(i / OPS % OPS), (uint16_t)(i / OPS / OPS), 7},
                                   .n = (uint16_t)(3 + i % 2),
                                   .weight = i < N / 2 ? 1 : 1000 + (uint32_t)i};
}

static bool holds(const due_path *p, const weight_sequence *s)
{
    for (size_t at = 0; at + s->n <= p->n; at++)
        if (memcmp(p->ops + at, s->ops, s->n * sizeof *s->ops) == 0)
            return true;
    return false;
}

/* Counts how often each sequence is dealt in the first models; checks the room that they take. */
static void count(const wish *w, uint64_t models, size_t room, unsigned times[N])
{
    memset(times, 0, N * sizeof *times);
    for (uint64_t m = 0; m < models; m++) {
        size_t n, used = 0;
        const due_path *p = wish_due(w, m, &n);
        for (size_t k = 0; k < n; k++) {
            used += p[k].n;
            assert_true(p[k].n >= 3 && p[k].window >= 3 && p[k].window <= p[k].n);
            assert_int_equal(p[k].firmness, PATH_WISH);
            for (size_t i = 0; i < N; i++)
                times[i] += holds(&p[k], &all[i]);
        }
        assert_true(used <= room);
    }
}

static void all_are_dealt(void **state)
{
    (void)state;
    static unsigned times[N];
    nn_error err;
    wish *w;
    make_sequences();
    assert_int_equal(wish_new(&w, &weights, 30, 100, 1, &err), NN_OK);
    count(w, 100, 20, times);
    unsigned rare = 0, frequent = 0;
    for (size_t i = 0; i < N; i++) {
        assert_true(times[i] > 0);
        *(i < N / 2 ? &rare : &frequent) += times[i];
    }
    assert_true(frequent > rare);
    wish_free(w);
}

static void the_frequent_ones_come_first(void **state)
{
    (void)state;
    static unsigned times[N];
    nn_error err;
    wish *w;
    make_sequences();
    assert_int_equal(wish_new(&w, &weights, 30, 1, 1, &err), NN_OK);
    count(w, 1, 20, times);
    assert_true(times[N - 1] > 0);
    wish_free(w);
}

/* A family that is much larger than its wishes repeats them. */
static void memory_does_not_grow_with_the_family(void **state)
{
    (void)state;
    nn_error err;
    wish *w;
    size_t n;
    make_sequences();
    assert_int_equal(wish_new(&w, &weights, 30, 10000000, 1, &err), NN_OK);
    assert_non_null(wish_due(w, 9999999, &n));
    assert_true(n > 0);
    wish_free(w);
}

static void what_has_no_room(void **state)
{
    (void)state;
    static unsigned times[N];
    nn_error err;
    wish *w;
    size_t n;
    make_sequences();
    assert_int_equal(wish_new(&w, &weights, 2, 10, 1, &err), NN_OK);
    assert_null(wish_due(w, 0, &n));
    assert_int_equal(n, 0);
    wish_free(w);
    assert_int_equal(wish_new(&w, &weights, 3, 1000, 1, &err), NN_OK); /* of 3 operators only */
    count(w, 1000, 3, times);
    for (size_t i = 0; i < N; i++)
        assert_true(all[i].n == 3 ? times[i] > 0 : times[i] == 0);
    wish_free(w);
    assert_int_equal(wish_new(&w, &(op_weights){.n_ops = OPS}, 30, 10, 1, &err), NN_OK);
    assert_null(w);
    assert_null(wish_due(w, 0, &n));
    assert_int_equal(wish_new(&w, NULL, 30, 10, 1, &err), NN_OK);
    assert_null(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_dealt),
        cmocka_unit_test(the_frequent_ones_come_first),
        cmocka_unit_test(memory_does_not_grow_with_the_family),
        cmocka_unit_test(what_has_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
