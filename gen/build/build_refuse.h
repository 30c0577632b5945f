/* Why the builder gives a try up: noted in b->refused. Both answer LOWER_FAIL. */
#ifndef NN_BUILD_REFUSE_H
#define NN_BUILD_REFUSE_H

#include "build/build_int.h"

/* The builder itself gives it up. input: the input of the operator that is the cause, -1: none. */
lower_result build_refuse(builder *b, build_reason r, const op_model *op, int input);
/* The group is solved, and has this fault. */
lower_result build_refuse_fault(builder *b, const op_model *op, const char *fault);

#endif
