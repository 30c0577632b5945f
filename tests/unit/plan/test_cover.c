/* The plan of pairs and triples over the embedded table: all is dealt where there is room, nothing twice, within what a model
 * holds. */
#include "plan/some_pairs.h"

/* How often each window of so many operators is dealt; the most nodes of a model. */
static size_t count_windows(const cover *c, size_t window, uint64_t count, unsigned *times)
{
    size_t n = pairs->n_ops, most = 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t n_paths, nodes = 0;
        const due_path *p = cover_due(c, i, &n_paths);
        for (size_t k = 0; k < n_paths; k++) {
            assert_true(p[k].n >= window && p[k].window == window);
            nodes += p[k].n;
            for (size_t j = 0; j + window <= p[k].n; j++) {
                size_t key = 0;
                for (size_t w = 0; w < window; w++)
                    key = key * n + p[k].ops[j + w];
                for (size_t w = 1; w < window; w++)
                    assert_null(pairs_reason(pairs, p[k].ops[j + w - 1], p[k].ops[j + w]));
                times[key]++;
            }
        }
        most = nodes > most ? nodes : most;
    }
    return most;
}

static void all_pairs_are_dealt_where_there_is_room(void **state)
{
    (void)state;
    static unsigned times[32 * 32];
    nn_error err;
    for (uint64_t count = 30; count <= 3000; count *= 10)
        for (size_t nodes = 16; nodes <= 64; nodes *= 2) {
            cover *c;
            memset(times, 0, sizeof times);
            assert_int_equal(cover_new(&c, pairs, COVER_PAIRS, nodes, count, 1, &err), NN_OK);
            assert_true(count_windows(c, 2, count, times) <= nodes);
            size_t dealt = 0;
            for (size_t a = 0; a < pairs->n_ops; a++)
                for (size_t b = 0; b < pairs->n_ops; b++)
                    dealt += times[a * pairs->n_ops + b] > 0;
            assert_int_equal(cover_all(c), pairs_count(pairs));
            assert_int_equal(dealt, pairs_count(pairs));
            cover_free(c);
        }
}

static void triples_are_dealt(void **state)
{
    (void)state;
    static unsigned times[32 * 32 * 32];
    nn_error err;
    cover *c;
    size_t all = pairs->n_ops * pairs->n_ops * pairs->n_ops;
    for (uint64_t count = 20; count <= 400; count *= 20) { /* too few models for all, and enough for some to be dealt again */
        uint64_t seen = 0, again = 0, busy = 0;
        size_t n;
        memset(times, 0, sizeof times);
        assert_int_equal(cover_new(&c, pairs, COVER_TRIPLES, 16, count, 1, &err), NN_OK);
        assert_true(count_windows(c, 3, count, times) <= 16);
        for (size_t i = 0; i < all; i++) {
            seen += times[i] > 0;
            again += times[i] > 1;
        }
        for (uint64_t i = 0; i < count; i++)
            busy += cover_due(c, i, &n) != NULL;
        assert_int_equal(busy, count);
        assert_int_equal(seen, cover_dealt(c));
        assert_true(count > 20 ? seen == cover_all(c) && again > 0 : seen < cover_all(c) && again == 0);
        cover_free(c);
    }
}

static void short_families_deal_what_they_can(void **state)
{
    (void)state;
    static unsigned times[32 * 32];
    nn_error err;
    cover *c;
    assert_int_equal(cover_new(&c, pairs, COVER_PAIRS, 10, 3, 1, &err), NN_OK);
    assert_true(count_windows(c, 2, 3, times) <= 10);
    assert_true(cover_dealt(c) > 0 && cover_dealt(c) < cover_all(c));
    cover_free(c);
    for (size_t nodes = 1; nodes < 4; nodes++)
        for (cover_kind kind = COVER_PAIRS; kind <= COVER_TRIPLES; kind++) {
            assert_int_equal(cover_new(&c, pairs, kind, nodes, 5, 1, &err), NN_OK);
            cover_free(c);
        }
}

static void seeds_give_different_plans(void **state)
{
    (void)state;
    nn_error err;
    cover *c[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cover_new(&c[i], pairs, COVER_PAIRS, 16, 40, i / 2, &err), NN_OK);
    size_t same = 0, other = 0, all = 0;
    for (uint64_t m = 0; m < 40; m++) {
        const due_path *p[3];
        size_t n[3];
        for (size_t i = 0; i < 3; i++)
            p[i] = cover_due(c[i], m, &n[i]);
        all += n[0] > 0;
        same += n[0] > 0 && n[1] == n[0] && p[0]->n == p[1]->n && memcmp(p[0]->ops, p[1]->ops, 2 * p[0]->n) == 0;
        other += n[0] > 0 && n[2] == n[0] && p[0]->n == p[2]->n && memcmp(p[0]->ops, p[2]->ops, 2 * p[0]->n) == 0;
    }
    assert_int_equal(same, all);
    assert_true(other < all / 2);
    for (size_t i = 0; i < 3; i++)
        cover_free(c[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pairs_are_dealt_where_there_is_room),
        cmocka_unit_test(triples_are_dealt),
        cmocka_unit_test(short_families_deal_what_they_can),
        cmocka_unit_test(seeds_give_different_plans),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
