/* Builds the graph of a tape in segments, or of one that was mutated: each segment places what it places, as nearly as the graph so
 * far allows, and disturbs no other.
 *
 * A tensor that a segment takes and that is no longer there, or has another shape, gives way to one of the same shape, or else to
 * a new graph input like it, so that the node stays as it was. If that fails, other values are drawn, then another place is sought
 * for the operator, and at last it is left out. */
#ifndef NN_BUILD_REPLAY_H
#define NN_BUILD_REPLAY_H

#include "build/build_int.h"

#define REPLAY_ATTEMPTS 5

/* What the head of a tape states. */
typedef struct {
    size_t nodes;       /* that the style is for; at most those of the request */
    uint32_t attempt;   /* failed attempts before it was drawn */
    size_t equal, held; /* nodes that are added at the end, at most a quarter */
    bool loose;         /* weak tensors count */
    size_t limit;       /* of graph outputs; 0: unknown */
} replay_head;

/* Reads the head; the reader is at it afterwards. most: the largest number of nodes. */
replay_head build_replay_head(segment_reader *r, size_t most);
/* Places the segments and closes what they leave open, so that the graph can be finished; the reader is at the tail afterwards.
 * closeness: 0 for all segments; greater numbers drop more of them. LOWER_FAIL: what is open could not be closed. */
lower_result build_replay(builder *b, const build_request *r, int closeness);

#endif
