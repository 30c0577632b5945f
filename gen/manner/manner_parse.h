/* Reads one manner from its file. */
#ifndef NN_MANNER_PARSE_H
#define NN_MANNER_PARSE_H

#include "manner/manner.h"

/* The name of the manner is that of the file without .yaml. */
nn_status manner_parse(manner *out, const op_set *ops, const spec_file *file, arena *a, nn_error *err);
/* NAME of a path .../NAME.yaml. NULL: out of memory. */
const char *manner_file_name(const char *path, arena *a);

#endif
