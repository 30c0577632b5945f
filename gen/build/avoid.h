/* Paths that no graph may have, recognised where an edge is made: bit-parallel matching (Baeza-Yates and Gonnet, "A new approach to
 * text searching", 1992) along the edges of a graph that grows at its end. A node's mask has a bit for each prefix of a sequence
 * that some path up to this node ends with.
 *
 * Ownership: lives in the arena given. Immutable, may be shared by threads. */
#ifndef NN_AVOID_H
#define NN_AVOID_H

#include "arena.h"
#include "base.h"

#define AVOID_WORDS 4
#define AVOID_MOST (64 * AVOID_WORDS) /* operators in all sequences together */

typedef struct {
    uint64_t word[AVOID_WORDS];
} avoid_mask;

typedef struct {
    avoid_mask *ops; /* of each operator: the places where it stands */
    avoid_mask start, end;
    bool *inner; /* of each operator: whether it stands anywhere but at an end */
    size_t n;    /* operators in all sequences */
} avoid_set;

/* NULL without memory. */
avoid_set *avoid_new(arena *a, size_t n_ops);
/* n >= 2 operators. False: there are more than AVOID_MOST. */
bool avoid_add(avoid_set *s, const uint16_t *ops, size_t n);
/* Adds to *m what a node's input brings, from the mask of its producer. */
void avoid_pass(avoid_mask *m, const avoid_mask *producer);
/* Makes *m, what all inputs bring, the mask of a node of this operator. False: a sequence would be complete. */
bool avoid_enter(const avoid_set *s, avoid_mask *m, uint16_t op);

#endif
