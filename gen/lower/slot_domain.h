/* The domain of values of a slot of the current frame, as the entry states it for the input. */
#ifndef NN_SLOT_DOMAIN_H
#define NN_SLOT_DOMAIN_H

#include "lower/lower_state.h"

/* The i-th alternative; an input has n_domain of them. */
interval slot_domain(lower *l, const frame_slot *s, size_t i);
/* Whether all values of the slot lie in one alternative, or there is no domain. */
bool slot_in_domain(lower *l, const frame_slot *s);

#endif
