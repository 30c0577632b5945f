/* Expressions of the table's language outside operator entries, such as those of motifs. Their names are symbols that the caller
 * knows: each becomes a variable (EX_VAR) whose index is the symbol's.
 *
 * Ownership: as in expr.h. */
#ifndef NN_EXPR_OUTSIDE_H
#define NN_EXPR_OUTSIDE_H

#include "rules/expr.h"

#define EXPR_MAX_SYMBOLS 40 /* in one expression */

typedef struct {
    const char *name;
    ex_type type;
} expr_symbol;

/* Resolves the names of a parsed expression and checks its types. want: the type that the result is converted to; TY_NONE: any
 * value. subject: what messages begin with, for example "motif m". n: at most EXPR_MAX_SYMBOLS. */
nn_status expr_check_outside(expr **e, ex_type want, const expr_symbol *symbols, size_t n, const char *subject, arena *a,
                             nn_error *err);

#endif
