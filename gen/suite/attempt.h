/* One try to make a case: a request to the lowering with some classes wished for, drawn from the tape.
 *
 * Types, ranks, presence and forms are requested as such. A class of values is requested by a value that the class is, or by one
 * that an earlier instance of the operator had; a class that no instance had yet is left to chance.
 *
 * Ownership: an attempter owns its values and borrows the operator's facets; instances live in the arena of its lowering. */
#ifndef NN_SUITE_ATTEMPT_H
#define NN_SUITE_ATTEMPT_H

#include "lower/lower.h"
#include "suite/facet.h"

#define BANK_VALUES 8 /* kept of each class */

typedef struct {
    const facet_table *facets;
    lower *l;
    tape *t;
    arena memory;     /* of the values */
    inst_value *bank; /* BANK_VALUES for each class */
    uint8_t *n_bank;
} attempter;

nn_status attempter_open(attempter *a, const facet_table *facets, lower *l, tape *t, nn_error *err);
void attempter_close(attempter *a);
/* wished: n classes, of different facets. relaxed: rules of mere interest give way (lower.h). */
lower_result attempt(attempter *a, const size_t *wished, size_t n, bool relaxed, op_instance *out);

#endif
