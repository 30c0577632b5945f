/* Type checking in two parts: expr_check.c (names, operators, coercions) and expr_check_call.c (functions). */
#ifndef NN_EXPR_CHECK_H
#define NN_EXPR_CHECK_H

#include "rules/op_compile.h"

nn_status expr_visit(op_compile *c, expr **pe); /* resolves and types *pe, without a coercion */
nn_status expr_check_as(op_compile *c, expr **pe, ex_type want);
nn_status expr_coerce(op_compile *c, expr **pe, ex_type want);
nn_status expr_coerce_all(op_compile *c, expr **args, size_t n, ex_type t);
bool expr_is_content(ex_type t); /* whether initializers can be filled from it: a generator, a number or a list of numbers */
/* An error if e is an output whose values are computed later than this expression. */ nn_status expr_values_known(op_compile *c,
                                                                                                                   const expr *e);
nn_status expr_type_error(op_compile *c, const expr *e, const char *expected);
bool expr_scalar_number(ex_type t);
/* The common numeric type of two checked operands; TY_NONE if there is none. */
ex_type expr_numeric_join(const op_compile *c, const expr *a, const expr *b);
nn_status expr_resolve(op_compile *c, expr *e, bool tensor_first); /* an EX_NAME */
nn_status expr_check_call(op_compile *c, expr *e);

#endif
