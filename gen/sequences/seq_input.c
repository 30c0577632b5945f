#include "base/file_read.h"
#include "sequences/seq_input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDERS_MAX = 64 }; /* inside each other */

static bool ends(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

static char *model_name(const char *path)
{
    char *name = nn_strdup(path);
    if (name == NULL)
        return NULL;
    size_t n = strlen(name);
    if (n > 11 && ends(name, "/model.onnx"))
        name[n - 11] = '\0';
    else if (n > 5 && ends(name, ".onnx"))
        name[n - 5] = '\0';
    return name;
}

typedef struct {
    model_list *l;
    unsigned class;
    model_problem_fn *tell;
    void *data;
    size_t *problems;
    nn_error *err;
} loader;

static void problem(loader *o, const nn_error *e)
{
    char text[sizeof e->file + sizeof e->message + 64];
    (void)nn_error_text(e, text, sizeof text);
    ++*o->problems;
    if (o->tell != NULL)
        o->tell(o->data, text);
}

static nn_status add_model(loader *o, const char *path, const char *name)
{
    file_bytes file = {.bytes = NULL};
    nn_error inner = {0};
    nn_status s = file_read(&file, AT_FDCWD, path, 0, INT32_MAX, path, &inner);
    if (!nn_grow((void **)&o->l->all, &o->l->capacity, o->l->n + 1, sizeof *o->l->all)) {
        file_bytes_free(&file);
        return nn_nomem(o->err);
    }
    seq_model *m = &o->l->all[o->l->n];
    *m = (seq_model){.class = o->class};
    if (s == NN_OK)
        s = ends(path, ".txt") ? onnx_view_chains(&m->view, file.bytes, file.n, path, &inner)
                               : onnx_view_read(&m->view, file.bytes, file.n, path, &inner);
    file_bytes_free(&file);
    if (s == NN_ERR_IO) {
        problem(o, &inner);
        return NN_OK;
    }
    if (s == NN_OK && (m->name = model_name(name)) == NULL) {
        onnx_view_free(&m->view);
        s = NN_ERR_NOMEM;
    }
    if (s != NN_OK)
        return nn_nomem(o->err);
    o->l->n++;
    return NN_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static nn_status add_folder(loader *o, const char *path, const char *below, int depth);

static nn_status add_entry(loader *o, const char *path, const char *below, const char *entry, int depth)
{
    size_t size = strlen(path) + strlen(below) + strlen(entry) + 3;
    char *full = nn_malloc(size), *name = nn_malloc(size);
    struct stat st;
    nn_status s = NN_OK;
    if (full == NULL || name == NULL) {
        s = nn_nomem(o->err);
    } else {
        (void)snprintf(full, size, "%s/%s", path, entry);
        (void)snprintf(name, size, "%s%s%s", below, below[0] != '\0' ? "/" : "", entry);
        if (lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
            s = add_folder(o, full, name, depth + 1);
        else if (ends(entry, ".onnx"))
            s = add_model(o, full, name);
    }
    nn_free(full);
    nn_free(name);
    return s;
}

static nn_status add_folder(loader *o, const char *path, const char *below, int depth)
{
    char **entries = NULL;
    size_t n = 0, room = 0;
    nn_status s = NN_OK;
    DIR *d = depth <= FOLDERS_MAX ? opendir(path) : NULL;
    if (d == NULL) {
        nn_error inner;
        (void)nn_fail(&inner, NN_ERR_IO, path, 0, 0, "cannot open: %s", depth <= FOLDERS_MAX ? strerror(errno) : "too deep");
        problem(o, &inner);
        return NN_OK;
    }
    for (const struct dirent *e; s == NN_OK && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!nn_grow((void **)&entries, &room, n + 1, sizeof *entries) || (entries[n] = nn_strdup(e->d_name)) == NULL)
            s = nn_nomem(o->err);
        else
            n++;
    }
    closedir(d);
    if (n > 0)
        qsort(entries, n, sizeof *entries, by_text);
    for (size_t i = 0; i < n; i++) {
        if (s == NN_OK)
            s = add_entry(o, path, below, entries[i], depth);
        nn_free(entries[i]);
    }
    nn_free(entries);
    return s;
}

nn_status model_list_add(model_list *l, const char *path, unsigned class, model_problem_fn *tell, void *data, size_t *problems,
                         nn_error *err)
{
    loader o = {l, class, tell, data, problems, err};
    struct stat st;
    if (stat(path, &st) != 0)
        return nn_fail(err, NN_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return add_model(&o, path, path);
    size_t models = l->n, before = *problems;
    nn_status s = add_folder(&o, path, "", 1);
    if (s == NN_OK && l->n == models && *problems == before) {
        nn_error inner;
        (void)nn_fail(&inner, NN_ERR_IO, path, 0, 0, "there is no .onnx file below");
        problem(&o, &inner);
    }
    return s;
}

static bool same_end(const char *longer, const char *name)
{
    size_t n = strlen(longer), k = strlen(name);
    return n > k && longer[n - k - 1] == '/' && strcmp(longer + n - k, name) == 0;
}

seq_model *model_list_find(const model_list *l, const char *name)
{
    seq_model *found = NULL;
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->all[i].name, name) == 0)
            return &l->all[i];
    }
    for (size_t i = 0; i < l->n; i++)
        if (same_end(l->all[i].name, name)) {
            if (found != NULL)
                return NULL;
            found = &l->all[i];
        }
    return found;
}

void model_list_free(model_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        nn_free(l->all[i].name);
        onnx_view_free(&l->all[i].view);
    }
    nn_free(l->all);
    *l = (model_list){.n = 0};
}
