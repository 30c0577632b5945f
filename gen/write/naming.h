/* Names of a model's tensors and nodes. All names are C identifiers, as ONNX requires, and unique within the model.
 *
 *     node           Conv_7          operator and position in the file
 *     its output     Conv_7_Y        the operator's name of the output
 *     initializer    init_Conv_7_W   the operator's name of the input of its first consumer
 *     graph input    input_0         position
 *
 * Ownership: names are allocated from the given arena. */
#ifndef NN_NAMING_H
#define NN_NAMING_H

#include "arena.h"
#include "base.h"
#include "rules/opmodel.h"

typedef struct {
    const char **tensors; /* by tensor; NULL if no node uses it */
    const char **nodes;   /* by index of the node, not by position in the file */
} model_names;

/* ops: the operators that the graph was built from; NULL: inputs and outputs are numbered. */
nn_status model_names_new(model_names *out, const graph *g, const op_set *ops, arena *a, nn_error *err);

/* "test_000042"; with several copies of a model, which follow one another, those after the first are "test_000042_v1" and so on. */
#define MODEL_NAME_SIZE 48
void model_name(char out[MODEL_NAME_SIZE], uint64_t index, uint64_t copies);
bool model_index(const char *name, uint64_t copies, uint64_t *index); /* the inverse; false: not such a name */

#endif
