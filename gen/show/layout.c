#include "show/layout.h"
#include "show/plane.h"

#include <string.h>

enum { BETWEEN = 26, BEND = 4 }; /* pixels between layers; width of a bend */

typedef struct {
    layout *l;
    plane p;
    uint32_t *first_bend, *last_layer; /* of each box: its bends, and the layer of its farthest reader */
} placing;

/* The edges in the order of their targets. */
static const uint32_t *edges_by_target(placing *q)
{
    const layout *l = q->l;
    uint32_t *start = q->p.best, *sorted = q->p.tree, sum = 0;
    memset(start, 0, (l->n_boxes + 1) * sizeof *start);
    for (size_t i = 0; i < l->n_edges; i++)
        start[l->edges[i].to]++;
    for (size_t i = 0; i < l->n_boxes; i++) {
        uint32_t n = start[i];
        start[i] = sum;
        sum += n;
    }
    for (size_t i = 0; i < l->n_edges; i++)
        sorted[start[l->edges[i].to]++] = (uint32_t)i;
    return sorted;
}

/* A box lies below all boxes that it reads. One that reads none lies directly above its first reader, and so does one that reads
 * such boxes alone, if it is their only reader. */
static void find_layers(placing *q)
{
    const layout *l = q->l;
    const uint32_t *sorted = edges_by_target(q);
    plane_spot *s = q->p.spots;
    uint32_t *nearest = q->last_layer; /* here: the layer of the nearest reader */
    for (size_t i = 0; i < l->n_edges; i++)
        s[l->edges[i].from].n[1]++;
    for (size_t i = 0; i < l->n_edges; i++) { /* n[0] is 1 if the box is held by what it reads */
        const layout_edge *e = &l->edges[sorted[i]];
        if (s[e->to].layer <= s[e->from].layer)
            s[e->to].layer = s[e->from].layer + 1;
        if (s[e->from].n[1] != 1 || s[e->from].n[0] != 0)
            s[e->to].n[0] = 1;
    }
    memset(nearest, 0xff, l->n_boxes * sizeof *nearest);
    for (size_t box = l->n_boxes, i = l->n_edges; box-- > 0;) {
        if (s[box].n[0] == 0 && nearest[box] != UINT32_MAX)
            s[box].layer = nearest[box] - 1;
        for (; i > 0 && l->edges[sorted[i - 1]].to == box; i--) {
            uint32_t from = l->edges[sorted[i - 1]].from;
            nearest[from] = s[box].layer < nearest[from] ? s[box].layer : nearest[from];
        }
    }
    for (size_t i = 0; i < l->n_boxes; i++) {
        s[i].n[0] = s[i].n[1] = 0;
        q->last_layer[i] = s[i].layer;
    }
    for (size_t i = 0; i < l->n_edges; i++) {
        const layout_edge *e = &l->edges[i];
        if (q->last_layer[e->from] < s[e->to].layer)
            q->last_layer[e->from] = s[e->to].layer;
    }
}

/* Numbers the bends, which follow the boxes. */
static nn_status find_bends(placing *q, nn_error *err)
{
    size_t n = q->l->n_boxes, all = 0;
    for (size_t i = 0; i < q->l->n_edges && all <= LAYOUT_BENDS; i++)
        all += q->p.spots[q->l->edges[i].to].layer - q->p.spots[q->l->edges[i].from].layer - 1;
    if (all > LAYOUT_BENDS)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "the drawing is too large: expected at most %d bends of edges", LAYOUT_BENDS);
    for (size_t i = 0; i < q->l->n_boxes; i++) {
        uint32_t layer = q->p.spots[i].layer;
        q->first_bend[i] = (uint32_t)n;
        n += q->last_layer[i] > layer + 1 ? q->last_layer[i] - layer - 1 : 0;
    }
    q->p.n_spots = n;
    return NN_OK;
}

