/* Builds random valid graphs of exactly N nodes.
 *
 * Ownership: a builder is a workspace for one thread; the graph it returns lives in it until its next build or builder_free. */
#ifndef NN_BUILD_H
#define NN_BUILD_H

#include "build/avoid.h"
#include "build/trace.h"
#include "draw/choice.h"
#include "value/graph.h"
#include "lower/lower.h"
#include "lower/tries.h"
#include "rules/opmodel.h"
#include "build/weights.h"

typedef struct builder builder;

/* How hard a path is tried: as chances have it; in several graphs before a part of it is left out; until it is there. */
typedef enum { PATH_WISH, PATH_DUE, PATH_MUST } path_firmness;

/* Operators to be placed as a path: each consumes an output of the one before. */
typedef struct {
    const uint16_t *ops; /* indices in the op_set */
    size_t n;            /* >= 1 */
    size_t window;       /* where it breaks, it goes on with the last window - 1 operators anew: 2 keeps pairs; >= n: all of it */
    path_firmness firmness;
    int effort; /* tries beyond the usual, where some part is hard to solve */
} build_path;

#define PATH_MAX 64 /* operators of a path that is probed or must be there */

typedef struct {
    size_t nodes;        /* >= 1 */
    const uint16_t *due; /* operators that must appear, indices in the op_set; may repeat */
    size_t n_due;
    const build_path *paths; /* that are due besides */
    size_t n_paths;
    const avoid_set *avoid;    /* paths that the graph may not have; NULL: none */
    const op_weights *weights; /* NULL: all the same */
    lower_limits limits;
    const build_trace *trace; /* NULL: nobody listens */
    bool check; /* every node is re-checked by an independent evaluator; a complaint is NN_ERR_BUILD "internal: ..." */
} build_request;

typedef struct {
    uint64_t attempts;    /* whole graphs begun */
    uint64_t tries, kept; /* operator instances tried, placed */
    size_t due_missing;   /* due operators that could not be placed (0 unless the request had no room) */
    size_t path_missing;  /* windows of due paths that could not be placed */
    uint64_t tape_draws;
    /* nanoseconds by phase are measured by the benchmark from outside, never here */
} build_report;

nn_status builder_new(builder **out, const op_set *ops, nn_error *err);
void builder_free(builder *b);
/* Draws from t only. NN_ERR_BUILD: no graph found with these operators; the message says what was in the way. */
nn_status builder_build(builder *b, const build_request *r, tape *t, const graph **out, build_report *report, nn_error *err);

/* The tries of the last request, by operator and outcome, whether a graph was found or not. */
const try_table *builder_tries(const builder *b);
void builder_forget_tries(builder *b); /* counts anew: for probes, which make no request */

#endif
