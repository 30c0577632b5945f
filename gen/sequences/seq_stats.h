/* Tests whether models that have a sequence fail more often than others. */
#ifndef NN_SEQ_STATS_H
#define NN_SEQ_STATS_H

#include "base.h"

/* ln k! for k = 0, ..., n. The caller frees it. NULL: out of memory. */
double *log_factorials(size_t n);

/* Fisher's exact test, one-sided (The logic of inductive inference, J. R. Statist. Soc. 98, 1935). a + c of all models have
 * failed. Returns the probability that at least a of a + b randomly chosen models have failed. */
double fisher_greater(const double *log_factorial, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* (a d) / (b c); if one of them is zero, 1/2 is added to each (Haldane 1956, Anscombe 1956). */
double odds_ratio(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Benjamini and Hochberg, Controlling the false discovery rate, J. R. Statist. Soc. B 57, 1995. Replaces each p (sorted,
 * ascending) by the smallest false discovery rate at which it counts as a discovery. */
void benjamini_hochberg(double *p, size_t n);

#endif
