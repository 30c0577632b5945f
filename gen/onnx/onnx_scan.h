/* Scans the protobuf wire format of an ONNX model before it is parsed, in linear time.
 *
 * protobuf-c recurses as deeply as messages are nested, and merges repeated occurrences of a message field, which takes quadratic
 * time. The scan refuses both. protobuf-c also keeps a copy of all tensor data, which nngen does not need. The scan therefore
 * rewrites the model without these data, so that memory depends on the structure of a model and not on the size of its weights.
 *
 * Ownership: the caller frees the bytes of an onnx_skeleton with nn_free, also after a failure. */
#ifndef NN_ONNX_SCAN_H
#define NN_ONNX_SCAN_H

#include "onnx/onnx_source.h"

enum { ONNX_SCAN_DEPTH = 32 }; /* levels of nested control-flow bodies */

typedef struct {
    size_t external; /* tensors whose data are in another file; that file is not read */
} onnx_scan_report;

/* A model without the data of tensors and documentation texts. */
typedef struct {
    uint8_t *bytes;
    size_t n, capacity;
} onnx_skeleton;

/* small: fields with data of a tensor that have at most so many bytes are kept; 0: none. NN_ERR_IO: the message says what is wrong;
 * file is for the message. */
nn_status onnx_scan(onnx_scan_report *report, onnx_skeleton *out, onnx_source *from, size_t small, const char *file, nn_error *err);

#endif
