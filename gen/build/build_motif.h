/* Motifs are placed whole: a plan is drawn for a tensor of the graph, its nodes are solved one after the other, and all enter the
 * graph as one group. */
#ifndef NN_BUILD_MOTIF_H
#define NN_BUILD_MOTIF_H

#include "build/build_int.h"

/* Begins an attempt: nothing is placed. false: out of memory. */
bool build_motifs_begin(builder *b);
/* Places a motif. It consumes an existing tensor, or the output of a new operator, or a new graph input, in this order. */
lower_result build_motif(builder *b, size_t motif, motif_level level);
/* A motif as a tape states it. */
enum { AGAIN_ON, AGAIN_FED, AGAIN_APART }; /* on a tensor, on the output of a new operator, on a new graph input */
enum { AGAIN_NEW = -1, AGAIN_LOST = -2 };  /* a new graph input; a tensor that there is no longer */
#define AGAIN_CODE(level, near_miss, how) ((uint32_t)(level) | (uint32_t)(near_miss) << 4 | (uint32_t)(how) << 12)
typedef struct {
    size_t motif;
    motif_level level;
    int near_miss, how;
    int32_t tensor[MOTIF_MAX_INPUTS]; /* existing tensors, or one of the above */
    const tensor_desc *given;         /* what input 0 was, where there is no tensor for it; NULL: unknown */
    const op_model *feeder; /* AGAIN_FED: the operator, the input and tensor that it takes, and the output that it gives */
    int feed_input, feed_output;
    int32_t feed_tensor;
} motif_again;
/* Places it with the draws of the segment that is read. */
lower_result build_motif_again(builder *b, const motif_again *a);
/* Places a motif that is due, or one that is drawn if the graph has fewer of them than intended. LOWER_FAIL: nothing was placed. */
lower_result build_motif_step(builder *b);

#endif
