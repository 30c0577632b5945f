/* The motifs that models.jsonl lists for the models of a corpus.
 *
 * Ownership: a row_motifs owns everything that it points to; free it with row_motifs_free. */
#ifndef NN_ROW_MOTIFS_H
#define NN_ROW_MOTIFS_H

#include "arena.h"
#include "base.h"

typedef struct {
    const char *name, *level; /* level: "exact", "variant" or "mutated" */
    const uint32_t *nodes;    /* in file order */
    size_t n_nodes;
} row_motif;

typedef struct {
    const char *model; /* "test_000000" */
    const row_motif *motifs;
    size_t n_motifs;
} row_motifs_of;

typedef struct {
    row_motifs_of *all; /* sorted by model; models without motifs are left out */
    size_t n, capacity;
    arena memory;
} row_motifs;

/* Reads models.jsonl of the open directory. `only` is the name of the only model that is of interest; NULL: all are. The list is
 * empty if there is no such file, or if it is not nngen's. NN_ERR_NOMEM: there is nothing to free. */
nn_status row_motifs_read(row_motifs *m, int dir, const char *only, nn_error *err);
/* NULL: no motifs are known for the model. */
const row_motifs_of *row_motifs_find(const row_motifs *m, const char *model);
void row_motifs_free(row_motifs *m); /* also of a zeroed one */

#endif
