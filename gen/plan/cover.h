/* The coverage plan: which paths of operators are due in which model, so that every feasible pair, or as many triples as the family
 * has room for, is dealt to some model. A function of (pairs, nodes, count, seed) alone.
 *
 * Paths are pieces of walks in which each further operator makes a further pair or triple: from a pair, the walk goes to each of
 * the operators that may follow in turn, as a rotor does, so that none is missed and none comes twice. Models that are left then
 * get pieces of other such walks, two or three in all. Memory is bounded by the number of pairs or triples, not by count.
 *
 * Ownership: the plan owns its lists. Immutable after cover_new, may be shared by threads. */
#ifndef NN_COVER_H
#define NN_COVER_H

#include "plan/pairs.h"

typedef enum { COVER_OPS, COVER_PAIRS, COVER_TRIPLES } cover_kind;

typedef struct cover cover;

nn_status cover_new(cover **out, const pair_table *pairs, cover_kind kind, size_t nodes, uint64_t count, uint64_t seed,
                    nn_error *err);
void cover_free(cover *c);
/* Paths due in model i; valid until cover_free. c may be NULL: none. */
const due_path *cover_due(const cover *c, uint64_t model, size_t *n);
uint64_t cover_dealt(const cover *c); /* pairs or triples that are due in some model */
uint64_t cover_all(const cover *c);   /* pairs that are feasible, or triples of two such pairs */

#endif
