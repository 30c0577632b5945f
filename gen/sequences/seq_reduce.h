/* Reduces a set of operator sequences to the blocks that they share.
 *
 * Passes are repeated until nothing changes. In a pass, every two sequences that share a block of at least SEQ_REDUCE_BLOCK
 * operators are replaced by the block.
 *
 * published: the algorithm of Interoperability in Deep Learning: A User Survey and Failure Analysis of ONNX Model Converters
 * (ISSTA 2024), section 6. After each pair, its blocks are added and the pair is removed. So a block that an earlier pair
 * produced, and a sequence that is itself the block, is lost. The result depends on the order of pairs, and some sequences have
 * none of their blocks in it.
 *
 * corrected: a pass removes all sequences that have a partner, then adds all blocks. The result does not depend on an order, and
 * every given sequence contains one that is kept. */
#ifndef NN_SEQ_REDUCE_H
#define NN_SEQ_REDUCE_H

#include "sequences/seq_trie.h"

enum { SEQ_REDUCE_BLOCK = 4 };

typedef enum { SEQ_REDUCE_NONE, SEQ_REDUCE_PUBLISHED, SEQ_REDUCE_CORRECTED } seq_reduction;

typedef struct {
    uint32_t *all; /* distinct sequences of a trie */
    size_t n, capacity;
} seq_list;

bool seq_list_add(seq_list *l, uint32_t sequence); /* false: out of memory */

/* Replaces the list by the reduced one, sorted alphabetically. `order` is for the published mode: 0 means alphabetical; other
 * numbers seed a hash that gives the order, since the study used hash sets. */
nn_status seq_reduce(seq_trie *t, seq_list *l, seq_reduction mode, uint64_t order, nn_error *err);

/* Counts the sequences of `given` that contain one of `kept`. */
nn_status seq_covered(seq_trie *t, const seq_list *given, const seq_list *kept, size_t *covered, nn_error *err);

#endif
