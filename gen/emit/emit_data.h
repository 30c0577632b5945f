/* The stored inputs of a model, and the outputs and bounds that are stored with them: test_data_set_K, or inputs.npz, outputs.npz
 * and bounds.npz, beside the model.
 *
 * Ownership: an emit_data owns the tensors and borrows the names. */
#ifndef NN_EMIT_DATA_H
#define NN_EMIT_DATA_H

#include "onnx/tensor_file.h"

typedef struct {
    const char *name;
    const file_tensor *value, *bound; /* NULL: not stored */
} emit_stored;

typedef struct {
    emit_stored *inputs, *outputs; /* in the order of the model */
    size_t n_inputs, n_outputs;
    tensor_file *files;
    size_t n_files, room_files;
    arena memory;
} emit_data;

/* Names the inputs and outputs; nothing is read yet. */
nn_status emit_data_open(emit_data *d, const char *const *inputs, size_t n_inputs, const char *const *outputs, size_t n_outputs,
                         nn_error *err);
/* Reads set `set` beside the file `model`. What is not stored stays NULL. NN_ERR_IO: a file is not sound. */
nn_status emit_data_read(emit_data *d, const char *model, uint64_t set, nn_error *err);
void emit_data_close(emit_data *d); /* also a zeroed one */

#endif
