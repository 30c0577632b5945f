#include "base/file_write.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_write_all(int fd, const void *bytes, size_t n)
{
    const char *from = bytes;
    while (n > 0) {
        ssize_t k = write(fd, from, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0) {
            errno = k == 0 ? ENOSPC : errno;
            return false;
        }
        from += k;
        n -= (size_t)k;
    }
    return true;
}

int file_create(int root, const char *name, bool over)
{
    struct stat st;
    int fd;
    do
        fd = openat(root, name, O_WRONLY | O_CREAT | (over ? O_TRUNC : O_EXCL) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    while (fd < 0 && errno == EINTR);
    if (fd < 0 || !over || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

/* Some file systems report only at close that there was no room. */
static bool close_written(int fd, bool good)
{
    int reason = errno;
    if (close(fd) != 0 && good) {
        good = false;
        reason = errno;
    }
    errno = reason;
    return good;
}

static bool create_with(int root, const char *name, bool over, const void *bytes, size_t n)
{
    int fd = file_create(root, name, over);
    return fd >= 0 && close_written(fd, file_write_all(fd, bytes, n));
}

bool file_write(int root, const char *name, const void *bytes, size_t n)
{
    return create_with(root, name, false, bytes, n);
}

static bool copy_all(int to, int from)
{
    char part[32768];
    for (;;) {
        ssize_t k = read(from, part, sizeof part);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k == 0;
        if (!file_write_all(to, part, (size_t)k))
            return false;
    }
}

bool file_copy(int root, const char *name, int from)
{
    int fd = file_create(root, name, false);
    return fd >= 0 && close_written(fd, copy_all(fd, from));
}

/* like: NULL, or the file that is replaced, whose mode and, where that is allowed, owner are kept. */
static nn_status replace(int root, const char *above, const char *name, const struct stat *like, const void *bytes, size_t n,
                         nn_error *err)
{
    char hidden[160];
    (void)snprintf(hidden, sizeof hidden, FILE_TEMPORARY "%s", name);
    int fd = file_create(root, hidden, true);
    bool good = fd >= 0 && file_write_all(fd, bytes, n);
    if (good && like != NULL) {
        if (fchown(fd, like->st_uid, like->st_gid) != 0)
            errno = 0;
        good = fchmod(fd, like->st_mode & 07777) == 0;
    }
    if (fd >= 0)
        good = close_written(fd, good);
    if (good && renameat(root, hidden, root, name) == 0)
        return NN_OK;
    nn_status s = path_fail(err, above, name, "cannot write", errno);
    (void)unlinkat(root, hidden, 0);
    return s;
}

nn_status file_replace(int root, const char *above, const char *name, const void *bytes, size_t n, nn_error *err)
{
    return replace(root, above, name, NULL, bytes, n, err);
}

/* ---- files that the user names ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The standard output or error that is open on the file; -1: neither. Such a file is written where it stands: a path like
 * /dev/stdout means this open file, and what it holds already was written for the user. */
static int standard_stream(const struct stat *st)
{
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat open_on;
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &open_on) == 0 && same_file(st, &open_on))
            return fd;
    }
    return -1;
}

/* Replaces the file `path`, which is no symbolic link. old: NULL if there is none. */
static nn_status put_file(char *path, const struct stat *old, const void *bytes, size_t n, nn_error *err)
{
    char *slash = strrchr(path, '/');
    const char *above = slash == NULL ? "." : slash == path ? "/" : path, *name = slash != NULL ? slash + 1 : path;
    if (*name == '\0')
        return path_fail(err, NULL, path, "cannot write", EISDIR);
    if (slash != NULL && slash != path)
        *slash = '\0';
    int root = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return path_fail(err, NULL, above, "cannot open", errno);
    nn_status s = replace(root, above, name, old, bytes, n, err);
    close(root);
    return s;
}

/* Replaces the regular file that the path leads to. */
static nn_status put_target(const char *path, const struct stat *old, const void *bytes, size_t n, nn_error *err)
{
    char target[PATH_MAX];
    struct stat st;
    if (realpath(path, target) == NULL || stat(target, &st) != 0)
        return path_fail(err, NULL, path, "cannot write", errno);
    if (!same_file(&st, old)) /* an open file without a name, below /dev/fd */
        return path_fail(err, NULL, path, "cannot write: it has no name that could be replaced", 0);
    return put_file(target, old, bytes, n, err);
}

static nn_status put_new(const char *path, const void *bytes, size_t n, nn_error *err)
{
    struct stat st;
    if (lstat(path, &st) == 0)
        return path_fail(err, NULL, path, "cannot write: it is a symbolic link to a file that does not exist", 0);
    char *copy = nn_strdup(path);
    if (copy == NULL)
        return nn_nomem(err);
    nn_status s = put_file(copy, NULL, bytes, n, err);
    nn_free(copy);
    return s;
}

nn_status file_put(const char *path, const void *bytes, size_t n, nn_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? put_new(path, bytes, n, err) : path_fail(err, NULL, path, "cannot write", errno);
    const bool stream = S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode);
    int fd = standard_stream(&st);
    if (fd >= 0)
        return file_write_all(fd, bytes, n) ? NN_OK : path_fail(err, NULL, path, "cannot write", errno);
    if (!stream && !S_ISREG(st.st_mode))
        return path_fail(err, NULL, path,
                         S_ISDIR(st.st_mode) ? "cannot write: it is a directory; expected a file"
                                             : "cannot write: expected a file, a FIFO or a character device",
                         0);
    do
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return path_fail(err, NULL, path, "cannot write", errno);
    if (stream)
        return close_written(fd, file_write_all(fd, bytes, n)) ? NN_OK : path_fail(err, NULL, path, "cannot write", errno);
    close(fd); /* it may be written */
    return put_target(path, &st, bytes, n, err);
}
