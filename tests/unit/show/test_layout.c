/* Layouts of layered graphs: boxes keep apart, edges lead down. */
#include "show/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 400 };

typedef struct {
    layout l;
    layout_box boxes[MOST];
    layout_edge edges[MOST * 2];
    arena memory;
} fixture;

static void begin(fixture *f, size_t n_boxes)
{
    memset(f, 0, sizeof *f);
    arena_init(&f->memory, 0);
    f->l = (layout){.boxes = f->boxes, .edges = f->edges, .n_boxes = n_boxes};
    for (size_t i = 0; i < n_boxes; i++)
        f->boxes[i] = (layout_box){.width = 40 + (int)(i % 5) * 20, .height = 20 + (int)(i % 2) * 14};
}

static void edge(fixture *f, uint32_t from, uint32_t to)
{
    f->edges[f->l.n_edges++] = (layout_edge){.from = from, .to = to};
}

static void run(fixture *f)
{
    nn_error err;
    assert_int_equal(layout_run(&f->l, &f->memory, &err), NN_OK);
}

static bool overlap(const layout_box *a, const layout_box *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

/* What holds for every drawing. */
static void check(const fixture *f)
{
    const layout *l = &f->l;
    for (size_t i = 0; i < l->n_boxes; i++) {
        const layout_box *b = &l->boxes[i];
        assert_true(b->x >= 0 && b->y >= 0 && b->x + b->width <= l->width + 1 && b->y + b->height <= l->height);
        for (size_t k = 0; k < i; k++)
            assert_false(overlap(b, &l->boxes[k]));
    }
    for (size_t i = 0; i < l->n_edges; i++) {
        const layout_edge *e = &l->edges[i];
        const layout_box *from = &l->boxes[e->from], *to = &l->boxes[e->to];
        assert_true(from->y + from->height < to->y);
        assert_int_equal(e->points[0].y, from->y + from->height);
        assert_int_equal(e->points[e->n_points - 1].y, to->y);
        for (size_t k = 1; k < e->n_points; k++) {
            const layout_point a = e->points[k - 1], b = e->points[k];
            assert_true(a.y <= b.y);
            for (size_t j = 0; j < l->n_boxes && a.x == b.x; j++) { /* a vertical piece crosses no box */
                const layout_box *box = &l->boxes[j];
                assert_false(a.x > box->x && a.x < box->x + box->width && a.y < box->y + box->height && box->y < b.y);
            }
        }
    }
}

static void a_chain_is_a_straight_line(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 6);
    for (uint32_t i = 0; i < 5; i++)
        edge(&f, i, i + 1);
    run(&f);
    check(&f);
    for (int i = 1; i < 6; i++) {
        int difference = f.boxes[i].x + f.boxes[i].width / 2 - (f.boxes[0].x + f.boxes[0].width / 2);
        assert_true(difference >= -1 && difference <= 1);
    }
    arena_free(&f.memory);
}

/* Two chains whose ends are given in opposite orders do not cross. */
static void crossings_are_avoided(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 4);
    edge(&f, 0, 3);
    edge(&f, 1, 2);
    run(&f);
    check(&f);
    assert_int_equal(f.boxes[0].x < f.boxes[1].x, f.boxes[3].x < f.boxes[2].x);
    arena_free(&f.memory);
}

static void a_source_is_above_its_first_reader(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 5); /* 0 - 1 - 2 - 4, and 3, which only 4 reads */
    edge(&f, 0, 1);
    edge(&f, 1, 2);
    edge(&f, 2, 4);
    edge(&f, 3, 4);
    run(&f);
    check(&f);
    assert_true(f.boxes[3].y > f.boxes[1].y && f.boxes[3].y < f.boxes[4].y);
    arena_free(&f.memory);
}

static void a_chain_of_its_own_is_above_its_reader(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 8); /* 0 - 1 - 2 - 3 - 7; 4 - 5 and 6, which only 7 reads */
    edge(&f, 0, 1);
    edge(&f, 1, 2);
    edge(&f, 2, 3);
    edge(&f, 3, 7);
    edge(&f, 4, 5);
    edge(&f, 5, 7);
    edge(&f, 6, 7);
    run(&f);
    check(&f);
    assert_true(f.boxes[5].y > f.boxes[2].y && f.boxes[4].y > f.boxes[1].y);
    assert_int_equal(f.edges[5].n_points, 2);
    assert_int_equal(f.edges[4].n_points, 2);
    arena_free(&f.memory);
}

static void edges_of_one_box_share_their_bends(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 6);
    for (uint32_t i = 0; i < 5; i++)
        edge(&f, i, i + 1);
    edge(&f, 0, 3);
    edge(&f, 0, 5);
    run(&f);
    check(&f);
    const layout_edge *near = &f.edges[5], *far = &f.edges[6];
    assert_int_equal(near->n_points, 2 + 2 * 2);
    assert_int_equal(far->n_points, 2 + 2 * 4);
    assert_memory_equal(near->points, far->points, 5 * sizeof *near->points);
    arena_free(&f.memory);
}

static void random_graphs_keep_the_rules(void **state)
{
    (void)state;
    uint64_t x = 1;
    for (int round = 0; round < 60; round++) {
        fixture f;
        begin(&f, 3 + (size_t)round * 2);
        for (uint32_t i = 1; i < f.l.n_boxes; i++)
            for (int k = 0; k < 2; k++) {
                x = x * 6364136223846793005u + 1442695040888963407u;
                edge(&f, (uint32_t)(x >> 33) % i, i);
            }
        run(&f);
        check(&f);
        arena_free(&f.memory);
    }
}

static void nothing_and_one_box(void **state)
{
    (void)state;
    fixture f;
    begin(&f, 0);
    run(&f);
    assert_int_equal(f.l.height, 0);
    arena_free(&f.memory);
    begin(&f, 1);
    run(&f);
    check(&f);
    arena_free(&f.memory);
}

/* A long chain whose first box is read by all: the bends would be quadratic. */
static void too_many_bends_are_an_error(void **state)
{
    (void)state;
    enum { N = 1000 };
    static layout_box boxes[N];
    static layout_edge edges[2 * N];
    layout l = {.boxes = boxes, .n_boxes = N, .edges = edges};
    arena memory;
    nn_error err;
    arena_init(&memory, 0);
    for (uint32_t i = 1; i < N; i++) {
        edges[l.n_edges++] = (layout_edge){.from = i - 1, .to = i};
        edges[l.n_edges++] = (layout_edge){.from = 0, .to = i};
    }
    assert_int_equal(layout_run(&l, &memory, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "the drawing is too large: expected at most 200000 bends of edges");
    arena_free(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_a_straight_line),
        cmocka_unit_test(crossings_are_avoided),
        cmocka_unit_test(a_source_is_above_its_first_reader),
        cmocka_unit_test(a_chain_of_its_own_is_above_its_reader),
        cmocka_unit_test(edges_of_one_box_share_their_bends),
        cmocka_unit_test(random_graphs_keep_the_rules),
        cmocka_unit_test(nothing_and_one_box),
        cmocka_unit_test(too_many_bends_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
