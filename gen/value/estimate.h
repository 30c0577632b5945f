/* Estimates of likely values. They complement the bounds of interval.h, which grow with every sum and are seldom reached.
 *
 * An estimate is an interval that contains most values, and `live`: how far one element is likely to move when the graph inputs are
 * drawn again. This is a radius, as half the interval's width is: 0 for initializers, half the width for graph inputs. Elements and
 * operands are taken as independent, so that the radius of a sum is the root of the sum of squares. An estimate proves nothing; it
 * shows where an operator would get values that do not vary, or that lie where its result is constant. The bits are the same on
 * every machine: only IEEE basic operations and sqrt are used. An invalid interval makes an invalid estimate. */
#ifndef NN_ESTIMATE_H
#define NN_ESTIMATE_H

#include "value/interval.h"

typedef struct {
    interval range;
    double live;
    double off; /* how far the mean of the elements may be from the middle of the range */
    bool ties;  /* equal values are likely, as among integers and clipped values */
    bool weak;  /* the values may be the same for all inputs, anywhere in the range */
    bool known; /* false: there is no estimate; use the bounds */
} estimate;

estimate est_make(interval range, double live); /* live is limited to half the width; no ties */
estimate est_point(double x);
estimate est_all(interval range);                 /* values anywhere in the range, which move in all of it */
estimate est_still(interval range);               /* values anywhere in the range, which do not move, as in an initializer */
double est_share(estimate a);                     /* live over half the width, 0..1 */
estimate est_scale(estimate a, double share);     /* live times a share */
estimate est_tied(estimate a, bool ties);         /* with ties if `ties` is set; never removes them */
estimate est_weak(interval range);                /* values anywhere in the range, which are weak */
estimate est_within(estimate a, interval bounds); /* limited to the bounds; the bounds themselves if they do not meet */

estimate est_neg(estimate a);
estimate est_add(estimate a, estimate b);
estimate est_mul(estimate a, estimate b);
estimate est_div(estimate a, estimate b);
estimate est_sum_of(double n, estimate a);
estimate est_mean_of(double n, estimate a);
/* Each element comes from one or the other. */
estimate est_hull(estimate a, estimate b);
/* The larger or smaller of two: if the same one is always chosen, only its movement counts. */
estimate est_extreme(estimate a, estimate b, bool max);
/* The result of a function with this range; its share of movement is that of the argument that moves most. */
estimate est_image(interval range, estimate a, estimate b);
/* The same, with the movement of the function in three windows of the argument, of which the middle one has the largest weight.
 * images: those of est_window(a, 0) to est_window(a, 2). A function that is flat where most values lie moves little. */
interval est_window(estimate a, int k);
estimate est_curve(interval range, estimate a, const interval *images);

#endif
