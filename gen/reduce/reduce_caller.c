#include "reduce/reduce_caller.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "reduce/reduce_message.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { START = 120 }; /* seconds that a worker may take to start, beside the time limit of a question */

/* ---- commands ---- */

/* The command with the path in place of {}. NULL: out of memory. The list and its texts are one block. */
static char **arguments(char *const *command, const char *path)
{
    size_t n = 0, size = 0, length = strlen(path);
    for (; command[n] != NULL; n++) {
        size += strlen(command[n]) + 1;
        for (const char *p = command[n]; (p = strstr(p, "{}")) != NULL; p += 2)
            size += length;
    }
    char **all = nn_malloc((n + 1) * sizeof *all + size);
    if (all == NULL)
        return NULL;
    char *to = (char *)(all + n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *p = command[i];
        all[i] = to;
        for (const char *at; (at = strstr(p, "{}")) != NULL; p = at + 2) {
            memcpy(to, p, (size_t)(at - p));
            to += at - p;
            memcpy(to, path, length);
            to += length;
        }
        memcpy(to, p, strlen(p) + 1);
        to += strlen(p) + 1;
    }
    all[n] = NULL;
    return all;
}

static nn_status start_command(reduce_caller *r, reduce_ask *x, const char *folder, nn_error *err)
{
    bool heard = r->o->save_temps != 0 || reduce_wanted(r->o) == WANT_SAME;
    const reduce_streams streams = {-1, heard ? "stdout" : NULL, heard ? "stderr" : NULL};
    char **argv = arguments(r->command, x->path);
    if (argv == NULL)
        return nn_nomem(err);
    nn_status s = reduce_call_start(&x->call, argv, folder, r->w->environment, &streams, err);
    nn_free(argv);
    return s;
}

/* ---- workers ---- */

static void read_log(const reduce_caller *r, const reduce_worker *w, char *to, size_t size)
{
    char path[4096];
    nn_error ignored;
    file_bytes f = {.bytes = NULL};
    size_t n = 0;
    *to = '\0';
    if ((size_t)snprintf(path, sizeof path, "%s/calls/%s", r->store->path, w->log) < sizeof path &&
        file_read(&f, AT_FDCWD, path, 0, 1 << 20, path, &ignored) == NN_OK) {
        const char *line = reduce_message_find(f.bytes, f.n, &n);
        if (n > 0)
            (void)snprintf(to, size, ": %.*s", (int)(n < size ? n : size - 1), line);
    }
    file_bytes_free(&f);
}

static const char *program(const reduce_caller *r)
{
    return r->o->predicate != NULL ? r->o->predicate : r->o->command[0];
}

static nn_status start_worker(reduce_caller *r, size_t k, nn_error *err)
{
    char folder[4096];
    if ((size_t)snprintf(folder, sizeof folder, "%s/calls", r->store->path) >= sizeof folder)
        return nn_fail(err, NN_ERR_USAGE, r->o->out, 0, 0, "the path is too long");
    nn_status s = reduce_worker_start(&r->workers[k], k, r->command, folder, r->w->environment, err);
    if (s == NN_ERR_IO && r->o->predicate != NULL)
        s = nn_fail(err, s, r->o->study, 0, 0,
                    "cannot be started: --predicate needs the Python package nngen; --study PROGRAM says where its nngen-study is");
    return s;
}

/* Sends the question of x to its worker, which is started if it does not run. */
static nn_status send_question(reduce_caller *r, const reduce_ask *x, nn_error *err)
{
    nn_status s = r->workers[x->worker].call.pid == 0 ? start_worker(r, x->worker, err) : NN_OK;
    if (s == NN_OK)
        reduce_worker_ask(&r->workers[x->worker], x->path);
    return s;
}

/* Takes a worker that has no question, if there is one, or else the one with the fewest questions that do not matter any longer. As
 * many questions as workers are asked at one time. */
static nn_status ask_worker(reduce_caller *r, reduce_ask *x, nn_error *err)
{
    x->worker = r->jobs;
    for (size_t k = 0; k < r->jobs; k++)
        if (!r->busy[k] && (x->worker == r->jobs || r->workers[k].waiting < r->workers[x->worker].waiting))
            x->worker = k;
    r->busy[x->worker] = true;
    return send_question(r, x, err);
}

/* The end of a worker that says nothing of a model, or an error that it states. */
static nn_status worker_error(const reduce_caller *r, const reduce_worker *w, const char *text, nn_error *err)
{
    char more[300];
    if (*text != '\0')
        return nn_fail(err, NN_ERR_IO, program(r), 0, 0, "%.400s", text);
    read_log(r, w, more, sizeof more);
    return nn_fail(err, NN_ERR_IO, program(r), 0, 0, "ends with %s %d %s%s", w->call.signal != 0 ? "signal" : "exit status",
                   w->call.signal != 0 ? w->call.signal : w->call.status, w->ready ? "without an answer" : "before it is ready",
                   more);
}

