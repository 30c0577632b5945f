/* Expected outputs of a model that is built, and what summarises them. Each data set is computed once if the sets are asked for in
 * order.
 *
 * Ownership: a model_outputs is part of a model and owns its memory; free it with model_outputs_free. */
#ifndef NN_OUTPUTS_H
#define NN_OUTPUTS_H

#include "family/tolerance.h"
#include "reference/reference.h"
#include "value/graph.h"
#include "write/naming.h"
#include "write/npz.h"
#include "write/onnx_write.h"

/* The contents of a graph output: of one data set or, for archives, of all sets, one after the other. */
typedef struct {
    uint8_t *values;
    float *bounds;
    size_t n; /* elements in a set, at most */
    tolerance tolerance;
} output_contents;

typedef struct {
    bool open;             /* the arenas are in use */
    output_contents *kept; /* of each graph output; NULL: none of this model */
    uint64_t seen;         /* sets 0..seen-1 are in the tolerances and, for archives, in the contents */
    uint64_t set;          /* the set in the contents, if there is one only; UINT64_MAX: none */
    arena kept_memory, results, scratch;
    onnx_buffer value, bound;
    npz archive;
} model_outputs;

typedef struct {
    const ref_table *rules;
    const op_set *ops;  /* of the rules */
    const graph *views; /* the graph of each data set, where they take turns */
    size_t n_views;
    const model_names *names;
    const onnx_request *request;
    uint64_t sets;
    bool archives; /* the contents of all sets are kept */
} outputs_of;

void model_outputs_free(model_outputs *o);
void model_outputs_forget(model_outputs *o); /* another model was built */
/* The values of graph output i in the set, or their bounds, as a TensorProto in o->value or o->bound. */
nn_status model_outputs_write(model_outputs *o, const outputs_of *of, uint64_t set, size_t i, bool bound, nn_error *err);
/* The values of all outputs in all sets, or their bounds, in o->archive: by name, with the set as the first axis; or
 * if sets differ in their shapes, an array for each of them (npz_set_name). */
nn_status model_outputs_archive(model_outputs *o, const outputs_of *of, bool bound, nn_error *err);
/* Computes the sets that were not yet: o->kept[i].tolerance is then complete. */
nn_status model_outputs_all(model_outputs *o, const outputs_of *of, nn_error *err);

#endif
