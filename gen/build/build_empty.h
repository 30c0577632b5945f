/* Tensors without elements in a growing graph. */
#ifndef NN_BUILD_EMPTY_H
#define NN_BUILD_EMPTY_H

#include "build/build_int.h"

/* Before a group is solved: tells the lowering how many operators may have empty tensors, which are most until there is a first
 * one. */
void build_allow_empty(builder *b);

#endif
