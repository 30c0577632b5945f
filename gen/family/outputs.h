/* Expected outputs of a model that is built, for one set of inputs at a time.
 *
 * Ownership: a model_outputs is part of a model; the tensors live in its arenas. */
#ifndef NN_OUTPUTS_H
#define NN_OUTPUTS_H

#include "reference/reference.h"
#include "value/graph.h"
#include "write/naming.h"
#include "write/onnx_write.h"

typedef struct {
    bool open;     /* the arenas are in use */
    bool computed; /* tensors hold the values of `set` */
    uint64_t set;
    ref_tensor *tensors;
    arena results, scratch;
    onnx_buffer value, bound;
} model_outputs;

typedef struct {
    const ref_table *rules;
    const op_set *ops; /* of the rules */
    const graph *g;
    const model_names *names;
    const onnx_request *request;
} outputs_of;

void model_outputs_free(model_outputs *o);
void model_outputs_forget(model_outputs *o); /* another model was built */
/* The values of graph output i in the set, or their bounds, as a TensorProto in o->value or o->bound. */
nn_status model_outputs_write(model_outputs *o, const outputs_of *of, uint64_t set, size_t i, bool bound, nn_error *err);

#endif
