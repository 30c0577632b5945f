/* The command `nngen suite`: writes a conformance suite, and scores the results of one. */
#ifndef NN_SUITE_H
#define NN_SUITE_H

#include "base/json_line.h"

typedef struct {
    void (*progress)(void *data, uint64_t done, uint64_t all); /* may be NULL */
    void *data;
    const volatile int *cancel; /* not 0: stop; NULL: never */
    unsigned jobs;              /* threads unless --jobs is given */
} suite_watch;

/* argv begins after the name of the command. Appends what goes to standard output to out. *problems: cases of the results that the
 * suite does not have. */
nn_status suite_run(int argc, char *const *argv, json_line *out, const suite_watch *watch, size_t *problems, nn_error *err);

#endif
