/* The command line of `nngen eval`. */
#ifndef NN_EVAL_OPTIONS_H
#define NN_EVAL_OPTIONS_H

#include "base/flag_row.h"

typedef struct {
    const char *model, *out, *given, *specs;
    int64_t force, nodes_out, full, set, max_bytes, max_work, help;
    flag_list inputs;
    flag_list dims; /* NAME=V */
} eval_options;

/* argv begins after the name of the command; texts belong to it. Free the options also after a failure, which is NN_ERR_USAGE. */
nn_status eval_options_parse(eval_options *o, int argc, char *const *argv, nn_error *err);
void eval_options_free(eval_options *o);
void eval_options_help(json_line *out);

#endif
