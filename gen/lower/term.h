/* Integers that may depend on solver variables, and their arithmetic. Constants are folded, sums stay linear, and everything else
 * is posted to the solver. A function that fails sets the state of the problem (lower_state.h).
 *
 * Ownership: summands live in the problem's scratch memory. */
#ifndef NN_LOWER_TERM_H
#define NN_LOWER_TERM_H

#include "csp.h"
#include "lower/lower.h"

/* A summand k * v; k is not 0. */
typedef struct {
    int64_t k;
    csp_var v;
    int n; /* in the first summand of a sum: the number of summands */
} lin;

/* An integer that may depend on solver variables: c + the sum of t. No variable occurs twice. Its size is two words, so that it is
 * passed in registers. */
typedef struct {
    int64_t c;
    const lin *t; /* NULL: none, it is c */
} term;

static inline term term_const(int64_t c)
{
    return (term){.c = c};
}
static inline int term_count(term t) /* summands */
{
    return t.t ? t.t->n : 0;
}
term term_var(lower *l, csp_var v);
bool term_fixed_sum(const lower *l, term t, int64_t *out);
static inline bool term_fixed(const lower *l, term t, int64_t *out) /* whether it is constant now */
{
    if (t.t)
        return term_fixed_sum(l, t, out);
    *out = t.c;
    return true;
}
int64_t term_decide(lower *l, term t); /* the value of a term with summands; decides it if it is open */
static inline int64_t term_need(lower *l, term t)
{
    return t.t ? term_decide(l, t) : t.c;
}
csp_var term_materialize(lower *l, term t);
void term_bounds(const lower *l, term t, int64_t *lo, int64_t *hi);
term term_add(lower *l, term a, term b, int64_t factor); /* a + factor * b */
term term_scale(lower *l, term a, int64_t factor, int64_t plus);
term term_mul(lower *l, term a, term b);
typedef enum { TERM_DIV, TERM_CEILDIV, TERM_MOD } term_division;
term term_divide(lower *l, term_division how, term a, term b);
term term_extreme(lower *l, const term *x, int n, bool max);
term term_abs(lower *l, term a);
term term_sum(lower *l, const term *x, int n); /* only the total must fit into 64 bits */
term term_product(lower *l, const term *x, int n);
term term_broadcast(lower *l, term a, term b);
void term_post(lower *l, csp_rel rel, term a, term b); /* a REL b */
term term_reify(lower *l, csp_rel rel, term a, term b);
term term_or(lower *l, const term *x, int n);
term term_and(lower *l, const term *x, int n);
term term_new(lower *l, int64_t lo, int64_t hi, bool decision); /* a new variable */

#endif