/* ---- answers ---- */

/* Writes what failed beside the model, for those who keep the directories. */
static void note(const reduce_caller *r, const reduce_ask *x, const reduce_failure *f)
{
    if (r->o->save_temps == 0 || f->text == NULL)
        return;
    json_line path = {.bytes = NULL};
    line_text(&path, x->path, strlen(x->path) - strlen("model.onnx"));
    line_text(&path, "failure.txt", sizeof "failure.txt");
    if (!path.failed)
        (void)file_write(AT_FDCWD, path.bytes, f->text, strlen(f->text));
    nn_free(path.bytes);
}

/* Takes the failure over. */
static nn_status judge(reduce_caller *r, reduce_ask *x, reduce_failure *f, const reduce_case *c, nn_error *err)
{
    reduce_want want = reduce_wanted(r->o);
    nn_status s = NN_OK;
    note(r, x, f);
    x->failed = f->text != NULL;
    x->state = f->text != NULL ? CALL_INTERESTING : CALL_OTHER;
    if (f->text != NULL && !r->known) {
        s = reduce_identity_open(&r->original, f, c, err);
        r->known = s == NN_OK;
    } else if (want == WANT_SAME && f->text != NULL && !reduce_identity_same(&r->original, f, x->renamed)) {
        x->state = CALL_OTHER;
        r->others++;
    }
    reduce_failure_free(f);
    return s;
}

/* The directory of a call has been read. */
static void leave(reduce_caller *r, reduce_ask *x)
{
    x->running = false;
    if (reduce_by_worker(r->o))
        r->busy[x->worker] = false;
    reduce_store_end_call(r->store, x->number);
    nn_free(x->path);
    x->path = NULL;
}

static nn_status judge_end(reduce_caller *r, reduce_ask *x, const reduce_case *c, nn_error *err)
{
    reduce_failure f;
    char folder[4096];
    if (reduce_wanted(r->o) == WANT_SUCCESS) {
        x->state = !x->timed_out && x->call.signal == 0 && x->call.status == 0 ? CALL_INTERESTING : CALL_OTHER;
        return NN_OK;
    }
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strlen(x->path) - strlen("/model.onnx")), x->path);
    const reduce_ending e = {x->call.status, x->call.signal, x->timed_out, folder};
    nn_status s = reduce_failure_of_ending(&f, &e, c, err);
    return s == NN_OK ? judge(r, x, &f, c, err) : s;
}

static bool is_late(reduce_caller *r, const reduce_ask *x)
{
    double limit = (double)r->o->timeout + (reduce_by_worker(r->o) && !r->workers[x->worker].ready ? START : 0);
    return r->w->now() - x->began > limit;
}

/* *ended: the command has. */
static void look_at_command(reduce_caller *r, reduce_ask *x, bool *ended)
{
    *ended = reduce_call_poll(&x->call) != CALL_RUNNING;
    x->timed_out = !*ended && is_late(r, x);
    if (x->timed_out)
        reduce_call_kill(&x->call);
    *ended = *ended || x->timed_out;
}

/* The worker ended, or is ended because it is late. The question is put again if the worker was still at an earlier one. */
static nn_status lose_worker(reduce_caller *r, reduce_ask *x, bool late, bool *ended, nn_error *err)
{
    reduce_worker *w = &r->workers[x->worker];
    bool earlier = w->waiting > 1;
    x->timed_out = late && !earlier;
    x->call = w->call;
    reduce_worker_end(w);
    x->began = r->w->now();
    *ended = !earlier;
    return earlier ? send_question(r, x, err) : NN_OK;
}

/* *ended: the worker has, and is to be judged so. Otherwise, once the answer is there, x has the state. */
static nn_status look_at_worker(reduce_caller *r, reduce_ask *x, const reduce_case *c, bool *ended, nn_error *err)
{
    reduce_worker *w = &r->workers[x->worker];
    worker_state state;
    const char *text;
    reduce_failure f = {.text = NULL};
    nn_status s = reduce_worker_poll(w, &state, &text, err);
    while (s == NN_OK && (state == WORKER_READY || (w->waiting > 0 && (state == WORKER_PASSES || state == WORKER_FAILS)))) {
        x->began = r->w->now(); /* it was not at this question before */
        s = reduce_worker_poll(w, &state, &text, err);
    }
    bool late = state == WORKER_WAITS && is_late(r, x);
    if (s != NN_OK || (state == WORKER_WAITS && !late))
        return s;
    bool failed = w->call.signal != 0 || w->call.status != 0;
    if (state == WORKER_ERROR || (state == WORKER_ENDED && (!w->ready || !failed)))
        return worker_error(r, w, text, err);
    if (late || state == WORKER_ENDED)
        return lose_worker(r, x, late, ended, err);
    if (state == WORKER_FAILS)
        s = reduce_failure_of_answer(&f, text, c, err);
    return s == NN_OK ? judge(r, x, &f, c, err) : s;
}

