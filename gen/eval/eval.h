/* The command `nngen eval`: outputs and bounds of any model whose operators are in the table. */
#ifndef NN_EVAL_H
#define NN_EVAL_H

#include "base/json_line.h"

/* Reports what the table does not have. */
typedef void eval_report_fn(void *data, const char *message);

/* argv begins after the name of the command. Appends what goes to standard output to out. *problems: tensors outside their bounds.
 */
nn_status eval_run_command(int argc, char *const *argv, json_line *out, eval_report_fn *tell, void *data, size_t *problems,
                           nn_error *err);

#endif
