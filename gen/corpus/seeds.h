/* A seed corpus for fuzzers: many small models, their tapes, and a dictionary.
 *
 *     DIR/models/NAME.onnx     at most max_bytes each; for runtimes DIR/models/NAME/model.onnx with input tensors
 *     DIR/tapes/NAME.tape      the same models as tapes (nn_model_tape), for fuzzers that mutate tapes
 *     DIR/onnx.dict            names of operators, attributes and fields, in the format of libFuzzer and AFL++
 *
 * Sizes go in turn from 1 node to the largest number. A model that is larger than max_bytes is left out. */
#ifndef NN_SEEDS_H
#define NN_SEEDS_H

#include "nngen.h"

typedef struct {
    const char *out;
    nn_family_config family; /* of the largest models; count: of all models */
    uint64_t max_bytes;      /* of a model.onnx */
    int runtimes;            /* not 0: for runtimes; 0: for parsers, without input tensors */
    int force;               /* not 0: files in `out` are replaced */
} seeds_config;

typedef struct {
    uint64_t models, large; /* large: left out */
    uint64_t bytes;         /* of models and tapes */
} seeds_report;

nn_status seeds_write(const nn_table *table, const seeds_config *config, seeds_report *report, nn_error *err);

#endif
