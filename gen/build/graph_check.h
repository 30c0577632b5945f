/* Checks the structure of a finished graph, for tests and debug builds. It shares no code with the builder. The time is linear in
 * the size of the graph. */
#ifndef NN_GRAPH_CHECK_H
#define NN_GRAPH_CHECK_H

#include "rules/opmodel.h"

/* NN_ERR_BUILD names the first fault. The checks are:
 * - the graph has the requested number of nodes, and its order is topological;
 * - indices, consumers, producers and kinds of tensors agree, and shapes and ranges are sound;
 * - the graph has one component, and every node reaches a graph output;
 * - every node depends on the values of a graph input, unless it is a source or consumes types other than those of data, as a
 *   source makes them; and it has a graph input among its ancestors, unless it is a source without inputs;
 * - no node takes a tensor twice;
 * - graph inputs and outputs have types of data, and their lists are complete. */
nn_status graph_check(const graph *g, const op_set *ops, size_t nodes, nn_error *err);

#endif
