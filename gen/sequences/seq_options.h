/* Command lines of `nngen sequences` and `nngen coverage`.
 *
 * Ownership: texts are borrowed from argv; seq_options_free frees the list of paths. */
#ifndef NN_SEQ_OPTIONS_H
#define NN_SEQ_OPTIONS_H

#include "base/json_line.h"
#include "sequences/seq_reduce.h"

typedef enum { SEQ_FAILED, SEQ_CORRECT, SEQ_SUITE, SEQ_GIVEN } seq_class;
typedef enum { SEQ_TEXT, SEQ_JSON, SEQ_CSV, SEQ_PLAIN } seq_format;

typedef struct {
    const char *path;
    seq_class class;
} seq_path;

typedef struct {
    int64_t help, paths, matching, progress;
    int64_t min_length, max_length, max_paths, max_sequences, min_support, order;
    const char *outcomes, *reduce, *format, *set, *show;
    double rate; /* of false discoveries */
    const char *rate_text;
    seq_path *all;
    size_t n, capacity;
    seq_format as;
    seq_reduction reduction;
    bool classes; /* some path has a class, or outcomes are given */
} seq_options;

typedef enum { SEQ_COMMAND_SEQUENCES, SEQ_COMMAND_COVERAGE } seq_command;

/* argv begins after the name of the command. */
nn_status seq_options_parse(seq_options *o, seq_command command, int argc, char *const *argv, nn_error *err);
void seq_options_free(seq_options *o);
void seq_options_help(json_line *out, seq_command command);

#endif
