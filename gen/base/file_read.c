#include "base/file_read.h"
#include "base/directory.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status fail(const char *shown, const char *what, int reason, nn_error *err)
{
    return path_fail(err, NULL, shown, what, reason);
}

static nn_status too_large(const char *shown, size_t most, nn_error *err)
{
    char path[PATH_SHOWN];
    path_shown(path, NULL, shown);
    errno = 0;
    return nn_fail(err, NN_ERR_IO, path, 0, 0, "is larger than %zu bytes", most);
}

/* Opens a file of any kind and gets its status. */
static nn_status open_any(int *fd, struct stat *st, int root, const char *path, int flags, const char *shown, nn_error *err)
{
    *fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    if (*fd < 0 && (flags & O_NOFOLLOW) != 0 && directory_is_link(root, path))
        return fail(shown, "is a symbolic link", 0, err);
    if (*fd < 0 && errno == ENXIO) /* a socket cannot be opened */
        return fail(shown, "is not a regular file", 0, err);
    if (*fd >= 0 && fstat(*fd, st) == 0)
        return NN_OK;
    int reason = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return fail(shown, "cannot read", reason, err);
}

nn_status file_open(int *fd, int root, const char *path, int flags, const char *shown, nn_error *err)
{
    struct stat st = {.st_mode = 0};
    nn_status s = open_any(fd, &st, root, path, flags, shown, err);
    if (s != NN_OK || S_ISREG(st.st_mode))
        return s;
    close(*fd);
    *fd = -1;
    return fail(shown, "is not a regular file", 0, err);
}

nn_status file_read_open(file_bytes *b, int fd, size_t most, const char *shown, nn_error *err)
{
    struct stat st = {.st_mode = 0};
    b->n = 0;
    if (fstat(fd, &st) != 0)
        return fail(shown, "cannot read", errno, err);
    if ((uint64_t)st.st_size > most)
        return too_large(shown, most, err);
    size_t size = (size_t)st.st_size;
    if (!nn_grow((void **)&b->bytes, &b->capacity, size + 1, 1))
        return nn_nomem(err);
    while (b->n < size) {
        ssize_t k = pread(fd, b->bytes + b->n, size - b->n, (off_t)b->n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail(shown, "cannot read", errno, err);
        if (k == 0)
            break;
        b->n += (size_t)k;
    }
    b->bytes[b->n] = '\0';
    return NN_OK;
}

static void close_quietly(int fd)
{
    int reason = errno;
    close(fd);
    errno = reason;
}

nn_status file_read(file_bytes *b, int root, const char *path, int flags, size_t most, const char *shown, nn_error *err)
{
    int fd;
    nn_status s = file_open(&fd, root, path, flags, shown, err);
    if (s != NN_OK)
        return s;
    s = file_read_open(b, fd, most, shown, err);
    close_quietly(fd);
    return s;
}

/* ---- streams ---- */

/* Waits until there is data or the end. */
static nn_status wait_for(int fd, int patience, const char *path, nn_error *err)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n;
    do
        n = poll(&p, 1, patience * 1000);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return NN_OK;
    if (n < 0)
        return fail(path, "cannot read", errno, err);
    char shown[PATH_SHOWN];
    path_shown(shown, NULL, path);
    errno = 0;
    return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is not a regular file, and gave no data for %d s", patience);
}

static nn_status read_stream(file_bytes *b, int fd, size_t most, int patience, const char *path, nn_error *err)
{
    enum { CHUNK = 32 * 1024 };
    b->n = 0;
    for (;;) {
        nn_status s = wait_for(fd, patience, path, err);
        if (s != NN_OK)
            return s;
        if (!nn_grow((void **)&b->bytes, &b->capacity, b->n + CHUNK + 1, 1))
            return nn_nomem(err);
        ssize_t k = read(fd, b->bytes + b->n, CHUNK);
        if (k < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (k < 0)
            return fail(path, "cannot read", errno, err);
        b->n += (size_t)k;
        b->bytes[b->n] = '\0';
        if (k == 0)
            return NN_OK;
        if (b->n > most)
            return too_large(path, most, err);
    }
}

nn_status stream_read(file_bytes *b, const char *path, size_t most, int patience, nn_error *err)
{
    int fd;
    struct stat st = {.st_mode = 0};
    nn_status s = open_any(&fd, &st, AT_FDCWD, path, 0, path, err);
    if (s != NN_OK)
        return s;
    s = S_ISREG(st.st_mode) ? file_read_open(b, fd, most, path, err) : read_stream(b, fd, most, patience, path, err);
    close_quietly(fd);
    return s;
}

void file_bytes_free(file_bytes *b)
{
    nn_free(b->bytes);
    *b = (file_bytes){.bytes = NULL};
}
