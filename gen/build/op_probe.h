/* What operators make of sample tensors: found once a builder by lowering each on a few, with draws of its own, so that it depends
 * on the table alone. Tells which operator may stand between a tensor and an input of another rank or domain of values.
 *
 * Ownership: the probe owns its lists. They are filled on first use: a probe serves one thread. */
#ifndef NN_OP_PROBE_H
#define NN_OP_PROBE_H

#include "arena.h"
#include "lower/lower.h"
#include "build/op_index.h"

/* One sample: the operator made `out` (its output number `output`) of a tensor of in_type and rank in_rank in its input in_input.
 */
typedef struct {
    uint16_t op;
    dtype in_type;
    uint8_t in_rank, in_input, output;
    tensor_desc out;
} probe_sample;

typedef struct op_probe op_probe;

/* l, memory: used during the call, and l for lower_may_take later. */
nn_status op_probe_new(op_probe **out, const op_index *index, lower *l, arena *memory, nn_error *err);
void op_probe_free(op_probe *p);
const probe_sample *op_probe_samples(const op_probe *p, size_t *n);
/* Joins whose output is not weak though one input is. */
const op_list *op_probe_mixers(const op_probe *p);
/* Whether the operator, a mixer, may take both tensors, as far as shapes tell: one that took only shapes that broadcast together
 * when it was probed is taken to ask for such. */
bool op_probe_may_join(const op_probe *p, const op_model *op, const tensor_desc *a, const tensor_desc *b);
/* Samples (by number) whose output may go in the input of the operator, valid until the next call. NULL without memory. */
const uint32_t *op_probe_bridges(op_probe *p, const op_model *op, size_t input, size_t *n);

#endif