nn_status reduce_ask_start(reduce_caller *r, reduce_ask *x, const reduce_case *c, nn_error *err)
{
    char *folder = NULL;
    nn_status s = reduce_store_call(r->store, c, &x->number, &folder, err);
    if (s != NN_OK)
        return s;
    size_t size = strlen(folder) + sizeof "/model.onnx";
    x->path = nn_malloc(size);
    if (x->path != NULL) {
        (void)snprintf(x->path, size, "%s/model.onnx", folder);
        s = reduce_by_worker(r->o) ? ask_worker(r, x, err) : start_command(r, x, folder, err);
    } else {
        s = nn_nomem(err);
    }
    nn_free(folder);
    if (s == NN_OK) {
        x->running = true;
        x->tried++;
        x->state = CALL_RUNNING;
        x->began = r->w->now();
        r->called++;
        return NN_OK;
    }
    nn_free(x->path);
    x->path = NULL;
    return s;
}

nn_status reduce_ask_look(reduce_caller *r, reduce_ask *x, const reduce_case *c, nn_error *err)
{
    bool ended = false;
    nn_status s = NN_OK;
    if (!x->running)
        return NN_OK;
    if (reduce_by_worker(r->o))
        s = look_at_worker(r, x, c, &ended, err);
    else
        look_at_command(r, x, &ended);
    if (s == NN_OK && ended) {
        r->timeouts += x->timed_out;
        x->call.pid = 0;
        s = judge_end(r, x, c, err);
    }
    if (s != NN_OK || x->state == CALL_RUNNING)
        return s;
    leave(r, x);
    return x->state == CALL_OTHER && !x->timed_out && x->tried < r->o->tries ? reduce_ask_start(r, x, c, err) : NN_OK;
}

void reduce_ask_drop(reduce_caller *r, reduce_ask *x)
{
    if (x->running) {
        if (!reduce_by_worker(r->o) && x->call.pid != 0) /* the answer of a worker is passed over when it comes */
            reduce_call_kill(&x->call);
        leave(r, x);
    }
    *x = (reduce_ask){.running = false};
}

void reduce_caller_wait(const reduce_caller *r, double shortest)
{
    int sockets[REDUCE_JOBS];
    size_t n = 0;
    for (size_t i = 0; r->workers != NULL && i < r->jobs && n < REDUCE_JOBS; i++)
        if (r->busy[i])
            sockets[n++] = r->workers[i].socket;
    reduce_call_pause(shortest, sockets, n);
}

/* ---- opening ---- */

/* A path of a file as an absolute one, because the working directory will be another; other texts as they are. COMMAND itself is a
 * path only if it has a slash. NULL: out of memory. */
static char *absolute(const char *text, bool first)
{
    struct stat st;
    if (text[0] == '/' || (first && strchr(text, '/') == NULL) || stat(text, &st) != 0 || !S_ISREG(st.st_mode))
        return nn_strdup(text);
    char *here = realpath(".", NULL); /* of the file itself, a link's name may tell a program what to do */
    size_t n = here != NULL ? strlen(here) + strlen(text) + 2 : 0;
    char *own = here != NULL ? nn_malloc(n) : nn_strdup(text);
    if (here != NULL && own != NULL)
        (void)snprintf(own, n, "%s/%s", here, text);
    free(here); /* of realpath */
    return own;
}

nn_status reduce_caller_open(reduce_caller *r, const reduce_options *o, const reduce_watch *w, reduce_store *store, size_t jobs,
                             nn_error *err)
{
    size_t n = 0;
    const char *const first[] = {o->study, "predicate", o->predicate};
    size_t n_first = o->predicate != NULL ? sizeof first / sizeof first[0] : 0;
    *r = (reduce_caller){.o = o, .w = w, .store = store, .jobs = jobs};
    r->command = nn_calloc(n_first + o->n_command + 1, sizeof *r->command);
    r->workers = reduce_by_worker(o) ? nn_calloc(jobs, sizeof *r->workers) : NULL;
    r->busy = nn_calloc(jobs, sizeof *r->busy);
    if (r->command == NULL || r->busy == NULL || (reduce_by_worker(o) && r->workers == NULL))
        return nn_nomem(err);
    for (; n < n_first + o->n_command; n++) {
        r->command[n] = absolute(n < n_first ? first[n] : o->command[n - n_first], n == 0);
        if (r->command[n] == NULL)
            return nn_nomem(err);
    }
    return NN_OK;
}

void reduce_caller_close(reduce_caller *r)
{
    for (size_t i = 0; r->workers != NULL && i < r->jobs; i++)
        reduce_worker_end(&r->workers[i]);
    for (size_t i = 0; r->command != NULL && r->command[i] != NULL; i++)
        nn_free(r->command[i]);
    nn_free(r->command);
    nn_free(r->workers);
    nn_free(r->busy);
    reduce_identity_close(&r->original);
    *r = (reduce_caller){.command = NULL};
}
