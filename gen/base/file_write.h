/* Writes whole files. Names are relative to the open directory `root`. Nothing is ever written through an existing name: no
 * symbolic link is followed, only regular files are written to, and no FIFO is waited for. file_put alone takes the path of an
 * output file that the user named, and follows it. */
#ifndef NN_FILE_WRITE_H
#define NN_FILE_WRITE_H

#include "base.h"

#define FILE_HIDDEN ".nngen-"             /* prefix of names that exist only during a run */
#define FILE_TEMPORARY FILE_HIDDEN "tmp-" /* prefix of files that are not complete */

/* Functions that return bool or a descriptor leave the reason of a failure (false or -1) in errno. */
bool file_write_all(int fd, const void *bytes, size_t n);
/* over: a file of that name may exist and is emptied; otherwise it is an error. */
int file_create(int root, const char *name, bool over);
/* Writes a new file. */
bool file_write(int root, const char *name, const void *bytes, size_t n);
/* Copies the open file `from`, from its current position to its end, to a new file. Uses a fixed amount of memory. */
bool file_copy(int root, const char *name, int from);
/* Writes a hidden temporary file and renames it. NN_ERR_IO has the path above/name. */
nn_status file_replace(int root, const char *above, const char *name, const void *bytes, size_t n, nn_error *err);
/* Writes an output file that the user named. A new file, or a regular file that may be written (the target, if the path is a
 * symbolic link), appears whole or not at all and keeps its mode. A FIFO, a character device and the file that standard output or
 * standard error is open on are written to. Anything else stays as it was: NN_ERR_IO says why. */
nn_status file_put(const char *path, const void *bytes, size_t n, nn_error *err);

#endif
