/* A group enters the graph. */
#ifndef NN_BUILD_COMMIT_H
#define NN_BUILD_COMMIT_H

#include "build/build_state.h"
#include "build/op_group.h"

/* The group must be free of faults (build_effect.h). False without memory: the state must then be reset. */
bool state_commit(build_state *s, const op_group *g);

#endif
