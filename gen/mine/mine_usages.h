/* Writes the manner of models in YAML (the language of specs/manners/): ranks and dims of their tensors, and the usages of their
 * operators. */
#ifndef NN_MINE_USAGES_H
#define NN_MINE_USAGES_H

#include "base/json_line.h"
#include "mine/mine_model.h"

/* false: out of memory. */
bool mine_put_manner(json_line *out, const mine_models *m);

#endif
