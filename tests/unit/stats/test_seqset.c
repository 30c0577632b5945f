/* Sets of operator sequences: exact, estimated, merged, as text. */
#include "stats/seqset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add_number(seqset *s, uint64_t x)
{
    uint16_t ops[4];
    for (size_t i = s->length; i-- > 0; x /= s->n_ops)
        ops[i] = (uint16_t)(x % s->n_ops);
    seqset_add(s, ops);
}

static void make(seqset *s, size_t n_ops, size_t length, uint64_t from, uint64_t to)
{
    nn_error err;
    assert_int_equal(seqset_init(s, n_ops, length, &err), NN_OK);
    for (uint64_t x = from; x < to; x++)
        add_number(s, x * 7919 % s->possible);
}

static void same_text(const seqset *a, const seqset *b)
{
    char *x = seqset_text(a), *y = seqset_text(b);
    assert_string_equal(x, y);
    nn_free(x);
    nn_free(y);
}

static void counts_by_bits(void **state)
{
    (void)state;
    seqset s;
    bool exact;
    make(&s, 100, 2, 0, 3000);
    assert_non_null(s.bits);
    for (uint64_t x = 0; x < 500; x++)
        add_number(&s, x * 7919 % s.possible); /* again */
    assert_int_equal(seqset_count(&s, &exact), 3000);
    assert_true(exact);
    assert_true(seqset_has(&s, (uint16_t[]){79, 19}));
    assert_false(seqset_has(&s, (uint16_t[]){0, 1}));
    seqset_free(&s);
}

static void counts_by_keys_then_estimates(void **state)
{
    (void)state;
    bool exact;
    for (uint64_t n = 1000; n <= 4000000; n *= 4) {
        seqset s;
        make(&s, 200, 4, 0, n);
        assert_null(s.bits);
        uint64_t count = seqset_count(&s, &exact);
        assert_int_equal(exact, n <= SEQSET_MOST);
        uint64_t off = count > n ? count - n : n - count;
        assert_true(exact ? off == 0 : off <= n / 50);
        seqset_free(&s);
    }
}

/* Whatever the order and the parts, the same. */
static void merges_to_the_whole(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {500, 30000, SEQSET_MOST, SEQSET_MOST + 1, 200000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (size_t length = 2; length <= 4; length += 2) {
            uint64_t n = length == 2 ? sizes[k] % 10000 : sizes[k];
            seqset whole, a, b, read;
            bool exact, again;
            make(&whole, 150, length, 0, n);
            make(&a, 150, length, n / 3, n);
            make(&b, 150, length, 0, n / 2);
            make(&read, 150, length, 0, 0);
            char *text = seqset_text(&a);
            assert_true(seqset_add_text(&read, text));
            nn_free(text);
            text = seqset_text(&b);
            assert_true(seqset_add_text(&read, text));
            nn_free(text);
            seqset_merge(&a, &b);
            assert_int_equal(seqset_count(&a, &exact), seqset_count(&whole, &again));
            assert_int_equal(exact, again);
            same_text(&a, &whole);
            same_text(&read, &whole);
            seqset_free(&whole);
            seqset_free(&a);
            seqset_free(&b);
            seqset_free(&read);
        }
}

static void refuses_other_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "b", "b0", "k000000000000000", "k00000000000000zz", "kffffffffffffffff", "r00"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        seqset bits, keys;
        make(&bits, 100, 2, 0, 0);
        make(&keys, 200, 4, 0, 0);
        assert_false(seqset_add_text(&bits, texts[i]));
        assert_false(seqset_add_text(&keys, texts[i]));
        seqset_free(&bits);
        seqset_free(&keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_bits),
        cmocka_unit_test(counts_by_keys_then_estimates),
        cmocka_unit_test(merges_to_the_whole),
        cmocka_unit_test(refuses_other_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
