/* Counts the sequences of operators in models, each consuming the one before.
 *
 * Ownership: a mine_walks owns its memory and borrows the op_set. Free it with mine_walks_free, also after a failure. */
#ifndef NN_MINE_WALKS_H
#define NN_MINE_WALKS_H

#include "onnx/onnx_view.h"
#include "rules/opmodel.h"

enum { MINE_WALK_LENGTH = 4 }; /* the longest sequence that is counted */

/* A sequence is the operator at its end and the sequence before that. Index 0 is the empty sequence. */
typedef struct {
    uint32_t before;
    uint16_t op; /* index in the op_set */
    uint16_t length;
    bool continues; /* it is the beginning or the end of a longer sequence that was counted */
    uint64_t nodes; /* nodes at which it ends, in all models */
} mine_walk;

typedef struct {
    const op_set *ops;
    mine_walk *all;
    size_t n, capacity;
    uint32_t *slots; /* hash table of indices; 0: free */
    size_t n_slots;
} mine_walks;

void mine_walks_init(mine_walks *w, const op_set *ops);
void mine_walks_free(mine_walks *w);
/* Counts the sequences of a model. A node whose operator the set lacks ends them. false: out of memory. */
bool mine_walks_add(mine_walks *w, const onnx_view *v);
/* Fills ops with the operators of a sequence; returns their number. */
size_t mine_walks_ops(const mine_walks *w, uint32_t walk, uint16_t ops[MINE_WALK_LENGTH]);
/* Marks the sequences that longer ones contain at their beginning or end. false: out of memory. */
bool mine_walks_mark(mine_walks *w);

#endif
