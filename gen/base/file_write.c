#include "base/file_write.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

/* Some file systems tell only now that there was no room. */
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

nn_status file_replace(int root, const char *above, const char *name, const void *bytes, size_t n, nn_error *err)
{
    char hidden[160];
    (void)snprintf(hidden, sizeof hidden, FILE_TEMPORARY "%s", name);
    if (create_with(root, hidden, true, bytes, n) && renameat(root, hidden, root, name) == 0)
        return NN_OK;
    nn_status s = path_fail(err, above, name, "cannot write", errno);
    (void)unlinkat(root, hidden, 0);
    return s;
}
