/* One step of a graph: places something due, closes something open, or places a random operator. */
#ifndef NN_BUILD_STEP_H
#define NN_BUILD_STEP_H

#include "build/build_int.h"

/* Places the first node. */
lower_result build_start(builder *b);
/* Places one or a few operators. LOWER_FAIL: the graph cannot be continued. */
lower_result build_step(builder *b);

#endif
