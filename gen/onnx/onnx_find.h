/* Finds the model files below a directory. */
#ifndef NN_ONNX_FIND_H
#define NN_ONNX_FIND_H

#include "base.h"

enum { ONNX_FIND_DEPTH = 64 }; /* levels of nested directories */

/* `entry` is a file in the open directory `folder`. path is its path, below is the part of path after the given directory. */
typedef nn_status onnx_found_fn(void *data, int folder, const char *entry, const char *path, const char *below, nn_error *err);
/* Reports a directory that cannot be read and is skipped. */
typedef void onnx_problem_fn(void *data, const nn_error *problem);

/* Whether a name ends in .onnx, in upper or lower case. */
bool onnx_is_model_name(const char *name);
/* ignores the case of ASCII letters; the name must be longer than the suffix */
bool onnx_has_suffix(const char *name, const char *suffix);

/* Calls found for every *.onnx below a directory, sorted by name within each directory, until found fails. Does not follow links
 * to directories. NN_ERR_IO: dir itself cannot be opened. */
nn_status onnx_find(const char *dir, onnx_found_fn *found, onnx_problem_fn *problem, void *data, nn_error *err);

#endif
