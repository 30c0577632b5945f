/* The command `nngen motifs`: proposes motifs from models. */
#ifndef NN_MINE_H
#define NN_MINE_H

#include "base/json_line.h"

/* Reports a problem with a single file, or an operator that the table lacks. */
typedef void mine_tell_fn(void *data, const char *message);

/* argv begins after the name of the command. Appends what goes to standard output to out. *problems: files that were skipped. */
nn_status mine_run(int argc, char *const *argv, json_line *out, mine_tell_fn *tell, void *data, size_t *problems, nn_error *err);

#endif
