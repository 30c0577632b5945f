/* Which operators can follow which: whether an output of one can be an input of the other. Each pair is solved to find out
 * (path_probe.h).
 *
 * Ownership: a table owns its lists. It is immutable after pairs_new; threads may share it. */
#ifndef NN_PAIRS_H
#define NN_PAIRS_H

#include "build/build.h"

typedef struct {
    size_t n_ops;
    const char **reasons; /* at a * n_ops + b for the pair a, b: NULL, or why it is not feasible (static texts) */
    uint16_t *tries;      /* number of tries until it was solved, or until the search ended */
    uint16_t *followers;  /* lists of all operators, concatenated */
    size_t *first;        /* where an operator's followers begin; n_ops + 1 */
} pair_table;

/* w: NULL: nobody watches. NN_ERR_CANCELLED: it was stopped. */
nn_status pairs_new(pair_table **out, const op_set *ops, const lower_limits *limits, const step_watch *w, nn_error *err);
void pairs_free(pair_table *p);
static inline const char *pairs_reason(const pair_table *p, size_t a, size_t b)
{
    return p->reasons[a * p->n_ops + b];
}
static inline size_t pairs_count(const pair_table *p) /* the number of feasible pairs */
{
    return p->first[p->n_ops];
}

#endif
