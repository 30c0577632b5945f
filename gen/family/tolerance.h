/* One pair (atol, rtol) that covers the bounds of a graph output in all its data sets, for programs that know no bounds of
 * elements: |y - v| <= atol + rtol * |v| holds for every y within a finite bound of v. It also holds with |y| on the right, and in
 * the arithmetic of the output's type: NumPy compares either way. */
#ifndef NN_TOLERANCE_H
#define NN_TOLERANCE_H

#include "base.h"
#include "value/dtype.h"

enum { TOLERANCE_CHOICES = 24 };
#define TOLERANCE_WIDE 1e-2 /* of the largest value of the output in its data set */

typedef struct {
    double atol[TOLERANCE_CHOICES]; /* what each choice of rtol takes */
    double magnitudes;              /* sum of those of all elements that were counted */
    uint64_t n;                     /* their number */
    bool wide;                      /* some bound is infinite, or large beside all values of the output */
    uint64_t unbounded;             /* elements whose bound is infinite */
} tolerance;

/* Adds n elements, as ref_to_raw gives them. */
void tolerance_add(tolerance *t, dtype type, const void *values, const float *bounds, size_t n);
/* Adds the elements of another output. */
void tolerance_join(tolerance *into, const tolerance *from);
/* Of the pairs, the one that allows least in the mean. Both are 0 if all finite bounds are 0. type: the
 * coarsest of the elements. */
void tolerance_pair(const tolerance *t, dtype type, double *atol, double *rtol);

#endif
