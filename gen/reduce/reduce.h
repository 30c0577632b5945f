/* The command `nngen reduce`: makes any model smaller while a command finds it interesting. */
#ifndef NN_REDUCE_H
#define NN_REDUCE_H

#include "base/json_line.h"

/* What only the program can do or know. */
typedef struct {
    double (*now)(void); /* seconds of a monotonic clock */
    void (*tell)(void *data, const char *message);
    void (*progress)(void *data, const char *line); /* NULL: not shown */
    void *data;
    const volatile int *cancel; /* not 0: ends with NN_ERR_CANCELLED */
    char *const *environment;   /* of COMMAND */
    int64_t jobs;               /* without --jobs */
} reduce_watch;

/* argv begins after the name of the command. Appends what goes to standard output to out. NN_ERR_BUILD: the original is not
 * interesting. */
nn_status reduce_run_command(int argc, char *const *argv, json_line *out, const reduce_watch *w, nn_error *err);

#endif
