#include "eval/eval_output.h"
#include "base/file_write.h"
#include "reference/ref_graph.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN = 8 };

/* Rounded values as raw data, and bounds. */
static nn_status rounded(void **values, float **bounds, const ref_tensor *t, arena *a, nn_error *err)
{
    *values = arena_alloc(a, t->n * dtype_size(t->type) + 1);
    *bounds = arena_alloc(a, (t->n + 1) * sizeof **bounds);
    if (*values == NULL || *bounds == NULL)
        return nn_nomem(err);
    ref_to_raw(t, *values, *bounds);
    return NN_OK;
}

nn_status eval_put_tensor(onnx_buffer *b, const char *name, const ref_tensor *t, bool bound, arena *scratch, nn_error *err)
{
    void *values;
    float *bounds;
    arena_mark mark = arena_get_mark(scratch);
    nn_status s = rounded(&values, &bounds, t, scratch, err);
    if (s == NN_OK)
        s = bound ? onnx_write_tensor(b, name, DT_FLOAT32, t->dims, (size_t)t->rank, bounds, t->n * sizeof *bounds, err)
                  : onnx_write_tensor(b, name, t->type, t->dims, (size_t)t->rank, values, t->n * dtype_size(t->type), err);
    arena_release(scratch, mark);
    return s;
}

/* ---- files ---- */

typedef struct {
    eval_run *r;
    const char *shown; /* path of the directory */
    int fd;
    bool force;
    onnx_buffer buffer;
    nn_error *err;
} writer;

static nn_status put_file(const writer *w, const char *name, const void *bytes, size_t n)
{
    if (w->force)
        return file_replace(w->fd, w->shown, name, bytes, n, w->err);
    if (file_write(w->fd, name, bytes, n))
        return NN_OK;
    const bool exists = errno == EEXIST;
    return nn_fail(w->err, NN_ERR_IO, w->shown, 0, 0, "cannot write %s: %s%s", name, strerror(errno),
                   exists ? "; --force replaces it" : "");
}

static nn_status put_pair(writer *w, const char *value, const char *bound, int64_t tensor)
{
    const char *name = w->r->main.g->tensors[tensor].name;
    const ref_tensor *t = eval_run_value(w->r, tensor);
    nn_status s = eval_put_tensor(&w->buffer, name, t, false, &w->r->scratch, w->err);
    if (s == NN_OK)
        s = put_file(w, value, w->buffer.bytes, w->buffer.size);
    if (s == NN_OK)
        s = eval_put_tensor(&w->buffer, name, t, true, &w->r->scratch, w->err);
    return s == NN_OK ? put_file(w, bound, w->buffer.bytes, w->buffer.size) : s;
}

static nn_status put_outputs(writer *w)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < w->r->main.g->n_outputs; i++) {
        char value[40], bound[40];
        (void)snprintf(value, sizeof value, "output_%zu.pb", i);
        (void)snprintf(bound, sizeof bound, "bound_%zu.pb", i);
        s = put_pair(w, value, bound, w->r->main.g->outputs[i]);
    }
    return s;
}

static void put_entry(json_line *j, const eval_run *r, int64_t tensor, const char *value, const char *bound)
{
    const eval_tensor *t = &r->main.g->tensors[tensor];
    const ref_tensor *x = eval_run_value(r, tensor);
    line_next(j);
    line_raw(j, "\n {");
    line_key(j, "name");
    line_string(j, t->name);
    line_key(j, "node"); /* -1: an input or initializer */
    line_int(j, t->maker);
    line_key(j, "type");
    line_string(j, dtype_name(x->type));
    line_key(j, "shape");
    line_raw(j, "[");
    for (int d = 0; d < x->rank; d++) {
        line_next(j);
        line_int(j, x->dims[d]);
    }
    line_raw(j, "]");
    line_key(j, "value");
    line_string(j, value);
    line_key(j, "bound");
    line_string(j, bound);
    line_raw(j, "}");
}

static nn_status put_nodes(writer *w)
{
    json_line index = {.bytes = NULL};
    nn_status s = NN_OK;
    size_t n = 0;
    line_raw(&index, "[");
    for (size_t i = 0; s == NN_OK && i < w->r->main.g->n_tensors; i++) {
        char value[40], bound[40];
        if (eval_run_value(w->r, (int64_t)i) == NULL)
            continue;
        (void)snprintf(value, sizeof value, "value_%06zu.pb", n);
        (void)snprintf(bound, sizeof bound, "bound_%06zu.pb", n++);
        put_entry(&index, w->r, (int64_t)i, value, bound);
        s = put_pair(w, value, bound, (int64_t)i);
    }
    line_raw(&index, "\n]\n");
    if (s == NN_OK)
        s = index.failed ? nn_nomem(w->err) : put_file(w, "index.json", index.bytes, index.size);
    nn_free(index.bytes);
    return s;
}

