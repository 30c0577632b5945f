/* Finds and reads the inputs of a run: directories of TensorProtos, .npz files, single TensorProtos. */
#ifndef NN_EVAL_INPUTS_H
#define NN_EVAL_INPUTS_H

#include "eval/eval_run.h"

/* Sets the inputs from the paths; without paths from test_data_set_K or inputs.npz beside the model, where K is `set`. Files are
 * assigned by the names in them, or, if one has no such name, all in their order. */
nn_status eval_inputs_read(eval_run *r, const char *model, const char *const *paths, size_t n, uint64_t set, nn_error *err);
/* Sets the tensors of a .npz file, or of the .pb files in a directory, by name; others than those of the model are passed over.
 * *n: how many nodes' outputs were set. */
nn_status eval_given_read(eval_run *r, const char *path, size_t *n, nn_error *err);

#endif
