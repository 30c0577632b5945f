#include "base/file_read.h"
#include "base/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)32 * 1024)

nn_status line_reader_open(line_reader *r, const char *path, nn_error *err)
{
    *r = (line_reader){.path = path};
    return file_open(&r->fd, AT_FDCWD, path, 0, path, err);
}

void line_reader_close(line_reader *r)
{
    if (r->fd >= 0)
        close(r->fd);
    nn_free(r->bytes);
    *r = (line_reader){.fd = -1};
}

static nn_status fill(line_reader *r, nn_error *err)
{
    memmove(r->bytes, r->bytes + r->start, r->end - r->start);
    r->end -= r->start;
    r->start = 0;
    ssize_t k;
    do
        k = read(r->fd, r->bytes + r->end, CHUNK);
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return nn_fail(err, NN_ERR_IO, r->path, 0, 0, "cannot read: %s", strerror(errno));
    r->end += (size_t)k;
    r->eof = k == 0;
    return NN_OK;
}

nn_status line_reader_next(line_reader *r, const char **line, size_t *n, nn_error *err)
{
    for (;;) {
        const char *from = r->bytes + r->start;
        const char *newline = r->end > r->start ? memchr(from, '\n', r->end - r->start) : NULL;
        if (newline != NULL) {
            *line = from;
            *n = (size_t)(newline - from) + 1;
            r->start += *n;
            return NN_OK;
        }
        if (r->eof && r->end > r->start)
            return nn_fail(err, NN_ERR_IO, r->path, 0, 0, "ends in the middle of a line");
        *n = 0;
        if (r->eof)
            return NN_OK;
        if (!nn_grow((void **)&r->bytes, &r->capacity, r->end - r->start + r->start + CHUNK, 1))
            return nn_nomem(err);
        nn_status s = fill(r, err);
        if (s != NN_OK)
            return s;
    }
}
