/* An operator in front of a motif that turns an existing tensor into what the motif takes. */
#ifndef NN_MOTIF_FEED_H
#define NN_MOTIF_FEED_H

#include "build/build_int.h"

/* Makes it frame 0 of the group, which must be empty; output *output has the type and shape of `want`, and values in its range. */
lower_result motif_feed(builder *b, const tensor_desc *want, int *output);
/* The same with an operator, the tensor for one of its inputs, and the output that are known. */
lower_result motif_feed_again(builder *b, const op_model *op, int input, int32_t t, const tensor_desc *want, int output);

#endif
