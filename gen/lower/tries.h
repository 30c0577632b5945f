/* Tries counted by operator and outcome, with their cost.
 *
 * Ownership: a table owns its rows; free them by try_table_free. Initialise it with zeros. The data that rows point to belong to
 * the op_set. */
#ifndef NN_LOWER_TRIES_H
#define NN_LOWER_TRIES_H

#include "lower/reason.h"

typedef struct {
    const op_model *op; /* the operator that was tried, in a group the last one */
    lower_why why;      /* reason WHY_NONE: it was kept */
    uint64_t tries;
    uint64_t kept;                /* nodes */
    uint64_t steps, propagations; /* of evaluation and of the solver, in these tries */
    uint32_t slot;                /* in the hash table */
} try_row;

typedef struct {
    try_row *rows; /* in the order in which they came up */
    size_t n, capacity;
    uint32_t *slots; /* row + 1, 0: empty */
    size_t n_slots;  /* a power of two */
} try_table;

void try_table_free(try_table *t);
void try_table_clear(try_table *t);
/* Adds the counts of a row to the row of the same operator, reason and rule. false: out of memory. */
bool try_table_add(try_table *t, const try_row *row);
/* The most frequent failure of an operator or (op NULL) of all, the first among equals. NULL: there is none. */
const try_row *try_table_most(const try_table *t, const op_model *op);
uint64_t try_table_tries(const try_table *t, const op_model *op); /* op NULL: all */

/* "in 12 of 20 tries: REASON: A, where (t.yaml:7:12)", for the most frequent failure; "" if there was none. */
typedef struct {
    char s[320];
} tries_text;
tries_text try_table_text(const try_table *t, const op_model *op);

#endif
