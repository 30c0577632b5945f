/* Structures: what changes them and what does not, and their text. */
#include "stats/structure.h"
#include "base.h"
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

static void one_node(hand *h, const attr_value *a, size_t n)
{
    hand_begin(h);
    int32_t x = hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2, 3), -1, 1);
    hand_output(h, hand_node(h, "Op", a, n, DT_FLOAT32, DIMS(2, 3), x, -2));
}

/* Every two of these attributes differ. */
static void attributes_are_structure(void **state)
{
    (void)state;
    static const int64_t ints[] = {1, 2, 3}, turned[] = {1, 3, 2};
    static const double floats[] = {1, 2, 3};
    static const char *const strings[] = {"ab", "c"}, *const cut[] = {"a", "bc"};
    static const attr_value rows[] = {
        {.name = "a", .kind = ATTR_INT, .i = 1},
        {.name = "a", .kind = ATTR_INT, .i = -1},
        {.name = "b", .kind = ATTR_INT, .i = 1},
        {.name = "a", .kind = ATTR_FLOAT, .f = 1},
        {.name = "a", .kind = ATTR_FLOAT, .f = 0},
        {.name = "a", .kind = ATTR_STRING, .s = ""},
        {.name = "a", .kind = ATTR_STRING, .s = "12345678"}, /* whole words of eight bytes */
        {.name = "a", .kind = ATTR_STRING, .s = "1234567812345678"},
        {.name = "a", .kind = ATTR_INTS},
        {.name = "a", .kind = ATTR_FLOATS},
        {.name = "a", .kind = ATTR_INTS, .ints = ints, .n = 2},
        {.name = "a", .kind = ATTR_INTS, .ints = ints, .n = 3},
        {.name = "a", .kind = ATTR_INTS, .ints = turned, .n = 3},
        {.name = "a", .kind = ATTR_FLOATS, .floats = floats, .n = 3},
        {.name = "a", .kind = ATTR_STRINGS, .strings = strings, .n = 2},
        {.name = "a", .kind = ATTR_STRINGS, .strings = cut, .n = 2}, /* the same letters */
        {.name = "a", .kind = ATTR_TENSOR, .floats = floats, .n = 3},
        {.name = "a", .kind = ATTR_TENSOR, .floats = floats, .n = 2},
    };
    static hand a, b;
    enum { N = sizeof rows / sizeof rows[0] };
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            one_node(&a, &rows[i], 1);
            one_node(&b, &rows[k], 1);
            assert_structure(&a, &b, i == k);
        }
    one_node(&a, NULL, 0);
    one_node(&b, rows, 1);
    assert_structure(&a, &b, false);
    static const double other[] = {4, 5, 6}; /* contents of a tensor are weights */
    const attr_value tensor = {.name = "a", .kind = ATTR_TENSOR, .floats = other, .n = 3};
    one_node(&a, &rows[N - 2], 1);
    one_node(&b, &tensor, 1);
    assert_structure(&a, &b, true);
}

/* x and y, of the same type and shape, into an operator that leaves an input out; and the graph outputs in their order. */
static void ends(hand *h, const int32_t inputs[3], bool turned, bool unused)
{
    hand_begin(h);
    int32_t t[] = {hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2), -1, 1),
                   hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2), -1, 1)};
    if (unused)
        (void)hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2), -1, 1);
    int32_t in[3];
    for (int i = 0; i < 3; i++)
        in[i] = inputs[i] < 0 ? -1 : t[inputs[i]];
    int32_t a = hand_node(h, "A", NULL, 0, DT_FLOAT32, DIMS(2), in[0], in[1], in[2], -2);
    int32_t b = hand_node(h, "B", NULL, 0, DT_FLOAT32, DIMS(2), a, -2);
    hand_output(h, turned ? b : a);
    hand_output(h, turned ? a : b);
}

static void ends_are_structure(void **state)
{
    (void)state;
    static const struct {
        int32_t inputs[3];
        bool turned, unused;
    } rows[] = {{{0, 1, -1}, false, false}, {{0, -1, 1}, false, false}, {{1, 0, -1}, false, false},
                {{0, 0, -1}, false, false}, {{0, 1, -1}, true, false},  {{0, 1, -1}, false, true}};
    static hand a, b;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            ends(&a, rows[i].inputs, rows[i].turned, rows[i].unused);
            ends(&b, rows[k].inputs, rows[k].turned, rows[k].unused);
            assert_structure(&a, &b, i == k);
        }
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    static hand a;
    arena mem;
    uint8_t s[STRUCTURE_SIZE];
    hand_small(&a);
    arena_init(&mem, 16);
    nn_stress_fail_at(1);
    assert_false(structure_of(&a.g, &mem, s));
    nn_stress_fail_at(0);
    arena_free(&mem);
}
#endif

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
        cmocka_unit_test(attributes_are_structure),
        cmocka_unit_test(ends_are_structure),
        cmocka_unit_test(texts),
#ifdef NN_STRESS
        cmocka_unit_test(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
