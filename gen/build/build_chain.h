/* Chains: operators in a row, each on an output of the one before it, solved as one group. */
#ifndef NN_BUILD_CHAIN_H
#define NN_BUILD_CHAIN_H

#include "build/build_group.h"

/* Specifies n operators in a row (at most LOWER_MAX_FRAMES); the first has no tensor yet. False: no output of one can go in an
 * input of the next. */
bool build_chain(builder *b, const uint16_t *ops, size_t n, op_spec *sp);
/* Whether some output of a has a type that an input of z takes. */
bool build_chain_typed(const op_model *a, const op_model *z);

#endif
