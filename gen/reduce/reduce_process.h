/* Runs a command as a group of processes of its own. */
#ifndef NN_REDUCE_PROCESS_H
#define NN_REDUCE_PROCESS_H

#include "base.h"

typedef enum { CALL_RUNNING, CALL_INTERESTING, CALL_OTHER } call_state;

typedef struct {
    long pid;
    double started;
    int status, signal; /* of the last end: the exit status, or the signal that ended it */
} reduce_call;

/* Starts argv[0], which is looked up in PATH, with `directory` as its current one. Input comes from /dev/null; what it prints goes
 * to the files stdout and stderr in the directory if `keep`, otherwise nowhere. */
nn_status reduce_call_start(reduce_call *c, char *const *argv, const char *directory, char *const *environment, bool keep,
                            nn_error *err);
/* Whether it has ended, and how: exit status 0 is interesting. Ends what is left of its group. */
call_state reduce_call_poll(reduce_call *c);
/* Ends the whole group and waits for the command. */
void reduce_call_kill(reduce_call *c);
/* Waits a short time: a fraction of `elapsed` seconds, at most 10 ms. */
void reduce_call_pause(double elapsed);

#endif
