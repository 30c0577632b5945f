/* The command line of `nngen suite`.
 *
 * Ownership: texts are borrowed from argv. */
#ifndef NN_SUITE_OPTIONS_H
#define NN_SUITE_OPTIONS_H

#include "base/json_line.h"

typedef struct {
    const char *opset, *out, *profile, *types, *ops, *specs, *score, *index, *format; /* NULL: not given */
    int64_t seed, strength, tries, max_rank, max_elements, max_dim, jobs, quiet, help;
    int first, last; /* the opsets */
} suite_options;

nn_status suite_options_parse(suite_options *o, int argc, char *const *argv, nn_error *err);
void suite_options_help(json_line *out);

#endif
