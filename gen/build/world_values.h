/* Contents of small tensors that follow from sizes alone, such as a shape that a motif takes apart and joins again. They are known
 * in each world, so that an operator whose output depends on them can be judged there.
 *
 * Ownership: contents live in the builder's memory. */
#ifndef NN_WORLD_VALUES_H
#define NN_WORLD_VALUES_H

#include "build/build_int.h"

#define WORLD_VALUES_MOST 16 /* elements of such a tensor, at most */

/* The contents of the tensor in slot i of an instance in a world. d: the tensor. false: they are not known. */
bool world_values_of(const inst_input *x, const tensor_desc *d, size_t world, int64_t out[WORLD_VALUES_MOST]);
/* Computes the contents of the outputs of a frame in all worlds, where they follow. slots: the tensors in its slots. false: out of
 * memory. */
bool world_values_find(builder *b, size_t f, const tensor_desc *slots, size_t worlds);

#endif
