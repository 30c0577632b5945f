/* Draws of the builder: they go round after failures, and follow weights. */
#include "build/build_draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { OPS = 4 };
static op_model models[OPS] = {
    {.name = "A", .index = 0}, {.name = "B", .index = 1}, {.name = "C", .index = 2}, {.name = "D", .index = 3}};
static const op_set ops = {.ops = models, .n_ops = OPS, .data = 1u << DT_FLOAT32 | 1u << DT_DOUBLE};
static uint16_t all_items[OPS] = {0, 1, 2, 3};
static const op_list all = {.items = all_items, .n = OPS};
static uint32_t counts[OPS];

/* A builder that can do nothing but draw. exhausted: zeros alone. */
static void begin(builder *b, bool exhausted)
{
    *b = (builder){.ops = &ops};
    b->s.op_counts = counts;
    assert_int_equal(exhausted ? tape_new_bytes(&b->t, NULL, 0, NULL) : tape_new_seeded(&b->t, 1, 1, NULL), NN_OK);
}

static void failed_tries_move_a_draw_on(void **state)
{
    (void)state;
    static builder b;
    begin(&b, true);
    for (b.turn = 0; b.turn < 8; b.turn++)
        assert_int_equal(build_draw(&b, "x", 5), b.turn % 5);
    assert_int_equal(build_draw(&b, "x", 1), 0);
    assert_int_equal(build_draw(&b, "x", 0), 0);
    tape_free(b.t);
}

static void types_among_a_mask(void **state)
{
    (void)state;
    static builder b;
    begin(&b, true);
    const dtype_mask m = 1u << DT_BOOL | 1u << DT_INT64;
    dtype first = build_draw_type(&b, m);
    b.turn = 1;
    dtype second = build_draw_type(&b, m);
    assert_true(first != second && (m >> first & 1) && (m >> second & 1));
    assert_int_equal(build_draw_type(&b, 0), DT_NONE);
    tape_free(b.t);
    begin(&b, false);
    size_t floats = 0, doubles = 0;
    for (int i = 0; i < 900; i++) {
        dtype t = build_draw_data_type(&b, 1u << DT_FLOAT32 | 1u << DT_DOUBLE | 1u << DT_BOOL);
        floats += t == DT_FLOAT32;
        doubles += t == DT_DOUBLE;
        assert_int_equal(build_draw_data_type(&b, 1u << DT_FLOAT32 | 1u << DT_BOOL), DT_FLOAT32);
        assert_int_equal(build_draw_data_type(&b, 1u << DT_DOUBLE), DT_DOUBLE);
    }
    assert_int_equal(floats + doubles, 900); /* bool is no type of data */
    assert_in_range(floats, 240, 360);
    tape_free(b.t);
}

static void operators_by_weight(void **state)
{
    (void)state;
    static builder b;
    static uint32_t weights[OPS] = {1000, 0, 3000, 0}, pairs[OPS * OPS] = {0, 1000, 1000, 0, 0, 0, 0, 0, 1000, 1000, 1000, 1000};
    const op_weights w = {.n_ops = OPS, .ops = weights, .pairs = pairs};
    size_t drawn[OPS] = {0};
    begin(&b, false);
    b.weights = &w;
    for (int i = 0; i < 4000; i++)
        drawn[build_draw_op(&b, "x", &all, SIZE_MAX)]++;
    assert_in_range(drawn[0], 850, 1150); /* a quarter */
    assert_int_equal(drawn[0] + drawn[2], 4000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(build_draw_op(&b, "x", &all, 0), 2); /* A,A weighs nothing, B and D neither */
    /* Nothing follows B by weight: then the operators' own weights count. */
    for (int i = 0; i < 100; i++)
        assert_true(weights[build_draw_op(&b, "x", &all, 1)] > 0);
    /* A list without any weight is drawn from evenly. */
    static uint16_t others[] = {1, 3};
    const op_list weightless = {.items = others, .n = 2};
    size_t first = 0;
    for (int i = 0; i < 400; i++)
        first += build_draw_op(&b, "x", &weightless, SIZE_MAX) == 0;
    assert_in_range(first, 150, 250);
    tape_free(b.t);
}

/* Of two operators the one that the graph holds less often. */
static void rare_operators(void **state)
{
    (void)state;
    static builder b;
    size_t drawn[OPS] = {0};
    begin(&b, false);
    counts[3] = 5;
    for (int i = 0; i < 1600; i++)
        drawn[build_draw_rare(&b, &all)->index]++;
    assert_in_range(drawn[3], 50, 150); /* both must be it: one in sixteen */
    counts[3] = 0;
    tape_free(b.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_tries_move_a_draw_on),
        cmocka_unit_test(types_among_a_mask),
        cmocka_unit_test(operators_by_weight),
        cmocka_unit_test(rare_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
