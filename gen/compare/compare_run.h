/* The command `nngen compare`. */
#ifndef NN_COMPARE_RUN_H
#define NN_COMPARE_RUN_H

#include "base/json_line.h"

/* argv begins after the name of the command. The report is appended to `out`; *outside: elements outside their bounds. */
nn_status compare_run(int argc, char *const *argv, json_line *out, uint64_t *outside, nn_error *err);

#endif
