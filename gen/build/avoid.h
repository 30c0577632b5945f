/* Paths that a graph must not contain; each is a sequence of operators. They are recognised when an edge is made, by bit-parallel
 * matching (Baeza-Yates and Gonnet, "A new approach to text searching", 1992) along the edges of a graph that grows at its end.
 * The mask of a node has a bit for each prefix of a sequence that ends some path to this node.
 *
 * Ownership: lives in the given arena. Immutable; threads may share it. */
#ifndef NN_AVOID_H
#define NN_AVOID_H

#include "arena.h"
#include "base.h"

#define AVOID_WORDS 4
#define AVOID_MOST (64 * AVOID_WORDS) /* total number of operators in all sequences */

typedef struct {
    uint64_t word[AVOID_WORDS];
} avoid_mask;

typedef struct {
    avoid_mask *ops;       /* for each operator: its positions in the concatenated sequences */
    avoid_mask start, end; /* first and last positions of the sequences */
    bool *inner;           /* for each operator: whether it occurs anywhere but at the end of a sequence */
    size_t n;              /* number of operators in all sequences */
} avoid_set;

/* NULL: out of memory. */
avoid_set *avoid_new(arena *a, size_t n_ops);
/* Adds a sequence of n >= 2 operators. false: the total would exceed AVOID_MOST. */
bool avoid_add(avoid_set *s, const uint16_t *ops, size_t n);
/* Adds the mask of an input's producer to *m, which must be zero at first. */
void avoid_pass(avoid_mask *m, const avoid_mask *producer);
/* *m: the union of the masks of all inputs; becomes the mask of a node with this operator. false: a sequence would be
 * complete. */
bool avoid_enter(const avoid_set *s, avoid_mask *m, uint16_t op);

#endif
