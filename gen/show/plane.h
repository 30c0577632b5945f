/* The spots of a layered drawing: the boxes and, after them, the bends of edges that pass a layer.
 *
 * Ownership: everything is in the arena of the caller. */
#ifndef NN_PLANE_H
#define NN_PLANE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t layer, place;      /* place: position in its layer */
    uint32_t first[2], n[2];    /* its neighbours in the layer above (0) and below (1) */
    double width, x, wish, key; /* x: its centre */
    double weight;              /* of its wish */
} plane_spot;

typedef struct {
    plane_spot *spots;
    size_t n_spots;
    uint32_t *neighbours[2];
    uint32_t *order; /* spots, layer by layer */
    uint32_t *start; /* where in order each layer begins; n_layers + 1 numbers */
    size_t n_layers;
    uint32_t *best, *tree; /* workspaces of n_spots + 1 numbers */
    struct plane_block {
        double sum, weight;
        uint32_t n;
    } * blocks; /* workspace */
} plane;

/* Orders the spots of each layer so that few edges cross. */
void plane_sort(plane *p);
/* Number of crossings. */
uint64_t plane_crossings(const plane *p);
/* Gives every spot an x, so that neighbours in a layer keep apart and edges are short and straight. */
void plane_spread(plane *p);

#endif
