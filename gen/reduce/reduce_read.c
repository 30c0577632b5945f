/* Reads the original: a model, with tensors in other files, and its inputs. */
#include "base/file_read.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_external.h"
#include "onnx/onnx_parse.h"
#include "reduce/reduce_names.h"
#include "reduce/reduce_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST ((size_t)INT32_MAX)

/* Puts the elements into the tensor itself. */
static nn_status take_in(Onnx__TensorProto *t, int directory, arena *a, nn_error *err)
{
    file_tensor from;
    nn_status s = onnx_external_read(&from, t, directory, MOST, a, err);
    if (s != NN_OK)
        return s;
    t->n_external_data = 0;
    t->has_data_location = 0;
    t->has_raw_data = 1;
    t->raw_data.len = dtype_stored(from.type, from.n);
    t->raw_data.data = (uint8_t *)(uintptr_t)from.data;
    dtype_pack(from.type, from.n, t->raw_data.data, t->raw_data.data);
    return NN_OK;
}

static nn_status open_parent(int *fd, const char *path, nn_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *above = nn_malloc(n + 1);
    if (above == NULL)
        return nn_nomem(err);
    memcpy(above, slash == NULL ? "." : path, n);
    above[n] = '\0';
    *fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    nn_status s = *fd >= 0 ? NN_OK : nn_fail(err, NN_ERR_IO, above, 0, 0, "%s", strerror(errno));
    nn_free(above);
    return s;
}

static nn_status take_in_all(Onnx__GraphProto *g, const char *model, bool *any, arena *a, nn_error *err)
{
    int directory = -1;
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < g->n_initializer; i++) {
        if (!onnx_is_external(g->initializer[i]))
            continue;
        *any = true;
        if (directory < 0)
            s = open_parent(&directory, model, err);
        if (s == NN_OK)
            s = take_in(g->initializer[i], directory, a, err);
    }
    if (directory >= 0)
        (void)close(directory);
    return s;
}

static bool copy(reduce_bytes *to, const void *bytes, size_t n)
{
    to->bytes = nn_malloc(n + 1);
    if (to->bytes == NULL)
        return false;
    memcpy(to->bytes, bytes, n);
    to->n = n;
    return true;
}

/* The number of the input that the tensor is of: by its name, or else by the number of its file. */
static size_t number_of(const reduce_bytes *b, char *const *names, size_t n, size_t file)
{
    size_t found = file;
    Onnx__TensorProto *t = onnx__tensor_proto__unpack(NULL, b->n, b->bytes);
    for (size_t i = 0; t != NULL && t->name != NULL && i < n; i++)
        if (strcmp(names[i], t->name) == 0)
            found = i;
    if (t != NULL)
        onnx__tensor_proto__free_unpacked(t, NULL);
    return found;
}

static nn_status read_input(reduce_case *c, const char *dir, size_t i, char *const *names, arena *a, bool *found, nn_error *err)
{
    file_bytes f = {.bytes = NULL};
    *found = false;
    const char *path = arena_printf(a, "%s/input_%zu.pb", dir, i);
    if (path == NULL)
        return nn_nomem(err);
    nn_status s = file_read(&f, AT_FDCWD, path, 0, MOST, path, err);
    if (s == NN_ERR_IO && errno == ENOENT)
        s = NN_OK;
    else if (s == NN_OK) {
        reduce_bytes b = {(uint8_t *)f.bytes, f.n};
        size_t k = number_of(&b, names, c->n_inputs, i);
        *found = true;
        if (k >= c->n_inputs)
            s = nn_fail(err, NN_ERR_USAGE, path, 0, 0, "the model has %zu inputs without an initializer", c->n_inputs);
        else if (c->inputs[k].bytes != NULL)
            s = nn_fail(err, NN_ERR_USAGE, path, 0, 0, "is a second tensor for input \"%.100s\"", names[k]);
        else
            s = copy(&c->inputs[k], f.bytes, f.n) ? NN_OK : nn_nomem(err);
    }
    file_bytes_free(&f);
    return s;
}

static nn_status read_inputs(reduce_case *c, const char *dir, char *const *names, arena *a, nn_error *err)
{
    bool found = true, any = false;
    const char *below = arena_printf(a, "%s/test_data_set_0", dir);
    if (below == NULL)
        return nn_nomem(err);
    const char *from = access(below, F_OK) == 0 ? below : dir;
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i <= c->n_inputs; i++) { /* one more, to see whether there are too many */
        s = read_input(c, from, i, names, a, &found, err);
        any = any || found;
    }
    if (s == NN_OK && !any && c->n_inputs > 0)
        s = nn_fail(err, NN_ERR_USAGE, from, 0, 0, "--inputs: has no input_0.pb");
    return s;
}

static nn_status fill(reduce_case *c, const file_bytes *f, const char *model, const char *inputs, arena *a, nn_error *err)
{
    Onnx__ModelProto *m;
    reduce_names constants = {.names = NULL};
    bool external = false;
    nn_status s = onnx_parse_all(&m, f->bytes, f->n, a, model, err);
    if (s == NN_OK)
        s = take_in_all(m->graph, model, &external, a, err);
    if (s != NN_OK)
        return s;
    const Onnx__GraphProto *g = m->graph;
    char **names = arena_alloc(a, (g->n_input + 1) * sizeof *names);
    c->inputs = nn_calloc(g->n_input + 1, sizeof *c->inputs);
    for (size_t i = 0; i < g->n_initializer; i++)
        reduce_names_add(&constants, g->initializer[i]->name);
    reduce_names_sort(&constants);
    bool good = names != NULL && c->inputs != NULL && !constants.failed;
    for (size_t i = 0; good && i < g->n_input; i++)
        if (g->input[i]->name != NULL && !reduce_names_has(&constants, g->input[i]->name))
            names[c->n_inputs++] = g->input[i]->name;
    reduce_names_free(&constants);
    if (good && external) {
        c->model.n = onnx__model_proto__get_packed_size(m);
        c->model.bytes = nn_malloc(c->model.n + 1);
        good = c->model.bytes != NULL;
        if (good)
            onnx__model_proto__pack(m, c->model.bytes);
    } else if (good) {
        good = copy(&c->model, f->bytes, f->n);
    }
    if (!good)
        return nn_nomem(err);
    return inputs != NULL ? read_inputs(c, inputs, names, a, err) : NN_OK;
}

nn_status reduce_read_case(reduce_case *c, const char *model, const char *inputs, nn_error *err)
{
    file_bytes f = {.bytes = NULL};
    arena a;
    *c = (reduce_case){.inputs = NULL};
    arena_init(&a, 0);
    nn_status s = file_read(&f, AT_FDCWD, model, 0, MOST, model, err);
    if (s == NN_OK)
        s = fill(c, &f, model, inputs, &a, err);
    file_bytes_free(&f);
    arena_free(&a);
    if (s != NN_OK)
        reduce_case_free(c);
    return s;
}
