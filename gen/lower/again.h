/* An instance in another world: the same operator with the same attributes, contents of initializers and choices, on inputs of
 * other sizes. The entry is solved again with all of these given, and the independent re-check judges the result, so that a size is
 * accepted only if every rule of the entry holds there.
 *
 * Ownership: as in lower.h. The tape must be one that yields zeros. */
#ifndef NN_AGAIN_H
#define NN_AGAIN_H

#include "lower/lower.h"

#define AGAIN_VALUES 16

/* What is known of the contents of a computed tensor that takes the place of a constant. If nothing is, an instance fails. */
typedef struct {
    bool fixed; /* they are the same in all worlds */
    bool known; /* they are `values` in this world */
    double values[AGAIN_VALUES];
} again_operand;

typedef struct {
    const op_instance *was;        /* as it was solved, with the values of its variables (lower_set_keep) */
    const tensor_desc *inputs;     /* one for each slot, with the dims of this world */
    const again_operand *operands; /* one for each slot */
    lower_found found;             /* the sizes that data decide */
} again_request;

/* Uses the problem of l, which must keep variables. LOWER_FAIL: a rule does not hold, or an attribute, a content, the type, rank or
 * presence of an output would differ. On success *out has the dims and ranges of the outputs. */
lower_result lower_again(lower *l, tape *zeros, const again_request *r, op_instance *out);

#endif
