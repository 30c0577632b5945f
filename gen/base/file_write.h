/* Files written whole. Names are below the open directory `root`; what stands there under the name is never written through: no
 * link is followed, nothing but a regular file is written to, and nobody is waited for. */
#ifndef NN_FILE_WRITE_H
#define NN_FILE_WRITE_H

#include "base.h"

#define FILE_HIDDEN ".nngen-"             /* how names begin that only a run under way has */
#define FILE_TEMPORARY FILE_HIDDEN "tmp-" /* and those of what is not whole yet */

/* Functions that return bool or a descriptor leave the reason of a failure (false, -1) in errno. */
bool file_write_all(int fd, const void *bytes, size_t n);
/* over: a file of that name may be there and is emptied; else it is an error. */
int file_create(int root, const char *name, bool over);
/* A new file with these bytes. */
bool file_write(int root, const char *name, const void *bytes, size_t n);
/* A new file with the bytes that `from`, an open file, has from where it stands. Takes a fixed amount of memory. */
bool file_copy(int root, const char *name, int from);
/* Writes a file by way of a hidden temporary beside it. NN_ERR_IO with the path above/name. */
nn_status file_replace(int root, const char *above, const char *name, const void *bytes, size_t n, nn_error *err);

#endif
