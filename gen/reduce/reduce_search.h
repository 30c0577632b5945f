/* The search: delta debugging by sizes that shrink as counters of failures grow, with candidates tried at the same time.
 *
 * The result does not depend on the number of jobs: candidates are made in the order in which one job would make them if all
 * failed, and the first one in this order that is interesting is taken.
 *
 * Ownership: a search borrows its options and the watch, and owns the rest. */
#ifndef NN_REDUCE_SEARCH_H
#define NN_REDUCE_SEARCH_H

#include "reduce/reduce.h"
#include "reduce/reduce_caller.h"
#include "reduce/reduce_nearest.h"
#include "reduce/reduce_options.h"
#include "reduce/reduce_step.h"
#include "reduce/reduce_store.h"
#include "reduce/reduce_tape.h"

/* One candidate whose result is awaited. */
typedef struct {
    reduce_case c;
    reduce_digest digest;
    size_t first, last; /* places of its items in the round */
    reduce_ask ask;
} reduce_slot;

typedef struct {
    const reduce_options *o;
    const reduce_watch *w;
    reduce_store store;
    reduce_caller caller;
    reduce_base base; /* the smallest model, parsed; during a step, the one that the step began with */
    reduce_slot *slots;
    size_t n_slots, jobs;
    reduce_tape tape; /* without a family: the model itself is reduced */
    nn_eval *table;   /* NULL: the original cannot be evaluated */
    reduce_digest smallest;
    bool *in_vain; /* by step: nothing came of it when it was last done */
    uint64_t cached;
    reduce_nearest nearest; /* to the smallest model, and not interesting */
    json_line differences;  /* between both, as lines of text */
} reduce_search;

nn_status reduce_search_open(reduce_search *r, const reduce_options *o, const reduce_watch *w, nn_error *err);
void reduce_search_close(reduce_search *r); /* also a zeroed one; ends calls that run */
/* Asks COMMAND about the original, which it takes over. *answer: how the call ended. */
nn_status reduce_search_ask(reduce_search *r, reduce_case *c, reduce_ask *answer, nn_error *err);
/* Reduces the base until no step succeeds. */
nn_status reduce_search_run(reduce_search *r, nn_error *err);

#endif
