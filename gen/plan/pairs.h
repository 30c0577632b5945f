/* Which operators can follow which, an output of one in an input of the other: decided by solving each pair (path_probe.h).
 *
 * Ownership: a table owns its lists. Immutable after pairs_new, may be shared by threads. */
#ifndef NN_PAIRS_H
#define NN_PAIRS_H

#include "build/build.h"

typedef struct {
    size_t n_ops;
    const char **reasons; /* of the pair a, b at a * n_ops + b: NULL, or why it is not feasible (static texts) */
    uint16_t *tries;      /* that it took to solve it, or that were made */
    uint16_t *followers;  /* of all operators, in turn */
    size_t *first;        /* of an operator's followers; n_ops + 1 */
} pair_table;

nn_status pairs_new(pair_table **out, const op_set *ops, const lower_limits *limits, nn_error *err);
void pairs_free(pair_table *p);
static inline const char *pairs_reason(const pair_table *p, size_t a, size_t b)
{
    return p->reasons[a * p->n_ops + b];
}
static inline size_t pairs_count(const pair_table *p) /* of the feasible ones */
{
    return p->first[p->n_ops];
}

#endif
