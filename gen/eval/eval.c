#include "eval/eval.h"
#include "base/file_read.h"
#include "base/flag_row.h"
#include "eval/eval_given.h"
#include "eval/eval_inputs.h"
#include "eval/eval_options.h"
#include "eval/eval_output.h"
#include "eval/eval_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MODEL_MOST = INT32_MAX };

typedef struct {
    const eval_options *o;
    json_line *out;
    eval_report_fn *tell;
    void *data;
    size_t *problems;
    eval_model model;
    eval_run run;
    nn_error *err;
} command;

static void on_unsupported(void *data, const char *what)
{
    const command *c = data;
    char text[700];
    (void)snprintf(text, sizeof text, "not in the table: %.640s", what);
    c->tell(c->data, text);
}

static void on_problem(void *data, const char *what)
{
    const command *c = data;
    char text[700];
    (void)snprintf(text, sizeof text, "nothing is known of the outputs: %.640s", what);
    ++*c->problems;
    c->tell(c->data, text);
}

static nn_status open_model(command *c)
{
    eval_source from = {.unsupported = on_unsupported, .data = c};
    file_bytes file = {.bytes = NULL};
    arena a;
    arena_init(&a, 0);
    nn_status s = eval_read_table(&from, c->o->specs, &a, c->err);
    if (s == NN_OK)
        s = file_read(&file, AT_FDCWD, c->o->model, 0, MODEL_MOST, c->o->model, c->err);
    if (s == NN_OK)
        s = eval_model_open(&c->model, file.bytes, file.n, &from, c->o->model, c->err);
    if (s == NN_OK && c->model.unsupported > 0) {
        s = nn_fail(c->err, NN_ERR_UNSUPPORTED, c->o->model, 0, 0, "uses what the operator table does not have, in %zu place%s",
                    c->model.unsupported, c->model.unsupported == 1 ? "" : "s");
        eval_model_close(&c->model);
    }
    file_bytes_free(&file);
    arena_free(&a);
    return s;
}

/* NAME=V */
static nn_status bind_dim(command *c, const char *text, arena *a)
{
    const char *equals = strrchr(text, '=');
    int64_t x = 0;
    if (equals == NULL || equals == text || !flag_read_number(equals + 1, &x))
        return nn_fail(c->err, NN_ERR_USAGE, NULL, 0, 0, "--dim %.60s: expected NAME=V, such as batch=2", text);
    const char *name = arena_strndup(a, text, (size_t)(equals - text));
    return name != NULL ? eval_run_bind(&c->run, name, x, "--dim", c->err) : nn_nomem(c->err);
}

static nn_status print(command *c)
{
    const eval_graph *m = &c->model.main;
    nn_status s = NN_OK;
    char title[40];
    for (size_t i = 0; s == NN_OK && i < m->n_tensors && c->o->nodes_out != 0; i++)
        if (eval_run_value(&c->run, (int64_t)i) != NULL)
            s = eval_put_text(c->out, &c->run, (int64_t)i, "tensor ", c->o->full != 0, c->err);
    for (size_t i = 0; s == NN_OK && i < m->n_outputs; i++) {
        (void)snprintf(title, sizeof title, "output %zu ", i);
        s = eval_put_text(c->out, &c->run, m->outputs[i], title, c->o->full != 0, c->err);
    }
    return s;
}

static nn_status evaluate(command *c, int directory)
{
    const eval_options *o = c->o;
    const eval_limits limits = {.max_bytes = (uint64_t)o->max_bytes, .max_work = (uint64_t)o->max_work};
    arena *names = &c->model.memory;
    size_t given = 0;
    nn_status s = eval_run_open(&c->run, &c->model, &limits, directory, c->err);
    for (size_t i = 0; s == NN_OK && i < o->dims.n; i++)
        s = bind_dim(c, o->dims.items[i], names);
    if (s == NN_OK && o->given != NULL)
        s = eval_given_read(&c->run, o->given, &given, c->err);
    bool beside = o->given == NULL || o->inputs.n > 0;
    for (size_t i = 0; i < c->model.main.n_inputs && !beside; i++) /* what is given may have no inputs */
        beside = !c->run.main.values[c->model.main.inputs[i]].known && c->model.main.tensors[c->model.main.inputs[i]].needed;
    if (s == NN_OK && beside)
        s = eval_inputs_read(&c->run, o->model, o->inputs.items, o->inputs.n, (uint64_t)o->set, c->err);
    if (s != NN_OK)
        return s;
    c->run.problem = on_problem;
    c->run.problem_data = c;
    if (o->given != NULL)
        return given > 0 ? eval_given_check(c->out, &c->run, c->problems, c->err)
                         : nn_fail(c->err, NN_ERR_USAGE, o->given, 0, 0, "has no tensor that a node of the model makes");
    c->run.keep = o->nodes_out != 0;
    s = eval_run_compute(&c->run, c->err);
    if (s != NN_OK)
        return s;
    return o->out != NULL ? eval_write(&c->run, o->out, o->nodes_out != 0, o->force != 0, c->err) : print(c);
}

static nn_status run(command *c)
{
    char folder[4096];
    const char *slash = strrchr(c->o->model, '/');
    size_t n = slash != NULL ? (size_t)(slash - c->o->model) + 1 : 1;
    if (n >= sizeof folder)
        return nn_fail(c->err, NN_ERR_IO, c->o->model, 0, 0, "the path is too long");
    memcpy(folder, slash != NULL ? c->o->model : ".", n);
    folder[n] = '\0';
    nn_status s = open_model(c);
    if (s != NN_OK)
        return s;
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s = evaluate(c, directory);
    if (directory >= 0)
        (void)close(directory);
    eval_run_close(&c->run);
    eval_model_close(&c->model);
    return s;
}

nn_status eval_run_command(int argc, char *const *argv, json_line *out, eval_report_fn *tell, void *data, size_t *problems,
                           nn_error *err)
{
    eval_options o;
    *problems = 0;
    nn_status s = eval_options_parse(&o, argc, argv, err);
    command c = {.o = &o, .out = out, .tell = tell, .data = data, .problems = problems, .err = err};
    if (s == NN_OK && o.help != 0)
        eval_options_help(out);
    else if (s == NN_OK)
        s = run(&c);
    eval_options_free(&o);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
