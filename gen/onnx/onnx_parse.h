/* Parses an ONNX model that anybody may have made: what would recurse without end, take quadratic time or blow up in memory is
 * refused.
 *
 * Ownership: what onnx_parse hands out is given to onnx_parse_free. */
#ifndef NN_ONNX_PARSE_H
#define NN_ONNX_PARSE_H

#include "onnx/onnx_scan.h"

typedef struct Onnx__ModelProto Onnx__ModelProto; /* of the generated header */

/* The model has a graph; its tensors have no data, and documentation is left out. NN_ERR_IO: it is no model, larger than protobuf
 * allows (2 GiB), or would take more memory than 64 MiB and 16 times its size. `file` is for messages. */
nn_status onnx_parse(Onnx__ModelProto **out, onnx_scan_report *report, onnx_source *from, const char *file, nn_error *err);
void onnx_parse_free(Onnx__ModelProto *m);

#endif
