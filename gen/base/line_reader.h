/* Reads a regular file line by line, of any length.
 *
 * Ownership: a line_reader owns its descriptor and buffer. */
#ifndef NN_LINE_READER_H
#define NN_LINE_READER_H

#include "base.h"

typedef struct {
    int fd;
    const char *path; /* for messages, borrowed */
    char *bytes;
    size_t start, end, capacity;
    bool eof;
} line_reader;

nn_status line_reader_open(line_reader *r, const char *path, nn_error *err);
void line_reader_close(line_reader *r); /* also of a zeroed one whose fd is -1 */
/* The next line with its newline, valid until the next call; *n is 0 at the end. A last line without a newline is an error. */
nn_status line_reader_next(line_reader *r, const char **line, size_t *n, nn_error *err);

#endif
