/* Whether models that hold a sequence fail more often than others. */
#ifndef NN_SEQ_STATS_H
#define NN_SEQ_STATS_H

#include "base.h"

/* ln k! for k of [0, n]. The caller frees it; NULL: no memory. */
double *log_factorials(size_t n);

/* Fisher's exact test, one-sided (The logic of inductive inference, J. R. Statist. Soc. 98, 1935): the probability that of a + b
 * models chosen from all at random at least a have failed, if a + c of all have. */
double fisher_greater(const double *log_factorial, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* (a d) / (b c); with a zero among them, 1/2 is added to each (Haldane 1956, Anscombe 1956). */
double odds_ratio(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Benjamini and Hochberg, Controlling the false discovery rate, J. R. Statist. Soc. B 57, 1995: p, ascending, becomes the least
 * rate of false discoveries at which each is one. */
void benjamini_hochberg(double *p, size_t n);

#endif
