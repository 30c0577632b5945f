/* Initializers of a graph that has its other nodes: some give way to one of another node, which both then take, and some get the
 * contents of another one under their own name. A manner states the shares. Intervals hold as they are, because the contents lie in
 * the intervals of both. */
#ifndef NN_BUILD_SHARE_H
#define NN_BUILD_SHARE_H

#include "build/build_int.h"

/* Initializers that no node takes any more are removed; the tensors that follow get other numbers, also in `outputs`. The notes of
 * the state are not valid afterwards. Draws nothing if the manner states neither share. false: out of memory. */
bool build_share(builder *b, int32_t *outputs, size_t n_outputs);

#endif
