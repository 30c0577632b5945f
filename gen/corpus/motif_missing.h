/* Motifs that a family should have and does not: with --cover motifs every motif at every level, and each motif that was named. */
#ifndef NN_MOTIF_MISSING_H
#define NN_MOTIF_MISSING_H

#include "family/family.h"
#include "nngen.h"

typedef struct {
    const char *name;
    unsigned levels;    /* bit l: the motif does not appear at level l */
    const char *reason; /* static */
} motif_missing;

/* Whether the family states which motifs it should have. */
bool motif_missing_known(const nn_family *f);
/* k: a position in f->motifs.allowed. false: the motif appears as it should. */
bool motif_missing_at(const nn_family *f, const stats *s, size_t k, motif_missing *out);
/* Calls `tell` for each. part: the statistics are those of a shard; motifs that another shard may have are left out. */
void motif_missing_tell(const nn_family *f, const stats *s, bool part, nn_missing_motif_fn *tell, void *data);

#endif
