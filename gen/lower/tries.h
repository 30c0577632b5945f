/* Tries counted by operator and outcome: what failed most, and what failing costs.
 *
 * Ownership: a table owns its rows; try_table_free. Zero-initialise. What rows point to belongs to the op_set. */
#ifndef NN_LOWER_TRIES_H
#define NN_LOWER_TRIES_H

#include "lower/reason.h"

typedef struct {
    const op_model *op; /* tried; of a group its last */
    lower_why why;      /* reason WHY_NONE: it was kept */
    uint64_t tries;
    uint64_t kept;                /* nodes */
    uint64_t steps, propagations; /* of evaluation and of the solver, in these tries */
    uint32_t slot;                /* of the hash table */
} try_row;

typedef struct {
    try_row *rows; /* in the order in which they came up */
    size_t n, capacity;
    uint32_t *slots; /* row + 1, 0: empty */
    size_t n_slots;  /* a power of two */
} try_table;

void try_table_free(try_table *t);
void try_table_clear(try_table *t);
/* Adds the counts of a row to that of the same operator, reason and rule. False without memory. */
bool try_table_add(try_table *t, const try_row *row);
/* The failure that came up most, of an operator or (op NULL) of all; NULL: none. The first among equals. */
const try_row *try_table_most(const try_table *t, const op_model *op);
uint64_t try_table_tries(const try_table *t, const op_model *op); /* op NULL: all */

/* "in 12 of 20 tries: REASON: A, where (t.yaml:7:12)", of the failure that came up most; "" where there was none. */
typedef struct {
    char s[320];
} tries_text;
tries_text try_table_text(const try_table *t, const op_model *op);

#endif
