/* Tables on disk. */
#include "base/file_read.h"
#include "table/spec_table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 1000 };

static nn_status io_error(nn_error *err, const char *path, const char *what, int code)
{
    char buffer[128];
    if (strerror_r(code, buffer, sizeof buffer) != 0)
        return nn_fail(err, NN_ERR_IO, path, 0, 0, "%s: error %d", what, code);
    return nn_fail(err, NN_ERR_IO, path, 0, 0, "%s: %s", what, buffer);
}

nn_status spec_read_file(spec_file *out, const char *path, arena *a, nn_error *err)
{
    *out = (spec_file){.name = arena_strdup(a, path)};
    if (out->name == NULL)
        return nn_nomem(err);
    file_bytes file = {.bytes = NULL};
    nn_status s = file_read(&file, AT_FDCWD, path, 0, SPEC_MAX_BYTES, path, err);
    char *bytes = s == NN_OK ? arena_alloc(a, file.n) : NULL;
    if (s == NN_OK && bytes == NULL)
        s = nn_nomem(err);
    if (s == NN_OK) {
        memcpy(bytes, file.bytes, file.n);
        out->bytes = bytes;
        out->size = file.n;
    }
    file_bytes_free(&file);
    return s;
}

static bool is_table(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && name[0] != '.' && strcmp(name + n - 5, ".yaml") == 0;
}

static int by_name(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Paths of the tables in a folder, in the arena; at most MAX_FILES. */
static nn_status list(DIR *d, const char *dir, const char **paths, size_t *n, arena *a, nn_error *err)
{
    size_t length = strlen(dir);
    const char *between = length > 0 && dir[length - 1] == '/' ? "" : "/";
    *n = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (e == NULL)
            return errno == 0 ? NN_OK : io_error(err, dir, "cannot read the folder", errno);
        if (!is_table(e->d_name))
            continue;
        if (*n == MAX_FILES)
            return nn_fail(err, NN_ERR_IO, dir, 0, 0, "more than %d tables in the folder", MAX_FILES);
        paths[*n] = arena_printf(a, "%s%s%s", dir, between, e->d_name);
        if (paths[(*n)++] == NULL)
            return nn_nomem(err);
    }
}

static nn_status read_dir(spec_file **files, size_t *n_files, const char *dir, bool optional, arena *a, nn_error *err)
{
    *files = NULL;
    *n_files = 0;
    const char **paths = arena_alloc(a, MAX_FILES * sizeof *paths);
    if (paths == NULL)
        return nn_nomem(err);
    DIR *d = opendir(dir);
    if (d == NULL && errno == ENOENT && optional)
        return NN_OK;
    if (d == NULL)
        return errno == ENOMEM ? nn_nomem(err) : io_error(err, dir, "cannot open the folder", errno);
    size_t n = 0;
    nn_status s = list(d, dir, paths, &n, a, err);
    closedir(d);
    if (s == NN_OK && n == 0 && !optional)
        s = nn_fail(err, NN_ERR_IO, dir, 0, 0, "no table (*.yaml) in the folder");
    if (s != NN_OK)
        return s;
    if (n > 0)
        qsort(paths, n, sizeof *paths, by_name);
    spec_file *all = arena_alloc(a, n * sizeof *all);
    if (all == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < n; i++)
        s = spec_read_file(&all[i], paths[i], a, err);
    if (s != NN_OK)
        return s;
    *files = all;
    *n_files = n;
    return NN_OK;
}

nn_status spec_read_dir(spec_file **files, size_t *n_files, const char *dir, arena *a, nn_error *err)
{
    return read_dir(files, n_files, dir, false, a, err);
}

nn_status spec_read_optional_dir(spec_file **files, size_t *n_files, const char *dir, arena *a, nn_error *err)
{
    return read_dir(files, n_files, dir, true, a, err);
}

nn_status spec_read_motifs(spec_file **files, size_t *n_files, const char *dir, arena *a, nn_error *err)
{
    const char *path = arena_printf(a, "%s%smotifs", dir, dir[0] != '\0' && dir[strlen(dir) - 1] == '/' ? "" : "/");
    *files = NULL;
    *n_files = 0;
    return path != NULL ? read_dir(files, n_files, path, true, a, err) : nn_nomem(err);
}
