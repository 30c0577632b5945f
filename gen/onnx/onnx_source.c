#include "onnx/onnx_source.h"
#include "base/file_read.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 16 };

void onnx_source_bytes(onnx_source *s, const void *bytes, size_t n)
{
    *s = (onnx_source){.at = bytes, .size = n, .position = n, .fd = -1};
    s->end = n > 0 ? s->at + n : s->at;
}

nn_status onnx_source_file(onnx_source *s, int root, const char *path, const char *shown, nn_error *err)
{
    struct stat st;
    *s = (onnx_source){.fd = -1};
    nn_status status = file_open(&s->fd, root, path, 0, shown, err);
    if (status != NN_OK)
        return status;
    if (fstat(s->fd, &st) != 0)
        status = nn_fail(err, NN_ERR_IO, shown, 0, 0, "cannot read: %s", strerror(errno));
    else if ((s->buffer = nn_malloc(BUFFER)) == NULL)
        status = nn_nomem(err);
    if (status != NN_OK) {
        onnx_source_close(s);
        return status;
    }
    s->size = (uint64_t)st.st_size;
    s->at = s->end = s->buffer;
    return NN_OK;
}

void onnx_source_close(onnx_source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    nn_free(s->buffer);
    *s = (onnx_source){.fd = -1};
}

bool onnx_source_fill(onnx_source *s)
{
    if (s->buffer == NULL || s->position >= s->size || s->reason != 0)
        return false;
    uint64_t left = s->size - s->position;
    ssize_t n;
    do
        n = pread(s->fd, s->buffer, left < BUFFER ? (size_t)left : BUFFER, (off_t)s->position);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        s->reason = errno;
    if (n <= 0)
        return false;
    s->at = s->buffer;
    s->end = s->buffer + n;
    s->position += (uint64_t)n;
    return true;
}

bool onnx_source_take(onnx_source *s, uint8_t *to, uint64_t n)
{
    while (n > 0) {
        size_t here = (size_t)(s->end - s->at);
        if (here == 0 && to == NULL && s->buffer != NULL && n <= s->size - s->position) {
            s->position += n;
            return true;
        }
        if (here == 0 && !onnx_source_fill(s))
            return false;
        here = (size_t)(s->end - s->at);
        here = here < n ? here : (size_t)n;
        if (to != NULL) {
            memcpy(to, s->at, here);
            to += here;
        }
        s->at += here;
        n -= here;
    }
    return true;
}
