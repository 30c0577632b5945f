#include "emit/emit_data.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_MOST = 4096 };

static bool name_all(emit_stored **to, const char *const *names, size_t n, arena *a)
{
    *to = arena_calloc(a, n + 1, sizeof **to);
    for (size_t i = 0; *to != NULL && i < n; i++)
        (*to)[i].name = names[i];
    return *to != NULL;
}

nn_status emit_data_open(emit_data *d, const char *const *inputs, size_t n_inputs, const char *const *outputs, size_t n_outputs,
                         nn_error *err)
{
    *d = (emit_data){.n_inputs = n_inputs, .n_outputs = n_outputs};
    arena_init(&d->memory, 4096);
    return name_all(&d->inputs, inputs, n_inputs, &d->memory) && name_all(&d->outputs, outputs, n_outputs, &d->memory)
               ? NN_OK
               : nn_nomem(err);
}

void emit_data_close(emit_data *d)
{
    for (size_t i = 0; i < d->n_files; i++)
        tensor_file_free(&d->files[i]);
    nn_free(d->files);
    arena_free(&d->memory);
    *d = (emit_data){.files = NULL};
}

static emit_stored *find(emit_stored *all, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
    return NULL;
}

/* NULL: there is no such file; *s says what else failed. */
static const tensor_file *read_file(emit_data *d, const char *path, nn_status *s, nn_error *err)
{
    struct stat st;
    tensor_file f;
    if (*s != NN_OK || stat(path, &st) != 0)
        return NULL;
    *s = tensor_file_read(&f, AT_FDCWD, path, 0, TENSOR_FILE_MOST, path, err);
    if (*s != NN_OK)
        return NULL;
    if (!nn_grow((void **)&d->files, &d->room_files, d->n_files + 1, sizeof *d->files)) {
        tensor_file_free(&f);
        *s = nn_nomem(err);
        return NULL;
    }
    d->files[d->n_files] = f;
    return &d->files[d->n_files++];
}

/* KIND_0.pb, KIND_1.pb, ... of a data set: of the tensors with their names, or of those in their order. */
static nn_status read_set(emit_data *d, const char *folder, const char *kind, emit_stored *to, size_t n, bool bound, nn_error *err)
{
    char path[PATH_MOST];
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++) {
        if (snprintf(path, sizeof path, "%s/%s_%zu.pb", folder, kind, i) >= PATH_MOST)
            return nn_fail(err, NN_ERR_IO, folder, 0, 0, "the path is too long");
        const tensor_file *f = read_file(d, path, &s, err);
        if (f == NULL || f->n != 1)
            continue;
        emit_stored *named = find(to, n, f->tensors[0].name), *at = named != NULL ? named : &to[i];
        *(bound ? &at->bound : &at->value) = &f->tensors[0];
    }
    return s;
}

/* Arrays whose first axis is the set. */
static nn_status read_archive(emit_data *d, const char *folder, const char *kind, uint64_t set, emit_stored *to, size_t n,
                              bool bound, nn_error *err)
{
    char path[PATH_MOST];
    nn_status s = NN_OK;
    if (snprintf(path, sizeof path, "%s/%s.npz", folder, kind) >= PATH_MOST)
        return nn_fail(err, NN_ERR_IO, folder, 0, 0, "the path is too long");
    const tensor_file *f = read_file(d, path, &s, err);
    for (size_t i = 0; f != NULL && i < f->n; i++) {
        file_tensor *t = &f->tensors[i];
        emit_stored *at = find(to, n, t->name);
        if (at == NULL || t->rank < 1 || set >= (uint64_t)t->dims[0])
            continue;
        t->n /= (size_t)t->dims[0];
        t->data += set * t->n * dtype_size(t->type);
        t->rank--;
        memmove(t->dims, t->dims + 1, (size_t)t->rank * sizeof *t->dims);
        *(bound ? &at->bound : &at->value) = t;
    }
    return s;
}

nn_status emit_data_read(emit_data *d, const char *model, uint64_t set, nn_error *err)
{
    char folder[PATH_MOST], sub[PATH_MOST];
    struct stat st;
    const char *slash = strrchr(model, '/');
    if (slash != NULL && slash - model >= PATH_MOST - 64)
        return nn_fail(err, NN_ERR_IO, model, 0, 0, "the path is too long");
    (void)snprintf(folder, sizeof folder, "%.*s",
                   slash == NULL    ? 1
                   : slash == model ? 1
                                    : (int)(slash - model),
                   slash == NULL ? "." : model);
    if (snprintf(sub, sizeof sub, "%s/test_data_set_%llu", folder, (unsigned long long)set) >= PATH_MOST)
        return nn_fail(err, NN_ERR_IO, model, 0, 0, "the path is too long");
    nn_status s = NN_OK;
    const struct {
        const char *one, *all;
        emit_stored *to;
        size_t n;
        bool bound;
    } parts[] = {{"input", "inputs", d->inputs, d->n_inputs, false},
                 {"output", "outputs", d->outputs, d->n_outputs, false},
                 {"bound", "bounds", d->outputs, d->n_outputs, true}};
    bool files = stat(sub, &st) == 0;
    for (size_t i = 0; s == NN_OK && i < sizeof parts / sizeof parts[0]; i++)
        s = files ? read_set(d, sub, parts[i].one, parts[i].to, parts[i].n, parts[i].bound, err)
                  : read_archive(d, folder, parts[i].all, set, parts[i].to, parts[i].n, parts[i].bound, err);
    return s;
}
