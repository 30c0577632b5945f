/* The builder's workspace. Layers, each of which includes those before it only:
 *
 *     build_draw, build_budget            draws of operators and types; the nodes that are left
 *     build_input, build_pick             which input of an operator to fill, and with which tensor
 *     build_group                         operators solved together and committed
 *     build_moves, build_close, build_chain   one way each of placing operators
 *     build_path, build_weighted, build_random    what to place next, and by which moves
 *     build_step, build                   one step; one graph
 *
 * Functions that place operators answer LOWER_OK, LOWER_NOMEM, or LOWER_FAIL: nothing was placed. */
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
    uint32_t *left; /* of each operator of the set */
    int cost;       /* nodes that they take */
} due_ops;

/* How much of a due path has been placed. */
typedef struct {
    const due_path *path;
    size_t n;     /* operators that there is room for */
    size_t at;    /* operators placed */
    int32_t node; /* the last of them; -1: none, or the path begins anew */
    int cost;     /* nodes that the rest takes */
    int failures; /* in a row */
} path_state;

/* Paths that are due and not complete yet. */
typedef struct {
    path_state *items;
    size_t n, capacity;
    int cost;   /* nodes that they take */
    int credit; /* of which the group under way takes care */
} due_paths;

/* How the model is to look, drawn at its start. Shares are in thousandths. */
typedef struct {
    size_t live;    /* live nodes aimed at */
    size_t inputs;  /* graph inputs aimed at */
    uint32_t joins; /* share of nodes with two inputs */
    uint32_t reuse; /* tensors with several consumers, as a share of the nodes */
    bool chain;     /* the newest tensors first */
} model_style;

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
    int32_t *degrees; /* of build_finish */
    size_t cap_degrees;

    /* the request */
    size_t nodes;
    size_t limit; /* most graph outputs */
    due_ops due;
    due_paths paths;
    const op_weights *weights; /* NULL: all operators alike */
    bool probing;              /* no graph is wanted: inputs that may stay empty are not filled with whatever the probe holds */

    /* the attempt */
    model_style style;
    bool lenient;     /* due operators that fail may be left out */
    bool free_inputs; /* graph inputs beyond style.inputs may be made now */
    size_t turn;      /* tries that failed in this step */

    /* told at the end */
    uint16_t obstacle;     /* operator that could not be placed; beyond the set: none */
    const char *complaint; /* what was in the way, a static string */
    build_report report;
    lower_why refused; /* by the builder, in this try; reason WHY_NONE: it was not */
    try_table tried;   /* of this request */
    const build_trace *trace;
    graph out;
};

#endif
