/* What a line of models.jsonl says of closed fragments (family/fragments.h). */
#ifndef NN_FRAGMENT_LINE_H
#define NN_FRAGMENT_LINE_H

#include "base/json_line.h"
#include "rules/opmodel.h"

/* "open": the tensors of which data decide dims, by name: their dims, with null for these. Nothing if there are none. names: of the
 * graph's tensors. */
void fragment_line_open(json_line *j, const graph *g, const char *const *names);
/* "random": the random operators of the model, each once. Nothing if there are none. */
void fragment_line_random(json_line *j, const graph *g, const op_set *ops);

#endif
