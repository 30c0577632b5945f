/* Directories, opened one name at a time and never through a symbolic link. Names are below the open directory `root`. */
#ifndef NN_DIRECTORY_H
#define NN_DIRECTORY_H

#include "base.h"

#include <dirent.h>

/* Whether an entry is the directory itself or the one above. */
bool directory_is_dot(const char *name);
/* Whether the name is that of a symbolic link. errno stays as it was. */
bool directory_is_link(int root, const char *name);
/* *fd is -1 on failure; the caller closes it. NN_ERR_IO with `shown` as the path; it leaves errno as the system set it, or 0 where
 * the name is a symbolic link or no directory. */
nn_status directory_open(int *fd, int root, const char *name, const char *shown, nn_error *err);
/* To list the entries; closedir it. NULL: errno has the reason, which for a symbolic link is ENOTDIR or ELOOP. */
DIR *directory_list(int root, const char *name);

#endif
