/* Moves: each is one way of placing an operator in the graph. */
#ifndef NN_BUILD_MOVES_H
#define NN_BUILD_MOVES_H

#include "build/build_group.h"

/* The operator on new graph inputs; in a graph that is not empty this is one more component. */
lower_result move_start(builder *b, const op_model *op);
/* The operator on an existing tensor: one that is unconsumed or one that is taken. partners: further inputs to fill. */
lower_result move_extend(builder *b, const op_model *op, bool taken, int partners);
/* The operator after another one that changes the rank, shape or values of an existing tensor for it. */
lower_result move_bridge(builder *b, const op_model *op);
/* The operator in the place of a graph input. */
lower_result move_backward(builder *b, const op_model *op);
/* The operator on new graph inputs, or without inputs, and after it a join of its output with a tensor of the graph. */
lower_result move_start_and_join(builder *b, const op_model *op);
/* The operator on tensors of other types than those of data, which may be made for it. */
lower_result move_produce(builder *b, const op_model *op);
/* An operator of index->converters, which turns data into another type. */
lower_result move_convert(builder *b);

/* Tries the moves until one places the operator; patient: with more tries of each. */
lower_result build_place(builder *b, const op_model *op, bool patient);

/* Specifies the operator with a tensor of another type than those of data in one of its inputs: one that exists, or one that an
 * operator before it makes. The number of specifications, at most 2; 0: it has no such input, or nothing makes the types. */
size_t build_feed(builder *b, const op_model *op, op_spec *sp);

#endif
