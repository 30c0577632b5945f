/* One step of a graph: what is due, what must be closed, or an operator at random. */
#ifndef NN_BUILD_STEP_H
#define NN_BUILD_STEP_H

#include "build/build_int.h"

/* The first node. */
lower_result build_start(builder *b);
/* Places one operator or a few. LOWER_FAIL: the graph cannot go on. */
lower_result build_step(builder *b);

#endif
