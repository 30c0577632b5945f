/* Chains: a sequence of operators, each of which consumes an output of the one before it, solved as one group. */
#ifndef NN_BUILD_CHAIN_H
#define NN_BUILD_CHAIN_H

#include "build/build_group.h"

/* Specifies a chain of n operators (at most LOWER_MAX_FRAMES); the first has no tensor yet. false: there is no output of an
 * operator that can be an input of the next. operands: as in due_path.h, of these operators; NULL: any. */
bool build_chain(builder *b, const uint16_t *ops, const int8_t *operands, size_t n, op_spec *sp);
/* Whether an output of a has a type that an input of z accepts. */
bool build_chain_typed(const op_model *a, const op_model *z);

#endif
