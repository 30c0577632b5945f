/* Simple paths of a model from graph inputs to graph outputs. The graph is acyclic, so every path is simple. Paths through the
 * same nodes that differ in graph input or output are counted separately. A node that holds bodies is on paths; the nodes
 * of a body are on paths of their own, from what the body takes from outside to its outputs. */
#ifndef NN_SEQ_PATHS_H
#define NN_SEQ_PATHS_H

#include "onnx/onnx_view.h"

typedef struct {
    uint64_t high, low; /* 128 bits */
    bool at_least;      /* the number is 2^128 or more, and high and low are all ones */
} path_count;

/* Exact below 2^128, by dynamic programming. */
nn_status seq_path_count(const onnx_view *v, path_count *count, nn_error *err);
/* Writes decimal digits, or "2^128 or more". */
void path_count_text(const path_count *c, char out[44]);

/* Calls back with the nodes of each path, in the order of node numbers. Paths that differ only in graph input or output are
 * reported once. Ends after `most` paths, with *capped set if there are more, or when the callback returns a status other than
 * NN_OK. */
typedef nn_status seq_path_fn(void *data, const uint32_t *nodes, size_t n);
nn_status seq_path_list(const onnx_view *v, uint64_t most, bool *capped, seq_path_fn *call, void *data, nn_error *err);

#endif
