/* Tensors with dimensions of 0, in operators whose entries allow them (`empty`).
 *
 * In a frame whose `least` is 0, each dimension may be 0, the name min_dim has the value 0, and the conditions of `empty` hold. In
 * all other frames every dimension is at least 1. */
#ifndef NN_LOWER_EMPTY_H
#define NN_LOWER_EMPTY_H

#include "lower/lower_state.h"

/* Settles `least` of a new frame, whose slots are known: 0 if a given tensor is empty, or if a draw says so. Fails if the operator
 * does not take the given tensors. */
void empty_settle(lower *l, frame *f);
/* Posts that the dimensions of a linked output are at least 1 where those of this frame are. */
void empty_post_link(lower *l, const frame *f, const frame_slot *slot);
/* Makes a dimension of the frame 0, and keeps new graph inputs from further ones, as far as both is possible. */
void empty_impose(lower *l, frame *f);
/* Whether an input of the frame, which is not an initializer, is empty. The shapes are known. */
bool empty_input(const frame *f);
bool empty_output(const frame *f);

#endif
