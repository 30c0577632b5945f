/* Reads a regular file line by line.
 *
 * Ownership: a line_reader owns its descriptor and buffer. */
#ifndef NN_LINE_READER_H
#define NN_LINE_READER_H

#include "base.h"

typedef struct {
    int fd;
    const char *path; /* for messages, borrowed */
    size_t most;      /* longest line in bytes; LINE_READER_MOST except in tests */
    char *bytes;
    size_t start, end, capacity;
    size_t searched; /* there is no newline between start and here */
    bool eof;
} line_reader;

/* Room for a line with the names and hashes of five million files. */
#define LINE_READER_MOST ((size_t)1 << 30)

/* root, path, flags, shown: as for file_open. */
nn_status line_reader_open(line_reader *r, int root, const char *path, int flags, const char *shown, nn_error *err);
void line_reader_close(line_reader *r); /* also of a zeroed one if its fd is -1 */
/* Returns the next line with its newline, valid until the next call; *n is 0 at the end. It is an error if the last line has no
 * newline, if a line is too long, or if a line longer than one read has a NUL byte, since that is not text. */
nn_status line_reader_next(line_reader *r, const char **line, size_t *n, nn_error *err);

#endif
