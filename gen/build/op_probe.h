/* What operators make of sample tensors: each is lowered on a few of them when a builder is made, with draws of its own, so that
 * the answers depend on the table alone. They tell which operator may stand between a tensor and an input that wants another rank
 * or other values (a bridge), and which can join a weak tensor with another (a mixer).
 *
 * Ownership: the probe owns its lists. They are filled on first use: a probe serves one thread. */
#ifndef NN_OP_PROBE_H
#define NN_OP_PROBE_H

#include "arena.h"
#include "lower/lower.h"
#include "build/op_index.h"

/* The operator made `out`, its output number `output`, of a tensor of in_type and rank in_rank in its input in_input. */
typedef struct {
    uint16_t op;
    dtype in_type;
    uint8_t in_rank, in_input, output;
    tensor_desc out;
} probe_sample;

typedef struct op_probe op_probe;

/* memory is used during the call only; index and l must outlive the probe. */
nn_status op_probe_new(op_probe **out, const op_index *index, lower *l, arena *memory, nn_error *err);
void op_probe_free(op_probe *p);
const probe_sample *op_probe_samples(const op_probe *p, size_t *n);
/* Operators whose output is not weak though one of its two inputs is. */
const op_list *op_probe_mixers(const op_probe *p);
/* Whether the operator may take both tensors, as far as their shapes tell: if it is a mixer that took no other shapes when it was
 * probed, they must broadcast together. */
bool op_probe_may_join(const op_probe *p, const op_model *op, const tensor_desc *a, const tensor_desc *b);
/* Numbers of the samples whose output may go in the input of the operator, *n of them, valid until the next call. NULL without
 * memory. */
const uint32_t *op_probe_bridges(op_probe *p, const op_model *op, size_t input, size_t *n);

#endif
