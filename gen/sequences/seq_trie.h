/* Operator sequences, each stored once as a path in a trie, with the number of models that hold it, by class of model.
 *
 * A sequence belongs to a model if the model has a chain of nodes with these operators, each read by the next. The different
 * sequences of bounded length are found by dynamic programming over (last node, sequence), without listing paths: k steps for
 * length k.
 *
 * Ownership: a trie owns its names and nodes. Indices stay valid; pointers into it do until the next addition. */
#ifndef NN_SEQ_TRIE_H
#define NN_SEQ_TRIE_H

#include "onnx/onnx_view.h"

enum { SEQ_CLASSES = 3, SEQ_LENGTH_MAX = 64 };

typedef struct {
    uint32_t parent, op; /* the sequence without its last operator; 0 is the empty one */
    uint32_t length, stamp;
    uint32_t models[SEQ_CLASSES]; /* that hold it */
} seq_node;

typedef struct {
    arena memory;
    const char **ops;
    size_t n_ops, op_room;
    seq_node *nodes;
    size_t n, room;
    uint32_t *table; /* of nodes by (parent, op), open addressing; 0: free */
    size_t table_size;
    uint32_t *op_table;
    size_t op_table_size;
    uint32_t stamp;
    size_t limit;        /* sequences kept at most; 0: 2^31 */
    unsigned max_length; /* complete up to here: lowered where a limit cuts a model off */
    bool cut;
} seq_trie;

#define SEQ_NONE UINT32_MAX

nn_status seq_trie_init(seq_trie *t, unsigned max_length, size_t limit, nn_error *err);
void seq_trie_free(seq_trie *t); /* also of a zeroed one */

/* SEQ_NONE: not there, or no memory when it should be added. */
uint32_t seq_op(seq_trie *t, const char *name, bool add);
uint32_t seq_child(seq_trie *t, uint32_t sequence, uint32_t op, bool add);
uint32_t seq_find(seq_trie *t, const uint32_t *ops, size_t n, bool add);
/* Operators of a sequence; room for its length. Returns the length. */
size_t seq_ops(const seq_trie *t, uint32_t sequence, uint32_t *ops);
/* The sequence without its first operator. Every part of a sequence of a model is there too. */
uint32_t seq_tail(seq_trie *t, uint32_t sequence);

typedef enum { SEQ_ADD, SEQ_KNOWN } seq_mode; /* SEQ_KNOWN: sequences that are not there yet are passed over */

/* Counts a model of `class` at each of its sequences up to max_length. Where the limit on sequences or 5 million chains of one
 * length of one model would be passed, max_length goes down and `cut` is set: what is longer is not complete. */
nn_status seq_count_model(seq_trie *t, const onnx_view *v, unsigned class, seq_mode mode, nn_error *err);
/* Whether a model holds a sequence of up to `longest` operators for which `wanted` (an element a sequence) is set. */
nn_status seq_model_has(seq_trie *t, const onnx_view *v, const bool *wanted, unsigned longest, bool *has, nn_error *err);

/* Alphabetical by operators' names: the same whatever order models came in. */
int seq_compare(const seq_trie *t, uint32_t a, uint32_t b);
nn_status seq_sort(const seq_trie *t, uint32_t *sequences, size_t n, nn_error *err);

#endif
