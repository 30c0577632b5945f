/* Symbols and their sizes: distinct, with the smallest and the largest, within the limits, and not to be computed from each other.
 */
#include "build/world_symbols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const lower_limits usual = {.max_elements = 4096, .max_dim = 64, .max_window = 7, .max_rank = 6};

static tape *seeded(uint64_t seed)
{
    tape *t;
    nn_error err = {0};
    assert_int_equal(tape_new_seeded(&t, seed, 0, &err), NN_OK);
    return t;
}

static void sizes_of_symbols(void **state)
{
    (void)state;
    tape *t = seeded(1);
    size_t all = 0, ones = 0;
    for (int k = 0; k < 2000; k++) {
        world_symbols s;
        world_symbols_draw(&s, false, &usual, t);
        assert_true(s.n >= 1 && s.n <= SYMBOL_KINDS && s.of[SYMBOL_BATCH] == 0);
        all += s.n;
        for (size_t i = 0; i < s.n; i++) {
            const int64_t *x = s.symbols[i].size;
            for (int w = 0; w < WORLD_COUNT; w++)
                assert_true(x[1] <= x[w] && x[w] <= x[2] && x[w] >= 1 && x[w] <= 64);
            assert_true(x[1] < x[0] && x[0] >= 3);
            ones += x[1] == 1;
            for (size_t j = 0; j < i; j++) {
                assert_int_not_equal(x[0], s.symbols[j].size[0]);
                assert_string_not_equal(s.symbols[i].name, s.symbols[j].name);
            }
        }
    }
    assert_true(all > 2000 * 4 && ones > all / 2);
    tape_free(t);
}

/* No symbol is another one less a number, or half of it, in all worlds. */
static void symbols_are_not_computed_from_each_other(void **state)
{
    (void)state;
    tape *t = seeded(2);
    for (int k = 0; k < 2000; k++) {
        world_symbols s;
        world_symbols_draw(&s, false, &usual, t);
        for (size_t i = 0; i < s.n; i++)
            for (size_t j = 0; j < s.n; j++) {
                const int64_t *x = s.symbols[i].size, *y = s.symbols[j].size;
                bool shifted = true, halved = true;
                for (int w = 1; w < WORLD_COUNT; w++) {
                    shifted &= x[w] - y[w] == x[0] - y[0];
                    halved &= (x[w] + 1) / 2 - y[w] == (x[0] + 1) / 2 - y[0];
                }
                assert_true(i == j || !(shifted || halved));
            }
    }
    tape_free(t);
}

static void limits_are_kept(void **state)
{
    (void)state;
    tape *t = seeded(3);
    for (int64_t most = 1; most <= 16; most++)
        for (int k = 0; k < 100; k++) {
            world_symbols s;
            const lower_limits limits = {.max_elements = 4096, .max_dim = most, .max_window = 7, .max_rank = 6};
            world_symbols_draw(&s, k % 2 == 1, &limits, t);
            assert_true(most >= 3 || s.n == 0);
            assert_true(k % 2 == 0 || s.n <= 1);
            for (size_t i = 0; i < s.n; i++)
                assert_true(s.symbols[i].size[2] <= most);
        }
    tape_free(t);
}

/* Axes have symbols that the model has; a tape of zeros gives a batch. */
static void layouts(void **state)
{
    (void)state;
    tape *t = seeded(4);
    size_t with = 0;
    for (int k = 0; k < 2000; k++) {
        world_symbols s;
        int axes[NN_MAX_RANK];
        world_symbols_draw(&s, false, &usual, t);
        const int rank = k % (NN_MAX_RANK + 1);
        world_layout_draw(&s, rank, axes, t);
        bool any = false;
        for (int i = 0; i < NN_MAX_RANK; i++) {
            assert_true(axes[i] >= -1 && axes[i] < (int)s.n && (i < rank || axes[i] == -1));
            any |= axes[i] >= 0;
        }
        with += any;
    }
    assert_true(with > 1300);
    tape_free(t);
}

static graph_symbol named(const char *name, int64_t a, int64_t b)
{
    return (graph_symbol){.name = name, .size = {a, b}};
}

/* A dimension is a symbol if it has its size in all worlds. */
static void symbols_of_dims(void **state)
{
    (void)state;
    const graph_symbol symbols[] = {named("N", 3, 1), named("S", 5, 2)};
    const int64_t sizes[] = {3, 4, 5, 9, 1, 4, 2, 3};
    const tensor_worlds worlds = {.sizes = sizes};
    graph_tensor tensor = {.desc = {.rank = 4, .dims = {3, 4, 5, 9}, .worlds = &worlds}};
    const graph g = {.tensors = &tensor, .n_tensors = 1, .n_worlds = 2, .symbols = symbols, .n_symbols = 2};
    const tensor_desc *d = &tensor.desc;
    assert_ptr_equal(graph_symbol_of(&g, d, 0), &symbols[0]);
    assert_null(graph_symbol_of(&g, d, 1));
    assert_ptr_equal(graph_symbol_of(&g, d, 2), &symbols[1]);
    assert_null(graph_symbol_of(&g, d, 3));
    assert_true(tensor_dim_varies(d, 2, 3) && !tensor_dim_varies(d, 2, 1));
    graph_tensor room;
    const graph at = graph_in_world(&g, 1, &room);
    assert_int_equal(at.n_worlds, 0);
    for (int k = 0; k < 4; k++)
        assert_int_equal(at.tensors[0].desc.dims[k], sizes[4 + k]);
    assert_null(at.tensors[0].desc.worlds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_symbols), cmocka_unit_test(symbols_are_not_computed_from_each_other),
        cmocka_unit_test(limits_are_kept),  cmocka_unit_test(layouts),
        cmocka_unit_test(symbols_of_dims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
