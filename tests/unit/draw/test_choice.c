/* Choice tape: pinned sequences, unbiased draws, byte tapes, records with spans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "draw/choice.h"
#include "draw/pcg.h"

static tape *seeded(uint64_t seed, uint64_t stream)
{
    tape *t = NULL;
    nn_error err;
    assert_int_equal(tape_new_seeded(&t, seed, stream, &err), NN_OK);
    return t;
}

static tape *of_bytes(const void *bytes, size_t n)
{
    tape *t = NULL;
    nn_error err;
    assert_int_equal(tape_new_bytes(&t, bytes, n, &err), NN_OK);
    return t;
}

/* Draws are part of what makes files reproducible: a change of these numbers changes every model. They were computed by another
 * program, written from the description in choice.c. */
static void the_sequence_is_pinned(void **state)
{
    (void)state;
    tape *t = seeded(1, 0);
    uint64_t hash = 14695981039346656037u; /* FNV-1a over the values */
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t bound = i % 3 == 0 ? i + 1 : i % 3 == 1 ? UINT64_MAX / (i + 1) : UINT64_MAX / 2 + i;
        hash = (hash ^ tape_draw(t, "x", bound)) * 1099511628211u;
    }
    assert_true(hash == UINT64_C(0x4127c173725caffc));
    tape_reseed(t, UINT64_MAX, 12345);
    assert_true(tape_draw(t, "x", UINT64_MAX) == UINT64_C(0x1b4be741e6b724cb));
    tape_free(t);
}

static void reseed_starts_again(void **state)
{
    (void)state;
    tape *t = seeded(5, 6);
    uint64_t first[50];
    for (int i = 0; i < 50; i++)
        first[i] = tape_draw(t, "x", 1000);
    assert_int_equal(tape_count(t), 50);
    tape_reseed(t, 5, 6);
    assert_int_equal(tape_count(t), 0);
    for (int i = 0; i < 50; i++)
        assert_true(tape_draw(t, "x", 1000) == first[i]);
    tape_free(t);
}

static void bounds_zero_and_one_use_nothing_up(void **state)
{
    (void)state;
    tape *t = seeded(1, 1), *u = seeded(1, 1);
    assert_int_equal(tape_draw(t, "x", 0), 0);
    assert_int_equal(tape_draw(t, "x", 1), 0);
    assert_int_equal(tape_range(t, "x", 5, 5), 5);
    assert_int_equal(tape_range(t, "x", 5, -5), 5);
    assert_int_equal(tape_count(t), 4);
    assert_true(tape_draw(t, "x", UINT64_MAX) == tape_draw(u, "x", UINT64_MAX));
    tape_free(t);
    tape_free(u);
}

/* chi^2 over `cells` equal cells stays below mean + 6 standard deviations. */
static void assert_uniform(const uint32_t *count, size_t cells, double total)
{
    double expected = total / (double)cells, chi = 0, df = (double)(cells - 1);
    for (size_t i = 0; i < cells; i++)
        chi += (count[i] - expected) * (count[i] - expected) / expected;
    double excess = chi - df; /* variance of chi^2 is 2 df */
    assert_true(excess < 0 || excess * excess < 36 * 2 * df);
}

static void draws_are_uniform(void **state)
{
    (void)state;
    tape *t = seeded(3, 4);
    for (uint64_t bound = 2; bound < 40; bound++) {
        uint32_t count[40] = {0};
        for (int i = 0; i < 20000; i++) {
            uint64_t v = tape_draw(t, "x", bound);
            assert_true(v < bound);
            count[v]++;
        }
        assert_uniform(count, bound, 20000);
    }
    /* bound 3/4 * 2^64: without rejection a third of the values would come twice as often */
    uint64_t bound = (uint64_t)3 << 62;
    uint32_t count[3] = {0}, low[3] = {0};
    for (int i = 0; i < 60000; i++) {
        uint64_t v = tape_draw(t, "x", bound);
        assert_true(v < bound);
        count[v >> 62]++;
        low[v % 3]++;
    }
    assert_uniform(count, 3, 60000);
    assert_uniform(low, 3, 60000);
    tape_free(t);
}

