/* Regular files, opened and read whole. Nothing else is waited for: a FIFO would block, a device may have no end.
 *
 * Paths are below the open directory `root`, or AT_FDCWD; `flags` are further ones of open(), such as O_NOFOLLOW. Errors are
 * NN_ERR_IO with `shown` as the path and the reason as the message, and leave errno as the system set it (0: no regular file).
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
void file_bytes_free(file_bytes *b);

#endif
