/* Operator sequences. Each is stored once, as a path in a trie, with the number of models that have it, by class of model.
 *
 * A model has a sequence if it has a chain of nodes with these operators, each of which is read by the next. The distinct
 * sequences of bounded length are found by dynamic programming over (last node, sequence), in k steps for length k, without
 * listing paths.
 *
 * Ownership: a trie owns its names and nodes. Indices stay valid; pointers into the trie are valid until the next addition. */
#ifndef NN_SEQ_TRIE_H
#define NN_SEQ_TRIE_H

#include "onnx/onnx_view.h"

enum { SEQ_CLASSES = 3, SEQ_LENGTH_MAX = 64 };

typedef struct {
    uint32_t parent, op; /* parent: the sequence without its last operator; 0 is the empty sequence */
    uint32_t length, stamp;
    uint32_t models[SEQ_CLASSES]; /* numbers of models that have it */
} seq_node;

typedef struct {
    arena memory;
    const char **ops;
    size_t n_ops, op_room;
    seq_node *nodes;
    size_t n, room;
    uint32_t *table; /* hash table of nodes by (parent, op), open addressing; 0: free */
    size_t table_size;
    uint32_t *op_table;
    size_t op_table_size;
    uint32_t stamp;
    size_t limit;        /* largest number of sequences; 0: 2^31 */
    unsigned max_length; /* sequences up to this length are complete; lowered if a limit cuts a model off */
    bool cut;
} seq_trie;

#define SEQ_NONE UINT32_MAX

nn_status seq_trie_init(seq_trie *t, unsigned max_length, size_t limit, nn_error *err);
void seq_trie_free(seq_trie *t); /* also of a zeroed one */

/* SEQ_NONE: not found, or out of memory if it was to be added. */
uint32_t seq_op(seq_trie *t, const char *name, bool add);
uint32_t seq_child(seq_trie *t, uint32_t sequence, uint32_t op, bool add);
uint32_t seq_find(seq_trie *t, const uint32_t *ops, size_t n, bool add);
/* Writes the operators of a sequence and returns its length; ops must have room for them. */
size_t seq_ops(const seq_trie *t, uint32_t sequence, uint32_t *ops);
/* The sequence without its first operator. It exists, because the trie has every part of a model's sequences. */
uint32_t seq_tail(seq_trie *t, uint32_t sequence);

typedef enum { SEQ_ADD, SEQ_KNOWN } seq_mode; /* SEQ_KNOWN: ignores sequences that are not in the trie */

/* Counts a model of `class` for each of its sequences up to max_length. If this would exceed the limit on sequences, or 5 million
 * chains of one length in one model, lowers max_length and sets `cut`: longer sequences are incomplete. */
nn_status seq_count_model(seq_trie *t, const onnx_view *v, unsigned class, seq_mode mode, nn_error *err);
/* Whether a model has a sequence of up to `longest` operators for which `wanted` (one element for each sequence) is true. */
nn_status seq_model_has(seq_trie *t, const onnx_view *v, const bool *wanted, unsigned longest, bool *has, nn_error *err);

/* Alphabetical by operator names, independent of the order of models. */
int seq_compare(const seq_trie *t, uint32_t a, uint32_t b);
nn_status seq_sort(const seq_trie *t, uint32_t *sequences, size_t n, nn_error *err);

#endif
