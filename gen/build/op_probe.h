/* What operators make of sample tensors. When a builder is made, each operator is lowered on a few samples, with separate draws,
 * so that the answers depend on the table alone. They show which operator can convert a tensor for an input that requires another
 * rank or other values (a bridge), and which can join a weak tensor with another one (a mixer).
 *
 * Ownership: the probe owns its lists. They are filled on first use, so a probe serves one thread. */
#ifndef NN_OP_PROBE_H
#define NN_OP_PROBE_H

#include "arena.h"
#include "lower/lower.h"
#include "build/op_index.h"

/* The operator made `out`, its output number `output`, from a tensor of type in_type and rank in_rank as its input in_input. */
typedef struct {
    uint16_t op;
    dtype in_type;
    uint8_t in_rank, in_input, output;
    bool keeps; /* out has the dimensions of that tensor */
    tensor_desc out;
} probe_sample;

typedef struct op_probe op_probe;

/* memory is used during the call only; index and l must outlive the probe. */
nn_status op_probe_new(op_probe **out, const op_index *index, lower *l, arena *memory, nn_error *err);
void op_probe_free(op_probe *p);
const probe_sample *op_probe_samples(const op_probe *p, size_t *n);
/* Room for the indices of all samples. The contents are valid until the next call of op_probe_bridges. */
uint32_t *op_probe_room(op_probe *p);
/* Operators whose output is not weak although one of their two inputs is weak. */
const op_list *op_probe_mixers(const op_probe *p);
/* Whether the operator may take both tensors, judged by their shapes: if it is a mixer that accepted no other shapes in the
 * probe, they must broadcast together. */
bool op_probe_may_join(const op_probe *p, const op_model *op, const tensor_desc *a, const tensor_desc *b);
/* Makes the probes that the next three functions need, unless they are made. It uses the limits of the lowering, which must be the
 * same in each call, and memory during the call only. false: out of memory. */
bool op_probe_more(op_probe *p, arena *memory);
typedef enum { FITS_NEVER, FITS_PERHAPS, FITS_ALWAYS } probe_fit;
/* Whether the operator may join b with what the operator of the sample makes of a, judged by what became of each axis in several
 * probes. */
probe_fit op_probe_fit(const op_probe *p, size_t sample, const op_model *op, const tensor_desc *a, const tensor_desc *b);
/* Whether the operator of the sample may make the dimensions of `want`, which has the rank of its output, from those of a. */
probe_fit op_probe_makes(const op_probe *p, size_t sample, const tensor_desc *a, const tensor_desc *want);
/* How many of EASE_TRIALS pairs of outputs of samples the operator joined, though all were pairs that may fit. */
#define EASE_TRIALS 16
int op_probe_ease(const op_probe *p, const op_model *op);
/* Indices of the samples whose output may be that input of the operator; *n: how many. Valid until the next call. NULL: out of
 * memory. */
const uint32_t *op_probe_bridges(op_probe *p, const op_model *op, size_t input, size_t *n);

#endif
