/* The growing graph: its tensors and nodes, and indices for fast searches: unconsumed tensors by type and rank, tensors of a
 * shape, live nodes, components, and the number of nodes needed to finish.
 *
 * A node is live while none of its outputs is consumed. In the end each live node must have an output that depends on a graph
 * input and has a type of data (op_set.data: float32 and the types chosen in addition); that output becomes a graph output. The
 * node's `sink` is the number of nodes needed for that.
 *
 * In a strict state, weak tensors (estimate.h: their values may be the same for all inputs) do not count. A weak tensor is
 * treated like one that depends on no graph input. A node with an output that is not weak stays live until a node that is itself
 * not weak consumes such an output: its information must reach a graph output without a weak tensor. The same holds for outputs
 * that are `aside`.
 *
 * The state only grows: an operator is solved, its effect is computed (build_effect.h), and then it is committed
 * (build_commit.h).
 *
 * Ownership: a state owns its arrays. The lists of nodes live in the given arena. */
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

/* How the values of a tensor are fixed. The order matters: an operator's outputs have the smallest value among its inputs. */
typedef enum {
    VARIES,             /* they depend on the values of a graph input */
    CONSTANT_OF_SHAPES, /* a source computed them from shapes of graph inputs */
    CONSTANT_BARE       /* they do not depend on any graph input */
} constancy;

/* A set of tensors. Tensors that do not fit are dropped. */
enum { COPY_SET = 4 };
typedef struct {
    int32_t n, id[COPY_SET];
} copy_set;

/* What the builder stores about a tensor in addition to graph_tensor. */
typedef struct {
    int32_t free_at;    /* index in its list of unconsumed tensors; -1: consumed, an initializer or a graph input */
    int32_t input_at;   /* index in the list of graph inputs; -1: none */
    int32_t same_shape; /* next older tensor with the same hash of type and shape; -1: none */
    int32_t node;       /* a node of its component */
    constancy constant;
    bool weak;           /* its values may be the same for all inputs */
    bool inner;          /* of a motif: not offered to other operators */
    bool shown;          /* becomes a graph output, consumed or not */
    bool aside;          /* weights of its producer reach another output, but not this one */
    int32_t origin;      /* tensor that it is a function of, without weights; itself if there is none */
    uint32_t equal_axes; /* bit k: all elements are equal along the axis that is k-th from the last (build_lineage.h) */
    bool passed;         /* for a graph input: a consumer is not weak */
    copy_set copied;     /* tensors whose elements it may contain; itself if there are none */
} tensor_note;

typedef struct {
    int32_t parent;  /* union-find over nodes */
    int32_t live_at; /* index in `live`; -1: not live */
    int32_t sink_at; /* index in `sinks`; -1: sink is 0 */
    int32_t sink;
    bool weak; /* all its outputs are weak */
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
    id_list sinks;                        /* live nodes with sink > 0 */
    id_list inputs;                       /* graph inputs */
    id_list free[DT_COUNT][STATE_RANKS];  /* unconsumed outputs of nodes */
    id_list taken[DT_COUNT][STATE_RANKS]; /* consumed tensors and graph inputs, roughly by age */
    int32_t *heads;                       /* newest tensor for each hash of type and shape */
    size_t n_heads;                       /* a power of two */
    bool strict;                          /* weak tensors do not count */
    bool leads;                           /* an operator may take weak tensors only, because a due path may require it */
    size_t components;
    size_t joins;  /* nodes with at least two non-constant inputs */
    size_t shown;  /* tensors with tensor_note.shown */
    size_t empty;  /* tensors without elements */
    size_t reused; /* tensors with at least two consumers */
    int sink_need; /* sum of the sinks of live nodes */
    size_t initializers;
    uint32_t *op_counts;    /* number of nodes of each operator */
    const avoid_set *avoid; /* paths that the graph must not contain; NULL: none */
    avoid_mask *masks;      /* masks of the nodes, if there are such paths */
    size_t cap_masks;
} build_state;

nn_status state_init(build_state *s, const op_index *index, arena *memory, nn_error *err);
void state_free(build_state *s);
/* Makes the graph empty and keeps the memory. false: out of memory. */
bool state_reset(build_state *s, size_t nodes);
/* Ignores that the outputs of one live, weak node are weak, so that one of them may become a graph output. false: there is no
 * such node that depends on a graph input and has an output of data. */
bool state_spare(build_state *s);
/* The node that represents the component of a node. */
int32_t state_root(build_state *s, int32_t node);
/* The newest tensor (not an initializer) with the hash of this type and shape; -1: none. notes[t].same_shape is the next. The
 * shapes must still be compared. */
int32_t state_same_shape(const build_state *s, const tensor_desc *d);
/* Adds a tensor to the component of the node; -1: out of memory. */
int32_t state_add_tensor(build_state *s, tensor_kind kind, const tensor_desc *d, int32_t node);
/* Removes a node from the list of sinks. */
void state_leave_sinks(build_state *s, node_note *n);

static inline bool state_is_data(const build_state *s, dtype t)
{
    return s->index->ops->data >> t & 1;
}
static inline bool state_node_live(const build_state *s, int32_t node)
{
    return node >= 0 && s->node_notes[node].live_at >= 0;
}
/* Whether the values of a producer count as passed on to a consumer of one of its tensors. */
static inline bool state_passes(const build_state *s, bool producer_weak, bool tensor_weak, bool consumer_weak)
{
    return !s->strict || producer_weak || (!tensor_weak && !consumer_weak);
}

/* false: out of memory. */
bool id_push(id_list *l, int32_t id);
/* Removes the item at an index; the last item moves there. Returns the id that moved, or the removed id if it was the last. */
static inline int32_t id_remove(id_list *l, int32_t at)
{
    int32_t moved = l->items[--l->n];
    l->items[at] = moved;
    return moved;
}

#endif
