/* The names that a checked expression uses. Unless it is `late`, it can be evaluated without a search as soon as all of them are
 * known. */
#ifndef NN_EXPR_NAMES_H
#define NN_EXPR_NAMES_H

#include "rules/expr.h"

/* Sets of indices. */
typedef struct {
    uint64_t vars; /* variables and attributes */
    uint32_t inputs, types;
    bool late; /* it uses an output, or asks the solver (can) */
} expr_names;

/* Adds the names that e uses to *n. e may be NULL. */
void expr_collect_names(const expr *e, expr_names *n);

#endif