/* The spot from which the edge enters its target. */
static uint32_t last_spot(const placing *q, const layout_edge *e)
{
    uint32_t above = q->p.spots[e->to].layer - q->p.spots[e->from].layer - 1;
    return above == 0 ? e->from : q->first_bend[e->from] + above - 1;
}

/* Calls for each short edge, between neighbouring layers. */
static void each_short_edge(placing *q, void (*f)(plane *p, uint32_t upper, uint32_t lower))
{
    for (uint32_t i = 0; i < q->l->n_boxes; i++)
        for (uint32_t k = q->p.spots[i].layer + 1, bend = q->first_bend[i]; k < q->last_layer[i]; k++, bend++)
            f(&q->p, k == q->p.spots[i].layer + 1 ? i : bend - 1, bend);
    for (size_t i = 0; i < q->l->n_edges; i++)
        f(&q->p, last_spot(q, &q->l->edges[i]), q->l->edges[i].to);
}

static void count(plane *p, uint32_t upper, uint32_t lower)
{
    p->spots[upper].n[1]++;
    p->spots[lower].n[0]++;
}

static void enter(plane *p, uint32_t upper, uint32_t lower)
{
    plane_spot *a = &p->spots[upper], *b = &p->spots[lower];
    p->neighbours[1][a->first[1] + a->n[1]++] = lower;
    p->neighbours[0][b->first[0] + b->n[0]++] = upper;
}

static void link_spots(placing *q)
{
    plane *p = &q->p;
    uint32_t sums[2] = {0, 0};
    each_short_edge(q, count);
    for (size_t i = 0; i < p->n_spots; i++)
        for (int side = 0; side < 2; side++) {
            p->spots[i].first[side] = sums[side];
            sums[side] += p->spots[i].n[side];
            p->spots[i].n[side] = 0;
        }
    each_short_edge(q, enter);
}

static void fill_layers(plane *p)
{
    memset(p->start, 0, (p->n_layers + 2) * sizeof *p->start);
    for (size_t i = 0; i < p->n_spots; i++)
        p->start[p->spots[i].layer + 2]++;
    for (size_t i = 2; i < p->n_layers + 2; i++)
        p->start[i] += p->start[i - 1];
    for (uint32_t i = 0; i < p->n_spots; i++) /* start[layer + 1] moves from the layer's begin to its end */
        p->order[p->start[p->spots[i].layer + 1]++] = i;
}

static bool make_plane(placing *q, arena *a)
{
    plane *p = &q->p;
    size_t n = p->n_spots + 1, edges = q->l->n_edges + n;
    plane_spot *boxes = p->spots;
    p->spots = arena_calloc(a, n, sizeof *p->spots);
    p->order = arena_calloc(a, n, sizeof *p->order);
    p->best = arena_calloc(a, n, sizeof *p->best);
    p->tree = arena_calloc(a, n + 1, sizeof *p->tree);
    p->blocks = arena_calloc(a, n, sizeof *p->blocks);
    p->neighbours[0] = arena_calloc(a, edges, sizeof *p->neighbours[0]);
    p->neighbours[1] = arena_calloc(a, edges, sizeof *p->neighbours[1]);
    for (size_t i = 0; i < q->l->n_boxes; i++)
        p->n_layers = boxes[i].layer + 1 > p->n_layers ? boxes[i].layer + 1 : p->n_layers;
    p->start = arena_calloc(a, p->n_layers + 2, sizeof *p->start);
    if (arena_failed(a))
        return false;
    for (size_t i = 0; i < q->l->n_boxes; i++) {
        p->spots[i] = boxes[i];
        p->spots[i].width = q->l->boxes[i].width;
        p->spots[i].weight = 1;
        for (uint32_t k = boxes[i].layer + 1, bend = q->first_bend[i]; k < q->last_layer[i]; k++, bend++)
            p->spots[bend] = (plane_spot){.layer = k, .width = BEND, .weight = 4};
    }
    fill_layers(p);
    link_spots(q);
    return true;
}

