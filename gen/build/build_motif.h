/* Motifs are placed whole: a plan is drawn for a tensor of the graph, its nodes are solved one after the other, and all enter the
 * graph as one group. */
#ifndef NN_BUILD_MOTIF_H
#define NN_BUILD_MOTIF_H

#include "build/build_int.h"

/* Begins an attempt: nothing is placed. false: out of memory. */
bool build_motifs_begin(builder *b);
/* Places a motif. It consumes an existing tensor, or the output of a new operator, or a new graph input, in this order. */
lower_result build_motif(builder *b, size_t motif, motif_level level);
/* Places a motif that is due, or one that is drawn if the graph has fewer of them than intended. LOWER_FAIL: nothing was placed. */
lower_result build_motif_step(builder *b);

#endif
