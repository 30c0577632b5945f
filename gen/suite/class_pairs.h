/* Which pairs of classes the cases of an operator have, have to have, and cannot have.
 *
 * Classes are numbered as in a facet_table. A class is the pair of itself with itself.
 *
 * Ownership: memory of the given arena. */
#ifndef NN_SUITE_CLASS_PAIRS_H
#define NN_SUITE_CLASS_PAIRS_H

#include "suite/facet.h"

typedef enum {
    PAIR_NONE,      /* not asked for: of one facet, or of a class that is impossible or not declared */
    PAIR_OPEN,      /* asked for */
    PAIR_COVERED,   /* some case has it */
    PAIR_IMPOSSIBLE /* not found by a bounded number of tries */
} pair_state;

typedef struct {
    const facet_table *t; /* borrowed */
    size_t n;
    uint8_t *state;   /* n * n, symmetric */
    uint16_t *facets; /* of each class */
    bool *declared;   /* of each class */
    int strength;     /* 1: single classes only; 2: pairs */
    size_t next;      /* no pair before this one is open */
} class_pairs;

typedef struct {
    size_t asked, covered, impossible; /* pairs of different classes */
    size_t classes, covered_classes, impossible_classes;
} pair_counts;

nn_status class_pairs_new(class_pairs *p, const facet_table *t, int strength, arena *a, nn_error *err);
pair_state class_pairs_state(const class_pairs *p, size_t a, size_t b);
/* The next pair that is open; single classes come first. false: there is none. */
bool class_pairs_next(class_pairs *p, size_t *a, size_t *b);
/* Number of open pairs among the n classes of a case (-1: none). */
size_t class_pairs_gain(const class_pairs *p, const int *classes, size_t n);
/* Classes that are not declared become so when an instance has them. */
void class_pairs_seen(class_pairs *p, const int *classes, size_t n);
void class_pairs_cover(class_pairs *p, const int *classes, size_t n);
void class_pairs_give_up(class_pairs *p, size_t a, size_t b);
pair_counts class_pairs_count(const class_pairs *p);

#endif
