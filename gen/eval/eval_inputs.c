#include "eval/eval_inputs.h"
#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_MOST = 4096, FILES_MOST = 1000000 };

/* ---- one file ---- */

/* Sets an input. An array of a .npz file may have one dimension more, for the set. set: UINT64_MAX: the array is of one set. */
static nn_status set_input(eval_run *r, int64_t tensor, const file_tensor *from, bool archive, uint64_t set, nn_error *err)
{
    const eval_tensor *t = &r->main.g->tensors[tensor];
    file_tensor part = *from;
    if (!archive || set == UINT64_MAX || !t->input || t->stated == NULL || t->stated_rank < 0 || from->rank != t->stated_rank + 1)
        return eval_run_set(r, tensor, from, err);
    if (set >= (uint64_t)from->dims[0])
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.100s has %lld sets; set %llu was expected", t->name,
                       (long long)from->dims[0], (unsigned long long)set);
    part.rank--;
    memmove(part.dims, from->dims + 1, (size_t)part.rank * sizeof *part.dims);
    part.n = from->n / (size_t)from->dims[0];
    part.data = from->data + (size_t)set * part.n * dtype_size(from->type);
    return eval_run_set(r, tensor, &part, err);
}

static bool is_archive(const char *path)
{
    size_t n = strlen(path);
    return n >= 4 && strcmp(path + n - 4, ".npz") == 0;
}

static size_t most_bytes(const eval_run *r)
{
    return r->max_live > TENSOR_FILE_MOST / 16 ? TENSOR_FILE_MOST : r->max_live * 16;
}

static nn_status set_archive(eval_run *r, const char *path, uint64_t set, nn_error *err)
{
    tensor_file f;
    nn_status s = tensor_file_read(&f, AT_FDCWD, path, 0, most_bytes(r), path, err);
    if (s != NN_OK)
        return s;
    for (size_t i = 0; s == NN_OK && i < f.n; i++) {
        uint64_t of = 0;
        const char *own = tensor_file_in_set(&f.tensors[i], &of);
        if (own != NULL && of != set)
            continue;
        int64_t t = eval_find_tensor(r->main.g, own != NULL ? own : f.tensors[i].name);
        if (t < 0 || !r->main.g->tensors[t].input)
            s = nn_fail(err, NN_ERR_USAGE, path, 0, 0, "has array \"%.100s\", which is no input of the model", f.tensors[i].name);
        else
            s = set_input(r, t, &f.tensors[i], true, own != NULL ? UINT64_MAX : set, err);
    }
    tensor_file_free(&f);
    return s;
}

/* ---- lists of files ---- */

/* The first tensor of each file. */
typedef struct {
    tensor_file *files;
    size_t n, room;
} file_list;

static void free_files(file_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        tensor_file_free(&l->files[i]);
    nn_free(l->files);
}

static nn_status add_file(file_list *l, const eval_run *r, const char *path, nn_error *err)
{
    if (!nn_grow((void **)&l->files, &l->room, l->n + 1, sizeof *l->files))
        return nn_nomem(err);
    nn_status s = tensor_file_read(&l->files[l->n], AT_FDCWD, path, 0, most_bytes(r), path, err);
    if (s == NN_OK && l->files[l->n].n != 1) {
        tensor_file_free(&l->files[l->n]);
        s = nn_fail(err, NN_ERR_IO, path, 0, 0, "one tensor was expected");
    }
    l->n += s == NN_OK;
    return s;
}

/* Whether every file names an input of its own. */
static bool are_named(const file_list *l, const eval_graph *m)
{
    for (size_t i = 0; i < l->n; i++) {
        int64_t t = eval_find_tensor(m, l->files[i].tensors[0].name);
        if (t < 0 || !m->tensors[t].input)
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(l->files[k].tensors[0].name, l->files[i].tensors[0].name) == 0)
                return false;
    }
    return true;
}

static nn_status set_files(eval_run *r, const file_list *l, nn_error *err)
{
    const eval_graph *m = r->main.g;
    bool named = are_named(l, m);
    nn_status s = NN_OK;
    if (!named && l->n > m->n_inputs)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%zu files of inputs; the model has %zu input%s", l->n, m->n_inputs,
                       m->n_inputs == 1 ? "" : "s");
    for (size_t i = 0; s == NN_OK && i < l->n; i++) {
        const file_tensor *x = &l->files[i].tensors[0];
        s = eval_run_set(r, named ? eval_find_tensor(m, x->name) : m->inputs[i], x, err);
    }
    return s;
}

