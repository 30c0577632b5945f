/* Operators drawn by weight. */
#ifndef NN_BUILD_WEIGHTED_H
#define NN_BUILD_WEIGHTED_H

#include "build/build_int.h"

/* Places an operator drawn by its weight and by the weight of the pair that it makes with the node it follows. */
lower_result build_weighted_step(builder *b);

#endif
