/* Distinct structures and repetitions against a plain count. */
#include "stats/distinct.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void structure_number(uint64_t k, uint8_t out[STRUCTURE_SIZE])
{
    uint64_t a = (k + 1) * 0x9e3779b97f4a7c15u, b = (k + 7) * 0xd1b54a32d192ed03u;
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(a >> 8 * i);
        out[8 + i] = (uint8_t)(b >> 8 * i);
    }
}

/* n models, the k-th with structure f(k) % kinds; step: distance of their indices. */
static void count(uint64_t n, uint64_t kinds, uint64_t step)
{
    distinct *d;
    nn_error err;
    assert_int_equal(distinct_new(&d, &err), NN_OK);
    uint64_t *first = calloc(kinds, sizeof *first), seen = 0, repeated = 0;
    distinct_pair want[DISTINCT_LISTED];
    static distinct_result r;
    for (uint64_t k = 0; k < n; k++) {
        uint64_t kind = (k * 2654435761u >> 7) % kinds;
        uint8_t s[STRUCTURE_SIZE];
        structure_number(kind, s);
        assert_int_equal(distinct_add(d, s, k * step, &err), NN_OK);
        if (first[kind] == 0) {
            first[kind] = k + 1;
            seen++;
        } else if (repeated++ < DISTINCT_LISTED)
            want[repeated - 1] = (distinct_pair){k * step, (first[kind] - 1) * step};
        if (k == n / 2)
            assert_int_equal(distinct_count(d, &r, &err), NN_OK); /* in between, and more follow */
    }
    assert_int_equal(distinct_count(d, &r, &err), NN_OK);
    assert_int_equal(r.models, n);
    assert_int_equal(r.distinct, seen);
    assert_int_equal(r.n_pairs, repeated < DISTINCT_LISTED ? repeated : DISTINCT_LISTED);
    for (size_t i = 0; i < r.n_pairs; i++) {
        assert_int_equal(r.pairs[i].model, want[i].model);
        assert_int_equal(r.pairs[i].first, want[i].first);
    }
    free(first);
    distinct_free(d);
}

static void counts(void **state)
{
    (void)state;
    count(0, 1, 1);
    count(1, 1, 1);
    count(1000, 1, 3);
    count(1000, 990, 1);
    count(5000, 1000000, 1);
    count(50000, 40000, 2); /* several passes */
    count(200000, 3, 1);    /* many models, few structures */
    count(150000, 1000000, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
