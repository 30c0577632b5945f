/* The sets of an analysis from the matching blocks of every two listed paths, as in the study.
 *
 * The blocks of two paths depend on their operators only. So each different path is stored once, and every two of them are
 * compared once for each set, however many models have them. */
#ifndef NN_SEQ_BLOCKS_H
#define NN_SEQ_BLOCKS_H

#include "sequences/seq_analysis.h"

/* Fills sets, pairs and capped. */
nn_status seq_blocks_find(seq_analysis *a, nn_error *err);

#endif
