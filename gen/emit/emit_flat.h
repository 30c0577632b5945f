/* A model without graphs inside its nodes: functions are written where they are called, and branches side by side.
 *
 * Ownership: what is new lives in the arena; the rest is borrowed from the model. */
#ifndef NN_EMIT_FLAT_H
#define NN_EMIT_FLAT_H

#include "emit/emit_samples.h"

/* *out is like the model; it must not be closed. `branch`: the operator that chooses between the results of two branches; NULL:
 * there is none. A branch that is not taken is left out if the condition is constant, or is in `known`, the samples of the model
 * (NULL: none), at all sizes. NN_ERR_UNSUPPORTED: the model has loops, or functions of another opset; the message names the node.
 */
nn_status emit_flat(eval_model *out, const eval_model *m, const char *branch, const emit_samples *known, arena *a, nn_error *err);
/* Whether the model's graph has branches. */
bool emit_has_branches(const eval_model *m);

#endif
