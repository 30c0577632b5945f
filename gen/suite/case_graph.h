/* The graph of a case: one node, whose inputs are graph inputs and initializers and whose outputs are all graph outputs.
 *
 * Ownership: the graph lives in the given arena and borrows what the instance points to. */
#ifndef NN_SUITE_CASE_GRAPH_H
#define NN_SUITE_CASE_GRAPH_H

#include "arena.h"
#include "rules/instance.h"

nn_status case_graph(graph *out, const op_instance *x, arena *a, nn_error *err);

#endif