static nn_status join(char out[PATH_MOST], const char *dir, const char *name, nn_error *err)
{
    int n = snprintf(out, PATH_MOST, "%s/%s", dir, name);
    return n < PATH_MOST ? NN_OK : nn_fail(err, NN_ERR_IO, dir, 0, 0, "the path is too long");
}

/* input_0.pb, input_1.pb, ... */
static nn_status add_directory(file_list *l, const eval_run *r, const char *dir, nn_error *err)
{
    char path[PATH_MOST], name[40];
    struct stat st;
    nn_status s = NN_OK;
    size_t before = l->n;
    for (size_t i = 0; s == NN_OK && i < FILES_MOST; i++) {
        (void)snprintf(name, sizeof name, "input_%zu.pb", i);
        s = join(path, dir, name, err);
        if (s != NN_OK || stat(path, &st) != 0)
            break;
        s = add_file(l, r, path, err);
    }
    if (s == NN_OK && l->n == before && r->main.g->n_inputs > 0)
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "has no file input_0.pb");
    return s;
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static nn_status read_paths(eval_run *r, const char *const *paths, size_t n, uint64_t set, nn_error *err)
{
    file_list l = {.n = 0};
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = directory_exists(paths[i]) ? add_directory(&l, r, paths[i], err)
            : is_archive(paths[i])     ? set_archive(r, paths[i], set, err)
                                       : add_file(&l, r, paths[i], err);
    if (s == NN_OK)
        s = set_files(r, &l, err);
    free_files(&l);
    return s;
}

nn_status eval_inputs_read(eval_run *r, const char *model, const char *const *paths, size_t n, uint64_t set, nn_error *err)
{
    char beside[PATH_MOST], dir[PATH_MOST], archive[PATH_MOST], name[40];
    const char *slash = strrchr(model, '/');
    if (n > 0)
        return read_paths(r, paths, n, set, err);
    if (slash != NULL && slash - model >= PATH_MOST - 1)
        return nn_fail(err, NN_ERR_IO, model, 0, 0, "the path is too long");
    (void)snprintf(beside, sizeof beside, "%.*s", slash != NULL ? (int)(slash - model) : 1, slash != NULL ? model : ".");
    (void)snprintf(name, sizeof name, "test_data_set_%llu", (unsigned long long)set);
    nn_status s = join(dir, slash == model ? "" : beside, name, err);
    if (s == NN_OK)
        s = join(archive, slash == model ? "" : beside, "inputs.npz", err);
    if (s != NN_OK)
        return s;
    const char *found = directory_exists(dir) ? dir : exists(archive) ? archive : NULL;
    if (found != NULL)
        return read_paths(r, &found, 1, set, err);
    bool needed = false;
    for (size_t i = 0; i < r->main.g->n_inputs; i++)
        needed |= r->main.g->tensors[r->main.g->inputs[i]].needed;
    if (!needed)
        return NN_OK;
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "eval: expected inputs, or %s or inputs.npz beside the model", name);
}

/* ---- tensors of a runtime ---- */

static nn_status set_given(eval_run *r, const tensor_file *f, size_t *n, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < f->n; i++) {
        int64_t t = eval_find_tensor(r->main.g, f->tensors[i].name);
        if (t < 0)
            continue;
        s = eval_run_set(r, t, &f->tensors[i], err);
        *n += r->main.g->tensors[t].maker >= 0 && r->main.g->tensors[t].needed;
    }
    return s;
}

static nn_status give_file(eval_run *r, const char *path, size_t *n, nn_error *err)
{
    tensor_file f;
    nn_status s = tensor_file_read(&f, AT_FDCWD, path, 0, most_bytes(r), path, err);
    if (s != NN_OK)
        return s;
    s = set_given(r, &f, n, err);
    tensor_file_free(&f);
    return s;
}

nn_status eval_given_read(eval_run *r, const char *path, size_t *n, nn_error *err)
{
    char file[PATH_MOST];
    nn_status s = NN_OK;
    *n = 0;
    if (!directory_exists(path))
        return give_file(r, path, n, err);
    DIR *d = opendir(path);
    if (d == NULL)
        return nn_fail(err, NN_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
    for (struct dirent *e = readdir(d); s == NN_OK && e != NULL; e = readdir(d)) {
        size_t length = strlen(e->d_name);
        bool tensor = length > 3 && strcmp(e->d_name + length - 3, ".pb") == 0 && strncmp(e->d_name, "bound_", 6) != 0;
        if (tensor)
            s = join(file, path, e->d_name, err);
        if (tensor && s == NN_OK)
            s = give_file(r, file, n, err);
    }
    (void)closedir(d);
    return s;
}
