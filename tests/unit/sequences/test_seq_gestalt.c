/* Matching blocks by sets of bits against the definition, on sequences that cross words, with and without what they share. */
#include "sequences/seq_gestalt.h"

#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 330, BLOCKS = 4000 };

static uint64_t state_of_draws;

static uint32_t draw(uint32_t n)
{
    return (uint32_t)(mix64(state_of_draws += MIX_STEP) % n);
}

typedef struct {
    struct {
        size_t from, n;
    } all[BLOCKS];
    size_t n;
    const uint32_t *a;
} block_list;

static nn_status keep(void *data, const uint32_t *ops, size_t n)
{
    block_list *l = data;
    assert_true(l->n < BLOCKS);
    l->all[l->n].from = (size_t)(ops - l->a);
    l->all[l->n++].n = n;
    return NN_OK;
}

/* The definition: of all longest blocks the first in a, then in b, then left and right. */
static void by_definition(block_list *l, const uint32_t *a, size_t a0, size_t a1, const uint32_t *b, size_t b0, size_t b1,
                          size_t least)
{
    size_t best = 0, at_a = 0, at_b = 0;
    for (size_t i = a0; i < a1; i++)
        for (size_t j = b0; j < b1; j++) {
            size_t n = 0;
            while (i + n < a1 && j + n < b1 && a[i + n] == b[j + n])
                n++;
            if (n > best)
                best = n, at_a = i, at_b = j;
        }
    if (best < least)
        return;
    by_definition(l, a, a0, at_a, b, b0, at_b, least);
    (void)keep(l, a + at_a, best);
    by_definition(l, a, at_a + best, a1, b, at_b + best, b1, least);
}

static size_t fill(uint32_t *ops, uint32_t letters, size_t n)
{
    uint32_t period = 1 + draw(9);
    bool periodic = draw(3) == 0;
    for (size_t i = 0; i < n; i++)
        ops[i] = periodic && i >= period && draw(20) > 0 ? ops[i - period] : 7 * draw(letters);
    return n;
}

/* A sequence that has long parts of another one. */
static size_t vary(uint32_t *to, const uint32_t *from, size_t n, uint32_t letters)
{
    size_t k = 0;
    for (size_t i = 0; i < n && k < LONGEST; i++) {
        if (draw(25) == 0)
            continue;
        if (draw(25) == 0)
            to[k++] = 7 * draw(letters);
        if (draw(60) == 0)
            i = draw((uint32_t)n);
        if (k < LONGEST)
            to[k++] = from[i];
    }
    return k;
}

static void test_definition(void **state)
{
    (void)state;
    static uint32_t a[LONGEST], b[LONGEST], last[LONGEST];
    static block_list want, got;
    seq_gestalt g = {.a = NULL};
    size_t blocks = 0;
    for (uint32_t round = 0; round < 150; round++) {
        uint32_t letters = 1 + draw(12);
        size_t least = 1 + draw(4), na = fill(a, letters, draw(4) == 0 ? 60 + draw(10) : draw(LONGEST)), nlast = 0;
        assert_int_equal(seq_gestalt_first(&g, a, na, NULL), NN_OK);
        got.a = want.a = a;
        for (int k = 0; k < 6; k++) {
            size_t same = 0, nb = draw(3) > 0 ? vary(b, a, na, letters) : fill(b, letters, draw(LONGEST));
            if (k > 0 && draw(2) == 0) /* begins as the last one */
                memcpy(b, last, draw((uint32_t)(nb < nlast ? nb : nlast) + 1) * sizeof *b);
            while (k > 0 && same < nb && same < nlast && b[same] == last[same])
                same++;
            want.n = got.n = 0;
            by_definition(&want, a, 0, na, b, 0, nb, least);
            assert_int_equal(seq_gestalt_match(&g, b, nb, draw(8) == 0 ? 0 : same, least, keep, &got, NULL), NN_OK);
            assert_int_equal(got.n, want.n);
            assert_memory_equal(got.all, want.all, want.n * sizeof want.all[0]);
            memcpy(last, b, nb * sizeof *b);
            nlast = nb;
            blocks += want.n;
        }
    }
    assert_true(blocks > 3000);
    seq_gestalt_free(&g);
}

typedef struct {
    uint64_t all[BLOCKS * 40];
    size_t n;
} text_set;

static void add_text(text_set *s, const uint32_t *ops, size_t n)
{
    uint64_t h = n;
    for (size_t i = 0; i < n; i++)
        h = mix64(h + MIX_STEP * (ops[i] + 1));
    for (size_t i = 0; i < s->n; i++)
        if (s->all[i] == h)
            return;
    assert_true(s->n < sizeof s->all / sizeof s->all[0]);
    s->all[s->n++] = h;
}

static nn_status add(void *data, const uint32_t *ops, size_t n)
{
    add_text(data, ops, n);
    return NN_OK;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* With a memory, of all pairs of two lists the same blocks come, though not for each pair. */
static void test_memory(void **state)
{
    (void)state;
    enum { N = 25, LENGTH = 90 };
    static uint32_t a[N][LONGEST], b[N][LONGEST];
    static size_t na[N], nb[N];
    static text_set want, got;
    static block_list one;
    seq_gestalt g = {.a = NULL};
    for (int round = 0; round < 3; round++) {
        want.n = got.n = 0;
        na[0] = fill(a[0], 5, LENGTH);
        for (size_t i = 0; i < N; i++) {
            na[i] = i > 0 ? vary(a[i], a[i - 1], na[i - 1], 5) : na[0];
            nb[i] = vary(b[i], a[i], na[i], 5);
        }
        assert_int_equal(seq_gestalt_remember(&g, NULL), NN_OK); /* forgets the last round, whose sequences are gone */
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(seq_gestalt_first(&g, a[i], na[i], NULL), NN_OK);
            for (size_t j = 0; j < N; j++) {
                assert_int_equal(seq_gestalt_match(&g, b[j], nb[j], 0, 3, add, &got, NULL), NN_OK);
                one.n = 0;
                one.a = a[i];
                by_definition(&one, a[i], 0, na[i], b[j], 0, nb[j], 3);
                for (size_t k = 0; k < one.n; k++)
                    add_text(&want, a[i] + one.all[k].from, one.all[k].n);
            }
        }
        qsort(want.all, want.n, sizeof want.all[0], by_number);
        qsort(got.all, got.n, sizeof got.all[0], by_number);
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.all, want.all, want.n * sizeof want.all[0]);
        assert_true(want.n > 100);
    }
    seq_gestalt_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_definition), cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
