/* A look at the protobuf wire format of an ONNX model before it is parsed: protobuf-c recurses as deep as the bytes say and joins a
 * message field that is there twice, which takes quadratic time. Both are refused here, with little memory and in linear time. */
#ifndef NN_ONNX_SCAN_H
#define NN_ONNX_SCAN_H

#include "base.h"

enum { ONNX_SCAN_DEPTH = 32 }; /* bodies of control flow inside each other */

typedef struct {
    size_t external; /* tensors whose data are in another file, which is not followed */
} onnx_scan_report;

/* NN_ERR_IO says what is wrong; file is for the message. */
nn_status onnx_scan(onnx_scan_report *report, const void *bytes, size_t n, const char *file, nn_error *err);

#endif
