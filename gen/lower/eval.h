/* Evaluates checked expressions in the current frame to terms, lists, reals, intervals, estimates and contents of initializers;
 * posts conditions to the solver; draws from domains. */
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
int eval_for_count(lower *l, const expr *e, value *source,
                   int64_t *from); /* number of iterations; they go over *source (a list), or over the ints from *from on */
value eval_for_item(const expr *e, const value *source, int64_t from, int i);

double eval_real(lower *l, const expr *e);
interval eval_interval(lower *l, const expr *e);
interval eval_function(int fn, interval a); /* of one argument */
/* Hull of the generator's body at both ends of a. This is its image if it is monotone. */
interval eval_mono_image(lower *l, const expr *g, interval a);
/* Visits the operands of sum, prod, min, max and hull: expressions, including those of a generator, and the tensors of a variadic
 * (then e is NULL, and the operand is the k-th tensor of t). false: there are no operands, and the function has no value without
 * any. */
typedef void eval_item(lower *l, void *data, const expr *e, tensor_ref t, int k);
bool eval_each(lower *l, const expr *e, eval_item *item, void *data);
/* The content of an initializer, and the interval of its values. */
void eval_content(lower *l, const expr *e, const tensor_desc *desc, content *out, interval *range);

estimate eval_estimate(lower *l, const expr *e);

/* Draws from a domain of choose, attrs or rank. An expression that is not a domain is evaluated. */
value domain_draw(lower *l, const expr *e);

/* The value of a variable of this type that must be `want`: posts that the domain contains it, or that the definition equals it. */
value domain_pin(lower *l, const expr *e, ex_type type, const inst_value *want);
/* Whether a variable of this type has the value. Its terms are fixed. */
bool value_is(lower *l, ex_type type, const value *have, const inst_value *want);

/* The tensor or tensors of an expression of type TY_TENSOR or TY_TENSORS. */
static inline tensor_ref eval_tensor(lower *l, const expr *e)
{
    return e->kind == EX_INPUT    ? (tensor_ref){false, l->f->first_slot[e->index], l->f->arity[e->index]}
           : e->kind == EX_OUTPUT ? frame_tensor(l, true, e->index)
                                  : eval(l, e).tensor;
}

#endif
