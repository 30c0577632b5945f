/* What an operator of a group (a frame) would be in the graph: constant, weak or aside, and how many further nodes it would need.
 *
 * The constancy of a frame follows from that of earlier frames, so the frames must be asked in order. Nothing is changed. */
#ifndef NN_BUILD_FRAME_H
#define NN_BUILD_FRAME_H

#include "build/build_state.h"
#include "build/op_group.h"

/* How the outputs of the frame are fixed. A source makes constants, and so does an operator with constant inputs only. constant:
 * of the earlier frames. */
constancy frame_constant(const build_state *s, const op_group *g, size_t f, const constancy *constant);
/* Whether all outputs of the frame are weak. */
bool frame_weak(const build_state *s, const op_instance *in, constancy constant);
/* The number of nodes that the node would need while it is live: to convert it back to a type of data, and to join it with a
 * tensor that depends on a graph input. */
int frame_sink(const build_state *s, const op_instance *in, bool weak);
/* Whether an output is aside: weights of the operator reach its first output, but not this one. */
bool frame_aside(const build_state *s, const op_instance *in, size_t o);
/* The mask for forbidden paths, of which there must be some. masks: of the earlier frames. false: a forbidden path would be
 * complete. */
bool frame_mask(const build_state *s, const op_group *g, size_t f, const avoid_mask *masks, avoid_mask *m);

#endif
