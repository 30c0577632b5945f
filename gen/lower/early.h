/* Conditions on values that need no search, because all names that they use are decided or belong to existing tensors. A try that
 * violates one fails before the cost of a search. */
#ifndef NN_LOWER_EARLY_H
#define NN_LOWER_EARLY_H

#include "lower/lower_state.h"

/* Judges the domains and early conditions of the current frame that can be judged now and have not been judged yet. */
void early_check(lower *l);

/* Whether it has been judged, and holds. */
static inline bool early_domain_holds(const frame *f, int slot)
{
    return f->domains_held >> slot & 1;
}
static inline bool early_condition_holds(const frame *f, size_t condition)
{
    return condition < EARLY_CONDITIONS && f->conditions_held >> condition & 1;
}

#endif
