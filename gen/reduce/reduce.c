#include "reduce/reduce.h"
#include "reduce/reduce_given.h"
#include "reduce/reduce_search.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The digest of the run: original and command, and what is asked of it. */
static nn_status digest_run(reduce_digest *d, const reduce_case *c, const reduce_options *o, nn_error *err)
{
    sha256 *h;
    reduce_digest original;
    json_line text = {.bytes = NULL};
    nn_status s = sha256_new(&h, err);
    if (s != NN_OK)
        return s;
    s = reduce_digest_case(&original, h, c, err);
    if (s == NN_OK) {
        line_text(&text, (const char *)original.bytes, sizeof original.bytes);
        line_int(&text, (int64_t)reduce_wanted(o));
        line_raw(&text, o->predicate != NULL ? "predicate " : reduce_by_worker(o) ? "worker " : " ");
        line_raw(&text, o->predicate != NULL ? o->predicate : "");
        for (size_t i = 0; i < o->n_command; i++)
            line_text(&text, o->command[i], strlen(o->command[i]) + 1);
        s = text.failed ? nn_nomem(err) : sha256_digest(h, text.bytes, text.size, d->bytes, err);
    }
    nn_free(text.bytes);
    sha256_free(h);
    return s;
}

/* NN_ERR_BUILD: the case is not interesting. */
static nn_status ask_first(reduce_search *r, const reduce_case *c, const char *shown, nn_error *err)
{
    reduce_case copy;
    reduce_ask answer = {.running = false};
    char how[80];
    nn_status s = reduce_case_copy(&copy, c, err);
    if (s == NN_OK)
        s = reduce_search_ask(r, &copy, &answer, err);
    if (s != NN_OK || answer.state == CALL_INTERESTING)
        return s;
    if (r->o->predicate != NULL)
        return nn_fail(err, NN_ERR_BUILD, shown, 0, 0, "does not fail: predicate %.80s", r->o->predicate);
    if (reduce_wanted(r->o) != WANT_SUCCESS)
        return nn_fail(err, NN_ERR_BUILD, shown, 0, 0, "does not fail: %s",
                       r->o->worker != 0 ? "the worker says that it passes" : "COMMAND ends with exit status 0");
    if (answer.timed_out)
        (void)snprintf(how, sizeof how, "takes more than %lld s", (long long)r->o->timeout);
    else if (answer.call.signal != 0)
        (void)snprintf(how, sizeof how, "is ended by signal %d", answer.call.signal);
    else
        (void)snprintf(how, sizeof how, "ends with exit status %d", answer.call.status);
    return nn_fail(err, NN_ERR_BUILD, shown, 0, 0, "is not interesting: COMMAND %s; exit status 0 was expected", how);
}

typedef struct {
    size_t nodes, bytes;
} extent;

static extent extent_of(const reduce_search *r)
{
    return (extent){r->base.m->graph->n_node, r->base.from.model.n};
}

static void put_count(json_line *out, size_t n, const char *what)
{
    char text[80];
    (void)snprintf(text, sizeof text, "%zu %s%s", n, what, n == 1 ? "" : "s");
    line_raw(out, text);
}

static void put_summary(json_line *out, const reduce_search *r, extent was)
{
    extent now = extent_of(r);
    put_count(out, was.nodes, "node");
    line_raw(out, " to ");
    line_int(out, (int64_t)now.nodes);
    line_raw(out, ", ");
    put_count(out, was.bytes, "byte");
    line_raw(out, " to ");
    line_int(out, (int64_t)now.bytes);
    line_raw(out, ", ");
    put_count(out, r->caller.called, "call");
    line_raw(out, ", ");
    put_count(out, r->cached, "answer");
    line_raw(out, " known");
    if (r->caller.timeouts > 0) {
        line_raw(out, ", ");
        put_count(out, r->caller.timeouts, "timeout");
    }
    line_raw(out, "\n");
    if (r->caller.original.failure.text != NULL) {
        line_raw(out, "fails: ");
        line_raw(out, r->caller.original.failure.text);
        line_raw(out, "\n");
    }
    if (r->caller.others > 0) {
        put_count(out, r->caller.others, "candidate");
        line_raw(out, " failed in other ways");
        line_raw(out, r->o->save_temps != 0 ? ": failure.txt in the directories of calls\n" : "\n");
    }
    line_raw(out, r->o->out);
    line_raw(out, "/smallest/model.onnx\n");
    if (r->nearest.c.model.bytes == NULL)
        return;
    line_raw(out, r->o->out);
    line_raw(out, "/smallest/passing.onnx is not interesting (");
    line_raw(out, r->nearest.step);
    line_raw(out, "):\n");
    line_text(out, r->differences.bytes, r->differences.size);
}

