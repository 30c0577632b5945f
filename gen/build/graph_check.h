/* Checks a finished graph's structure, sharing no code with the builder: for tests and debug builds. Takes time linear in the
 * graph. */
#ifndef NN_GRAPH_CHECK_H
#define NN_GRAPH_CHECK_H

#include "rules/opmodel.h"

/* nodes: as requested. Checks: the number of nodes; order is a topological order; indices, consumers, producers and kinds agree;
 * one component; every node reaches a graph output; every node depends on a graph input's values unless it is a source or brings a
 * source's integers to float32, and has a graph input above it unless it is a source without inputs; no input of a node twice;
 * graph inputs and outputs of types of data and their lists complete; shapes and ranges sane. NN_ERR_BUILD with the first fault. */
nn_status graph_check(const graph *g, const op_set *ops, size_t nodes, nn_error *err);

#endif
