/* Judges a candidate that may break rules of operators, by computing it. */
#ifndef NN_REDUCE_JUDGE_H
#define NN_REDUCE_JUDGE_H

#include "reduce/reduce_base.h"

/* *valid: the table can compute all outputs of the case. Then the case states their shapes, which may be others than before. Only
 * NN_ERR_NOMEM is a failure. A case that is not valid is freed. */
nn_status reduce_judge(reduce_case *c, const reduce_base *b, bool *valid, nn_error *err);

#endif
