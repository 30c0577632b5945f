/* Places the boxes of a directed graph in layers, from top to bottom, with few crossings and short edges.
 *
 * The method is that of Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", 1981: layers
 * by longest paths; bends where an edge passes a layer; the order in each layer by barycentres. Edges of one box share their
 * bends, so that a tensor with many readers is drawn as one line that branches.
 *
 * Ownership: boxes and edges are the caller's; points are in the arena. */
#ifndef NN_LAYOUT_H
#define NN_LAYOUT_H

#include "arena.h"
#include "base.h"

enum { LAYOUT_BENDS = 200000 }; /* most bends of a drawing */

typedef struct {
    int x, y;
} layout_point;

typedef struct {
    int width, height; /* given */
    int x, y;          /* result: its upper left corner */
} layout_box;

typedef struct {
    uint32_t from, to;    /* given: boxes, from < to */
    layout_point *points; /* result: from the lower edge of one box to the upper edge of the other */
    size_t n_points;
} layout_edge;

typedef struct {
    layout_box *boxes;
    size_t n_boxes;
    layout_edge *edges;
    size_t n_edges;
    int width, height; /* result */
} layout;

/* NN_ERR_USAGE: the drawing has more than LAYOUT_BENDS bends. */
nn_status layout_run(layout *l, arena *memory, nn_error *err);

#endif
