/* Finishes a graph: topological order, graph outputs, numbering. */
#ifndef NN_BUILD_FINISH_H
#define NN_BUILD_FINISH_H

#include "build/build_int.h"

/* Makes b->out from the state. LOWER_FAIL: nodes that were to be added (build_extra.h) have no place. */
lower_result build_finish(builder *b);

#endif
