/* The slots of one operator that enters a group: how many there are, and which tensors go in them. */
#ifndef NN_BUILD_SLOTS_H
#define NN_BUILD_SLOTS_H

#include "build/build_draw.h"

typedef struct {
    lower_request *r; /* of the operator */
    int32_t *tensor;  /* of each slot, in the group */
    size_t n_slots;
    size_t turns; /* slots without those of forms (op_common.h), which take no part in draws */
    int input_of[OP_MAX_SLOTS];
    bool settled[OP_MAX_SLOTS]; /* a tensor or a link is given */
    bool seek[OP_MAX_SLOTS];    /* open: an existing tensor is wanted rather than a new graph input */
    int32_t hint[OP_MAX_SLOTS]; /* the tensor to try first, -1: none */
} slot_plan;

/* Draws the number of tensors of each input, at least `least` of it, and lays out the slots. more: variadic inputs take two or
 * more. False: there are too many. r and tensor must be set. */
bool slots_draw(builder *b, slot_plan *p, const int *least, bool more);
/* First slot of an input that is not settled, from `turn` on; -1: none. */
int slots_unsettled(const slot_plan *p, int input, size_t turn);
void slots_settle_tensor(builder *b, slot_plan *p, int slot, int32_t t);
void slots_settle_link(slot_plan *p, int slot, int frame, int output);
/* Decides which slots that are not settled are open: those that need a tensor, and as many `partners`. given: a settled tensor, -1:
 * none. One data slot at least is open or settled afterwards. */
void slots_open(builder *b, slot_plan *p, int partners, int32_t given);
/* Fills the open slots of a frame that has been added to the lowering: with existing tensors, or with new graph inputs, which are
 * added to *opened. */
lower_result slots_bind(builder *b, int frame, const slot_plan *p, size_t *opened);

#endif
