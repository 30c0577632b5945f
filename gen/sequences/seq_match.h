/* Blocks that two sequences share. */
#ifndef NN_SEQ_MATCH_H
#define NN_SEQ_MATCH_H

#include "base.h"

typedef nn_status seq_block_fn(void *data, const uint32_t *ops, size_t n);

typedef enum {
    /* Matching blocks of Ratcliff and Metzener, Pattern matching: the gestalt approach, Dr. Dobb's Journal, 1988: the longest
     * shared block (of several, the first in a, then in b), then the same on its left and on its right. Depends on the order of a
     * and b. What Python's difflib gives without its automatic junk. */
    SEQ_GESTALT,
    /* Every shared block that cannot be extended on both sides at once: the same for (a, b) and (b, a). */
    SEQ_MAXIMAL,
} seq_matching;

/* Calls back for each block of at least `least` operators, from left to right in a; a block may come more than once. */
nn_status seq_match(seq_matching how, const uint32_t *a, size_t na, const uint32_t *b, size_t nb, size_t least, seq_block_fn *call,
                    void *data, nn_error *err);

#endif
