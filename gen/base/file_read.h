/* Files, opened and read whole. But for stream_read they are regular files, and nothing else is waited for: a FIFO would block, a
 * device may have no end.
 *
 * Paths are below the open directory `root`, or AT_FDCWD; `flags` are further ones of open(), such as O_NOFOLLOW. Errors are
 * NN_ERR_IO with `shown` as the path and the reason as the message, and leave errno as the system set it (0: no regular file, or
 * with O_NOFOLLOW a symbolic link).
 *
 * Ownership: file_bytes owns its bytes and is reused; file_bytes_free. Descriptors are the caller's to close. */
#ifndef NN_FILE_READ_H
#define NN_FILE_READ_H

#include "base.h"

typedef struct {
    char *bytes; /* a NUL stands after the last */
    size_t n, capacity;
} file_bytes;

/* *fd is -1 on failure. */
nn_status file_open(int *fd, int root, const char *path, int flags, const char *shown, nn_error *err);
/* A file of at most `most` bytes; of one that grows meanwhile, as many as it had. *b may be left empty on failure. */
nn_status file_read(file_bytes *b, int root, const char *path, int flags, size_t most, const char *shown, nn_error *err);
/* The same of a file that is open, from its beginning. */
nn_status file_read_open(file_bytes *b, int fd, size_t most, const char *shown, nn_error *err);
/* A regular file, or what a pipe, FIFO or terminal gives until its end. Whoever writes there may take up to
 * `patience` seconds before the first byte, and between two. */
nn_status stream_read(file_bytes *b, const char *path, size_t most, int patience, nn_error *err);
void file_bytes_free(file_bytes *b);

#endif
