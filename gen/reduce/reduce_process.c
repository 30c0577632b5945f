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

/* 0, or the reason of the failure. */
static int set_actions(posix_spawn_file_actions_t *a, const char *directory, bool keep)
{
    const char *out = keep ? "stdout" : "/dev/null", *errors = keep ? "stderr" : "/dev/null";
    int flags = O_WRONLY | (keep ? O_CREAT | O_TRUNC : 0), e = posix_spawn_file_actions_addchdir_np(a, directory);
    e = e != 0 ? e : posix_spawn_file_actions_addopen(a, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    e = e != 0 ? e : posix_spawn_file_actions_addopen(a, STDOUT_FILENO, out, flags, 0666);
    return e != 0 ? e : posix_spawn_file_actions_addopen(a, STDERR_FILENO, errors, flags, 0666);
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

nn_status reduce_call_start(reduce_call *c, char *const *argv, const char *directory, char *const *environment, bool keep,
                            nn_error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = 0;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return nn_nomem(err);
    int e = posix_spawnattr_init(&attributes);
    if (e == 0) {
        e = set_actions(&actions, directory, keep);
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

call_state reduce_call_poll(reduce_call *c)
{
    siginfo_t info = {.si_pid = 0};
    int status;
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
        return CALL_RUNNING;
    (void)kill((pid_t)-c->pid, SIGKILL); /* before the number can belong to another group */
    while (waitpid((pid_t)c->pid, &status, 0) < 0)
        if (errno != EINTR)
            return CALL_OTHER;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CALL_INTERESTING : CALL_OTHER;
}

void reduce_call_kill(reduce_call *c)
{
    (void)kill((pid_t)-c->pid, SIGKILL);
    while (waitpid((pid_t)c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void reduce_call_pause(double elapsed)
{
    double ms = elapsed * 1000 / 16;
    (void)poll(NULL, 0, ms < 1 ? 1 : ms > 10 ? 10 : (int)ms);
}
