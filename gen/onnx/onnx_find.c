#include "onnx/onnx_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    onnx_found_fn *found;
    onnx_problem_fn *problem;
    void *data;
    nn_error *err;
} finder;

bool onnx_has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);
    if (n <= k)
        return false;
    for (size_t i = 0; i < k; i++) {
        char c = name[n - k + i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != suffix[i])
            return false;
    }
    return true;
}

bool onnx_is_model_name(const char *name)
{
    return onnx_has_suffix(name, ".onnx");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef struct {
    char **all;
    size_t n, capacity;
} entry_list;

static nn_status list_entries(entry_list *l, DIR *d, nn_error *err)
{
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (!nn_grow((void **)&l->all, &l->capacity, l->n + 1, sizeof *l->all) || (l->all[l->n] = nn_strdup(e->d_name)) == NULL)
            return nn_nomem(err);
        l->n++;
    }
    if (l->n > 0)
        qsort(l->all, l->n, sizeof *l->all, by_text);
    return NN_OK;
}

static nn_status find_below(finder *f, int above, const char *name, const char *path, size_t root, int depth);

/* root: length of the given directory at the beginning of path. */
static nn_status find_entry(finder *f, int folder, const char *entry, const char *path, size_t root, int depth)
{
    struct stat st;
    bool known = fstatat(folder, entry, &st, AT_SYMLINK_NOFOLLOW) == 0, is_folder = known && S_ISDIR(st.st_mode);
    if (!known || (!is_folder && !onnx_is_model_name(entry)))
        return NN_OK;
    size_t size = strlen(path) + strlen(entry) + 2;
    char *full = nn_malloc(size);
    if (full == NULL)
        return nn_nomem(f->err);
    (void)snprintf(full, size, "%s/%s", path, entry);
    nn_status s = is_folder ? find_below(f, folder, entry, full, root, depth + 1)
                            : f->found(f->data, folder, entry, full, full + root + 1, f->err);
    nn_free(full);
    return s;
}

static nn_status cannot_open(const finder *f, const char *path, int depth)
{
    nn_error problem;
    const char *why = depth <= ONNX_FIND_DEPTH ? strerror(errno) : "directories are nested too deeply";
    size_t n = strlen(path), most = sizeof problem.file - 1;
    nn_status s = nn_fail(&problem, NN_ERR_IO, n > most ? path + (n - most) : path, 0, 0, "cannot open: %s", why);
    if (depth > 1) {
        f->problem(f->data, &problem);
        return NN_OK;
    }
    if (f->err != NULL)
        *f->err = problem;
    return s;
}

static nn_status find_below(finder *f, int above, const char *name, const char *path, size_t root, int depth)
{
    entry_list l = {.n = 0};
    int fd = depth <= ONNX_FIND_DEPTH ? openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL) {
        nn_status s = cannot_open(f, path, depth);
        if (fd >= 0)
            close(fd);
        return s;
    }
    nn_status s = list_entries(&l, d, f->err);
    for (size_t i = 0; i < l.n; i++) {
        if (s == NN_OK)
            s = find_entry(f, dirfd(d), l.all[i], path, root, depth);
        nn_free(l.all[i]);
    }
    nn_free(l.all);
    closedir(d);
    return s;
}

nn_status onnx_find(const char *dir, onnx_found_fn *found, onnx_problem_fn *problem, void *data, nn_error *err)
{
    finder f = {found, problem, data, err};
    return find_below(&f, AT_FDCWD, dir, dir, strlen(dir), 1);
}
