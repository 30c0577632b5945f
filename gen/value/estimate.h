/* Estimates of likely values, in addition to the bounds of interval.h: bounds grow with every sum, and values seldom reach them.
 *
 * An estimate is an interval that holds most values, and `live`, how far one element is likely to move (a radius, as half the
 * interval's width is) when the graph inputs are drawn anew: 0 for initializers, half the width for graph inputs. Elements
 * and operands are taken as independent, so that the radius of a sum is the root of the sum of squares. Nothing is proven by an
 * estimate; it tells where an operator would see values that do not vary, or lie where its result is constant. Same bits
 * everywhere: only IEEE basic operations and sqrt. An invalid interval makes an invalid estimate. */
#ifndef NN_ESTIMATE_H
#define NN_ESTIMATE_H

#include "value/interval.h"

typedef struct {
    interval range;
    double live;
    double off; /* how far the mean of the elements may be from the middle of the range */
    bool ties;  /* equal values are likely: whole numbers, values that were cut off */
    bool weak;  /* the values may be the same for all inputs, anywhere in the range */
    bool known; /* false: nobody has estimated this tensor; use its bounds */
} estimate;

estimate est_make(interval range, double live); /* live cut to half the width; no ties */
estimate est_point(double x);
estimate est_all(interval range);                 /* all of it, moving */
estimate est_still(interval range);               /* all of it, of an initializer */
double est_share(estimate a);                     /* live over half the width, 0..1 */
estimate est_scale(estimate a, double share);     /* live times a share */
estimate est_tied(estimate a, bool ties);         /* with ties, if there were none */
estimate est_weak(interval range);                /* all of it */
estimate est_within(estimate a, interval bounds); /* cut to bounds; the bounds where nothing is left */

estimate est_neg(estimate a);
estimate est_add(estimate a, estimate b);
estimate est_mul(estimate a, estimate b);
estimate est_div(estimate a, estimate b);
estimate est_sum_of(double n, estimate a);
estimate est_mean_of(double n, estimate a);
/* Elements of one or the other. */
estimate est_hull(estimate a, estimate b);
/* The larger or smaller of two: where one always decides, its movement alone counts. */
estimate est_extreme(estimate a, estimate b, bool max);
/* What a function made of the intervals, moving in the share of the argument that moves most. */
estimate est_image(interval range, estimate a, estimate b);
/* The same, from how the function moves in three windows of the argument, the middle one weighted most: images are those of
 * est_window(a, 0 .. 2). A function that is flat where most values lie moves little. */
interval est_window(estimate a, int k);
estimate est_curve(interval range, estimate a, const interval *images);

#endif