/* Model i of a family uses stream i: their first draws, and those of neighbouring seeds, must look independent. */
static void neighbouring_streams_are_independent(void **state)
{
    (void)state;
    enum { N = 40000, K = 10 };
    tape *t = seeded(0, 0);
    for (int by_seed = 0; by_seed < 2; by_seed++) {
        uint32_t pair[4][K * K] = {{0}};
        uint64_t before[4] = {0};
        for (uint64_t i = 0; i < N; i++) {
            tape_reseed(t, by_seed ? i : 1, by_seed ? 1 : i);
            for (int d = 0; d < 4; d++) {
                uint64_t v = tape_draw(t, "x", K);
                pair[d][before[d] * K + v]++;
                before[d] = v;
            }
        }
        for (int d = 0; d < 4; d++)
            assert_uniform(pair[d], K * K, N);
    }
    tape_free(t);
}

static void ranges_reach_both_ends(void **state)
{
    (void)state;
    tape *t = seeded(9, 0);
    uint32_t count[7] = {0};
    for (int i = 0; i < 7000; i++) {
        int64_t v = tape_range(t, "x", -3, 3);
        assert_true(v >= -3 && v <= 3);
        count[v + 3]++;
    }
    assert_uniform(count, 7, 7000);
    uint32_t sign[2] = {0};
    for (int i = 0; i < 4000; i++)
        sign[tape_range(t, "x", INT64_MIN, INT64_MAX) < 0]++;
    assert_uniform(sign, 2, 4000);
    for (int i = 0; i < 100; i++) {
        int64_t v = tape_range(t, "x", INT64_MAX - 1, INT64_MAX);
        assert_true(v >= INT64_MAX - 1);
        v = tape_range(t, "x", INT64_MIN, INT64_MAX - 1);
        assert_true(v < INT64_MAX);
    }
    tape_free(t);
}

static void chance_has_its_probability(void **state)
{
    (void)state;
    tape *t = seeded(2, 2);
    const uint32_t odds[][2] = {{1, 2}, {1, 10}, {9, 10}, {3, 7}};
    for (size_t k = 0; k < 4; k++) {
        double hits = 0, n = 40000, p = (double)odds[k][0] / odds[k][1];
        for (int i = 0; i < 40000; i++)
            hits += tape_chance(t, "x", odds[k][0], odds[k][1]);
        double d = hits - n * p;
        assert_true(d * d < 36 * n * p * (1 - p));
    }
    for (int i = 0; i < 100; i++) {
        assert_false(tape_chance(t, "x", 0, 5));
        assert_true(tape_chance(t, "x", 5, 5));
        assert_true(tape_chance(t, "x", UINT32_MAX, 5));
    }
    tape_free(t);
}

