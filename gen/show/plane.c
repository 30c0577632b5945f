#include "show/plane.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 16, ROUNDS = 24, APART = 18, ABOVE = 0, BELOW = 1 };

/* ---- order ---- */

/* Counts pairs of edges whose ends are in opposite orders, with a Fenwick tree over the places of the lower layer. */
static uint64_t crossings_below(const plane *p, size_t layer)
{
    uint32_t *tree = p->tree, size = p->start[layer + 2] - p->start[layer + 1];
    uint64_t crossings = 0, seen = 0;
    memset(tree, 0, (size + 1) * sizeof *tree);
    for (uint32_t i = p->start[layer]; i < p->start[layer + 1]; i++) {
        const plane_spot *s = &p->spots[p->order[i]];
        const uint32_t *to = p->neighbours[BELOW] + s->first[BELOW];
        for (uint32_t k = 0; k < s->n[BELOW]; k++) {
            uint64_t not_after = 0;
            for (uint32_t at = p->spots[to[k]].place + 1; at > 0; at &= at - 1)
                not_after += tree[at];
            crossings += seen - not_after;
        }
        for (uint32_t k = 0; k < s->n[BELOW]; k++, seen++)
            for (uint32_t at = p->spots[to[k]].place + 1; at <= size; at += at & -at)
                tree[at]++;
    }
    return crossings;
}

uint64_t plane_crossings(const plane *p)
{
    uint64_t n = 0;
    for (size_t i = 0; i + 1 < p->n_layers; i++)
        n += crossings_below(p, i);
    return n;
}

static void note_places(plane *p)
{
    for (size_t i = 0; i < p->n_layers; i++)
        for (uint32_t k = p->start[i]; k < p->start[i + 1]; k++)
            p->spots[p->order[k]].place = k - p->start[i];
}

/* Merges two sorted halves; qsort is not stable, and the order must be the same on every machine. */
static void sort_keys(plane *p, uint32_t *order, uint32_t *spare, size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2, a = 0, b = half;
    sort_keys(p, order, spare, half);
    sort_keys(p, order + half, spare, n - half);
    for (size_t i = 0; i < n; i++)
        spare[i] = b == n || (a < half && p->spots[order[a]].key <= p->spots[order[b]].key) ? order[a++] : order[b++];
    memcpy(order, spare, n * sizeof *order);
}

/* Sorts a layer by the mean places of neighbours on one side. */
static void sort_layer(plane *p, size_t layer, int side)
{
    uint32_t begin = p->start[layer], n = p->start[layer + 1] - begin;
    for (uint32_t i = begin; i < begin + n; i++) {
        plane_spot *s = &p->spots[p->order[i]];
        const uint32_t *to = p->neighbours[side] + s->first[side];
        double sum = 0;
        for (uint32_t k = 0; k < s->n[side]; k++)
            sum += p->spots[to[k]].place;
        s->key = s->n[side] > 0 ? sum / s->n[side] : s->place;
    }
    sort_keys(p, p->order + begin, p->tree, n);
    for (uint32_t i = begin; i < begin + n; i++)
        p->spots[p->order[i]].place = i - begin;
}

void plane_sort(plane *p)
{
    size_t bytes = p->n_spots * sizeof *p->order;
    note_places(p);
    uint64_t least = plane_crossings(p);
    memcpy(p->best, p->order, bytes);
    for (int sweep = 0; sweep < SWEEPS && least > 0; sweep++) {
        for (size_t i = 1; i < p->n_layers; i++)
            if (sweep % 2 == 0)
                sort_layer(p, i, ABOVE);
            else
                sort_layer(p, p->n_layers - 1 - i, BELOW);
        uint64_t n = plane_crossings(p);
        if (n < least) {
            least = n;
            memcpy(p->best, p->order, bytes);
        }
    }
    memcpy(p->order, p->best, bytes);
    note_places(p);
}

/* ---- coordinates ---- */

static double apart(const plane_spot *a, const plane_spot *b)
{
    return (a->width + b->width) / 2 + APART;
}

/* Places a layer as near to the wishes as distances allow: least squares under x[i+1] - x[i] >= apart, which is isotonic
 * regression of the wishes less the distances. Neighbours that violate the order are pooled (Ayer and others, "An empirical
 * distribution function for sampling with incomplete information", 1955). */
static void place_layer(plane *p, size_t layer)
{
    uint32_t begin = p->start[layer], end = p->start[layer + 1];
    double offset = 0;
    size_t n = 0;
    for (uint32_t i = begin; i < end; i++) {
        const plane_spot *s = &p->spots[p->order[i]];
        offset += i > begin ? apart(&p->spots[p->order[i - 1]], s) : 0;
        struct plane_block b = {(s->wish - offset) * s->weight, s->weight, 1};
        for (; n > 0 && p->blocks[n - 1].sum * b.weight >= b.sum * p->blocks[n - 1].weight; n--) {
            b.sum += p->blocks[n - 1].sum;
            b.weight += p->blocks[n - 1].weight;
            b.n += p->blocks[n - 1].n;
        }
        p->blocks[n++] = b;
    }
    offset = 0;
    for (uint32_t i = begin, block = 0, left = n > 0 ? p->blocks[0].n : 0; i < end; i++) {
        plane_spot *s = &p->spots[p->order[i]];
        offset += i > begin ? apart(&p->spots[p->order[i - 1]], s) : 0;
        s->x = p->blocks[block].sum / p->blocks[block].weight + offset;
        if (--left == 0 && i + 1 < end)
            left = p->blocks[++block].n;
    }
}

/* sides: bit 0: wishes follow the layer above; bit 1: the one below. */
static void wish(plane *p, size_t layer, unsigned sides)
{
    for (uint32_t i = p->start[layer]; i < p->start[layer + 1]; i++) {
        plane_spot *s = &p->spots[p->order[i]];
        double sum = 0, weight = 0;
        for (int side = 0; side < 2; side++)
            for (uint32_t k = 0; k < s->n[side] && (sides >> side & 1) != 0; k++) {
                const plane_spot *other = &p->spots[p->neighbours[side][s->first[side] + k]];
                bool bends = s->width < 10 && other->width < 10, source = side == 0 && other->n[0] == 0;
                double w = bends ? 8 : source ? 1 : 4; /* long edges are straight; chains are straighter than what joins them */
                sum += w * other->x;
                weight += w;
            }
        s->wish = weight > 0 ? sum / weight : s->x;
    }
}

void plane_spread(plane *p)
{
    for (size_t i = 0; i < p->n_layers; i++) {
        for (uint32_t k = p->start[i]; k < p->start[i + 1]; k++)
            p->spots[p->order[k]].wish = 0;
        place_layer(p, i);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < p->n_layers; i++) {
            size_t layer = round % 2 == 0 ? i : p->n_layers - 1 - i;
            wish(p, layer, round >= ROUNDS - 2 ? 3 : round % 2 == 0 ? 1 : 2);
            place_layer(p, layer);
        }
}
