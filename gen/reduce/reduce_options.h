/* The command line of `nngen reduce`. */
#ifndef NN_REDUCE_OPTIONS_H
#define NN_REDUCE_OPTIONS_H

#include "base/json_line.h"

enum { REDUCE_JOBS = 256 };

typedef struct {
    const char *model, *inputs, *values, *out, *predicate, *study;
    int64_t tape, jobs, timeout, tries, same, any_failure, worker, max_work, allow_invalid, save_temps, resume, force, quiet, help;
    char *const *command; /* ends with NULL, as argv does; with a predicate, its arguments */
    size_t n_command;
} reduce_options;

/* What makes a candidate interesting. */
typedef enum {
    WANT_SUCCESS, /* COMMAND ends with exit status 0 */
    WANT_SAME,    /* it fails as the original does */
    WANT_FAILURE  /* it fails */
} reduce_want;

reduce_want reduce_wanted(const reduce_options *o);
/* Whether one process answers for many candidates. */
bool reduce_by_worker(const reduce_options *o);

/* argv begins after the name of the command, and argv[argc] is NULL; texts belong to it. NN_ERR_USAGE: what is wrong. */
nn_status reduce_options_parse(reduce_options *o, int argc, char *const *argv, nn_error *err);
void reduce_options_help(json_line *out);

#endif
