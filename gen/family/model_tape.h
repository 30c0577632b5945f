/* Models and tapes: the bytes from which a model was built, or its own draws as bytes.
 *
 * Ownership: one thread's workspace, which owns its memory. */
#ifndef NN_MODEL_TAPE_H
#define NN_MODEL_TAPE_H

#include "base/sha256.h"
#include "build/build.h"

typedef struct {
    uint8_t *source; /* bytes from which the model was built */
    size_t size, source_capacity;
    bool from_bytes;
    bool changed;          /* the bytes are not those of a seeded model of this family */
    segment_list segments; /* the bytes, read */
    segment_reader reader;
    char digest[SHA256_HEX_SIZE]; /* of the bytes, if they are changed */
    build_log log;
    bool logged;    /* log is that of the model */
    uint8_t *bytes; /* of nn_model_tape */
    size_t bytes_capacity;
} model_tape;

void model_tape_free(model_tape *t);

#endif
