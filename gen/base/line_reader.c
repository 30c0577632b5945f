#include "base/line_reader.h"
#include "base/file_read.h"
#include "base/path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)32 * 1024)

nn_status line_reader_open(line_reader *r, int root, const char *path, int flags, const char *shown, nn_error *err)
{
    *r = (line_reader){.path = shown, .most = LINE_READER_MOST};
    return file_open(&r->fd, root, path, flags, shown, err);
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
    r->searched -= r->start;
    r->start = 0;
    ssize_t k;
    do
        k = read(r->fd, r->bytes + r->end, CHUNK);
    while (k < 0 && errno == EINTR);
    if (k < 0)
        return path_fail(err, NULL, r->path, "cannot read", errno);
    r->end += (size_t)k;
    r->eof = k == 0;
    return NN_OK;
}

nn_status line_reader_next(line_reader *r, const char **line, size_t *n, nn_error *err)
{
    for (;;) {
        const char *from = r->bytes + r->start;
        const char *newline = r->end > r->searched ? memchr(r->bytes + r->searched, '\n', r->end - r->searched) : NULL;
        if (newline != NULL) {
            *line = from;
            *n = (size_t)(newline - from) + 1;
            r->start += *n;
            r->searched = r->start;
            return NN_OK;
        }
        if (r->end > r->searched && memchr(r->bytes + r->searched, '\0', r->end - r->searched) != NULL)
            return path_fail(err, NULL, r->path, "is not text: it has a NUL byte", 0);
        r->searched = r->end;
        if (r->eof && r->end > r->start)
            return path_fail(err, NULL, r->path, "ends in the middle of a line", 0);
        *n = 0;
        if (r->eof)
            return NN_OK;
        if (r->end - r->start >= r->most)
            return path_fail(err, NULL, r->path, "has a line that is too long", 0);
        if (!nn_grow((void **)&r->bytes, &r->capacity, r->end - r->start + r->start + CHUNK, 1))
            return nn_nomem(err);
        nn_status s = fill(r, err);
        if (s != NN_OK)
            return s;
    }
}
