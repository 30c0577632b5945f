/* Shared by the two files of the interval layer: how a float32 evaluation may differ from the exact result, and the outward step.
 */
#ifndef NN_INTERVAL_IMPL_H
#define NN_INTERVAL_IMPL_H

#include "value/interval.h"

#define IV_INF __builtin_inf()
#define IV_NAN __builtin_nan("")
#define IV_REL 0x1p-20         /* relative error of one operation, fused or approximated */
#define IV_TINY 0x1p-126       /* smallest normal float32: smaller values may be flushed to zero */
#define IV_LARGEST 3.402823e38 /* just below the largest float32 */

static inline double iv_abs1(double x)
{
    return x < 0 ? -x : x;
}
static inline double iv_max1(double x, double y)
{
    return x > y ? x : y;
}
static inline double iv_min1(double x, double y)
{
    return x < y ? x : y;
}

/* An operand as a runtime may see it: extended to 0 if it contains subnormal values. */
static inline interval iv_operand(interval a)
{
    if (a.lo > 0 && a.lo < IV_TINY)
        a.lo = 0;
    if (a.hi < 0 && a.hi > -IV_TINY)
        a.hi = 0;
    return a;
}

/* [lo - below, hi + above]; ends out of float32's range become infinite, a NaN makes the result invalid. */
static inline interval iv_outward(double lo, double hi, double below, double above)
{
    lo -= below;
    hi += above;
    if (!(lo <= hi))
        return iv_invalid();
    if (lo < -IV_LARGEST)
        lo = -IV_INF;
    else if (lo > IV_LARGEST)
        lo = IV_LARGEST;
    if (hi > IV_LARGEST)
        hi = IV_INF;
    else if (hi < -IV_LARGEST)
        hi = -IV_LARGEST;
    return (interval){lo, hi};
}

/* Each end moved outward by `below` or `above` of itself and IV_TINY. Signs are kept: an operation whose exact result has no
 * negative (positive) values has none in float32 either. */
static inline interval iv_outward_relative(double lo, double hi, double below, double above)
{
    if (lo > IV_LARGEST) /* inf - inf would be NaN */
        lo = IV_LARGEST;
    if (hi < -IV_LARGEST)
        hi = -IV_LARGEST;
    interval r = iv_outward(lo, hi, below * iv_abs1(lo) + IV_TINY, above * iv_abs1(hi) + IV_TINY);
    if (lo >= 0 && r.lo < 0)
        r.lo = 0;
    if (hi <= 0 && r.hi > 0)
        r.hi = 0;
    return r;
}

#endif
