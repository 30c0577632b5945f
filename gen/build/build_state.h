/* The growing graph: tensors and nodes, and what a builder must find in it quickly: unconsumed tensors by type and rank, tensors of
 * a shape, live nodes, components, what it takes to finish.
 *
 * A live node is one none of whose outputs is consumed: in the end it must have an output of a type of data (op_set.data: float32
 * and those chosen) that depends on a graph input, which becomes a graph output. Its `sink` is the number of nodes that this takes.
 *
 * Where the state is strict, a weak tensor (estimate.h) counts as one that depends on no graph input, and a node with an output
 * that is not weak stays live until such an output is consumed by a node of its kind: what it knows reaches a graph output by no
 * weak tensor. The same holds of an output that a node's weights do not reach, where they reach another.
 *
 * The state only grows: an operator is solved and its effect foreseen (state_foresee) before anything is changed (state_commit).
 *
 * Ownership: a state owns its arrays; nodes' lists live in the arena given. */
#ifndef NN_BUILD_STATE_H
#define NN_BUILD_STATE_H

#include "arena.h"
#include "build/avoid.h"
#include "lower/lower.h"
#include "build/op_index.h"

typedef struct {
    int32_t *items;
    size_t n, capacity;
} id_list;

/* How a tensor's values are fixed: constants of shapes come from graph inputs by way of a source, bare ones from none. */
typedef enum { VARIES, CONSTANT_OF_SHAPES, CONSTANT_BARE } constancy;

/* Tensors, the first n; more than there is room for are left out. */
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
    constancy constant; /* whether its values depend on those of a graph input */
    bool weak;          /* they may well not */
    bool aside;         /* its producer's weights do not reach it, but another output */
    int32_t origin;     /* tensor that it is a function of, without weights; itself if there is none such */
    uint32_t level;     /* bit k: broadcasting made it equal all along the axis that is k-th from the last */
    bool passed;        /* of a graph input: some consumer is not weak */
    copy_set copied;    /* tensors whose elements it may hold; itself if there are none such */
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
    id_list sinks;                        /* live nodes without an output of data */
    id_list inputs;                       /* graph inputs */
    id_list free[DT_COUNT][STATE_RANKS];  /* unconsumed node outputs */
    id_list taken[DT_COUNT][STATE_RANKS]; /* consumed ones and graph inputs, roughly by age */
    int32_t *heads;                       /* newest tensor of a hash of type and shape */
    size_t n_heads;                       /* a power of two */
    bool strict;                          /* weak outputs count */
    bool leads;                           /* for now, weak values may be led on: a due path asks for it */
    size_t components;
    size_t joins;  /* nodes with two non-constant inputs or more */
    size_t reused; /* tensors with two consumers or more */
    int sink_need; /* sum over live nodes */
    size_t initializers;
    uint32_t *op_counts;    /* nodes of each operator */
    const avoid_set *avoid; /* paths that may not be, NULL: none */
    avoid_mask *masks;      /* of the nodes, if there are any */
    size_t cap_masks;
} build_state;

/* A solved group of operators that is to enter the graph. */
typedef struct {
    size_t n;
    op_instance inst[LOWER_MAX_FRAMES];
    int32_t tensor[LOWER_MAX_FRAMES][OP_MAX_SLOTS]; /* existing tensor in a slot, -1 */
    int32_t target;                                 /* graph input that the last operator's output takes the place of, -1: none */
    int target_output;
} build_group;

/* What the state will be once a group is committed. */
typedef struct {
    /* Not so: inputs distinct, new graph inputs of data types, no output of one value, nothing constant without need. NULL: sound.
     */
    const char *fault;
    size_t nodes, live, components, joins, new_inputs;
    int sink_need;
} build_effect;

/* Of a slot: whether it holds what an operator or a graph input gives. */
static inline bool slot_data(inst_kind k)
{
    return k == INST_TENSOR || k == INST_NEW_INPUT || k == INST_LINK;
}

nn_status state_init(build_state *s, const op_index *index, arena *memory, nn_error *err);
void state_free(build_state *s);
/* An empty graph; memory is kept. False without memory. */
bool state_reset(build_state *s, size_t nodes);
/* Lets the outputs of one node that is live and weak be as if they were not, so that one of them may be a graph output. False:
 * there is no such node that depends on a graph input and gives data. */
bool state_spare(build_state *s);
void state_foresee(build_state *s, const build_group *g, build_effect *e);
/* False without memory: the state is then to be reset. */
bool state_commit(build_state *s, const build_group *g);
int32_t state_root(build_state *s, int32_t node);
/* Newest tensor (not an initializer) of this type and shape, -1: none; go on with notes[t].same_shape, whose shape has to be
 * compared. */
int32_t state_same_shape(const build_state *s, const tensor_desc *d);
static inline bool state_node_live(const build_state *s, int32_t node)
{
    return node >= 0 && s->node_notes[node].live_at >= 0;
}

bool id_push(id_list *l, int32_t id);

#endif