static void weights_are_followed(void **state)
{
    (void)state;
    tape *t = seeded(2, 3);
    const uint32_t weights[] = {0, 3, 0, 1, 6, 0};
    double count[6] = {0};
    for (int i = 0; i < 40000; i++)
        count[tape_weighted(t, "x", weights, 6)]++;
    for (int i = 0; i < 6; i++) {
        double expected = 4000.0 * weights[i], d = count[i] - expected;
        assert_true(weights[i] ? d * d < 36 * expected : count[i] == 0);
    }
    const uint32_t none[] = {0, 0}, huge[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    assert_int_equal(tape_weighted(t, "x", none, 2), 0);
    assert_int_equal(tape_weighted(t, "x", none, 0), 0);
    uint32_t reached[3] = {0};
    for (int i = 0; i < 3000; i++)
        reached[tape_weighted(t, "x", huge, 3)]++;
    assert_uniform(reached, 3, 3000);
    tape_free(t);
}

static void reals_lie_on_the_grid(void **state)
{
    (void)state;
    tape *t = seeded(2, 5);
    uint32_t count[16] = {0};
    for (int i = 0; i < 16000; i++) {
        double x = tape_real(t, "x", -2, 6);
        assert_true(x >= -2 && x < 6);
        double step = (x + 2) * 0x1p29; /* 2^32 steps over 8 */
        assert_true((double)(uint64_t)step == step);
        count[(int)((x + 2) * 2)]++;
    }
    assert_uniform(count, 16, 16000);
    assert_true(tape_real(t, "x", 3, 3) == 3);
    assert_true(tape_real(t, "x", 3, 2) == 3);
    for (int i = 0; i < 1000; i++) {
        double x = tape_real(t, "x", -1.7e308, 1.7e308); /* the width overflows */
        assert_true(x >= -1.7e308 && x <= 1.7e308);
        x = tape_real(t, "x", 1, 1 + 0x1p-52);
        assert_true(x == 1 || x == 1 + 0x1p-52);
    }
    tape_free(t);
}

static void shuffles_are_uniform_permutations(void **state)
{
    (void)state;
    tape *t = seeded(8, 8);
    uint32_t count[24] = {0};
    for (int i = 0; i < 24000; i++) {
        uint32_t v[4] = {0, 1, 2, 3};
        tape_shuffle(t, "x", v, 4);
        assert_int_equal(1u << v[0] | 1u << v[1] | 1u << v[2] | 1u << v[3], 15);
        uint32_t index = v[0] * 6; /* rank of the permutation */
        uint32_t second = v[1] - (v[1] > v[0]);
        index += second * 2 + (v[2] > v[3]);
        count[index]++;
    }
    assert_uniform(count, 24, 24000);
    tape_free(t);
}

static void bytes_are_read_little_end_first(void **state)
{
    (void)state;
    const uint8_t bytes[] = {7, 0x34, 0x12, 1, 2, 3, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    tape *t = of_bytes(bytes, sizeof bytes);
    assert_int_equal(tape_draw(t, "x", 1), 0);   /* no byte */
    assert_int_equal(tape_draw(t, "x", 256), 7); /* 255 needs one */
    assert_int_equal(tape_draw(t, "x", 257), 0x1234 % 257);
    assert_int_equal(tape_draw(t, "x", 65537), (0x030201) % 65537);
    assert_int_equal(tape_draw(t, "x", 10), 0); /* 200 mod 10 */
    assert_true(tape_range(t, "x", INT64_MIN, INT64_MAX) == (int64_t)(UINT64_C(0x0807060504030201) - (UINT64_C(1) << 63)));
    assert_int_equal(tape_draw(t, "x", 1000), 9); /* the last byte, then zeros */
    for (int i = 0; i < 5; i++)
        assert_int_equal(tape_draw(t, "x", 1000), 0);
    assert_int_equal(tape_count(t), 12);
    tape_reseed(t, 5, 6); /* a seeded tape from here on */
    tape *u = seeded(5, 6);
    for (int i = 0; i < 20; i++)
        assert_true(tape_draw(t, "x", 1000000) == tape_draw(u, "x", 1000000));
    tape_free(t);
    tape_free(u);
}

static void an_exhausted_tape_is_simplest(void **state)
{
    (void)state;
    tape *t = of_bytes(NULL, 0);
    uint32_t v[5] = {4, 3, 2, 1, 0};
    const uint32_t weights[] = {0, 2, 5};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tape_draw(t, "x", UINT64_MAX), 0);
        assert_int_equal(tape_range(t, "x", -7, 7), -7);
        assert_false(tape_chance(t, "x", 9, 10));
        assert_true(tape_chance(t, "x", 10, 10));
        assert_true(tape_real(t, "x", 0.25, 8) == 0.25);
        assert_int_equal(tape_weighted(t, "x", weights, 3), 1);
        tape_shuffle(t, "x", v, 5);
        for (uint32_t k = 0; k < 5; k++)
            assert_int_equal(v[k], 4 - k);
    }
    tape_free(t);
}

