/* Builds random valid graphs of exactly N nodes.
 *
 * Ownership: a builder is a workspace for one thread. The graph that it returns is part of it and is valid until its next build
 * or builder_free. */
#ifndef NN_BUILD_H
#define NN_BUILD_H

#include "build/avoid.h"
#include "build/build_tape.h"
#include "build/due_path.h"
#include "build/motif_wish.h"
#include "build/trace.h"
#include "draw/choice.h"
#include "value/graph.h"
#include "lower/lower.h"
#include "lower/tries.h"
#include "rules/opmodel.h"
#include "build/weights.h"
#include "base/watch.h"

typedef struct builder builder;

/* Graphs for several sizes of their inputs (build_worlds.h). */
typedef struct {
    uint32_t share;       /* of the models, in thousandths; 0: none */
    bool batch;           /* the only symbol is the first dimension of all graph inputs */
    uint64_t seed, index; /* of the model: their draws come from a tape of their own */
    /* Computes an output of whole numbers; false: it does not follow from the inputs, of which contents[i] is NULL where they are
     * not known. NULL: none does. */
    bool (*compute)(void *data, const op_instance *x, const tensor_desc *inputs, const int64_t *const *contents, size_t output,
                    int64_t *out);
    void *data;
    bool finds; /* data may decide sizes inside of motifs */
} dynamic_wish;

typedef struct {
    size_t nodes;        /* >= 1 */
    const uint16_t *due; /* operators that must appear, indices in the op_set; may contain repeats */
    size_t n_due;
    const due_path *paths; /* paths that must appear as well */
    size_t n_paths;
    const avoid_set *avoid;    /* paths that the graph must not contain; NULL: none */
    const op_weights *weights; /* how often operators are drawn; NULL: all equally often */
    bool guided;               /* the weights are the user's: an operator of weight 0 does not appear unless it is due */
    motif_wish motifs;
    const manner_drawn *manner; /* how the graph and its operators are drawn; NULL: as without a manner */
    lower_limits limits;
    uint32_t constants; /* per cent of graph inputs that become initializers; at most 100 */
    dynamic_wish dynamic;
    const build_trace *trace; /* NULL: there is no listener */
    build_log *log;           /* the graph is written down as a tape; NULL: it is not */
    /* The graph is that of a tape in segments, or one like it: `nodes` is the largest number, and nothing is due. The tape that
     * builder_build draws from follows the reader. NULL: it is drawn. */
    segment_reader *replay;
    const step_watch *watch; /* may stop the building; NULL: nobody watches */
    bool check; /* an independent evaluator checks every node again; if it disagrees, the error is NN_ERR_BUILD "internal: ..." */
} build_request;

typedef struct {
    uint64_t attempts;    /* graphs that were begun */
    uint64_t tries, kept; /* groups of operators that were tried; operators that were placed */
    size_t due_missing;   /* due operators that could not be placed; 0 unless the request had no room */
    size_t path_missing;  /* operators and windows of due paths that were left out */
    size_t motif_missing; /* due motifs that were left out */
    uint64_t tape_draws;
} build_report;

nn_status builder_new(builder **out, const op_set *ops, nn_error *err);
void builder_free(builder *b);
/* Draws only from t. Borrows r during the call. NN_ERR_BUILD: no graph with these operators was found; the message names the
 * obstacle. NN_ERR_CANCELLED: it was stopped. report may be NULL. */
nn_status builder_build(builder *b, const build_request *r, tape *t, const graph **out, build_report *report, nn_error *err);

/* The motifs in the graph that the last request built, in the order in which they were placed. */
const placed_motif *builder_motifs(const builder *b, size_t *n);
/* The tries of the last request by operator and outcome, also if no graph was found. */
const try_table *builder_tries(const builder *b);
void builder_forget_tries(builder *b); /* resets these counts; for probes, which make no request */

#endif
