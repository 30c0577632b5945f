/* The command `nngen show`: shows a model, or a page with all models of a directory. */
#ifndef NN_SHOW_H
#define NN_SHOW_H

#include "base/json_line.h"

/* Reports a file that cannot be read and is skipped. */
typedef void show_problem_fn(void *data, const char *message);

/* argv begins after the name of the command. Appends what goes to standard output to out. *problems: files that were skipped. */
nn_status show_run(int argc, char *const *argv, json_line *out, show_problem_fn *tell, void *data, size_t *problems, nn_error *err);

#endif
