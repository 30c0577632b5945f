/* The compilation of one entry of a motif file.
 *
 * Ownership: what a motif_def leads to lives in the given arena. */
#ifndef NN_MOTIF_COMPILE_H
#define NN_MOTIF_COMPILE_H

#include "motif/motif_def.h"

/* Compiles an entry, with all checks. NN_ERR_TABLE: it is malformed. */
nn_status motif_compile_entry(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, nn_error *err);
/* For an entry whose soundness is known: what must be known of a motif before its first plan is drawn, which is its name, doc,
 * place, number of nodes, last operator, and whether and why it is left out. */
nn_status motif_compile_outline(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, arena *scratch, nn_error *err);
/* All of that motif. */
nn_status motif_compile_late(const motif_set *set, motif_def *d, const spec_pair *pair, arena *a, nn_error *err);

#endif
