/* The command line of `nngen motifs`.
 *
 * Ownership: texts are borrowed from argv; mine_options_free frees the list of paths. */
#ifndef NN_MINE_OPTIONS_H
#define NN_MINE_OPTIONS_H

#include "base/json_line.h"

typedef struct {
    int64_t help, min_models, max_nodes, max_motifs, opset;
    const char *out, *from, *nodes, *specs; /* NULL: not given */
    const char **paths;
    size_t n_paths, capacity;
} mine_options;

nn_status mine_options_parse(mine_options *o, int argc, char *const *argv, nn_error *err);
void mine_options_free(mine_options *o);
void mine_options_help(json_line *out);

#endif
