/* Finds the cases of one operator: a covering array of its facets, found greedily. Each case begins with a pair that no case has;
 * of several instances with this pair, the one with most new pairs becomes the case. A pair is called impossible if a bounded
 * number of tries finds no instance with it.
 *
 * Ownership: a case_search owns its workspace. The current case lives until the next call. */
#ifndef NN_SUITE_SEARCH_H
#define NN_SUITE_SEARCH_H

#include "suite/attempt.h"
#include "suite/class_pairs.h"

typedef struct {
    uint64_t seed;
    int tries;    /* for a pair that is not found */
    int strength; /* 1: each class; 2: each pair of classes */
    lower_limits limits;
} search_options;

typedef struct {
    size_t a, b; /* equal: the class alone */
    const char *reason;
} given_up;

typedef struct {
    const search_options *o;
    arena memory, instances;
    facet_table facets;
    class_pairs pairs;
    class_table values;
    tape *t;
    lower *l;
    attempter attempter;
    given_up *lost;
    size_t n_lost, lost_capacity;
    uint64_t tried, cases;
    op_instance x; /* the current case */
    int *classes;  /* its class of each facet, -1: none */
    size_t gain;   /* pairs and classes that it is the first to have */
} case_search;

/* subject: the operator's classes of values, with its choices. */
nn_status case_search_open(case_search *s, const op_set *ops, const op_model *op, const class_operator *values,
                           const search_options *o, nn_error *err);
void case_search_close(case_search *s);
/* *found: false when nothing is left to find. */
nn_status case_search_next(case_search *s, bool *found, nn_error *err);

#endif
