/* The local check: every node is judged on the tensors that a runtime computed before it, so that what one node does wrong shows at
 * that node, however wide the bounds of the whole model are. */
#ifndef NN_EVAL_GIVEN_H
#define NN_EVAL_GIVEN_H

#include "base/json_line.h"
#include "eval/eval_run.h"

/* The tensors are set. A tensor that is not given counts as what its node makes of those before it. Appends a line for each tensor
 * with elements outside their bounds, the worst first, and a line with the numbers. *wrong: is increased by the number of such
 * tensors. */
nn_status eval_given_check(json_line *out, eval_run *r, size_t *wrong, nn_error *err);

#endif
