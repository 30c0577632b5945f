/* Values of tensors inside that the user gives. */
#ifndef NN_REDUCE_GIVEN_H
#define NN_REDUCE_GIVEN_H

#include "reduce/reduce_base.h"

/* Reads a file of tensors (.npz, .npy, .pb), or all files of a directory, as facts of a base that has nothing else. An input of the
 * case without a value takes it from there. NN_ERR_USAGE: none of the tensors is in the model. The base must be closed, also after
 * a failure. */
nn_status reduce_read_given(reduce_base *to, reduce_case *c, const char *path, nn_error *err);

#endif
