/* Constants that are given with a request where the operator's entry has contents of its own. */
#ifndef NN_LOWER_GIVEN_H
#define NN_LOWER_GIVEN_H

#include "lower/lower_state.h"

/* Fails unless the content of the slot, which is a given constant, is one that `values` may make. `values` that are a list of
 * numbers must be equal; those that a generator draws must lie in its interval and be as different as it makes them. */
void given_check(lower *l, const frame_slot *s);

#endif
