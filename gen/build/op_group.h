/* A group: operators that enter the graph together. One to LOWER_MAX_FRAMES were solved together; those of a motif, up to
 * GROUP_MAX_FRAMES, one after the other. They are called frames and are numbered in this order. */
#ifndef NN_OP_GROUP_H
#define NN_OP_GROUP_H

#include "lower/lower.h"

#define GROUP_MAX_FRAMES 48
#define GROUP_MAX_SHARED 96 /* numbers of tensors that slots share (inst_input.share) are at most this */

typedef struct {
    size_t n;
    op_instance inst[GROUP_MAX_FRAMES];
    int32_t tensor[GROUP_MAX_FRAMES][OP_MAX_SLOTS]; /* existing tensor in a slot; -1: none */
    int32_t target;                                 /* graph input that the last operator's output replaces; -1: none */
    int target_output;
    bool twice; /* an operator may take a tensor twice */
    /* A motif: faults of interest give way, its inner tensors are not offered to other operators, and its initializers and new
     * graph inputs may have several consumers. */
    bool pinned;
    size_t first;                    /* pinned: the first frame of the motif; those before it feed it */
    uint32_t outs[GROUP_MAX_FRAMES]; /* pinned: bit o: output o is offered to other operators, although frames may consume it */
    uint64_t shown;                  /* pinned: bit f: output 0 of frame f becomes a graph output, although frames may consume it */
} op_group;

/* Whether a slot holds the output of an operator or a graph input. */
static inline bool slot_data(inst_kind k)
{
    return k == INST_TENSOR || k == INST_NEW_INPUT || k == INST_LINK;
}

/* Whether a tensor or linked output occurs twice among an operator's inputs. */
static inline bool op_group_repeats(const op_group *g, size_t f)
{
    const op_instance *in = &g->inst[f];
    for (size_t i = 0; i < in->n_inputs; i++)
        for (size_t j = 0; j < i; j++) {
            const inst_input *a = &in->inputs[i], *b = &in->inputs[j];
            if (a->kind != b->kind)
                continue;
            if (a->kind == INST_TENSOR && g->tensor[f][i] == g->tensor[f][j])
                return true;
            if (a->kind == INST_LINK && a->frame == b->frame && a->output == b->output)
                return true;
        }
    return false;
}

#endif
