/* Opens and reads files. All functions but stream_read accept regular files only, because opening a FIFO would block and a device
 * may have no end.
 *
 * Paths are relative to the open directory `root`, or to the current one with AT_FDCWD; `flags` are further flags of open(), such
 * as O_NOFOLLOW. Errors are NN_ERR_IO with `shown` as the path and the reason as the message. errno is as the system set it; it
 * is 0 if the file is not regular or, with O_NOFOLLOW, is a symbolic link.
 *
 * Ownership: a file_bytes owns its bytes and may be reused; free it with file_bytes_free. The caller closes descriptors. */
#ifndef NN_FILE_READ_H
#define NN_FILE_READ_H

#include "base.h"

typedef struct {
    char *bytes; /* followed by a NUL */
    size_t n, capacity;
} file_bytes;

/* *fd is -1 on failure. */
nn_status file_open(int *fd, int root, const char *path, int flags, const char *shown, nn_error *err);
/* Reads a file of at most `most` bytes. If the file grows meanwhile, reads as many bytes as it had when it was opened. *b may be
 * empty on failure. */
nn_status file_read(file_bytes *b, int root, const char *path, int flags, size_t most, const char *shown, nn_error *err);
/* The same for an open file, from its beginning. */
nn_status file_read_open(file_bytes *b, int fd, size_t most, const char *shown, nn_error *err);
/* Reads a regular file, or a pipe, FIFO or terminal to its end. The writer may take up to `patience` seconds before the first
 * byte and between two bytes. */
nn_status stream_read(file_bytes *b, const char *path, size_t most, int patience, nn_error *err);
void file_bytes_free(file_bytes *b);

#endif
