/* Conditions on values that need no search: all that they name is decided, or belongs to an existing tensor. A try that violates
 * one is given up before the search is paid for. */
#ifndef NN_LOWER_EARLY_H
#define NN_LOWER_EARLY_H

#include "lower/lower_state.h"

/* Judges the domains and early conditions of the current frame that can be judged by now, and have not been. */
void early_check(lower *l);

/* Whether they have been judged, and hold. */
static inline bool early_domain_holds(const frame *f, int slot)
{
    return f->domains_held >> slot & 1;
}
static inline bool early_condition_holds(const frame *f, size_t condition)
{
    return condition < EARLY_CONDITIONS && f->conditions_held >> condition & 1;
}

#endif
