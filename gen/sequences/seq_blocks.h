/* The sets of an analysis from the matching blocks of every two listed paths, as the study took them.
 *
 * The blocks of two paths depend on their operators alone. So each different path is kept once, whatever the models that have it,
 * and every two of them are compared once for each set. */
#ifndef NN_SEQ_BLOCKS_H
#define NN_SEQ_BLOCKS_H

#include "sequences/seq_analysis.h"

/* Fills the sets, pairs and capped. */
nn_status seq_blocks_find(seq_analysis *a, nn_error *err);

#endif
