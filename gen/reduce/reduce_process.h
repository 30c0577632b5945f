/* Runs a command as a group of processes of its own. */
#ifndef NN_REDUCE_PROCESS_H
#define NN_REDUCE_PROCESS_H

#include "base.h"

enum { REDUCE_SOCKETS = 256 }; /* most that are waited for */
typedef enum { CALL_RUNNING, CALL_INTERESTING, CALL_OTHER } call_state;

typedef struct {
    long pid;
    double started;
    int status, signal; /* the exit status, or the signal that ended it */
} reduce_call;

/* Of a command. */
typedef struct {
    int socket;               /* its input and its output; -1: input comes from /dev/null */
    const char *out, *errors; /* names of files in its directory; NULL: what it prints goes nowhere */
} reduce_streams;

/* Starts argv[0], which is looked up in PATH, with `directory` as its current one. */
nn_status reduce_call_start(reduce_call *c, char *const *argv, const char *directory, char *const *environment,
                            const reduce_streams *streams, nn_error *err);
/* Whether it has ended, and how: exit status 0 is interesting. Ends what is left of its group. */
call_state reduce_call_poll(reduce_call *c);
/* Ends the whole group and waits for the command. */
void reduce_call_kill(reduce_call *c);
/* The same for a command that is about to end by itself, which may take a second. The call says how it ended. */
void reduce_call_finish(reduce_call *c);
/* Waits a short time: a fraction of `elapsed` seconds, at most 10 ms; or until one of the sockets can be read. */
void reduce_call_pause(double elapsed, const int *sockets, size_t n);

#endif
