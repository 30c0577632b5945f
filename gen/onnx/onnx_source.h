/* The bytes of an ONNX model, from memory or from a file, in order. Of a file no more than a buffer is in memory, and what is
 * passed over is not read.
 *
 * Ownership: a source of bytes borrows them; a source of a file owns the descriptor and the buffer: onnx_source_close. */
#ifndef NN_ONNX_SOURCE_H
#define NN_ONNX_SOURCE_H

#include "base.h"

typedef struct {
    const uint8_t *at, *end; /* bytes at hand */
    uint64_t size, position; /* of all; of what is behind `end` */
    uint8_t *buffer;         /* NULL: of bytes in memory */
    int fd, reason;          /* reason: errno of a read that failed */
} onnx_source;

void onnx_source_bytes(onnx_source *s, const void *bytes, size_t n);
/* See file_open. */
nn_status onnx_source_file(onnx_source *s, int root, const char *path, const char *shown, nn_error *err);
void onnx_source_close(onnx_source *s);

static inline uint64_t onnx_source_place(const onnx_source *s)
{
    return s->position - (uint64_t)(s->end - s->at);
}

/* False: at the end, which comes early in a file that was cut off meanwhile; or the read failed. */
bool onnx_source_fill(onnx_source *s);
static inline bool onnx_source_byte(onnx_source *s, uint8_t *byte)
{
    if (s->at == s->end && !onnx_source_fill(s))
        return false;
    *byte = *s->at++;
    return true;
}
/* The next n bytes, copied, or passed over where `to` is NULL. */
bool onnx_source_take(onnx_source *s, uint8_t *to, uint64_t n);

#endif
