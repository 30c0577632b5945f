/* Places the group or the motif that a segment of a tape holds (build_replay.h). */
#ifndef NN_BUILD_AGAIN_H
#define NN_BUILD_AGAIN_H

#include "build/build_int.h"

/* The reader is at the segment. LOWER_FAIL: it has no place. */
lower_result build_again_group(builder *b, size_t k);
lower_result build_again_motif(builder *b, size_t k);

#endif