static void warn(const reduce_search *r)
{
    if (r->o->quiet || r->base.computed || r->tape.family != NULL)
        return;
    r->w->tell(r->w->data, r->base.judges
                               ? "reduce: an input is not given, so that removed nodes leave inputs without values"
                               : "reduce: the operator table does not have all operators of the model, or its inputs do not fit: "
                                 "only types that it states are known, and attributes and dimensions stay");
}

/* Reads where to begin: the original, or the smallest model of the run that is resumed. */
static nn_status begin(reduce_search *r, reduce_case *c, const char **shown, nn_error *err)
{
    reduce_digest run;
    bool resumed = false;
    const reduce_place at = {r->o->out, r->o->resume != 0, r->o->force != 0, r->o->save_temps != 0};
    nn_status s = digest_run(&run, c, r->o, err);
    if (s == NN_OK)
        s = reduce_store_open(&r->store, &at, &run, &resumed, err);
    if (s != NN_OK || !resumed)
        return s;
    char path[4096], folder[4096];
    (void)snprintf(folder, sizeof folder, "%s/smallest", r->store.path);
    if ((size_t)snprintf(path, sizeof path, "%s/smallest/model.onnx", r->store.path) >= sizeof path)
        return nn_fail(err, NN_ERR_USAGE, r->o->out, 0, 0, "the path is too long");
    char set[4096];
    (void)snprintf(set, sizeof set, "%.4000s/test_data_set_0", folder);
    bool any = access(set, F_OK) == 0;
    reduce_case_free(c);
    *shown = "the smallest model";
    return reduce_read_case(c, path, any ? folder : NULL, err);
}

/* Reads the table once. It is no failure if it does not have the model's operators. */
static nn_status open_table(reduce_search *r, const reduce_case *c, nn_error *err)
{
    nn_error ignored;
    return nn_eval_open(&r->table, c->model.bytes, c->model.n, NULL, &ignored) == NN_ERR_NOMEM ? nn_nomem(err) : NN_OK;
}

static nn_status run(const reduce_options *o, json_line *out, const reduce_watch *w, nn_error *err)
{
    reduce_search r;
    reduce_case c = {.inputs = NULL};
    reduce_base given = {.m = NULL};
    extent was = {0, 0};
    const char *shown = o->model;
    reduce_tape tape = {.family = NULL};
    nn_status s = o->tape != 0 ? reduce_tape_open(&tape, &c, o->model, err) : reduce_read_case(&c, o->model, o->inputs, err);
    if (s == NN_OK && o->values != NULL)
        s = reduce_read_given(&given, &c, o->values, err);
    if (s != NN_OK) {
        reduce_base_close(&given);
        reduce_case_free(&c);
        return s;
    }
    s = reduce_search_open(&r, o, w, err);
    r.tape = tape;
    if (s == NN_OK)
        s = begin(&r, &c, &shown, err);
    if (s == NN_OK) {
        s = ask_first(&r, &c, shown, err);
        if (s != NN_OK && shown == o->model)
            reduce_store_forget(&r.store);
    }
    if (s == NN_OK)
        s = tape.family == NULL ? open_table(&r, &c, err) : NN_OK;
    if (s == NN_OK)
        s = reduce_base_open(&r.base, &c, &given, &(reduce_limits){tape.family == NULL ? (uint64_t)o->max_work : 0, r.table}, shown,
                             err);
    if (s == NN_OK) {
        was = extent_of(&r);
        warn(&r);
        s = reduce_search_run(&r, err);
    }
    if (s == NN_OK && !o->quiet)
        put_summary(out, &r, was);
    reduce_search_close(&r);
    reduce_base_close(&given);
    reduce_case_free(&c);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}

nn_status reduce_run_command(int argc, char *const *argv, json_line *out, const reduce_watch *w, nn_error *err)
{
    reduce_options o;
    nn_status s = reduce_options_parse(&o, argc, argv, err);
    if (s != NN_OK)
        return s;
    if (o.help != 0) {
        reduce_options_help(out);
        return out->failed ? nn_nomem(err) : NN_OK;
    }
    return run(&o, out, w, err);
}
