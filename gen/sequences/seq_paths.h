/* Simple paths of a model from graph inputs to graph outputs. The graph is acyclic, so that every path is simple; two paths through
 * the same nodes from different graph inputs or to different graph outputs are two. Bodies of control flow are not on paths: the
 * node that has the body is. */
#ifndef NN_SEQ_PATHS_H
#define NN_SEQ_PATHS_H

#include "onnx/onnx_view.h"

typedef struct {
    uint64_t high, low; /* 128 bits */
    bool at_least;      /* the number is 2^128 or more, and this is 2^128 - 1 */
} path_count;

/* Exact by dynamic programming below 2^128. */
nn_status seq_path_count(const onnx_view *v, path_count *count, nn_error *err);
/* Decimal digits; "2^128 or more". */
void path_count_text(const path_count *c, char out[44]);

/* Calls back with the nodes of each path, once for paths that differ in input or output alone, in the order of node numbers. Ends
 * after `most` paths with *capped set if there are more, or with the callback's status if that is not NN_OK. */
typedef nn_status seq_path_fn(void *data, const uint32_t *nodes, size_t n);
nn_status seq_path_list(const onnx_view *v, uint64_t most, bool *capped, seq_path_fn *call, void *data, nn_error *err);

#endif
