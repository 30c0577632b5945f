/* Matching blocks of one sequence with many others.
 *
 * Ratcliff and Metzener, Pattern matching: the gestalt approach, Dr. Dobb's Journal, 1988: find the longest common block (of
 * several, the first in a, then the first in b), then do the same on its left and on its right. The result depends on the order
 * of a and b. It equals that of Python's difflib without its automatic junk.
 *
 *     seq_gestalt g = {0};
 *     seq_gestalt_first(&g, a, na, err);
 *     for (...) seq_gestalt_match(&g, b, nb, same, 3, each_block, data, err);
 *     seq_gestalt_free(&g);
 *
 * Sets of positions in a are bit sets. A window in b, as long as the block to beat, is read backwards, together with the
 * positions in a where the part that was read begins. If no position is left, all windows that contain this part are skipped, as
 * in backward matching by nondeterministic automata (Navarro and Raffinot, Fast and flexible string matching by combining
 * bit-parallelism and suffix automata, 2000). So parts that the sequences do not share cost little, and less the longer the block
 * is.
 *
 * Successive sequences with a common prefix share the work on the prefix. With a memory (seq_gestalt_remember), a part of a and a
 * part of b are compared only if parts with the same operators were not compared before.
 *
 * Ownership: a seq_gestalt owns its tables. a is borrowed until the next seq_gestalt_first; with a memory, every a and b are
 * borrowed until the next seq_gestalt_remember. */
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

/* State of the search in two whole sequences after all windows that end before `end`. */
typedef struct {
    size_t depth; /* length of the prefix of b that this state depends on */
    size_t end;
    seq_block best; /* the best block; if none was found, its length is one that is too short */
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
    /* row r: bit set of the positions in a of its r-th operator, words + 1 words long; row 0: operators that a does not have */
    uint64_t *rows;
    size_t row_room;
    uint32_t *row_of; /* by operator */
    size_t op_room;
    uint32_t *distinct; /* operators of a */
    size_t n_distinct, distinct_room;
    uint64_t *places; /* two sets, for the current window */
    size_t place_room;
    seq_region *stack;
    size_t n, capacity;
    seq_search *searches; /* of the last b, by depth */
    size_t n_searches, search_room;
    seq_seen *seen;             /* NULL: no memory; otherwise a hash table in which a later entry replaces an earlier one */
    uint64_t *hash[2], *powers; /* of the prefixes of a and b */
    size_t hash_room[2], n_powers, power_room;
} seq_gestalt;

/* NN_ERR_NOMEM also if the length of a times the number of its different operators exceeds 8 * 10^9. */
nn_status seq_gestalt_first(seq_gestalt *g, const uint32_t *a, size_t na, nn_error *err);
/* Calls back for each block of at least `least` operators, from left to right; a block may occur several times. `least` is not 0
 * and is the same for all b of an a. same: b begins with so many operators of the last b; 0 is always correct. */
nn_status seq_gestalt_match(seq_gestalt *g, const uint32_t *b, size_t nb, size_t same, size_t least, seq_block_fn *call, void *data,
                            nn_error *err);
/* Starts a new memory: from now on, parts that were compared are not compared again, and their blocks are not reported again. */
nn_status seq_gestalt_remember(seq_gestalt *g, nn_error *err);
void seq_gestalt_free(seq_gestalt *g); /* also of a zeroed one */

#endif
