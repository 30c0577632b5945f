/* A process that answers questions about one candidate after another, so that what it needs is loaded once.
 *
 *     worker to nngen:  ready                       once, when it has started
 *     nngen to worker:  PATH                        of a model; its inputs are beside it in test_data_set_0
 *     worker to nngen:  pass
 *                       fail, tab, TEXT             or fail, tab, TEXT, tab, OUTPUT, tab, OUTPUT ...
 *                       error, tab, TEXT            the reduction ends with the message; also in place of ready
 *
 * Each is a line. A question that comes before the last one is answered says that the answer does not matter any longer, but there
 * is still to be one. Standard input and output of the worker are one socket; the end of its input tells it to end.
 *
 * Ownership: a worker owns its process, its socket and its text; end it with reduce_worker_end, also a zeroed one. */
#ifndef NN_REDUCE_WORKER_H
#define NN_REDUCE_WORKER_H

#include "base/json_line.h"
#include "reduce/reduce_process.h"

typedef struct {
    reduce_call call; /* pid 0: it does not run */
    int socket;
    bool ready;
    size_t waiting; /* questions that are not yet answered */
    json_line got;  /* what has been received */
    size_t taken;   /* bytes of it that have been read */
    char log[24];   /* name of the file of its standard error output */
} reduce_worker;

typedef enum {
    WORKER_WAITS, /* for a line */
    WORKER_READY, /* it has started, and answers next */
    WORKER_PASSES,
    WORKER_FAILS, /* *text: what follows "fail" and the tab */
    WORKER_ENDED, /* without an answer; call.status and call.signal say how */
    WORKER_ERROR  /* *text: the message */
} worker_state;

/* number: of the worker. argv[0] is looked up in PATH. `directory` becomes its current one, and has the file of its standard error
 * output. */
nn_status reduce_worker_start(reduce_worker *w, size_t number, char *const *argv, const char *directory, char *const *environment,
                              nn_error *err);
void reduce_worker_ask(reduce_worker *w, const char *path);
/* *text lives until the next call. */
nn_status reduce_worker_poll(reduce_worker *w, worker_state *state, const char **text, nn_error *err);
/* Ends its whole group. */
void reduce_worker_end(reduce_worker *w);

#endif
