#include "base/directory.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool directory_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool directory_is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool directory_is_link(int root, const char *name)
{
    int reason = errno;
    struct stat st;
    bool link = fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
    errno = reason;
    return link;
}

nn_status directory_open(int *fd, int root, const char *name, const char *shown, nn_error *err)
{
    *fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd >= 0)
        return NN_OK;
    int reason = errno;
    if (directory_is_link(root, name))
        return path_fail(err, NULL, shown, "is a symbolic link", 0);
    if (reason == ENOTDIR)
        return path_fail(err, NULL, shown, "is not a directory", 0);
    return path_fail(err, NULL, shown, "cannot open", reason);
}

nn_status directory_named(int *fd, const char *path, nn_error *err)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd >= 0)
        return NN_OK;
    int reason = errno;
    if (reason == ENOENT && directory_is_link(AT_FDCWD, path))
        return path_fail(err, NULL, path, "is a symbolic link to a directory that does not exist", 0);
    return path_fail(err, NULL, path, "cannot open", reason);
}

DIR *directory_list(int root, const char *name)
{
    int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL && fd >= 0) {
        int reason = errno;
        close(fd);
        errno = reason;
    }
    return d;
}
