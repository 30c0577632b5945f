/* Parses ONNX models of any origin. Refuses input that would cause deep recursion, quadratic time or excessive memory.
 *
 * Ownership: free the result of onnx_parse with onnx_parse_free. */
#ifndef NN_ONNX_PARSE_H
#define NN_ONNX_PARSE_H

#include "arena.h"
#include "onnx/onnx_scan.h"

typedef struct Onnx__ModelProto Onnx__ModelProto; /* from the generated header */

/* Parses a model. The result has a graph; the data of tensors and documentation texts are left out, except
 * fields of data of at most `small` bytes. NN_ERR_IO: the bytes are not
 * a model, exceed 2 GiB (the limit of protobuf), or would take more memory than 64 MiB plus 16 times their size. `file` is for
 * messages. */
nn_status onnx_parse(Onnx__ModelProto **out, onnx_scan_report *report, onnx_source *from, size_t small, const char *file,
                     nn_error *err);
void onnx_parse_free(Onnx__ModelProto *m);

/* Parses all of a model, with the data of tensors and texts, into an arena, which owns the result. The refusals are the same. */
nn_status onnx_parse_all(Onnx__ModelProto **out, const void *bytes, size_t n, arena *a, const char *file, nn_error *err);

#endif
