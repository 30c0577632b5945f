#include "suite/suite_dir.h"
#include "base/directory.h"
#include "base/file_write.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_with_parents(const char *path)
{
    char *p = nn_strdup(path);
    bool good = p != NULL;
    for (char *end = p; good && *end != '\0';) {
        end++;
        const char c = *end;
        if (c != '/' && c != '\0')
            continue;
        *end = '\0';
        good = mkdir(p, 0777) == 0 || errno == EEXIST;
        *end = c;
    }
    const int e = p != NULL ? errno : ENOMEM;
    nn_free(p);
    errno = e;
    return good;
}

static nn_status check_empty(const suite_dir *d, nn_error *err)
{
    DIR *entries = directory_list(d->fd, ".");
    if (entries == NULL)
        return path_fail(err, d->path, "", "cannot read", errno);
    bool empty = true;
    for (const struct dirent *e; empty && (e = readdir(entries)) != NULL;)
        empty = directory_is_dot(e->d_name);
    (void)closedir(entries);
    return empty ? NN_OK : path_fail(err, d->path, "", "is not empty; expected a new or empty directory", 0);
}

nn_status suite_dir_open(suite_dir *d, const char *path, nn_error *err)
{
    *d = (suite_dir){.path = path, .fd = -1};
    if (!make_with_parents(path))
        return path_fail(err, path, "", "cannot create", errno);
    nn_status s = directory_named(&d->fd, path, err);
    if (s == NN_OK)
        s = check_empty(d, err);
    if (s != NN_OK)
        suite_dir_close(d);
    return s;
}

nn_status suite_dir_put(const suite_dir *d, const char *file, const json_line *text, nn_error *err)
{
    return file_replace(d->fd, d->path, file, text->bytes, text->size, err);
}

void suite_dir_close(suite_dir *d)
{
    if (d->fd >= 0)
        (void)close(d->fd);
    d->fd = -1;
}
