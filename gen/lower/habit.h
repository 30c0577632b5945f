/* Usages that an instance follows where it can: idioms of the entries, and the habits and dims of a manner. */
#ifndef NN_HABIT_H
#define NN_HABIT_H

#include "lower/lower_state.h"

/* Posts the conditions of a usage: idiom number `index` of the entry, or INT16_MAX. If they cannot hold together, none does. */
void habit_impose(lower *l, frame *f, size_t index, expr *const *conditions, size_t n);
/* Draws whether the tensors of this problem have at most the highest rank that the manner states. The problem has a manner. */
void habit_limit_rank(lower *l);
/* Lifts that limit if an input of the operator needs a higher rank. */
void habit_lift_rank(lower *l, const op_model *op);
/* Draws which habits and dims of the manner the operator follows, and imposes these. The problem has a manner. */
void habit_follow(lower *l, frame *f);
/* The domain to draw the variable from: the manner's, if it states one and a draw says so, or the entry's. */
const expr *habit_domain(lower *l, const frame *f, size_t var);
/* Draws a rank for a slot without a tensor by the manner. -1: it states none that the mask allows. */
int habit_rank(lower *l, frame *f, const frame_slot *s, uint32_t mask);

#endif
