/* Evaluates checked expressions in the current frame: to terms and lists, to reals and intervals, to estimates, to the contents of
 * initializers; posts conditions to the solver; draws from domains. */
#ifndef NN_LOWER_EVAL_H
#define NN_LOWER_EVAL_H

#include "lower/lower_state.h"

value eval(lower *l, const expr *e);
void eval_post(lower *l, const expr *e, bool truth);
static inline int64_t eval_int(lower *l, const expr *e) /* static */
{
    return e->kind == EX_INT ? e->i : term_need(l, eval(l, e).t);
}
bool eval_cond(lower *l, const expr *e); /* static */
value eval_for(lower *l, const expr *e);
int eval_for_count(lower *l, const expr *e, value *source, int64_t *from); /* iterations and where they come from */
value eval_for_item(const expr *e, const value *source, int64_t from, int i);

double eval_real(lower *l, const expr *e);
interval eval_interval(lower *l, const expr *e);
interval eval_function(int fn, interval a); /* of one argument */
/* Hull of the generator's body at both ends of a: its image where it is monotone. */
interval eval_mono_image(lower *l, const expr *g, interval a);
/* Visits what sum, prod, min, max and hull go over: expressions, those of a generator among them, and all tensors of a variadic (e
 * is then NULL: the k-th of t). False: there is nothing, and the function has no value for it. */
typedef void eval_item(lower *l, void *data, const expr *e, tensor_ref t, int k);
bool eval_each(lower *l, const expr *e, eval_item *item, void *data);
/* What an initializer holds, and the interval of its values. */
void eval_content(lower *l, const expr *e, const tensor_desc *desc, content *out, interval *range);

estimate eval_estimate(lower *l, const expr *e);

/* A draw from a domain of choose, attrs or rank; an expression that is no domain is evaluated. */
value domain_draw(lower *l, const expr *e);

/* The tensor or tensors of an expression of type TY_TENSOR or TY_TENSORS. */
static inline tensor_ref eval_tensor(lower *l, const expr *e)
{
    return e->kind == EX_INPUT    ? (tensor_ref){false, l->f->first_slot[e->index], l->f->arity[e->index]}
           : e->kind == EX_OUTPUT ? frame_tensor(l, true, e->index)
                                  : eval(l, e).tensor;
}

#endif
