/* What the builder tells a listener while it builds. Draws and spans come from the tape (tape_watch); this is what they led to. */
#ifndef NN_BUILD_TRACE_H
#define NN_BUILD_TRACE_H

#include "lower/reason.h"
#include "value/graph.h"

typedef struct {
    /* An operator that the next try solves together with the one that its span names. */
    void (*before)(void *data, const op_model *op);
    /* No tensor that is there suits the input; what is made of that is up to the strategy. */
    void (*no_tensor)(void *data, const op_model *op, const char *input);
    void (*failed)(void *data, const lower_why *why);
    /* A try was kept: its nodes are the last n. */
    void (*kept)(void *data, const graph_tensor *tensors, const graph_node *nodes, size_t n_nodes, size_t n);
    void (*given_up)(void *data, const char *complaint); /* a graph */
    void *data;
} build_trace;

#endif
