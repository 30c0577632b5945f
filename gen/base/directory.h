/* Opens directories one name at a time and never through a symbolic link. Names are relative to the open directory `root`. */
#ifndef NN_DIRECTORY_H
#define NN_DIRECTORY_H

#include "base.h"

#include <dirent.h>

/* Whether the path is that of a directory, or of a link to one. */
bool directory_exists(const char *path);
/* Whether an entry is "." or "..". */
bool directory_is_dot(const char *name);
/* Whether the name is that of a symbolic link. Does not change errno. */
bool directory_is_link(int root, const char *name);
/* *fd is -1 on failure; the caller closes it. NN_ERR_IO has `shown` as its path. errno is as the system set it, or 0 if the name
 * is a symbolic link or not a directory. */
nn_status directory_open(int *fd, int root, const char *name, const char *shown, nn_error *err);
/* Opens a directory that the user named, which may be a link to one. *fd is -1 on failure. NN_ERR_IO: the message tells a link that
 * leads nowhere from a path that does not exist. */
nn_status directory_named(int *fd, const char *path, nn_error *err);
/* Opens a directory to list its entries; the caller calls closedir. NULL: errno has the reason, for a symbolic link ENOTDIR or
 * ELOOP. */
DIR *directory_list(int root, const char *name);

#endif
