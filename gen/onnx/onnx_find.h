/* The model files below a directory. */
#ifndef NN_ONNX_FIND_H
#define NN_ONNX_FIND_H

#include "base.h"

enum { ONNX_FIND_DEPTH = 64 }; /* directories inside each other */

/* `entry` in the open directory `folder` is a file `below` the directory that was given; path is both together. */
typedef nn_status onnx_found_fn(void *data, int folder, const char *entry, const char *path, const char *below, nn_error *err);
/* A directory that cannot be read and is passed over. */
typedef void onnx_problem_fn(void *data, const nn_error *problem);

/* Whether a name ends in .onnx, in upper or lower case. */
bool onnx_is_model_name(const char *name);
bool onnx_has_suffix(const char *name, const char *suffix); /* ASCII letters in any case; more than the suffix alone */

/* Calls found for every *.onnx below a directory, each directory's entries by name, until it fails. Links to directories are not
 * followed. NN_ERR_IO: dir itself cannot be opened. */
nn_status onnx_find(const char *dir, onnx_found_fn *found, onnx_problem_fn *problem, void *data, nn_error *err);

#endif
