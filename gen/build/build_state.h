/* The growing graph: tensors and nodes, and what a builder must find in it quickly: unconsumed tensors by type and rank, tensors of
 * a shape, live nodes, components, and what it takes to finish.
 *
 * A node is live while none of its outputs is consumed. In the end each live node must have an output of a type of data
 * (op_set.data: float32 and the types chosen beside it) that depends on a graph input: that output becomes a graph output. The
 * node's `sink` is the number of nodes that it takes to get there.
 *
 * In a strict state weak tensors (estimate.h: values that may well be the same for all inputs) do not count: a weak tensor is
 * treated as one that depends on no graph input, and a node that has an output that is not weak stays live until a node that is
 * not weak itself consumes such an output. So every node's values reach a graph output by tensors that are not weak. The same holds
 * for outputs that are `aside`.
 *
 * The state only grows: an operator is solved, its effect is foreseen (build_effect.h), and then it is committed (build_commit.h).
 *
 * Ownership: a state owns its arrays; nodes' lists live in the arena given. */
#ifndef NN_BUILD_STATE_H
#define NN_BUILD_STATE_H

#include "arena.h"
#include "build/avoid.h"
#include "build/op_index.h"
#include "value/graph.h"

typedef struct {
    int32_t *items;
    size_t n, capacity;
} id_list;

/* How a tensor's values are fixed. The order matters: an operator's outputs are as its least constant input. */
typedef enum {
    VARIES,             /* they depend on the values of a graph input */
    CONSTANT_OF_SHAPES, /* a source made them of shapes, which graph inputs have */
    CONSTANT_BARE       /* no graph input is behind them */
} constancy;

/* A set of tensors; those that there is no room for are left out. */
enum { COPY_SET = 4 };
typedef struct {
    int32_t n, id[COPY_SET];
} copy_set;

/* What the builder notes of a tensor beside graph_tensor. */
typedef struct {
    int32_t free_at;    /* place in its list of unconsumed tensors, -1: consumed, an initializer or a graph input */
    int32_t input_at;   /* place in the list of graph inputs, -1: none */
    int32_t same_shape; /* next older tensor with the same hash of type and shape, -1: none */
    int32_t node;       /* a node of its component */
    constancy constant;
    bool weak;           /* its values may well be the same for all inputs */
    bool aside;          /* weights of its producer reach another output, but not this one */
    int32_t origin;      /* tensor that it is a function of, without weights; itself if there is none such */
    uint32_t equal_axes; /* bit k: elements are equal all along the axis that is k-th from the last (build_lineage.h) */
    bool passed;         /* of a graph input: some consumer is not weak */
    copy_set copied;     /* tensors whose elements it may hold; itself if there are none such */
} tensor_note;

typedef struct {
    int32_t parent;  /* union-find over nodes */
    int32_t live_at; /* place in live, -1: not live */
    int32_t sink_at; /* place in sinks, -1: sink is 0 */
    int32_t sink;
    bool weak; /* all its outputs are */
} node_note;

#define STATE_RANKS (NN_MAX_RANK + 1)

typedef struct {
    const op_index *index;
    arena *memory;
    graph_tensor *tensors;
    tensor_note *notes;
    size_t n_tensors, cap_tensors, cap_notes;
    graph_node *nodes;
    node_note *node_notes;
    size_t n_nodes, cap_nodes, cap_node_notes;
    id_list live;                         /* nodes */
    id_list sinks;                        /* live nodes whose sink is above 0 */
    id_list inputs;                       /* graph inputs */
    id_list free[DT_COUNT][STATE_RANKS];  /* unconsumed node outputs */
    id_list taken[DT_COUNT][STATE_RANKS]; /* consumed ones and graph inputs, roughly by age */
    int32_t *heads;                       /* newest tensor of a hash of type and shape */
    size_t n_heads;                       /* a power of two */
    bool strict;                          /* weak tensors do not count */
    bool leads;                           /* an operator may take weak tensors alone, as a due path may ask for it */
    size_t components;
    size_t joins;  /* nodes with two non-constant inputs or more */
    size_t reused; /* tensors with two consumers or more */
    int sink_need; /* sum of the sinks of live nodes */
    size_t initializers;
    uint32_t *op_counts;    /* nodes of each operator */
    const avoid_set *avoid; /* paths that the graph may not hold, NULL: none */
    avoid_mask *masks;      /* of the nodes, if there are such paths */
    size_t cap_masks;
} build_state;

nn_status state_init(build_state *s, const op_index *index, arena *memory, nn_error *err);
void state_free(build_state *s);
/* An empty graph; memory is kept. False without memory. */
bool state_reset(build_state *s, size_t nodes);
/* Treats the outputs of one live, weak node as if they were not weak, so that one of them may be a graph output. False: there is
 * no such node that depends on a graph input and gives data. */
bool state_spare(build_state *s);
/* A node that stands for the component of a node. */
int32_t state_root(build_state *s, int32_t node);
/* Newest tensor (not an initializer) with the hash of this type and shape, -1: none. Go on with notes[t].same_shape; shapes still
 * have to be compared. */
int32_t state_same_shape(const build_state *s, const tensor_desc *d);
/* A new tensor in the component of the node; -1 without memory. */
int32_t state_add_tensor(build_state *s, tensor_kind kind, const tensor_desc *d, int32_t node);
/* Takes a node off the list of sinks. */
void state_leave_sinks(build_state *s, node_note *n);

static inline bool state_is_data(const build_state *s, dtype t)
{
    return s->index->ops->data >> t & 1;
}
static inline bool state_node_live(const build_state *s, int32_t node)
{
    return node >= 0 && s->node_notes[node].live_at >= 0;
}
/* Whether the values of a producer count as going on to a consumer of one of its tensors. */
static inline bool state_passes(const build_state *s, bool producer_weak, bool tensor_weak, bool consumer_weak)
{
    return !s->strict || producer_weak || (!tensor_weak && !consumer_weak);
}

/* False without memory. */
bool id_push(id_list *l, int32_t id);
/* Removes the item at a place: the last one moves there. Returns the id that moved (or the removed one, if it was last). */
static inline int32_t id_remove(id_list *l, int32_t at)
{
    int32_t moved = l->items[--l->n];
    l->items[at] = moved;
    return moved;
}

#endif
