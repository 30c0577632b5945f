/* Constant operands: some graph inputs of a finished graph become initializers, so that nodes that depend on them alone can be
 * folded, and a tensor with several consumers becomes an initializer that several nodes share. Intervals hold as they are, because
 * the contents are drawn from the interval of the input. */
#ifndef NN_BUILD_CONSTANTS_H
#define NN_BUILD_CONSTANTS_H

#include "build/build_int.h"

/* Turns each graph input into an initializer with a chance of b->constants per cent, unless it would break what the graph keeps:
 * each graph output depends on a graph input, as before; the nodes are one component; at most one node in twenty, or one, no longer
 * depends on graph inputs. Draws nothing if b->constants is 0. false: out of memory. */
bool build_constants(builder *b, const uint32_t *order, const int32_t *outputs, size_t n_outputs);

#endif
