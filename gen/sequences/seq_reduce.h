/* Reduces a set of operator sequences to the blocks that they share.
 *
 * In passes until nothing changes: every two sequences that share a block of at least SEQ_REDUCE_BLOCK operators give way to it.
 *
 * published: as in Interoperability in Deep Learning: A User Survey and Failure Analysis of ONNX Model Converters (ISSTA 2024),
 * section 6: after each pair its blocks are added and the pair is removed, so that a block that an earlier pair gave, and a
 * sequence that is itself the block, is lost. The result depends on the order of pairs and leaves sequences without any of their
 * blocks. corrected: a pass removes all sequences that have a partner, then adds all blocks: no order, and every sequence that was
 * given contains one that is kept. */
#ifndef NN_SEQ_REDUCE_H
#define NN_SEQ_REDUCE_H

#include "sequences/seq_trie.h"

enum { SEQ_REDUCE_BLOCK = 4 };

typedef enum { SEQ_REDUCE_NONE, SEQ_REDUCE_PUBLISHED, SEQ_REDUCE_CORRECTED } seq_reduction;

typedef struct {
    uint32_t *all; /* different sequences of a trie */
    size_t n, capacity;
} seq_list;

bool seq_list_add(seq_list *l, uint32_t sequence); /* false: no memory */

/* Replaces the list by the reduced one, which is alphabetical. `order` is that of the published mode: 0 alphabetical; others: by a
 * hash with this number, as the study's sets had one. */
nn_status seq_reduce(seq_trie *t, seq_list *l, seq_reduction mode, uint64_t order, nn_error *err);

/* How many of `given` contain one of `kept`. */
nn_status seq_covered(seq_trie *t, const seq_list *given, const seq_list *kept, size_t *covered, nn_error *err);

#endif
