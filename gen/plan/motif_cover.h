/* The motif plan: it decides which motifs are due in which model, so that every motif appears at every level. It is a function of
 * (motifs, nodes, count, seed) alone.
 *
 * Ownership: the plan owns its lists. It is immutable after motif_cover_new; threads may share it. */
#ifndef NN_MOTIF_COVER_H
#define NN_MOTIF_COVER_H

#include "build/motif_wish.h"

typedef struct motif_cover motif_cover;

/* allowed: the motifs, indices in the set. */
nn_status motif_cover_new(motif_cover **out, const motif_set *set, const uint16_t *allowed, size_t n, size_t nodes, uint64_t count,
                          uint64_t seed, nn_error *err);
void motif_cover_free(motif_cover *c);
/* Motifs due in model i; valid until motif_cover_free. c may be NULL: none. */
const due_motif *motif_cover_due(const motif_cover *c, uint64_t model, size_t *n);
/* Whether models have room for the motif as a rule, with what joins it to the rest. */
bool motif_cover_fits(const motif_set *set, uint16_t motif, size_t nodes);
/* Why a motif is not due at each level (a static string); NULL: it is. Without a plan (c is NULL): why it is in no model; NULL: it
 * may be in one. */
const char *motif_cover_reason(const motif_cover *c, const motif_set *set, uint16_t motif, size_t nodes);

#endif
