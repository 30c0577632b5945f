/* Which input of an operator a tensor goes in. All answer -1 where there is none.
 *
 * Inputs that take nothing but initializers are never meant, nor are conditional ones, which the operator's own choices decide. */
#ifndef NN_BUILD_INPUT_H
#define NN_BUILD_INPUT_H

#include "build/build_draw.h"

/* Number of inputs without those of forms (op_common.h), which take no part in draws. */
size_t build_inputs(const op_model *op);
/* A mandatory or choosable input by chance, no optional one. skip: not this one, unless it is variadic; -1: any. */
int build_input_any(builder *b, const op_model *op, int skip);
/* An input, optional ones too, that may take the tensor. */
int build_input_for(builder *b, const op_model *op, int32_t t);
/* The same for closing, beside the input `skip`: by chance only where the state is strict. */
int build_input_beside(builder *b, const op_model *op, int32_t t, int skip);
/* An input, no optional one, that takes one of these types, by chance. */
int build_input_of(builder *b, const op_model *op, dtype_mask types);
/* The first input, optional ones too, that takes the type. */
int build_input_taking(const op_model *op, dtype type);

#endif
