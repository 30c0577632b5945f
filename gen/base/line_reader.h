/* Reads a regular file line by line.
 *
 * Ownership: a line_reader owns its descriptor and buffer. */
#ifndef NN_LINE_READER_H
#define NN_LINE_READER_H

#include "base.h"

typedef struct {
    int fd;
    const char *path; /* for messages, borrowed */
    size_t most;      /* bytes of a line; LINE_READER_MOST but for tests */
    char *bytes;
    size_t start, end, capacity;
    size_t searched; /* up to here there is no newline after start */
    bool eof;
} line_reader;

/* Room for the names and hashes of five million files in one line. */
#define LINE_READER_MOST ((size_t)1 << 30)

/* root, path, flags, shown: as for file_open. */
nn_status line_reader_open(line_reader *r, int root, const char *path, int flags, const char *shown, nn_error *err);
void line_reader_close(line_reader *r); /* also of a zeroed one whose fd is -1 */
/* The next line with its newline, valid until the next call; *n is 0 at the end. Errors are a last line
 * without a newline, one that is too long, and one of more than a read's length with a NUL byte in it: that is no text. */
nn_status line_reader_next(line_reader *r, const char **line, size_t *n, nn_error *err);

#endif
