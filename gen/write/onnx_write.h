/* Serialises graphs as ONNX.
 *
 * Ownership: an onnx_buffer owns its bytes and is reused from model to model. Messages and raw data are built in the arena and
 * released before return. */
#ifndef NN_ONNX_WRITE_H
#define NN_ONNX_WRITE_H

#include "arena.h"
#include "base.h"
#include "value/graph.h"
#include "write/input_mode.h"
#include "write/naming.h"
#include "write/npz.h"
#include "table/opset.h"

typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
} onnx_buffer;

void onnx_buffer_free(onnx_buffer *b);

typedef struct {
    const char *key, *value;
} onnx_property;

typedef struct {
    int opset;                       /* OPSET_MIN to OPSET_MAX */
    const char *name;                /* of the graph */
    const onnx_property *properties; /* metadata_props, in order */
    size_t n_properties;
    uint64_t seed, index;     /* of the model; they determine the bulk streams of initializers and inputs */
    const input_modes *modes; /* of the inputs; NULL: all sets are uniform */
    uint64_t worlds;          /* so many sets in succession, which differ in their sizes, have the same mode; 0: one */
} onnx_request;

int onnx_ir_version(int opset); /* IR version of the ONNX release that introduced the opset; 0: unknown opset */

/* Replaces the content of the buffer by a ModelProto. */
nn_status onnx_write_model(onnx_buffer *b, const graph *g, const model_names *names, const onnx_request *q, arena *a,
                           nn_error *err);
/* The ModelProto as a message in the arena, for those who change it before it is written. */
struct Onnx__ModelProto;
nn_status onnx_message(struct Onnx__ModelProto **out, const graph *g, const model_names *names, const onnx_request *q, arena *a,
                       nn_error *err);
/* Replaces the content of the buffer by the message. */
nn_status onnx_write_message(onnx_buffer *b, const struct Onnx__ModelProto *m, nn_error *err);
/* Replaces the content of the buffer by a TensorProto with the values of graph input i in data set `set`. */
nn_status onnx_write_input(onnx_buffer *b, const graph *g, const model_names *names, const onnx_request *q, uint64_t set, size_t i,
                           arena *a, nn_error *err);
/* The elements of a graph input in data set `set`, or of an initializer, as raw_data; they live in the arena. */
nn_status onnx_contents(const void **bytes, const graph *g, const model_names *names, const onnx_request *q, uint64_t set,
                        int32_t tensor, arena *a, nn_error *err);
/* Replaces the content of the buffer by a TensorProto with the name, type, dims and elements given. */
nn_status onnx_write_tensor(onnx_buffer *b, const char *name, dtype type, const int64_t *dims, size_t rank, const void *bytes,
                            size_t n, nn_error *err);
/* Replaces the content by arrays with the values of all graph inputs in `sets` data sets, of dimensions (set, dimensions of the
 * input). views: the graphs of data sets, which take turns; if there are several, each set has arrays of its own (npz_set_name). */
nn_status onnx_write_npz(npz *z, const graph *views, size_t n_views, const model_names *names, const onnx_request *q, uint64_t sets,
                         arena *a, nn_error *err);

#endif
