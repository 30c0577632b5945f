/* The evaluator of checked expressions, in three parts: eval.c (values and lists), eval_condition.c, eval_call.c. */
#ifndef NN_EVAL_PARTS_H
#define NN_EVAL_PARTS_H

#include "lower/eval.h"

term_list eval_new_list(lower *l, int n);
term_list eval_terms(lower *l, expr *const *args, size_t n);
void eval_sort_constants(lower *l, term *p, size_t n); /* terms without variables */
int eval_list_length(ex_type t, const value *v);
bool eval_for_admits(lower *l, const expr *e);
/* Shapes of the arguments of broadcast and fits; a variadic counts as all its tensors. Returns their number, at most max. */
int eval_shapes(lower *l, const expr *e, term_list *shapes, int max);
term eval_comparison(lower *l, const expr *e);
term eval_in(lower *l, const expr *e);
term *eval_conditions(lower *l, const expr *g, int *count); /* the conditions of a generator */
term eval_fits(lower *l, const expr *e);
term eval_can(lower *l, const expr *e);
value eval_broadcast(lower *l, const expr *e);
value eval_call(lower *l, const expr *e);

static inline value eval_of_term(term t)
{
    return (value){.t = t};
}

#endif
