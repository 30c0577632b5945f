/* Crossings, against pairs counted one by one, and the order that sorting leaves. */
#include "show/plane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WIDE = 12, EDGES = 30 };

/* Two layers of WIDE spots. */
typedef struct {
    plane p;
    plane_spot spots[2 * WIDE];
    uint32_t down[EDGES], up[EDGES], order[2 * WIDE + 1], best[2 * WIDE + 1], tree[2 * WIDE + 2], start[4];
    struct plane_block blocks[2 * WIDE + 1];
    uint32_t from[EDGES], to[EDGES];
} fixture;

static void fill(fixture *f, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    f->p = (plane){.spots = f->spots,
                   .n_spots = 2 * WIDE,
                   .neighbours = {f->up, f->down},
                   .order = f->order,
                   .start = f->start,
                   .n_layers = 2,
                   .best = f->best,
                   .tree = f->tree,
                   .blocks = f->blocks};
    f->start[1] = WIDE;
    f->start[2] = 2 * WIDE;
    for (uint32_t i = 0; i < 2 * WIDE; i++) {
        f->order[i] = i;
        f->spots[i] = (plane_spot){.layer = i / WIDE, .place = i % WIDE, .width = 30, .weight = 1};
    }
    for (int i = 0; i < EDGES; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        f->from[i] = (uint32_t)(seed >> 40) % WIDE;
        f->to[i] = WIDE + (uint32_t)(seed >> 50) % WIDE;
    }
    uint32_t n_down = 0, n_up = 0;
    for (uint32_t spot = 0; spot < 2 * WIDE; spot++) {
        f->spots[spot].first[0] = n_up;
        f->spots[spot].first[1] = n_down;
        for (int i = 0; i < EDGES; i++) {
            if (f->from[i] == spot)
                f->down[n_down++] = f->to[i];
            if (f->to[i] == spot)
                f->up[n_up++] = f->from[i];
        }
        f->spots[spot].n[0] = n_up - f->spots[spot].first[0];
        f->spots[spot].n[1] = n_down - f->spots[spot].first[1];
    }
}

static uint64_t counted(const fixture *f)
{
    uint64_t n = 0;
    for (int i = 0; i < EDGES; i++)
        for (int k = 0; k < i; k++) {
            int64_t a = (int64_t)f->spots[f->from[i]].place - f->spots[f->from[k]].place;
            int64_t b = (int64_t)f->spots[f->to[i]].place - f->spots[f->to[k]].place;
            n += a * b < 0;
        }
    return n;
}

static void crossings_are_counted(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        fixture f;
        fill(&f, seed);
        assert_int_equal(plane_crossings(&f.p), counted(&f));
    }
}

static void sorting_removes_crossings(void **state)
{
    (void)state;
    uint64_t before = 0, after = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        fixture f;
        fill(&f, seed);
        uint64_t n = counted(&f);
        plane_sort(&f.p);
        assert_true(counted(&f) <= n);
        assert_int_equal(plane_crossings(&f.p), counted(&f));
        before += n;
        after += counted(&f);
        bool seen[2 * WIDE] = {false};
        for (int i = 0; i < 2 * WIDE; i++) {
            assert_false(seen[f.order[i]]);
            seen[f.order[i]] = true;
            assert_int_equal(f.spots[f.order[i]].place, i % WIDE);
        }
    }
    assert_true(after * 2 < before);
}

static void spots_of_a_layer_keep_apart(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        fixture f;
        fill(&f, seed);
        plane_sort(&f.p);
        plane_spread(&f.p);
        for (int i = 0; i < 2 * WIDE; i++)
            if (i % WIDE > 0)
                assert_true(f.spots[f.order[i]].x - f.spots[f.order[i - 1]].x > 30 + 17.9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crossings_are_counted),
        cmocka_unit_test(sorting_removes_crossings),
        cmocka_unit_test(spots_of_a_layer_keep_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
