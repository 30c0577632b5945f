/* Paths that a graph may not hold, each a sequence of operators. They are recognised when an edge is made, by bit-parallel matching
 * (Baeza-Yates and Gonnet, "A new approach to text searching", 1992) along the edges of a graph that grows at its end: a node's
 * mask has a bit for each prefix of a sequence that is the end of some path to this node.
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
    avoid_mask *ops;       /* of each operator: its places in the sequences, laid end to end */
    avoid_mask start, end; /* first and last places */
    bool *inner;           /* of each operator: whether it stands anywhere but at the end of a sequence */
    size_t n;              /* operators in all sequences */
} avoid_set;

/* NULL without memory. */
avoid_set *avoid_new(arena *a, size_t n_ops);
/* Adds a sequence of n >= 2 operators. False: there would be more than AVOID_MOST in all. */
bool avoid_add(avoid_set *s, const uint16_t *ops, size_t n);
/* Adds to *m, which begins with zeros, what an input of a node brings: the mask of its producer. */
void avoid_pass(avoid_mask *m, const avoid_mask *producer);
/* Turns *m, what all inputs of a node bring, into the mask of the node with this operator. False: a sequence would be complete. */
bool avoid_enter(const avoid_set *s, avoid_mask *m, uint16_t op);

#endif
