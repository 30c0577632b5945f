/* After the search: intervals of values, contents of initializers, and the instance handed out. */
#ifndef NN_LOWER_FINISH_H
#define NN_LOWER_FINISH_H

#include "lower/frame.h"

/* Finishes the current frame; sets the state to LOWER_FAIL when the values do not fit. */
void lower_finish(lower *l, op_instance *out);
/* Whether the values of a slot of the current frame lie in the domain of its input. */
bool lower_in_domain(lower *l, const frame_slot *s);

#endif
