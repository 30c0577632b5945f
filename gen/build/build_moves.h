/* Moves: each is one way to place an operator in the graph. */
#ifndef NN_BUILD_MOVES_H
#define NN_BUILD_MOVES_H

#include "build/build_group.h"

/* Places the operator on new graph inputs. In a graph that is not empty this adds a component. */
lower_result move_start(builder *b, const op_model *op);
/* Places the operator on an existing tensor, either unconsumed or already consumed (taken). partners: number of further inputs to
 * fill. */
lower_result move_extend(builder *b, const op_model *op, bool taken, int partners);
/* Places the operator after another one that changes the rank, shape or values of an existing tensor for it. */
lower_result move_bridge(builder *b, const op_model *op);
/* Places the operator instead of a graph input. */
lower_result move_backward(builder *b, const op_model *op);
/* Places the operator on new graph inputs, or without inputs, and after it a join of its output with a tensor of the graph. */
lower_result move_start_and_join(builder *b, const op_model *op);
/* Places the operator on tensors of types other than those of data; they may be made for it. */
lower_result move_produce(builder *b, const op_model *op);
/* Places an operator of index->converters, which converts data to another type. */
lower_result move_convert(builder *b);

/* Tries the moves until one places the operator; patient: with more tries of each. */
lower_result build_place(builder *b, const op_model *op, bool patient);

/* Specifies the operator with a tensor of a type other than those of data for one of its inputs: an existing one, or one that an
 * operator before it makes. Returns the number of specifications, at most 2; 0: the operator has no such input, or nothing makes
 * the types. */
size_t build_feed(builder *b, const op_model *op, op_spec *sp);

#endif
