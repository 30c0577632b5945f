/* The command line of `nngen compare`. */
#ifndef NN_COMPARE_OPTIONS_H
#define NN_COMPARE_OPTIONS_H

#include "base/json_line.h"
#include "compare/compare.h"

typedef struct {
    comparison_request request;
    const char *expected, *actual; /* borrowed from argv */
    bool json, help;
} compare_options;

nn_status compare_options_parse(compare_options *o, int argc, char *const *argv, nn_error *err);
void compare_options_help(json_line *out);

#endif