static void records_hold_draws_and_spans(void **state)
{
    (void)state;
    tape *t = seeded(1, 1);
    size_t n;
    tape_draw(t, "before", 5);
    tape_span_begin(t, "ignored"); /* recording is off */
    assert_int_equal(tape_record(t, true), NN_OK);
    tape_span_end(t, true); /* belongs to the span that was not recorded */
    uint64_t a = tape_draw(t, "a", 100);
    tape_span_begin(t, "operator");
    uint64_t b = tape_draw(t, "b", 200);
    tape_span_begin(t, "attempt");
    tape_draw(t, "c", 1);
    tape_span_end(t, false);
    tape_span_begin(t, "attempt");
    int64_t d = tape_range(t, "d", INT64_MIN, INT64_MAX);
    tape_span_end(t, true);
    tape_draw(t, "e", 0);
    tape_span_end(t, true);
    tape_span_end(t, true); /* one too many does no harm */
    tape_draw(t, "f", 9);
    tape_span_begin(t, "open");

    const tape_draw_record *r = tape_records(t, &n);
    assert_int_equal(n, 6);
    const char *labels[] = {"a", "b", "c", "d", "e", "f"};
    const uint64_t bounds[] = {100, 200, 1, 0, 1, 9};
    const uint32_t spans[] = {0, 1, 2, 3, 1, 0};
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(r[i].label, labels[i]);
        assert_true(r[i].bound == bounds[i]);
        assert_int_equal(r[i].span, spans[i]);
    }
    assert_true(r[0].value == a);
    assert_true(r[1].value == b);
    assert_true(r[3].value == (uint64_t)d - (UINT64_C(1) << 63));
    const tape_span_record *s = tape_spans(t, &n);
    assert_int_equal(n, 4);
    const struct {
        const char *label;
        uint32_t parent;
        size_t first, end;
        bool kept, open;
    } expected[] = {{"operator", 0, 1, 5, true, false},
                    {"attempt", 1, 2, 3, false, false},
                    {"attempt", 1, 3, 4, true, false},
                    {"open", 0, 6, 0, false, true}};
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(s[i].label, expected[i].label);
        assert_int_equal(s[i].parent, expected[i].parent);
        assert_int_equal(s[i].first, expected[i].first);
        assert_int_equal(s[i].end, expected[i].end);
        assert_int_equal(s[i].kept, expected[i].kept);
        assert_int_equal(s[i].open, expected[i].open);
    }
    assert_false(tape_failed(t));
    tape_record(t, false);
    tape_draw(t, "off", 5);
    tape_records(t, &n);
    assert_int_equal(n, 6);
    tape_record(t, true);
    tape_records(t, &n);
    assert_int_equal(n, 0);
    tape_free(t);
}

/* What fuzzers rely on: the values of a record, written as bytes, drive a tape to the same draws. */
/* What a listener hears, as a text. */
typedef struct {
    char text[400];
    size_t n;
} heard;

static void hear(heard *h, const char *text)
{
    h->n += (size_t)snprintf(h->text + h->n, sizeof h->text - h->n, "%s", text);
}

static void hear_draw(void *data, const char *label, uint64_t bound, uint64_t value)
{
    char text[100];
    (void)snprintf(text, sizeof text, "%s %llu/%llu ", label, (unsigned long long)value, (unsigned long long)bound);
    hear(data, text);
}

static void hear_begin(void *data, const char *label)
{
    hear(data, label);
    hear(data, "( ");
}

static void hear_end(void *data, bool kept)
{
    hear(data, kept ? ")+ " : ")- ");
}

static void listeners_hear_all_and_change_nothing(void **state)
{
    (void)state;
    const uint8_t bytes[] = {3, 1, 200, 2, 5, 6, 7, 8, 9, 10, 11, 12};
    heard h = {.n = 0};
    const tape_listener listener = {hear_draw, hear_begin, hear_end, &h};
    tape *t, *plain;
    assert_int_equal(tape_new_bytes(&t, bytes, sizeof bytes, NULL), NN_OK);
    assert_int_equal(tape_new_bytes(&plain, bytes, sizeof bytes, NULL), NN_OK);
    for (int recorded = 0; recorded < 2; recorded++) {
        tape_record(t, recorded);
        tape_listen(t, &listener);
        tape_span_begin(t, "outer");
        assert_int_equal(tape_draw(t, "a", 5), tape_draw(plain, "a", 5));
        tape_span_begin(t, "inner");
        assert_int_equal(tape_draw(t, "b", 0), tape_draw(plain, "b", 0));
        tape_span_end(t, false);
        assert_int_equal(tape_chance(t, "c", 1, 2), tape_chance(plain, "c", 1, 2));
        tape_span_end(t, true);
        tape_listen(t, NULL);
        assert_int_equal(tape_draw(t, "unheard", 7), tape_draw(plain, "unheard", 7));
        assert_int_equal(tape_range(t, "all", INT64_MIN, INT64_MAX) == tape_range(plain, "all", INT64_MIN, INT64_MAX), 1);
        assert_string_equal(h.text, recorded ? "outer( a 2/5 inner( b 0/1 )- c 0/2 )+ " : "outer( a 3/5 inner( b 0/1 )- c 1/2 )+ ");
        h.n = 0;
        size_t n;
        (void)tape_records(t, &n);
        assert_int_equal(n, recorded ? 5 : 0);
    }
    tape_free(t);
    tape_free(plain);
}

