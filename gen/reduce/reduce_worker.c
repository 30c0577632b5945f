#define _GNU_SOURCE
#include "reduce/reduce_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST = 1 << 16 }; /* bytes of an answer */

nn_status reduce_worker_start(reduce_worker *w, size_t number, char *const *argv, const char *directory, char *const *environment,
                              nn_error *err)
{
    int ends[2];
    *w = (reduce_worker){.socket = -1};
    (void)snprintf(w->log, sizeof w->log, "worker-%zu.stderr", number);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return nn_fail(err, NN_ERR_IO, argv[0], 0, 0, "cannot be started: %s", strerror(errno));
    nn_status s = reduce_call_start(&w->call, argv, directory, environment, &(reduce_streams){ends[1], NULL, w->log}, err);
    (void)close(ends[1]);
    w->socket = ends[0];
    if (s != NN_OK) {
        (void)close(ends[0]);
        *w = (reduce_worker){.socket = -1};
    }
    return s;
}

void reduce_worker_ask(reduce_worker *w, const char *path)
{
    char line[4100];
    int n = snprintf(line, sizeof line, "%s\n", path);
    /* A worker that has ended is noticed when its answer is read. The line fits into the socket's buffer. */
    (void)!send(w->socket, line, (size_t)n < sizeof line ? (size_t)n : 0, MSG_NOSIGNAL);
    w->waiting++;
}

/* false: out of memory. *end: there is nothing more to come. */
static bool receive(reduce_worker *w, bool *end)
{
    char bytes[4096];
    *end = false;
    for (;;) {
        ssize_t n = recv(w->socket, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            *end = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
            return true;
        }
        line_text(&w->got, bytes, (size_t)n);
        if (w->got.failed)
            return false;
        if (w->got.size > LONGEST) {
            *end = true;
            return true;
        }
    }
}

/* The next line as a text; NULL: it is not complete yet. */
static char *next_line(reduce_worker *w)
{
    char *line = w->got.bytes != NULL ? w->got.bytes + w->taken : NULL,
         *newline = line != NULL ? memchr(line, '\n', w->got.size - w->taken) : NULL;
    if (newline == NULL)
        return NULL;
    *newline = '\0';
    w->taken = (size_t)(newline - w->got.bytes) + 1;
    return line;
}

static worker_state understand(reduce_worker *w, const char *line, const char **text)
{
    const char *tab = strchr(line, '\t');
    size_t n = tab != NULL ? (size_t)(tab - line) : strlen(line);
    *text = tab != NULL ? tab + 1 : "";
    if (n == 5 && memcmp(line, "error", n) == 0)
        return WORKER_ERROR;
    if (!w->ready) {
        *text = "expected the line: ready";
        w->ready = strcmp(line, "ready") == 0;
        return w->ready ? WORKER_READY : WORKER_ERROR;
    }
    if (w->waiting > 0)
        w->waiting--;
    if (n == 4 && memcmp(line, "fail", n) == 0)
        return WORKER_FAILS;
    *text = "expected the line: pass, or fail, a tab and what failed";
    return strcmp(line, "pass") == 0 ? WORKER_PASSES : WORKER_ERROR;
}

nn_status reduce_worker_poll(reduce_worker *w, worker_state *state, const char **text, nn_error *err)
{
    bool end = false;
    *state = WORKER_WAITS;
    *text = "";
    if (w->taken == w->got.size)
        w->taken = w->got.size = 0;
    const char *line = next_line(w);
    if (line == NULL) {
        if (!receive(w, &end))
            return nn_nomem(err);
        line = next_line(w);
    }
    if (line != NULL) {
        *state = understand(w, line, text);
    } else if (end) {
        reduce_call_finish(&w->call);
        *state = WORKER_ENDED;
    }
    return NN_OK;
}

void reduce_worker_end(reduce_worker *w)
{
    if (w->call.pid != 0)
        reduce_call_kill(&w->call);
    if (w->log[0] != '\0') /* it was started */
        (void)close(w->socket);
    nn_free(w->got.bytes);
    *w = (reduce_worker){.socket = -1};
}
