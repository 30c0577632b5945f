/* Selects a tensor of the graph for an input. */
#ifndef NN_BUILD_PICK_H
#define NN_BUILD_PICK_H

#include "build/build_draw.h"

#define PICK_SCAN 24 /* tensors that are examined in a list */

/* Picks a tensor for an input; -1: none found. taken: from tensors that are already consumed and graph inputs. only: these types
 * only, unless 0. If the group is to replace a graph input, only other graph inputs are picked, because any other tensor could
 * close a cycle. */
int32_t build_pick(builder *b, const op_model *op, size_t input, bool taken, dtype_mask only);
/* The same for both kinds: unconsumed if possible. */
int32_t build_pick_either(builder *b, const op_model *op, size_t input, dtype_mask only);
/* Draws an index in a list of n tensors, of which the newest is the last. The result counts from the newest. */
size_t build_pick_place(builder *b, size_t n, bool taken);
/* Whether two tensors must not be inputs of one operator because they would cancel. */
bool build_cancels(const builder *b, const op_model *op, int32_t t, int32_t u);

/* Whether the state allows the tensor as the input. */
bool build_suits(const builder *b, const op_model *op, size_t input, int32_t t);

#endif
