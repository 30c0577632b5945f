/* Operators drawn at random: the step where nothing is due and nothing must be closed. */
#ifndef NN_BUILD_RANDOM_H
#define NN_BUILD_RANDOM_H

#include "build/build_int.h"

lower_result build_random_step(builder *b);

#endif
