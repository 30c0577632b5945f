/* Which motifs a family has: what --motifs and --cover motifs ask for.
 *
 * Ownership: the choice owns its plan; the list lives in the given arena. */
#ifndef NN_MOTIF_CHOICE_H
#define NN_MOTIF_CHOICE_H

#include "plan/motif_cover.h"

#include "arena.h"

typedef struct {
    bool on; /* models may have motifs, and their records list them */
    const motif_set *set;
    uint16_t *allowed;
    size_t n_allowed;
    uint16_t *closed; /* closed fragments (fragments.h), which are not among those allowed: until fragments_open those that the text
                         names, then those that models may have */
    size_t n_closed;
    bool named;         /* the text names them */
    bool by_manner;     /* the model's manner states the share, or that there are none */
    uint32_t share;     /* in thousandths, in the mean over models */
    motif_cover *cover; /* NULL: no motif is due */
} motif_choice;

typedef struct {
    const motif_set *table;   /* NULL: the table was opened without motifs */
    bool learns;              /* a text learned from models was given */
    const motif_set *learned; /* the table's, then those learned from models; NULL: none were */
} motif_sources;

/* text: the argument of --motifs. If motifs were learned, a share is of those; names may be of both. covers: every motif is due at
 * every level. NN_ERR_USAGE: no motif has the name, the share is outside 0 to 1, nothing was learned, or every motif is due and
 * none is wanted. */
nn_status motif_choice_open(motif_choice *c, const motif_sources *from, const char *text, bool covers, size_t nodes, uint64_t count,
                            uint64_t seed, arena *a, nn_error *err);
/* The motifs that models may have: those allowed, and closed fragments. */
static inline size_t motif_choice_all(const motif_choice *c)
{
    return c->n_allowed + c->n_closed;
}
static inline size_t motif_choice_at(const motif_choice *c, size_t k)
{
    return k < c->n_allowed ? c->allowed[k] : c->closed[k - c->n_allowed];
}
void motif_choice_close(motif_choice *c);

#endif
