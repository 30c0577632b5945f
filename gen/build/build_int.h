/* Inside of the builder, shared by build*.c only.
 *
 * A step chooses operators and tensors (build_step.c), has them solved together as a group and commits the group if what is left
 * can still be finished (build_group.c). */
#ifndef NN_BUILD_INT_H
#define NN_BUILD_INT_H

#include "build/build.h"
#include "build/build_reason.h"
#include "build/build_state.h"
#include "build/op_probe.h"

/* How one operator of a group stands. Zero-initialise, then set with spec_none(). */
typedef struct {
    const op_model *op;
    int32_t given[2];   /* existing tensors that it must take, -1: none */
    int given_input[2]; /* in these inputs */
    int link_frame;     /* earlier operator of the group whose output it takes, -1: none */
    int link_output, link_input;
    int32_t target;    /* graph input that its output replaces, -1: none */
    int partners;      /* further inputs to fill with existing tensors, where there are any */
    dtype output_type; /* wanted type of output 0, DT_NONE: free */
} op_spec;

/* How far a due path is. */
typedef struct {
    const build_path *path;
    size_t n;     /* operators that there is room for */
    size_t at;    /* operators placed */
    int32_t node; /* of the last of them, -1: none, or the path has broken there */
    int cost;     /* nodes that what is left takes */
    int failures; /* in a row */
} path_state;

struct builder {
    const op_set *ops;
    op_index *index;
    op_probe *probe;
    arena memory;
    lower *lower;
    build_state s;
    tape *t;
    build_group group;
    lower_request requests[LOWER_MAX_FRAMES];
    arena_mark mark;

    /* of the request */
    size_t nodes;
    size_t limit;  /* most graph outputs */
    uint16_t *due; /* operators due and not placed yet, with repeats */
    size_t n_due, cap_due;
    uint32_t *due_left; /* of each operator */
    int due_cost;       /* nodes that they take */
    bool probing;       /* no graph is built: inputs that need not be are not filled with what the probe happens to hold */
    bool lenient;       /* due operators that fail may be left out */
    path_state *paths;  /* due and not finished */
    size_t n_paths, cap_paths;
    int path_cost;   /* nodes that they take */
    int path_credit; /* of which the group under way takes care */

    const op_weights *weights; /* of the request, NULL: all operators alike */

    /* style of the model, drawn at its start */
    size_t soft_live;     /* live nodes aimed at, <= limit */
    size_t aim_inputs;    /* graph inputs aimed at */
    uint32_t join_share;  /* nodes with two inputs aimed at, in thousandths */
    uint32_t reuse_share; /* tensors with several consumers aimed at, in thousandths of the nodes */
    bool chainy;          /* newest tensors first */

    size_t turn;           /* tries that failed in this step */
    bool free_inputs;      /* this step may make graph inputs beyond aim_inputs */
    uint16_t *order;       /* workspace, n_ops */
    uint16_t obstacle;     /* operator that could not be placed, n_ops: none */
    const char *complaint; /* what was in the way, a static string */
    build_report report;
    lower_why refused; /* by the builder, in this try; reason WHY_NONE: it was not */
    try_table tried;   /* of this request */
    const build_trace *trace;

    graph out;
    int32_t *degrees; /* workspace */
    size_t cap_degrees;
};

/* ---- build_group.c ---- */
/* A draw below n, moved on by the tries that failed in this step: tries that draw the same (as from an exhausted tape) go round the
 * choices. */
size_t build_draw(builder *b, const char *label, size_t n);
/* One of these types; DT_NONE: there is none. */
dtype build_draw_type(builder *b, dtype_mask types);
op_spec spec_of(const op_model *op);
/* Solves the operators together and commits them. LOWER_FAIL: nothing has changed. */
lower_result build_try(builder *b, const op_spec *specs, size_t n);
/* Solves them and tells what they would do to the graph; nothing changes. */
lower_result build_foresee(builder *b, const op_spec *specs, size_t n, build_effect *e);
/* A tensor that may go in an input: unconsumed, or consumed already (taken). only: of these types alone, unless 0. -1: none found.
 */
int32_t build_pick(builder *b, const op_model *op, size_t input, bool taken, dtype_mask only);
/* Whether two tensors may not be inputs of one operator as they would cancel. */
bool build_cancels(const builder *b, const op_model *op, int32_t t, int32_t u);
static inline bool build_is_data(const builder *b, dtype t)
{
    return b->ops->data >> t & 1;
}
static inline bool build_many_types(const builder *b)
{
    return (b->ops->data & (b->ops->data - 1)) != 0;
}
/* An output that has the type, one that is always there if possible. */
int build_output_of(const op_model *op, dtype type);
/* Nodes left over when all that is open and due has been seen to; < 0: cannot be finished. */
long build_slack(const builder *b);
/* Nodes needed to finish what is open, due operators aside. */
long build_need(const builder *b, size_t components, size_t live, int sink_need);

/* ---- build_step.c ---- */
/* One step: places one operator or a few. LOWER_FAIL: the graph cannot go on. */
lower_result build_step(builder *b);
lower_result build_start(builder *b);
/* Number of inputs, without those of forms, which take no part in draws. */
size_t build_inputs(const op_model *op);
/* Specifications of the operator with a tensor in an input that takes other types than those of data: one that is there, or made by
 * an operator before it. Their number, at most 2; 0: there is no such input. */
size_t build_feed(builder *b, const op_model *op, op_spec *sp);
/* Places an operator by whatever works; patient: with more tries. */
lower_result build_place(builder *b, const op_model *op, bool patient);

/* ---- build_weighted.c ---- */
/* A place in a list of operators, by weight where there are weights; before: what they would follow, SIZE_MAX: nothing. */
size_t build_draw_op(builder *b, const char *label, const op_list *l, size_t before);
/* Places an operator drawn by weight, on a tensor whose producer it goes with. */
lower_result build_weighted_step(builder *b);

/* ---- build_path.c ---- */
/* Takes over the paths that there is room for beside the due operators. False without memory. */
bool build_take_paths(builder *b, const build_request *r);
/* Whether paths are left that may not be left out. */
bool build_paths_firm(const builder *b);
/* Goes on with a due path. LOWER_FAIL: nothing has changed, but for a part of a path that may have been given up. */
lower_result build_path_step(builder *b);
/* An input of the operator that may take the tensor, -1: none. */
int build_input_for(builder *b, const op_model *op, int32_t t);

/* ---- build_finish.c ---- */
/* The graph of the state: topological order, outputs, numbering. False without memory. */
bool build_finish(builder *b);

#endif
