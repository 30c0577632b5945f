#define _GNU_SOURCE
#include "reduce/reduce_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int add_file(posix_spawn_file_actions_t *a, int fd, const char *name)
{
    return name != NULL ? posix_spawn_file_actions_addopen(a, fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0666)
                        : posix_spawn_file_actions_addopen(a, fd, "/dev/null", O_WRONLY, 0);
}

/* 0, or the reason of the failure. */
static int set_actions(posix_spawn_file_actions_t *a, const char *directory, const reduce_streams *streams)
{
    int e = posix_spawn_file_actions_addchdir_np(a, directory);
    if (streams->socket >= 0) {
        e = e != 0 ? e : posix_spawn_file_actions_adddup2(a, streams->socket, STDIN_FILENO);
        e = e != 0 ? e : posix_spawn_file_actions_adddup2(a, streams->socket, STDOUT_FILENO);
    } else {
        e = e != 0 ? e : posix_spawn_file_actions_addopen(a, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        e = e != 0 ? e : add_file(a, STDOUT_FILENO, streams->out);
    }
    return e != 0 ? e : add_file(a, STDERR_FILENO, streams->errors);
}

/* A group of its own, and the default action for all signals that the program itself catches or ignores. */
static int set_attributes(posix_spawnattr_t *a)
{
    sigset_t none, defaults;
    (void)sigemptyset(&none);
    (void)sigfillset(&defaults);
    int e = posix_spawnattr_setflags(a, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    e = e != 0 ? e : posix_spawnattr_setpgroup(a, 0);
    e = e != 0 ? e : posix_spawnattr_setsigmask(a, &none);
    return e != 0 ? e : posix_spawnattr_setsigdefault(a, &defaults);
}

nn_status reduce_call_start(reduce_call *c, char *const *argv, const char *directory, char *const *environment,
                            const reduce_streams *streams, nn_error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = 0;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return nn_nomem(err);
    int e = posix_spawnattr_init(&attributes);
    if (e == 0) {
        e = set_actions(&actions, directory, streams);
        e = e != 0 ? e : set_attributes(&attributes);
        e = e != 0 ? e : posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    if (e != 0)
        return nn_fail(err, NN_ERR_IO, argv[0], 0, 0, "cannot be started: %s", strerror(e));
    c->pid = pid;
    return NN_OK;
}

/* Ends what is left of the group of a command that has ended, and takes its status. false: there is none. */
static bool reap(reduce_call *c)
{
    int status;
    (void)kill((pid_t)-c->pid, SIGKILL); /* before the number can belong to another group */
    while (waitpid((pid_t)c->pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return true;
}

static bool has_ended(const reduce_call *c)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

call_state reduce_call_poll(reduce_call *c)
{
    if (!has_ended(c))
        return CALL_RUNNING;
    return reap(c) && c->status == 0 ? CALL_INTERESTING : CALL_OTHER;
}

void reduce_call_kill(reduce_call *c)
{
    (void)reap(c);
}

void reduce_call_finish(reduce_call *c)
{
    for (int i = 0; i < 1000 && !has_ended(c); i++)
        (void)poll(NULL, 0, 1);
    (void)reap(c);
    c->pid = 0;
}

void reduce_call_pause(double elapsed, const int *sockets, size_t n)
{
    struct pollfd all[REDUCE_SOCKETS];
    double ms = elapsed * 1000 / 16;
    n = n < REDUCE_SOCKETS ? n : REDUCE_SOCKETS;
    for (size_t i = 0; i < n; i++)
        all[i] = (struct pollfd){.fd = sockets[i], .events = POLLIN};
    (void)poll(all, (nfds_t)n, ms < 1 ? 1 : ms > 10 ? 10 : (int)ms);
}
