/* Common blocks of two sequences. */
#ifndef NN_SEQ_MATCH_H
#define NN_SEQ_MATCH_H

#include "sequences/seq_gestalt.h"

typedef enum {
    /* matching blocks: see seq_gestalt.h */
    SEQ_GESTALT,
    /* every common block that cannot be extended at both ends; the same for (a, b) and (b, a) */
    SEQ_MAXIMAL,
} seq_matching;

/* Calls back for each block of at least `least` operators, from left to right in a; a block may occur several times. */
nn_status seq_match(seq_matching how, const uint32_t *a, size_t na, const uint32_t *b, size_t nb, size_t least, seq_block_fn *call,
                    void *data, nn_error *err);

#endif
