/* The sets of an analysis from the matching blocks of every two listed paths, as the study took them. Pairs of paths that share no
 * run of min_length operators have no blocks and are found by an index. */
#ifndef NN_SEQ_BLOCKS_H
#define NN_SEQ_BLOCKS_H

#include "sequences/seq_analysis.h"

/* Fills the sets, pairs and capped. */
nn_status seq_blocks_find(seq_analysis *a, nn_error *err);

#endif
