/* The command line of `nngen emit`. */
#ifndef NN_EMIT_OPTIONS_H
#define NN_EMIT_OPTIONS_H

#include "base/flag_row.h"

typedef struct {
    const char *model, *as, *out, *specs;
    flag_list dims;                 /* --dim NAME=V */
    int64_t set, most, fixed, help; /* most: elements of an array in the source; -1: 64, or all without --out */
} emit_options;

nn_status emit_options_parse(emit_options *o, int argc, char *const *argv, nn_error *err);
void emit_options_free(emit_options *o);
void emit_options_help(json_line *out);

#endif
