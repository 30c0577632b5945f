/* The usages of a manner: an operator is given the attributes and constant operands that one node was seen with, where it can have
 * them. A usage gives way: what cannot hold is drawn as the entry states. */
#ifndef NN_LOWER_USAGE_H
#define NN_LOWER_USAGE_H

#include "lower/lower_state.h"

/* What the manner says of the operator; NULL: nothing. */
const manner_op *usage_rules(const lower *l, const frame *f);
/* What the frame's usage says of a variable; NULL: nothing. Draws a usage if none was drawn. */
const usage_value *usage_of_var(lower *l, frame *f, int var);
/* Whether the attribute is not written: the usage says so, or its value is the default. */
bool usage_leaves_out(const usage_value *u, const rule_var *v);
/* The value of the usage, if the variable can have it and it is decided at once; otherwise `drawn`, a value from its domain. */
value usage_prefer(lower *l, frame *f, const usage_value *u, value drawn);
/* The rank that the usage gives a slot without a tensor. -1: none that the mask allows. */
int usage_rank(lower *l, frame *f, const frame_slot *s, uint32_t mask);
/* Posts the usage, or another one if it cannot hold. */
void usage_follow(lower *l, frame *f);
/* Propagates what was posted since the mark. If it cannot hold, takes it back and returns false. */
bool usage_keep_or_undo(lower *l, csp_mark m, size_t decide);

#endif
