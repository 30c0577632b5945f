/* Adds a group to the graph. */
#ifndef NN_BUILD_COMMIT_H
#define NN_BUILD_COMMIT_H

#include "build/build_state.h"
#include "build/op_group.h"

/* The group must have no faults (build_effect.h). false: out of memory; the state must then be reset. */
bool state_commit(build_state *s, const op_group *g);

#endif
