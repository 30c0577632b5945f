/* Nodes that are added when the graph has its other nodes: equal nodes, which compute again what another node computes, and
 * constants, which make an initializer the output of a node. Some of the requested nodes are kept for them, so that their number
 * stays exact. A manner states how many there are. */
#ifndef NN_BUILD_EXTRA_H
#define NN_BUILD_EXTRA_H

#include "build/build_int.h"

/* Draws how many of the requested nodes are added at the end, and sets b->nodes to the number of the others. Draws nothing if the
 * manner states neither share. */
void build_extra_draw(builder *b, const build_request *r);
/* The operator that constants get; NULL: none may appear. */
const op_model *build_extra_holder(const builder *b, const build_request *r);
/* Adds them. Graph outputs are added to `outputs`, which has room for one for each node. LOWER_FAIL: too few nodes or initializers
 * can be used. */
lower_result build_extra_add(builder *b, int32_t *outputs, size_t *n_outputs);

#endif
