/* After the search: computes the intervals of values and the contents of initializers, and makes the instance. */
#ifndef NN_LOWER_FINISH_H
#define NN_LOWER_FINISH_H

#include "lower/frame.h"

/* Finishes the current frame; sets the state to LOWER_FAIL if the values are not allowed. */
void lower_finish(lower *l, op_instance *out);

#endif
