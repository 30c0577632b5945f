/* Finds connected subgraphs that several models share, by growing them node by node from single edges. The search keeps the most
 * frequent ones of each size (BEAM) and looks at a few places in each model, so that time and memory are bounded; the number of
 * models of a subgraph is then a lower bound.
 *
 * Ownership: a mine_found owns its list. */
#ifndef NN_MINE_FIND_H
#define NN_MINE_FIND_H

#include "mine/mine_model.h"

typedef struct {
    uint64_t hash;
    uint32_t size;    /* nodes */
    uint32_t models;  /* that have it */
    bool grown;       /* a larger subgraph that was kept contains it */
    mine_part *parts; /* places; at most two in a model */
    size_t n, capacity;
} mine_subgraph;

typedef struct {
    mine_subgraph *all;
    size_t n, capacity;
} mine_found;

/* Fills f with the subgraphs of 2 to most_nodes nodes that at least min_models models have and no larger one contains: the most
 * valuable first, at most `most`. A subgraph more than half of which lies in those before it is left out. false: out of memory. */
bool mine_find(mine_found *f, const mine_models *m, uint32_t min_models, uint32_t most_nodes, size_t most);
void mine_found_free(mine_found *f);

#endif
