/* Builds random valid graphs of exactly N nodes.
 *
 * Ownership: a builder is a workspace for one thread; the graph it returns lives in it until its next build or builder_free. */
#ifndef NN_BUILD_H
#define NN_BUILD_H

#include "build/avoid.h"
#include "build/due_path.h"
#include "build/trace.h"
#include "draw/choice.h"
#include "value/graph.h"
#include "lower/lower.h"
#include "lower/tries.h"
#include "rules/opmodel.h"
#include "build/weights.h"

typedef struct builder builder;

typedef struct {
    size_t nodes;        /* >= 1 */
    const uint16_t *due; /* operators that must appear, indices in the op_set; may repeat */
    size_t n_due;
    const due_path *paths; /* paths that must appear as well */
    size_t n_paths;
    const avoid_set *avoid;    /* paths that the graph may not hold; NULL: none */
    const op_weights *weights; /* how often operators are drawn; NULL: all alike */
    lower_limits limits;
    const build_trace *trace; /* NULL: nobody listens */
    bool check; /* an independent evaluator re-checks every node; if it disagrees the error is NN_ERR_BUILD "internal: ..." */
} build_request;

typedef struct {
    uint64_t attempts;    /* graphs begun */
    uint64_t tries, kept; /* groups of operators tried; operators placed */
    size_t due_missing;   /* due operators that could not be placed (0 unless the request had no room) */
    size_t path_missing;  /* operators and windows of due paths that were left out */
    uint64_t tape_draws;
} build_report;

nn_status builder_new(builder **out, const op_set *ops, nn_error *err);
void builder_free(builder *b);
/* Draws from t only. r is borrowed for the call. NN_ERR_BUILD: no graph was found with these operators; the message says what was
 * in the way. report: may be NULL. */
nn_status builder_build(builder *b, const build_request *r, tape *t, const graph **out, build_report *report, nn_error *err);

/* The tries of the last request, by operator and outcome, whether a graph was found or not. */
const try_table *builder_tries(const builder *b);
void builder_forget_tries(builder *b); /* counts anew: for probes, which make no request */

#endif
