/* The slots of an operator in a group: how many there are, and which tensors fill them. */
#ifndef NN_BUILD_SLOTS_H
#define NN_BUILD_SLOTS_H

#include "build/build_draw.h"

typedef struct {
    lower_request *r; /* of the operator */
    int32_t *tensor;  /* for each slot, in the group */
    size_t n_slots;
    size_t turns; /* number of slots without those of forms (op_common.h), which take no part in draws */
    int input_of[OP_MAX_SLOTS];
    bool settled[OP_MAX_SLOTS]; /* a tensor or a link is given */
    bool seek[OP_MAX_SLOTS];    /* open: an existing tensor is preferred to a new graph input */
    int32_t hint[OP_MAX_SLOTS]; /* the tensor to try first; -1: none */
    bool idle;                  /* all that is settled is weak data, so that the operator needs a tensor that is not */
} slot_plan;

/* Draws the number of tensors of each input, at least `least` of it, and lays out the slots. more: variadic inputs take two or
 * more. false: there are too many slots. r and tensor must be set. */
bool slots_draw(builder *b, slot_plan *p, const int *least, bool more);
/* The first slot of an input that is not settled, from `turn` on; -1: none. */
int slots_unsettled(const slot_plan *p, int input, size_t turn);
void slots_settle_tensor(builder *b, slot_plan *p, int slot, int32_t t);
void slots_settle_link(slot_plan *p, int slot, int frame, int output);
/* Decides which unsettled slots are open: those that need a tensor, and `partners` others. given: a settled tensor; -1: none.
 * Afterwards at least one data slot is open or settled. */
void slots_open(builder *b, slot_plan *p, int partners, int32_t given);
/* Fills the open slots of a frame that was added to the lowering: with existing tensors, or with new graph inputs, whose number
 * is added to *opened. */
lower_result slots_bind(builder *b, int frame, const slot_plan *p, size_t *opened);

#endif
