#include "base/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With the reason of a failed call, or with `what` alone if there is none (0). */
static nn_status fail(const char *shown, const char *what, int reason, nn_error *err)
{
    size_t n = strlen(shown), most = sizeof((nn_error *)NULL)->file - 1;
    shown += n > most ? n - most : 0; /* of a long path, the end tells more */
    nn_status s = reason != 0 ? nn_fail(err, NN_ERR_IO, shown, 0, 0, "%s: %s", what, strerror(reason))
                              : nn_fail(err, NN_ERR_IO, shown, 0, 0, "%s", what);
    errno = reason;
    return s;
}

nn_status file_open(int *fd, int root, const char *path, int flags, const char *shown, nn_error *err)
{
    struct stat st;
    *fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
    if (*fd < 0)
        return fail(shown, "cannot read", errno, err);
    bool known = fstat(*fd, &st) == 0;
    int reason = known ? 0 : errno;
    if (known && S_ISREG(st.st_mode))
        return NN_OK;
    close(*fd);
    *fd = -1;
    return fail(shown, known ? "is no regular file" : "cannot read", reason, err);
}

static nn_status read_all(file_bytes *b, int fd, size_t most, const char *shown, nn_error *err)
{
    struct stat st;
    b->n = 0;
    if (fstat(fd, &st) != 0)
        return fail(shown, "cannot read", errno, err);
    errno = 0;
    if ((uint64_t)st.st_size > most)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is larger than %zu bytes", most);
    size_t size = (size_t)st.st_size;
    if (!nn_grow((void **)&b->bytes, &b->capacity, size + 1, 1))
        return nn_nomem(err);
    while (b->n < size) {
        ssize_t k = read(fd, b->bytes + b->n, size - b->n);
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

nn_status file_read(file_bytes *b, int root, const char *path, int flags, size_t most, const char *shown, nn_error *err)
{
    int fd;
    nn_status s = file_open(&fd, root, path, flags, shown, err);
    if (s != NN_OK)
        return s;
    s = read_all(b, fd, most, shown, err);
    int reason = errno;
    close(fd);
    errno = reason;
    return s;
}

void file_bytes_free(file_bytes *b)
{
    nn_free(b->bytes);
    *b = (file_bytes){.bytes = NULL};
}
