/* The operators of a table: what its `ops` selects, what of it is missing, and the helpers that are added.
 *
 * Ownership: everything is in the arena of the table. */
#ifndef NN_TABLE_OPS_H
#define NN_TABLE_OPS_H

#include "arena.h"
#include "rules/opfilter.h"

typedef struct {
    const op_gone *gone; /* operators that were asked for and are missing */
    size_t n_gone;
    const char **helpers; /* added operators, in name order */
    size_t n_helpers;
    const char **notes; /* both as sentences */
    size_t n_notes;
} table_ops;

/* Filters the set by the expression. If it names the operators to use, helpers are added for those that no graph could contain
 * otherwise (build/op_helpers.h). */
nn_status table_ops_choose(table_ops *out, op_set *ops, const char *expr, arena *a, nn_error *err);
/* Filters the set of operators inside motifs by the same choice. */
nn_status table_ops_inner(const table_ops *t, op_set *inner, const char *expr, nn_error *err);

#endif
