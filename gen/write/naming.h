/* Names of a model's tensors and nodes. All are C identifiers, as ONNX asks, and unique within the model.
 *
 *     node           Conv_7          operator and position in the file
 *     its output     Conv_7_Y        the operator's name for it
 *     initializer    init_Conv_7_W   after its first consumer's input
 *     graph input    input_0         position
 *
 * Ownership: in the arena given. */
#ifndef NN_NAMING_H
#define NN_NAMING_H

#include "arena.h"
#include "base.h"
#include "rules/opmodel.h"

typedef struct {
    const char **tensors; /* by tensor; NULL for one that no node uses */
    const char **nodes;   /* by node (not by position) */
} model_names;

/* ops: the operators that the graph was built from; NULL: outputs and inputs are numbered. */
nn_status model_names_new(model_names *out, const graph *g, const op_set *ops, arena *a, nn_error *err);

/* "test_000042" */
#define MODEL_NAME_SIZE 32
void model_name(char out[MODEL_NAME_SIZE], uint64_t index);
bool model_index(const char *name, uint64_t *index); /* the reverse; false: it is no such name */

#endif
