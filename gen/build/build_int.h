/* The builder's workspace. The files form layers; each includes only those above it in this list:
 *
 *     build_draw, build_budget                    draws of operators and types; the budget of nodes
 *     build_input, build_pick                     selection of inputs of an operator, and of tensors for them
 *     build_log                                   the graph as a tape
 *     build_empty                                 tensors without elements
 *     build_worlds                                sizes of graph inputs that differ
 *     build_group                                 operators solved together and committed
 *     build_moves, build_close, build_chain       ways to place operators
 *     build_motif                                 ways to place motifs
 *     build_path, build_weighted, build_random    policies: what to place next, and by which moves
 *     build_share, build_extra                    initializers and nodes of a graph that has its other nodes
 *     build_step, build                           one step; one graph
 *
 * Functions that place operators return LOWER_OK, LOWER_NOMEM, or LOWER_FAIL: nothing was placed. */
#ifndef NN_BUILD_INT_H
#define NN_BUILD_INT_H

#include "build/build.h"
#include "build/build_reason.h"
#include "build/build_state.h"
#include "build/op_group.h"
#include "build/op_probe.h"

/* Operators that are due and not placed yet. */
typedef struct {
    uint16_t *ops; /* with repeats */
    size_t n, capacity;
    uint32_t *left; /* by operator of the set: how many times it is still due */
    int cost;       /* number of nodes that they take */
} due_ops;

/* Progress of a due path. */
typedef struct {
    const due_path *path;
    size_t n;     /* number of operators that there is room for */
    size_t at;    /* number of operators placed */
    int32_t node; /* the node of the last of them; -1: none, or the path begins again */
    int cost;     /* nodes needed for the rest */
    int failures; /* consecutive failures */
} path_state;

/* Paths that are due and not complete. */
typedef struct {
    path_state *items;
    size_t n, capacity;
    const due_path *first; /* of the request */
    int32_t *ends;         /* for each path of the request, the node of its last operator once it is complete; -1: it is not */
    size_t cap_ends;
    int cost;   /* nodes that they need */
    int credit; /* nodes of these that the current group covers */
} due_paths;

/* Progress of the motifs. */
typedef struct {
    placed_motif *placed;
    int near_miss; /* kind of the motif that is being placed */
    size_t n_placed, capacity;
    due_motif *due; /* those that are not placed */
    size_t n_due, due_capacity;
    size_t nodes;    /* in motifs so far */
    uint32_t share;  /* of this graph, in thousandths */
    size_t failures; /* consecutive failures of the first due motif */
} motif_state;

/* The style of the model, drawn at its start. Shares are in thousandths. */
typedef struct {
    size_t live;       /* intended number of live nodes */
    size_t inputs;     /* intended number of graph inputs */
    uint32_t joins;    /* share of nodes with two inputs */
    uint32_t reuse;    /* number of tensors with several consumers, as a share of the nodes */
    uint32_t same;     /* share of nodes that take a tensor twice where they can */
    size_t empty_from; /* number of nodes behind which the first empty tensor is wanted */
    bool chain;        /* prefers the newest tensors */
    bool deep;         /* and mostly takes the newest one */
} model_style;

/* Nodes that are added when the graph has its other nodes. */
typedef struct {
    size_t equal;           /* compute again what another node computes */
    size_t held;            /* are constants that were initializers */
    const op_model *holder; /* the operator of constants; NULL: none may appear */
} extra_nodes;

/* Where a tensor comes from (build_log.h). */
typedef struct {
    uint32_t segment, earlier; /* earlier: of a graph input that a node replaced */
    uint16_t port, earlier_port;
} tensor_address;

/* What was written down up to some moment. */
typedef struct {
    size_t values, n;
    segment_counts counts;
} log_mark;

typedef struct build_worlds build_worlds;

struct builder {
    const op_set *ops;
    op_index *index;
    op_probe *probe;

    /* workspace */
    arena memory;
    lower *lower;
    tape *t;
    build_state s;
    op_group group;
    lower_request requests[LOWER_MAX_FRAMES];
    arena_mark mark;
    int32_t *degrees; /* workspace of build_finish */
    size_t cap_degrees;

    /* the request */
    size_t nodes; /* of the growing graph; with `extra` as many as were requested */
    size_t limit; /* largest number of graph outputs */
    due_ops due;
    due_paths paths;
    motif_wish motifs;
    lower_limits limits; /* of the request */
    motif_state motif;
    uint32_t constants;         /* per cent of graph inputs that become initializers */
    const op_weights *weights;  /* NULL: all operators equally often */
    const step_watch *watch;    /* NULL: nobody watches */
    uint64_t steps;             /* since the request began */
    bool stopped;               /* the caller wants it to stop; attempts then end as if memory ran out */
    bool probing;               /* no graph is wanted: optional inputs are not filled with tensors that happen to exist */
    const manner_drawn *manner; /* NULL: none */

    /* a tape in segments */
    build_log *log;          /* NULL: none is written */
    segment_reader *reader;  /* NULL: none is read */
    tensor_address *address; /* of the tensors below n_address, if one is written or read */
    size_t n_address, cap_address;
    uint32_t segment; /* address of the last group that was kept */
    unsigned chosen;  /* named things that were drawn to finish the graph */
    size_t commits;   /* groups of the segment that is read */
    uint32_t left;    /* bit s: slot s of the last frame was made an initializer when it was bound */

    /* worlds */
    build_worlds *all_worlds; /* workspace; NULL: no request had symbols yet */
    build_worlds *worlds;     /* NULL: the model has no symbols */
    dynamic_wish dynamic;     /* of the request */

    /* the current attempt */
    model_style style;
    extra_nodes extra;
    bool lenient;     /* due operators that fail may be left out */
    bool free_inputs; /* graph inputs beyond style.inputs may be made */
    size_t turn;      /* number of failed tries in this step */

    /* for the report */
    uint16_t obstacle;     /* operator that could not be placed; outside the set: none */
    const char *complaint; /* the obstacle, a static string */
    build_report report;
    lower_why refused; /* why the builder itself refused this try; WHY_NONE: it did not */
    try_table tried;   /* tries of this request */
    const build_trace *trace;
    graph out;
};

/* Counts a step. LOWER_NOMEM: the caller of the builder wants it to stop. */
lower_result build_count_step(builder *b);

#endif
