/* Writes subgraphs as motifs in YAML (the language of specs/motifs/). */
#ifndef NN_MINE_YAML_H
#define NN_MINE_YAML_H

#include "base/json_line.h"
#include "mine/mine_model.h"

/* What is written in place of a subgraph that cannot be a motif, such as one without inputs, is nothing: the result is then false.
 * parts: places of one subgraph; the first one is the pattern. models: the number for its doc. name: of the motif. */
bool mine_put_motif(json_line *out, const mine_models *m, const mine_part *parts, size_t n, uint32_t models, const char *name);

#endif
