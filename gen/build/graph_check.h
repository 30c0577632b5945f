/* Checks the structure of a finished graph and shares no code with the builder: for tests and debug builds. The time is linear in
 * the size of the graph. */
#ifndef NN_GRAPH_CHECK_H
#define NN_GRAPH_CHECK_H

#include "rules/opmodel.h"

/* NN_ERR_BUILD names the first fault. Checked is that
 * - the graph has as many nodes as asked for, and its order is a topological one;
 * - indices, consumers, producers and kinds of tensors agree, and shapes and ranges are sound;
 * - the graph is one component, and every node reaches a graph output;
 * - every node depends on the values of a graph input, unless it is a source or takes other types than those of data, as what a
 *   source made; and has a graph input among its ancestors, unless it is a source without inputs;
 * - no node takes a tensor twice;
 * - graph inputs and outputs are of types of data, and their lists are complete. */
nn_status graph_check(const graph *g, const op_set *ops, size_t nodes, nn_error *err);

#endif
