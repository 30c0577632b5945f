/* Asks COMMAND, or a worker, whether candidates are interesting.
 *
 * Ownership: a caller borrows its options, the watch and the store, and owns the rest. A reduce_ask owns its call until it has
 * ended or is dropped. */
#ifndef NN_REDUCE_CALLER_H
#define NN_REDUCE_CALLER_H

#include "reduce/reduce.h"
#include "reduce/reduce_failure.h"
#include "reduce/reduce_options.h"
#include "reduce/reduce_process.h"
#include "reduce/reduce_store.h"
#include "reduce/reduce_worker.h"

typedef struct {
    const reduce_options *o;
    const reduce_watch *w;
    reduce_store *store;
    char **command; /* the arguments, made absolute */
    reduce_worker *workers;
    bool *busy; /* by worker */
    size_t jobs;
    bool known; /* the original has been asked about */
    reduce_identity original;
    uint64_t called, timeouts;
    uint64_t others; /* candidates that failed, but not as they should */
} reduce_caller;

/* A question about a candidate. */
typedef struct {
    call_state state;
    bool running, timed_out;
    bool failed;  /* where failures are told apart: in any way */
    bool renamed; /* names of tensors say nothing about the original */
    int64_t tried;
    double began;
    reduce_call call; /* its end, also of a worker */
    size_t worker;
    uint64_t number;
    char *path;
} reduce_ask;

nn_status reduce_caller_open(reduce_caller *r, const reduce_options *o, const reduce_watch *w, reduce_store *store, size_t jobs,
                             nn_error *err);
void reduce_caller_close(reduce_caller *r); /* also a zeroed one */
nn_status reduce_ask_start(reduce_caller *r, reduce_ask *x, const reduce_case *c, nn_error *err);
/* Looks whether the call has ended; calls again, or sets the state. The first case that fails is the original. */
nn_status reduce_ask_look(reduce_caller *r, reduce_ask *x, const reduce_case *c, nn_error *err);
void reduce_ask_drop(reduce_caller *r, reduce_ask *x);
/* Waits until something may have changed. */
void reduce_caller_wait(const reduce_caller *r, double shortest);

#endif