static void a_record_replays_as_bytes(void **state)
{
    (void)state;
    tape *t = seeded(77, 3);
    tape_record(t, true);
    uint32_t order[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    const uint32_t weights[] = {5, 1, 900, 70000};
    double sum = 0;
    for (int i = 0; i < 200; i++) {
        sum += (double)tape_draw(t, "a", (uint64_t)1 << (i % 64)) + (double)tape_range(t, "b", -i, i * 3);
        sum += tape_chance(t, "c", 1, 3) + tape_real(t, "d", 0, 1) + (double)tape_weighted(t, "e", weights, 4);
    }
    tape_shuffle(t, "f", order, 9);
    size_t n, length = 0;
    const tape_draw_record *r = tape_records(t, &n);
    static uint8_t bytes[20000];
    for (size_t i = 0; i < n; i++)
        for (uint64_t largest = r[i].bound - 1, value = r[i].value; largest; largest >>= 8, value >>= 8)
            bytes[length++] = (uint8_t)value;
    assert_true(length < sizeof bytes);
    tape *u = of_bytes(bytes, length);
    uint32_t again[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    double same = 0;
    for (int i = 0; i < 200; i++) {
        same += (double)tape_draw(u, "a", (uint64_t)1 << (i % 64)) + (double)tape_range(u, "b", -i, i * 3);
        same += tape_chance(u, "c", 1, 3) + tape_real(u, "d", 0, 1) + (double)tape_weighted(u, "e", weights, 4);
    }
    tape_shuffle(u, "f", again, 9);
    assert_true(sum == same);
    assert_memory_equal(order, again, sizeof order);
    tape_free(t);
    tape_free(u);
}

#ifdef NN_STRESS
static void lost_records_are_reported(void **state)
{
    (void)state;
    nn_error err;
    tape *t = NULL;
    nn_stress_fail_at(1);
    assert_int_equal(tape_new_seeded(&t, 1, 1, &err), NN_ERR_NOMEM);
    assert_int_equal(err.status, NN_ERR_NOMEM);
    assert_null(t);
    tape_free(t);
    for (long at = 2; at < 8; at++) {
        nn_stress_fail_at(at);
        assert_int_equal(tape_new_seeded(&t, 1, 1, &err), NN_OK);
        tape *u = t;
        tape_record(t, true);
        uint64_t sum = 0;
        for (int i = 0; i < 300; i++) {
            tape_span_begin(t, "s");
            sum += tape_draw(t, "x", 10);
            tape_span_end(t, true);
        }
        assert_true(tape_failed(t));
        assert_int_equal(tape_count(t), 300);
        tape_reseed(t, 1, 1);
        assert_false(tape_failed(t));
        tape_record(t, false);
        for (int i = 0; i < 300; i++)
            sum -= tape_draw(t, "x", 10); /* failure does not change the draws */
        assert_int_equal(sum, 0);
        tape_free(u);
    }
    nn_stress_fail_at(0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_is_pinned),
        cmocka_unit_test(reseed_starts_again),
        cmocka_unit_test(bounds_zero_and_one_use_nothing_up),
        cmocka_unit_test(draws_are_uniform),
        cmocka_unit_test(neighbouring_streams_are_independent),
        cmocka_unit_test(ranges_reach_both_ends),
        cmocka_unit_test(chance_has_its_probability),
        cmocka_unit_test(weights_are_followed),
        cmocka_unit_test(reals_lie_on_the_grid),
        cmocka_unit_test(shuffles_are_uniform_permutations),
        cmocka_unit_test(bytes_are_read_little_end_first),
        cmocka_unit_test(an_exhausted_tape_is_simplest),
        cmocka_unit_test(records_hold_draws_and_spans),
        cmocka_unit_test(listeners_hear_all_and_change_nothing),
        cmocka_unit_test(a_record_replays_as_bytes),
#ifdef NN_STRESS
        cmocka_unit_test(lost_records_are_reported),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
