/* A model without graphs inside its nodes: functions are written where they are called, and branches side by side.
 *
 * Ownership: what is new lives in the arena; the rest is borrowed from the model. */
#ifndef NN_EMIT_FLAT_H
#define NN_EMIT_FLAT_H

#include "eval/eval_model.h"

/* *out is like the model; it must not be closed. `branch`: the operator that chooses between the results of two branches; NULL:
 * there is none. A branch whose condition is constant is left out if it is not taken. NN_ERR_UNSUPPORTED: the model has loops, or
 * functions of another opset; the message names the node. */
nn_status emit_flat(eval_model *out, const eval_model *m, const char *branch, arena *a, nn_error *err);

#endif