/* Heights of layers, then the corners of boxes. Returns the upper edge of each layer, and one more. */
static int *place_boxes(placing *q, arena *a)
{
    layout *l = q->l;
    plane *p = &q->p;
    int *top = arena_calloc(a, p->n_layers + 1, sizeof *top), *height = arena_calloc(a, p->n_layers + 1, sizeof *height);
    double left = 0, right = 0;
    if (top == NULL || height == NULL)
        return NULL;
    for (size_t i = 0; i < p->n_spots; i++) {
        const plane_spot *s = &p->spots[i];
        left = i == 0 || s->x - s->width / 2 < left ? s->x - s->width / 2 : left;
        right = i == 0 || s->x + s->width / 2 > right ? s->x + s->width / 2 : right;
    }
    for (size_t i = 0; i < l->n_boxes; i++)
        if (l->boxes[i].height > height[p->spots[i].layer])
            height[p->spots[i].layer] = l->boxes[i].height;
    for (size_t i = 0; i < p->n_layers; i++)
        top[i + 1] = top[i] + height[i] + BETWEEN;
    for (size_t i = 0; i < p->n_spots; i++)
        p->spots[i].x -= left;
    for (size_t i = 0; i < l->n_boxes; i++) {
        layout_box *b = &l->boxes[i];
        b->x = (int)(p->spots[i].x - p->spots[i].width / 2 + 0.5);
        b->y = top[p->spots[i].layer] + (height[p->spots[i].layer] - b->height) / 2;
    }
    l->width = (int)(right - left + 0.5);
    l->height = p->n_layers > 0 ? top[p->n_layers] - BETWEEN : 0;
    return top;
}

static bool draw_edges(placing *q, const int *top, arena *a)
{
    for (size_t i = 0; i < q->l->n_edges; i++) {
        layout_edge *e = &q->l->edges[i];
        const layout_box *from = &q->l->boxes[e->from], *to = &q->l->boxes[e->to];
        uint32_t layer = q->p.spots[e->from].layer, bends = q->p.spots[e->to].layer - layer - 1;
        e->points = arena_alloc(a, (2 * (size_t)bends + 2) * sizeof *e->points);
        if (e->points == NULL)
            return false;
        e->n_points = 0;
        e->points[e->n_points++] = (layout_point){from->x + from->width / 2, from->y + from->height};
        for (uint32_t k = 0; k < bends; k++) { /* straight down through the layer */
            int x = (int)(q->p.spots[q->first_bend[e->from] + k].x + 0.5);
            e->points[e->n_points++] = (layout_point){x, top[layer + 1 + k]};
            e->points[e->n_points++] = (layout_point){x, top[layer + 2 + k] - BETWEEN};
        }
        e->points[e->n_points++] = (layout_point){to->x + to->width / 2, to->y};
    }
    return true;
}

nn_status layout_run(layout *l, arena *memory, nn_error *err)
{
    placing q = {.l = l};
    size_t most = (l->n_boxes > l->n_edges ? l->n_boxes : l->n_edges) + 1;
    q.p.spots = arena_calloc(memory, l->n_boxes + 1, sizeof *q.p.spots);
    q.first_bend = arena_calloc(memory, l->n_boxes + 1, sizeof *q.first_bend);
    q.last_layer = arena_calloc(memory, l->n_boxes + 1, sizeof *q.last_layer);
    q.p.best = arena_calloc(memory, most, sizeof *q.p.best);
    q.p.tree = arena_calloc(memory, most, sizeof *q.p.tree);
    if (arena_failed(memory))
        return nn_nomem(err);
    find_layers(&q);
    nn_status s = find_bends(&q, err);
    if (s != NN_OK)
        return s;
    if (!make_plane(&q, memory))
        return nn_nomem(err);
    plane_sort(&q.p);
    plane_spread(&q.p);
    const int *top = place_boxes(&q, memory);
    return top != NULL && draw_edges(&q, top, memory) ? NN_OK : nn_nomem(err);
}