static nn_status open_directory(int *fd, int root, const char *name, const char *shown, nn_error *err)
{
    *fd = -1;
    if (mkdirat(root, name, 0777) != 0 && errno != EEXIST)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "cannot create: %s", strerror(errno));
    *fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? NN_OK : nn_fail(err, NN_ERR_IO, shown, 0, 0, "cannot open: %s", strerror(errno));
}

nn_status eval_write(eval_run *r, const char *dir, bool nodes, bool force, nn_error *err)
{
    writer w = {.r = r, .shown = dir, .force = force, .err = err};
    nn_status s = open_directory(&w.fd, AT_FDCWD, dir, dir, err);
    if (s != NN_OK)
        return s;
    s = put_outputs(&w);
    const int outer = w.fd;
    if (s == NN_OK && nodes) {
        s = open_directory(&w.fd, outer, "nodes", dir, err);
        if (s == NN_OK)
            s = put_nodes(&w);
        if (w.fd >= 0)
            (void)close(w.fd);
    }
    (void)close(outer);
    onnx_buffer_free(&w.buffer);
    return s;
}

/* ---- text ---- */

static void put_real(char *out, size_t size, double x, int digits)
{
    if (x != x)
        (void)snprintf(out, size, "nan");
    else if (x - x != 0)
        (void)snprintf(out, size, x > 0 ? "inf" : "-inf");
    else
        (void)snprintf(out, size, "%.*g", digits, x);
    (void)line_point(out);
}

void eval_put_element(char out[EVAL_NUMBER], const ref_tensor *t, size_t i)
{
    if (t->w == NULL)
        put_real(out, EVAL_NUMBER, t->v[i], t->type == DT_DOUBLE ? 17 : 9);
    else if (t->type == DT_BOOL)
        (void)snprintf(out, EVAL_NUMBER, t->w[i] != 0 ? "true" : "false");
    else if (t->type == DT_UINT64)
        (void)snprintf(out, EVAL_NUMBER, "%llu", (unsigned long long)t->w[i]);
    else
        (void)snprintf(out, EVAL_NUMBER, "%lld", (long long)t->w[i]);
}

void eval_put_indices(char out[EVAL_INDICES], const ref_tensor *t, size_t i)
{
    size_t n = 0, below = t->n;
    n += (size_t)snprintf(out, EVAL_INDICES, "[");
    for (int d = 0; d < t->rank; d++) {
        below /= (size_t)t->dims[d];
        n += (size_t)snprintf(out + n, EVAL_INDICES - n, "%s%zu", d > 0 ? ", " : "", i / below % (size_t)t->dims[d]);
    }
    (void)snprintf(out + n, EVAL_INDICES - n, "]");
}

static void put_head(json_line *out, const eval_run *r, int64_t tensor, const char *title, const ref_tensor *t)
{
    line_raw(out, title);
    line_string(out, r->main.g->tensors[tensor].name);
    line_raw(out, " ");
    line_raw(out, dtype_name(t->type));
    line_raw(out, "[");
    for (int d = 0; d < t->rank; d++) {
        line_raw(out, d > 0 ? ", " : "");
        line_int(out, t->dims[d]);
    }
    line_raw(out, "]\n");
}

nn_status eval_put_text(json_line *out, eval_run *r, int64_t tensor, const char *title, bool full, nn_error *err)
{
    const ref_tensor *t = eval_run_value(r, tensor);
    ref_tensor stored = *t;
    void *values;
    float *bounds;
    arena_mark mark = arena_get_mark(&r->scratch);
    nn_status s = rounded(&values, &bounds, t, &r->scratch, err);
    if (s == NN_OK)
        s = ref_from_raw(&stored, values, &r->scratch, err);
    if (s == NN_OK)
        put_head(out, r, tensor, title, t);
    for (size_t i = 0; s == NN_OK && i < t->n && (full || i < SHOWN); i++) {
        char indices[EVAL_INDICES], value[EVAL_NUMBER], bound[EVAL_NUMBER], line[400];
        eval_put_indices(indices, t, i);
        eval_put_element(value, &stored, i);
        put_real(bound, sizeof bound, (double)bounds[i], 3);
        (void)snprintf(line, sizeof line, "  %s %s%s%s\n", indices, value, bounds[i] > 0 ? " +- " : "", bounds[i] > 0 ? bound : "");
        line_raw(out, line);
    }
    if (s == NN_OK && !full && t->n > SHOWN) {
        line_raw(out, "  ... ");
        line_int(out, (int64_t)(t->n - SHOWN));
        line_raw(out, " more\n");
    }
    arena_release(&r->scratch, mark);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
