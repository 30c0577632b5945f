/* nn_eval of nngen.h. */
#include "base/directory.h"
#include "eval/eval_output.h"
#include "eval/eval_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct nn_eval {
    eval_model model;
    eval_run run;
    nn_eval_config config;
    int directory;
    onnx_buffer value, bound;
    bool opened; /* run */
};

static void tell(void *data, const char *what)
{
    const nn_eval *e = data;
    if (e->config.tell != NULL)
        e->config.tell(e->config.data, what);
}

static nn_status open_directory(nn_eval *e, const char *path, nn_error *err)
{
    if (path == NULL)
        return NN_OK;
    e->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return e->directory >= 0 ? NN_OK : nn_fail(err, NN_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
}

static nn_status open_model(nn_eval *e, const void *model, size_t size, const nn_eval_config *c, nn_error *err)
{
    eval_source from = {
        .limits = c->partial != 0, .unsupported = tell, .data = e, .like = c->like != NULL ? &c->like->model : NULL};
    const eval_limits limits = {.max_bytes = c->max_bytes, .max_work = c->max_work};
    arena a;
    arena_init(&a, 0);
    nn_status s = eval_read_table(&from, c->specs, &a, err);
    if (s == NN_OK)
        s = eval_model_open(&e->model, model, size, &from, NULL, err);
    arena_free(&a);
    if (s == NN_OK && e->model.unsupported > 0 && c->partial == 0)
        s = nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the model uses what the operator table does not have, in %zu place%s",
                    e->model.unsupported, e->model.unsupported == 1 ? "" : "s");
    if (s == NN_OK)
        s = open_directory(e, c->directory, err);
    if (s != NN_OK)
        return s;
    e->opened = true;
    s = eval_run_open(&e->run, &e->model, &limits, e->directory, err);
    e->run.keep = c->all != 0;
    e->run.keep_given = true;
    e->run.partial = c->partial != 0;
    e->run.problem = tell;
    e->run.problem_data = e;
    return s;
}

nn_status nn_eval_open(nn_eval **out, const void *model, size_t size, const nn_eval_config *config, nn_error *err)
{
    if (out == NULL)
        return nn_no_result(err);
    *out = NULL;
    if (model == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no model is given");
    nn_eval *e = nn_calloc(1, sizeof *e);
    if (e == NULL)
        return nn_nomem(err);
    e->directory = -1;
    e->config = config != NULL ? *config : (nn_eval_config){0};
    nn_status s = open_model(e, model, size, &e->config, err);
    if (s != NN_OK) {
        nn_eval_close(e);
        return s;
    }
    *out = e;
    return NN_OK;
}

void nn_eval_close(nn_eval *e)
{
    if (e == NULL)
        return;
    if (e->opened)
        eval_run_close(&e->run);
    eval_model_close(&e->model);
    if (e->directory >= 0)
        (void)close(e->directory);
    onnx_buffer_free(&e->value);
    onnx_buffer_free(&e->bound);
    nn_free(e);
}

int nn_eval_opset(const nn_eval *e)
{
    return e != NULL ? e->model.tables[0].opset : 0;
}

const char *nn_eval_input(const nn_eval *e, size_t i)
{
    return e != NULL && i < e->model.main.n_inputs ? e->model.main.tensors[e->model.main.inputs[i]].name : NULL;
}

const char *nn_eval_output(const nn_eval *e, size_t i)
{
    return e != NULL && i < e->model.main.n_outputs ? e->model.main.tensors[e->model.main.outputs[i]].name : NULL;
}

nn_status nn_eval_set(nn_eval *e, const char *name, const void *tensor, size_t size, nn_error *err)
{
    tensor_file f;
    if (e == NULL || name == NULL || tensor == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no model, name or tensor is given");
    int64_t t = eval_find_tensor(&e->model.main, name);
    if (t < 0 || (!e->model.main.tensors[t].input && !e->run.partial))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "the model has no %s \"%.100s\"", e->run.partial ? "tensor" : "input", name);
    nn_status s = tensor_file_bytes(&f, tensor, size, TENSOR_FILE_MOST, name, err);
    if (s != NN_OK)
        return s;
    s = f.n == 1 ? eval_run_set(&e->run, t, &f.tensors[0], err)
                 : nn_fail(err, NN_ERR_IO, name, 0, 0, "one tensor was expected, not %zu", f.n);
    tensor_file_free(&f);
    return s;
}

nn_status nn_eval_run(nn_eval *e, nn_error *err)
{
    if (e == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no model is given");
    eval_run_reset(&e->run);
    return eval_run_compute(&e->run, err);
}

static nn_status put(nn_eval *e, onnx_buffer *b, const char *name, bool bound, const void **bytes, size_t *size, nn_error *err)
{
    if (bytes == NULL || size == NULL)
        return nn_no_result(err);
    int64_t t = e != NULL && name != NULL ? eval_find_tensor(&e->model.main, name) : -1;
    const ref_tensor *x = t >= 0 ? eval_run_value(&e->run, t) : NULL;
    if (x == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "tensor \"%.100s\" is not known", name != NULL ? name : "");
    nn_status s = eval_put_tensor(b, e->model.main.tensors[t].name, x, bound, &e->run.scratch, err);
    if (s != NN_OK)
        return s;
    *bytes = b->bytes;
    *size = b->size;
    return NN_OK;
}

nn_status nn_eval_value(nn_eval *e, const char *name, const void **bytes, size_t *size, nn_error *err)
{
    return put(e, e != NULL ? &e->value : NULL, name, false, bytes, size, err);
}

nn_status nn_eval_bound(nn_eval *e, const char *name, const void **bytes, size_t *size, nn_error *err)
{
    return put(e, e != NULL ? &e->bound : NULL, name, true, bytes, size, err);
}
