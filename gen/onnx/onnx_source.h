/* Reads the bytes of an ONNX model in order, from memory or from a file. For a file, only a buffer is in memory, and skipped
 * bytes are not read.
 *
 * Ownership: a source of bytes borrows them. A source of a file owns the descriptor and the buffer; free them with
 * onnx_source_close. */
#ifndef NN_ONNX_SOURCE_H
#define NN_ONNX_SOURCE_H

#include "base.h"

typedef struct {
    const uint8_t *at, *end; /* buffered bytes that are not yet consumed */
    uint64_t size, position; /* total size; offset of `end` */
    uint8_t *buffer;         /* NULL: the source is in memory */
    int fd, reason;          /* reason: errno of a failed read */
} onnx_source;

void onnx_source_bytes(onnx_source *s, const void *bytes, size_t n);
/* See file_open. */
nn_status onnx_source_file(onnx_source *s, int root, const char *path, const char *shown, nn_error *err);
void onnx_source_close(onnx_source *s);

static inline uint64_t onnx_source_place(const onnx_source *s)
{
    return s->position - (uint64_t)(s->end - s->at);
}

/* Fills the buffer. false: the read failed, or the source has ended; a file that was truncated meanwhile ends early. */
bool onnx_source_fill(onnx_source *s);
static inline bool onnx_source_byte(onnx_source *s, uint8_t *byte)
{
    if (s->at == s->end && !onnx_source_fill(s))
        return false;
    *byte = *s->at++;
    return true;
}
/* Copies the next n bytes, or skips them if `to` is NULL. */
bool onnx_source_take(onnx_source *s, uint8_t *to, uint64_t n);

#endif
