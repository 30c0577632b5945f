/* Closed fragments: motifs whose inner sizes data decide, or whose inner values are random, and whose results are fixed again. The
 * options `data_dependent` and `random` of a family say how many of its models have some.
 *
 * Ownership: the lists live in the given arena. */
#ifndef NN_FRAGMENTS_H
#define NN_FRAGMENTS_H

#include "family/motif_choice.h"
#include "family/options.h"

#define FRAGMENTS_MOST 3 /* of a kind in a model */
enum { FRAGMENT_FOUND, FRAGMENT_RANDOM, FRAGMENT_KINDS };

typedef struct {
    uint32_t share[FRAGMENT_KINDS]; /* of the models, in thousandths */
    const motif_set *set;
    uint16_t *motifs[FRAGMENT_KINDS];
    size_t n[FRAGMENT_KINDS];
    size_t nodes;  /* of a model */
    uint64_t seed; /* of the family */
} fragments;

/* What a model has of them. */
typedef struct {
    due_motif due[FRAGMENT_KINDS * FRAGMENTS_MOST];
    size_t n;
    bool finds; /* data decide sizes */
} fragments_due;

/* set: the table's. computes: it knows what outputs are. c: if the text of `motifs` names motifs of a kind, only these are used; on
 * return its list of closed ones has all that may be used. NN_ERR_USAGE: an option is no share, the table has no such motif, or it
 * knows too little. */
nn_status fragments_open(fragments *f, const options *o, const motif_set *set, bool computes, motif_choice *c, arena *a,
                         nn_error *err);
/* Those that are due in a model. They follow from seed and index alone. */
void fragments_draw(const fragments *f, uint64_t index, fragments_due *out);

#endif
