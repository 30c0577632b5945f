/* The end of a graph: topological order, graph outputs, numbering. */
#ifndef NN_BUILD_FINISH_H
#define NN_BUILD_FINISH_H

#include "build/build_int.h"

/* Makes b->out of the state. False without memory. */
bool build_finish(builder *b);

#endif
