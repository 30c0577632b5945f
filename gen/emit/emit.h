/* The command `nngen emit`: a model as a program that builds the same model in a framework. */
#ifndef NN_EMIT_H
#define NN_EMIT_H

#include "base/json_line.h"

/* Reports what the table does not have. */
typedef void emit_report_fn(void *data, const char *message);

/* argv begins after the name of the command. Appends what goes to standard output to out. NN_ERR_UNSUPPORTED: the program cannot
 * say the model. */
nn_status emit_run_command(int argc, char *const *argv, json_line *out, emit_report_fn *tell, void *data, nn_error *err);

#endif
