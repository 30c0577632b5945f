/* Bulk words are those of PCG. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "draw/choice.h"
#include "draw/pcg.h"

static void bulk_is_pcg32(void **state)
{
    (void)state;
    /* first outputs of the generator as published with seed 42, stream 54 */
    const uint32_t published[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    bulk_rng r;
    bulk_seed(&r, 42, 54);
    for (int i = 0; i < 6; i++)
        assert_int_equal(bulk_next(&r), published[i]);
    enum { N = 5000 };
    static uint32_t expected[N], got[N];
    const uint64_t seeds[][2] = {{0, 0}, {1, 2}, {UINT64_MAX, UINT64_MAX}, {123456789, (uint64_t)1 << 63}};
    for (size_t k = 0; k < 4; k++) {
        pcg_reference32(seeds[k][0], seeds[k][1], expected, N);
        bulk_seed(&r, seeds[k][0], seeds[k][1]);
        for (int i = 0; i < N; i++)
            assert_int_equal(bulk_next(&r), expected[i]);
        bulk_seed(&r, seeds[k][0], seeds[k][1]); /* pieces of every length, single words between them */
        size_t at = 0;
        for (size_t piece = 0; at + piece < N; piece++) {
            bulk_fill(&r, got + at, piece);
            at += piece;
            if (piece % 3 == 0)
                got[at++] = bulk_next(&r);
        }
        assert_true(at > N - 200);
        assert_memory_equal(got, expected, at * sizeof *got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulk_is_pcg32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
