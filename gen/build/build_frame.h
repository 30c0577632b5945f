/* What an operator of a group (a frame) would be in the graph: constant, weak, aside, and what its node would still need.
 *
 * A frame's constancy follows from those of the frames before it, so frames are asked in order. Nothing is changed. */
#ifndef NN_BUILD_FRAME_H
#define NN_BUILD_FRAME_H

#include "build/build_state.h"
#include "build/op_group.h"

/* How its outputs are fixed: a source gives constants, and so does an operator that sees constants only. constant: of the frames
 * before it. */
constancy frame_constant(const build_state *s, const op_group *g, size_t f, const constancy *constant);
/* Whether all its outputs are weak. */
bool frame_weak(const build_state *s, const op_instance *in, constancy constant);
/* Nodes that its node would need while it is live: to bring it back to a type of data, and to join it with what depends on a graph
 * input. */
int frame_sink(const build_state *s, const op_instance *in, bool weak);
/* Whether an output is aside: weights of the operator reach its first output, but not this one. */
bool frame_aside(const build_state *s, const op_instance *in, size_t o);
/* The mask of the paths to be avoided, which are not NULL. masks: of the frames before it. False: one of these paths would be
 * complete. */
bool frame_mask(const build_state *s, const op_group *g, size_t f, const avoid_mask *masks, avoid_mask *m);

#endif
