/* A group: one to LOWER_MAX_FRAMES operators that were solved together and are to enter the graph together. Its operators are its
 * frames, as the lowering numbers them. */
#ifndef NN_OP_GROUP_H
#define NN_OP_GROUP_H

#include "lower/lower.h"

typedef struct {
    size_t n;
    op_instance inst[LOWER_MAX_FRAMES];
    int32_t tensor[LOWER_MAX_FRAMES][OP_MAX_SLOTS]; /* existing tensor in a slot, -1: none */
    int32_t target;                                 /* graph input that the last operator's output replaces, -1: none */
    int target_output;
} op_group;

/* Whether a slot holds the output of an operator or a graph input. */
static inline bool slot_data(inst_kind k)
{
    return k == INST_TENSOR || k == INST_NEW_INPUT || k == INST_LINK;
}

#endif
