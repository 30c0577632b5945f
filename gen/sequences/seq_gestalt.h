/* Matching blocks of one sequence with many others.
 *
 * Ratcliff and Metzener, Pattern matching: the gestalt approach, Dr. Dobb's Journal, 1988: the longest shared block (of several,
 * the first in a, then the first in b), then the same on its left and on its right. Depends on the order of a and b. It is what
 * Python's difflib gives without its automatic junk.
 *
 *     seq_gestalt g = {0};
 *     seq_gestalt_first(&g, a, na, err);
 *     for (...) seq_gestalt_match(&g, b, nb, same, 3, each_block, data, err);
 *     seq_gestalt_free(&g);
 *
 * Sets of places in a are sets of bits. A window in b as long as the block to beat is read backwards, with the places in a where
 * what was read begins. Where no place is left, all windows with what was read are passed over, as in backward matching by
 * nondeterministic automata (Navarro and Raffinot, Fast and flexible string matching by combining bit-parallelism and suffix
 * automata, 2000). So what the two have not in common costs little, and less the longer the block is.
 *
 * Many sequences that begin alike, one after the other, share the work on their beginnings. With a memory (seq_gestalt_remember),
 * a part of a and a part of b that are to be compared are compared only if none of the same operators were before.
 *
 * Ownership: a seq_gestalt owns its tables. a is borrowed until the next seq_gestalt_first; with a memory, every a and b until
 * the next seq_gestalt_remember. */
#ifndef NN_SEQ_GESTALT_H
#define NN_SEQ_GESTALT_H

#include "base.h"

/* ops: a part of a. */
typedef nn_status seq_block_fn(void *data, const uint32_t *ops, size_t n);

typedef struct {
    size_t a, a_end, b, b_end;
} seq_region;

typedef struct {
    size_t length, at_a, at_b; /* at_a: from the beginning of the region */
} seq_block;

/* Of the search in two whole sequences, when windows that end before `end` have been looked at. */
typedef struct {
    size_t depth; /* operators of b that this depends on */
    size_t end;
    seq_block best; /* if found; else its length is what is too short */
    bool found;
} seq_search;

typedef struct {
    const uint32_t *a, *b;
    uint32_t na, nb;
    uint64_t hash;
} seq_seen;

typedef struct {
    const uint32_t *a;
    size_t na, words;
    uint64_t *rows; /* row r: the places in a of its r-th operator, words + 1 of them; row 0: of operators that a has not */
    size_t row_room;
    uint32_t *row_of; /* of each operator */
    size_t op_room;
    uint32_t *distinct; /* operators of a */
    size_t n_distinct, distinct_room;
    uint64_t *places; /* two sets, of the window under way */
    size_t place_room;
    seq_region *stack;
    size_t n, capacity;
    seq_search *searches; /* of the last b, by depth */
    size_t n_searches, search_room;
    seq_seen *seen;             /* NULL: no memory; else a table by hash, where a later entry takes the place of an earlier one */
    uint64_t *hash[2], *powers; /* of the beginnings of a and b */
    size_t hash_room[2], n_powers, power_room;
} seq_gestalt;

/* NN_ERR_NOMEM also where the number of operators times that of different ones is past 8 * 10^9. */
nn_status seq_gestalt_first(seq_gestalt *g, const uint32_t *a, size_t na, nn_error *err);
/* Calls back for each block of at least `least` (not 0, the same for all b of an a) operators, from left to right; a block may come
 * more than once. same: b begins with so many operators of the last b; 0 is fine. */
nn_status seq_gestalt_match(seq_gestalt *g, const uint32_t *b, size_t nb, size_t same, size_t least, seq_block_fn *call, void *data,
                            nn_error *err);
/* From now on, and forgets what was before: parts that were compared are not compared again, and their blocks do not come again. */
nn_status seq_gestalt_remember(seq_gestalt *g, nn_error *err);
void seq_gestalt_free(seq_gestalt *g); /* also of a zeroed one */

#endif
