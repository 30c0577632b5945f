/* Structures: what changes them and what does not; distinct ones and repetitions against a plain count. */
#include "stats/distinct.h"
#include "hand_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- structures ---- */

static void assert_structure(hand *a, hand *b, bool same)
{
    arena mem;
    arena_init(&mem, 0);
    uint8_t x[STRUCTURE_SIZE], y[STRUCTURE_SIZE];
    assert_true(structure_of(&a->g, &mem, x) && structure_of(&b->g, &mem, y));
    assert_int_equal(memcmp(x, y, sizeof x) == 0, same);
    arena_free(&mem);
}

/* input -> Op(alpha) -> t; (t, input or t or weight) -> Join */
typedef struct {
    const char *op;
    double alpha;
    int64_t dim;
    int second; /* 0: the input, 1: t, 2: a weight, 3: another input */
    double weight;
    bool swapped;
} recipe;

static void make(hand *h, recipe r)
{
    hand_begin(h);
    int32_t x = hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, r.dim), -1, 1);
    static attr_value alpha[2];
    attr_value *a = &alpha[r.alpha > 1];
    *a = (attr_value){.name = "alpha", .kind = ATTR_FLOAT, .f = r.alpha};
    int32_t t = hand_node(h, r.op, a, 1, DT_FLOAT32, DIMS(2, r.dim), x, -2);
    int32_t s = x;
    if (r.second == 1)
        s = t;
    if (r.second == 2)
        s = hand_init(h, DT_FLOAT32, DIMS(2, r.dim), (content){.kind = CONTENT_UNIFORM, .lo = -r.weight, .hi = r.weight});
    if (r.second == 3)
        s = hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, r.dim), -1, 1);
    int32_t y = hand_node(h, "Join", NULL, 0, DT_FLOAT32, DIMS(2, r.dim), r.swapped ? s : t, r.swapped ? t : s, -2);
    hand_output(h, y);
}

static void what_is_structure(void **state)
{
    (void)state;
    static const recipe base = {"Op", 1, 3, 2, 1, false};
    static const recipe same[] = {{"Op", 1, 3, 2, 5, false}};
    static const recipe other[] = {{"Oq", 1, 3, 2, 1, false}, {"Op", 2, 3, 2, 1, false}, {"Op", 1, 4, 2, 1, false},
                                   {"Op", 1, 3, 0, 1, false}, {"Op", 1, 3, 1, 1, false}, {"Op", 1, 3, 3, 1, false},
                                   {"Op", 1, 3, 2, 1, true}};
    static hand a, b;
    make(&a, base);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        make(&b, same[i]);
        assert_structure(&a, &b, true);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
            make(&a, i == k ? base : other[i]);
            make(&b, other[k]);
            assert_structure(&a, &b, false);
        }
}

/* Two branches of one input, in either order. */
static void branches(hand *h, const char *first, const char *second)
{
    hand_begin(h);
    int32_t x = hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(4), -1, 1), t[2];
    for (int i = 0; i < 2; i++)
        t[i] = hand_node(h, i == 0 ? first : second, NULL, 0, DT_FLOAT32, DIMS(4), x, -2);
    bool turned = strcmp(first, second) > 0;
    int32_t y = hand_node(h, "Join", NULL, 0, DT_FLOAT32, DIMS(4), t[turned], t[!turned], -2);
    hand_output(h, y);
}

static void the_order_of_nodes_is_none(void **state)
{
    (void)state;
    static hand a, b, c;
    branches(&a, "A", "B");
    branches(&b, "B", "A");
    branches(&c, "A", "A");
    assert_structure(&a, &b, true);
    assert_structure(&a, &c, false);
}

static void texts(void **state)
{
    (void)state;
    uint8_t s[STRUCTURE_SIZE], back[STRUCTURE_SIZE];
    for (size_t i = 0; i < STRUCTURE_SIZE; i++)
        s[i] = (uint8_t)(i * 37 + 11);
    char hex[STRUCTURE_HEX_SIZE];
    structure_hex(s, hex);
    assert_int_equal(strlen(hex), 32);
    assert_true(structure_parse(hex, back));
    assert_memory_equal(s, back, sizeof s);
    static const char *const bad[] = {"",
                                      "0",
                                      "0000000000000000000000000000000",
                                      "000000000000000000000000000000000",
                                      "0000000000000000000000000000000G",
                                      "0000000000000000000000000000000A",
                                      "000000000000000000000000000000 0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(structure_parse(bad[i], back));
}

/* ---- counting ---- */

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
    static const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_structure), cmocka_unit_test(the_order_of_nodes_is_none),
                                              cmocka_unit_test(texts), cmocka_unit_test(counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
