/* A model as motifs see it: nodes whose operators the table has, and edges into their data inputs. Constants are operands, not
 * nodes.
 *
 * Ownership: a mine_model owns its view and its lists; a mine_models owns its models and borrows the op_set. */
#ifndef NN_MINE_MODEL_H
#define NN_MINE_MODEL_H

#include "onnx/onnx_view.h"
#include "rules/opmodel.h"

enum { MINE_NODES = 30 }; /* of a subgraph at most */

typedef struct {
    char *name;
    onnx_view view;
    int *ops; /* of each node; -1: a constant, or the table lacks the operator */
} mine_model;

/* An operator that the table lacks. */
typedef struct {
    char *op;
    uint64_t nodes;
} mine_unknown;

typedef struct {
    const op_set *ops;
    mine_model *all;
    size_t n, capacity;
    mine_unknown *unknown; /* sorted by name */
    size_t n_unknown, unknown_capacity;
} mine_models;

/* A subgraph: nodes of a model, in ascending and therefore topological order. */
typedef struct {
    uint32_t model;
    uint32_t n;
    uint32_t nodes[MINE_NODES];
} mine_part;

/* Takes the view over, also if it fails. false: out of memory. */
bool mine_models_add(mine_models *m, const char *name, onnx_view *v);
void mine_models_free(mine_models *m);

/* Which input of the operator slot k is, for a node with so many operands; -1: none. */
int mine_input_of_slot(const op_model *op, size_t k, size_t operands);
/* Whether slot k of a node takes data, and not, for example, a list of axes. */
bool mine_is_data(const mine_models *m, const mine_model *x, uint32_t node, size_t k);
/* The tensor that slot k of a node reads; NULL: absent. */
const onnx_view_tensor *mine_operand(const mine_model *x, uint32_t node, size_t k);
/* The node of an edge into slot k of a node; -1: there is no edge. */
int64_t mine_before(const mine_models *m, const mine_model *x, uint32_t node, size_t k);
/* Which output of its maker a tensor is. */
size_t mine_output_of(const mine_model *x, const onnx_view_tensor *t);

/* A hash of the subgraph that does not depend on the order of its nodes. order (may be NULL) gets the nodes, as indices in part,
 * in an order that depends on their hashes, so that it is the same in every subgraph of equal hash. */
uint64_t mine_hash(const mine_models *m, const mine_part *part, uint32_t order[MINE_NODES]);

#endif
