/* What the builder reports to a listener while it builds: the results of draws and spans. The draws and spans themselves come
 * from the tape (tape_listen). */
#ifndef NN_BUILD_TRACE_H
#define NN_BUILD_TRACE_H

#include "lower/reason.h"
#include "value/graph.h"

typedef struct {
    /* Names an operator that the next try solves together with the one that its span names. */
    void (*before)(void *data, const op_model *op);
    /* No existing tensor suits the input. The strategy decides what to do then. */
    void (*no_tensor)(void *data, const op_model *op, const char *input);
    void (*failed)(void *data, const lower_why *why);
    /* A try was kept. Its nodes are the last n. */
    void (*kept)(void *data, const graph_tensor *tensors, const graph_node *nodes, size_t n_nodes, size_t n);
    void (*given_up)(void *data, const char *complaint); /* the builder gives up a graph */
    void *data;
} build_trace;

#endif
