/* A model as text: a line for each input, initializer, node and output. */
#ifndef NN_REDUCE_TEXT_H
#define NN_REDUCE_TEXT_H

#include "base/json_line.h"
#include "reduce/reduce_base.h"

nn_status reduce_text(json_line *out, const reduce_case *c, nn_error *err);

#endif
