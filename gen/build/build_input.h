/* Selects the input of an operator that a tensor is connected to. All functions return -1 if there is none.
 *
 * They never select inputs that accept only initializers, nor conditional inputs, which depend on the operator's own choices. */
#ifndef NN_BUILD_INPUT_H
#define NN_BUILD_INPUT_H

#include "build/build_draw.h"

/* The number of inputs, without those of forms (op_common.h), which take no part in draws. */
size_t build_inputs(const op_model *op);
/* Draws a mandatory or selectable input, not an optional one; in most cases one whose shape does not follow from the other inputs.
 * skip: not this one, unless it is variadic; -1: any. */
int build_input_any(builder *b, const op_model *op, int skip);
/* Selects an input, possibly an optional one, that may take the tensor. */
int build_input_for(builder *b, const op_model *op, int32_t t);
/* The same for closing, other than the input `skip`; if possible, one whose shape does not follow from the other inputs. It is
 * drawn only in a strict state. */
int build_input_beside(builder *b, const op_model *op, int32_t t, int skip);
/* Draws an input, not an optional one, that accepts one of these types. */
int build_input_of(builder *b, const op_model *op, dtype_mask types);
/* The first input, possibly an optional one, that accepts the type. */
int build_input_taking(const op_model *op, dtype type);
/* The widest interval inside r whose ends are values of the type; those of float32 for double. */
interval build_typed_ends(dtype t, interval r);

#endif
