/* Which tensor of the graph goes in an input. */
#ifndef NN_BUILD_PICK_H
#define NN_BUILD_PICK_H

#include "build/build_draw.h"

#define PICK_SCAN 24 /* tensors looked at in a list */

/* A tensor that may go in an input; -1: none found. taken: of those that are consumed already, graph inputs among them. only: of
 * these types alone, unless 0. While the group is to replace a graph input, other graph inputs alone: anything else could close a
 * cycle. */
int32_t build_pick(builder *b, const op_model *op, size_t input, bool taken, dtype_mask only);
/* The same of either kind: unconsumed if possible. */
int32_t build_pick_either(builder *b, const op_model *op, size_t input, dtype_mask only);
/* A place in a list of n tensors, the newest last; the result counts from the newest. */
size_t build_pick_place(builder *b, size_t n, bool taken);
/* Whether two tensors may not be inputs of one operator as they would cancel. */
bool build_cancels(const builder *b, const op_model *op, int32_t t, int32_t u);

#endif
