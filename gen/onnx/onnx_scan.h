/* A look at the protobuf wire format of an ONNX model before it is parsed, in linear time.
 *
 * protobuf-c recurses as deep as the bytes say, and joins a message field that is there twice, which takes quadratic time: both are
 * refused here. It also keeps a copy of all data of tensors, which nobody looks at here: the model is written anew without them,
 * so that memory holds a model's structure, whatever the size of its weights.
 *
 * Ownership: an onnx_skeleton's bytes are the caller's to nn_free, after a failure too. */
#ifndef NN_ONNX_SCAN_H
#define NN_ONNX_SCAN_H

#include "onnx/onnx_source.h"

enum { ONNX_SCAN_DEPTH = 32 }; /* bodies of control flow inside each other */

typedef struct {
    size_t external; /* tensors whose data are in another file, which is not followed */
} onnx_scan_report;

/* A model without the data of tensors and documentation texts. */
typedef struct {
    uint8_t *bytes;
    size_t n, capacity;
} onnx_skeleton;

/* NN_ERR_IO says what is wrong; file is for the message. */
nn_status onnx_scan(onnx_scan_report *report, onnx_skeleton *out, onnx_source *from, const char *file, nn_error *err);

#endif
