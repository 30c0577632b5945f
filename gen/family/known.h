/* Computes small tensors of whole numbers while a model with symbolic dims is built, by the rules of specs/compute. */
#ifndef NN_KNOWN_H
#define NN_KNOWN_H

#include "rules/instance.h"

/* dynamic_wish.compute (build/build.h). data: the nn_table. */
bool known_compute(void *data, const op_instance *x, const tensor_desc *inputs, const int64_t *const *contents, size_t output,
                   int64_t *out);

#endif
