/* What a graph is to contain of motifs, and what it contains.
 *
 * Ownership: the wish borrows its lists. Placed motifs live as long as the builder's graph. */
#ifndef NN_MOTIF_WISH_H
#define NN_MOTIF_WISH_H

#include "motif/motif.h"

typedef struct {
    uint16_t motif; /* index in the set */
    uint8_t level;  /* motif_level */
} due_motif;

typedef struct {
    const motif_set *set;    /* NULL: there are no motifs */
    const uint16_t *allowed; /* motifs to draw from */
    size_t n_allowed;
    uint32_t share;       /* of the nodes, in thousandths, in the mean over graphs */
    uint32_t near_misses; /* per cent of the motifs that are not due */
    const due_motif *due; /* motifs that must appear if there is room */
    size_t n_due;
} motif_wish;

typedef struct {
    const char *name;
    size_t motif; /* index in the set */
    motif_level level;
    const char *const *mutations;
    size_t n_mutations;
    int32_t first; /* its nodes are `n` consecutive ones of graph.nodes */
    size_t n;
} placed_motif;

/* "exact", "variant" or "mutated". */
const char *motif_level_word(motif_level level);

#endif
