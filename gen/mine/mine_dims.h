/* The dims of a motif. A column is an axis of a tensor, with its size at each place where the subgraph was found. Columns that
 * agree become one dim of the motif.
 *
 * Ownership: plain values. */
#ifndef NN_MINE_DIMS_H
#define NN_MINE_DIMS_H

#include "base/json_line.h"

enum { MINE_PLACES = 48, MINE_DIMS = 64, MINE_DIM_VALUES = 8 };

typedef struct {
    int64_t sizes[MINE_PLACES]; /* -1: unknown */
    int axis;                   /* of an unknown column; -1: some size is known */
    int factors[2];             /* dims whose product it is at all places; -1, -1: none (mine_dims_close) */
} mine_column;

typedef struct {
    mine_column all[MINE_DIMS];
    size_t n, places;
    int64_t largest; /* larger sizes are halved until they are not above it; 0: none are */
} mine_dims;

/* The dim for a column; -1: there are too many. */
int mine_dim(mine_dims *d, const int64_t sizes[MINE_PLACES], int axis);
/* Finds the dims that are products of others, after all columns are there: heads times size of a head, for example. */
void mine_dims_close(mine_dims *d);
/* The size of a dim at a place, halved as required; -1: unknown. */
int64_t mine_dim_size(const mine_dims *d, int dim, size_t place);
/* Writes the name of a dim, or its size if it is 1 everywhere. */
void mine_put_dim(json_line *out, const mine_dims *d, int dim);
/* Writes "{D0: {8, 16}, D1: 1..8, D2: D0 * D1}". false: there are no dims to name. */
bool mine_put_dims(json_line *out, const mine_dims *d);

#endif
