/* Structures: what changes them and what does not, and their text. */
#include "stats/structure.h"
#include "hand_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_structure),
        cmocka_unit_test(the_order_of_nodes_is_none),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
