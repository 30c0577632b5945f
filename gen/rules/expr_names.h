/* What a checked expression names. Without the search it can be evaluated once all of these are known. */
#ifndef NN_EXPR_NAMES_H
#define NN_EXPR_NAMES_H

#include "rules/expr.h"

/* Sets of indices. */
typedef struct {
    uint64_t vars; /* variables and attributes */
    uint32_t inputs, types;
    bool late; /* it names an output, or asks the solver */
} expr_names;

/* Adds what e names to *n. e may be NULL. */
void expr_collect_names(const expr *e, expr_names *n);

#endif
