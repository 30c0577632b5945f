/* Radii add as standard deviations do. A radius r is that of a uniform distribution, whose standard deviation is r / sqrt(3). */
#include "value/estimate.h"

#include <string.h>

#define ROOT_HALF 0.7071067811865476

static double centre(estimate a)
{
    return a.range.lo + (a.range.hi - a.range.lo) / 2;
}

static double radius(estimate a)
{
    return (a.range.hi - a.range.lo) / 2;
}

/* Square root to about 2^-22: the exponent halved, then Newton's method twice. */
static double root(double x)
{
    if (!(x > 0x1p-1000 && x < 0x1p1000))
        return x > 0 && x >= 0x1p1000 ? x : 0;
    uint64_t bits;
    double y;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits >> 1) + ((uint64_t)1023 << 51);
    memcpy(&y, &bits, sizeof y);
    y = 0.5 * (y + x / y);
    return 0.5 * (y + x / y);
}

static double root_sum(double x, double y)
{
    return root(x * x + y * y);
}

static bool usable(estimate a)
{
    return iv_finite(a.range);
}

static estimate around(double c, double r, double live)
{
    return est_make(iv(c - r, c + r), live);
}

estimate est_make(interval range, double live)
{
    double most = (range.hi - range.lo) / 2;
    return (estimate){.range = range, .live = live < most ? live : most, .known = true};
}

estimate est_point(double x)
{
    return est_make(iv_point(x), 0);
}

estimate est_all(interval range)
{
    return est_make(range, (range.hi - range.lo) / 2);
}

estimate est_still(interval range)
{
    return est_make(range, 0);
}

double est_share(estimate a)
{
    double r = radius(a);
    return r > 0 ? a.live / r : 0;
}

estimate est_scale(estimate a, double share)
{
    a.live *= share;
    return a;
}

estimate est_tied(estimate a, bool ties)
{
    a.ties |= ties;
    return a;
}

estimate est_weak(interval range)
{
    estimate e = est_make(range, 0);
    e.weak = true;
    return e;
}

/* A result of weak values that does not move is weak. */
static estimate from(estimate r, estimate a, estimate b)
{
    r.weak = (a.weak || b.weak) && !(r.live > 0);
    return r;
}

/* The typical magnitude of a factor, by which the movement of the other factor is multiplied. All elements of a weak factor may
 * have the smallest magnitude. */
static double size(estimate a)
{
    double c = centre(a), r = radius(a);
    return a.weak ? iv_mig(a.range) : root(c * c + r * r / 3);
}

/* For results whose mean may lie away from the middle of the range. */
static estimate bent(estimate a)
{
    a.off = radius(a) / 8;
    return a;
}

estimate est_within(estimate a, interval bounds)
{
    interval r = iv_meet(a.range, bounds);
    estimate e = iv_valid(r) ? est_make(r, a.live) : bent(est_make(bounds, est_share(a) * (bounds.hi - bounds.lo) / 2));
    if (iv_valid(r)) {
        double moved = centre(e) - centre(a);
        e.off = a.off + (moved < 0 ? -moved : moved);
    }
    return from(est_tied(e, a.ties), a, a);
}

estimate est_neg(estimate a)
{
    a.range = iv_neg(a.range);
    return a;
}

estimate est_add(estimate a, estimate b)
{
    if (!usable(a) || !usable(b))
        return est_image(iv_add(a.range, b.range), a, b);
    estimate r = around(centre(a) + centre(b), root_sum(radius(a), radius(b)), root_sum(a.live, b.live));
    r.off = root_sum(a.off, b.off);
    return from(est_tied(r, (a.ties || radius(a) == 0) && (b.ties || radius(b) == 0)), a, b);
}

estimate est_mul(estimate a, estimate b)
{
    interval all = iv_mul(a.range, b.range);
    if (!usable(a) || !usable(b) || !iv_valid(all))
        return est_image(all, a, b);
    double ca = centre(a), cb = centre(b), ra = radius(a), rb = radius(b);
    double r = root(ca * ca * rb * rb + cb * cb * ra * ra + ra * ra * rb * rb / 3);
    estimate e = around(ca * cb, r, root_sum(size(b) * a.live, size(a) * b.live));
    e.off = root_sum(ca * b.off, cb * a.off);
    e = est_within(e, all);
    return from(est_tied(e, a.ties || b.ties), a, b);
}

estimate est_div(estimate a, estimate b)
{
    interval inverse = iv_div(iv_point(1), b.range);
    return iv_valid(inverse) ? est_mul(a, est_image(inverse, b, b)) : est_image(inverse, a, b);
}

estimate est_sum_of(double n, estimate a)
{
    double times = n > 0 ? root(n) : 0;
    if (!usable(a))
        return est_image(iv_sum_of(n, a.range), a, a);
    estimate e = around(n * centre(a), root_sum(times * radius(a), n * a.off), times * a.live);
    e.off = n * a.off;
    return from(est_tied(e, n <= 1 && a.ties), a, a);
}

estimate est_mean_of(double n, estimate a)
{
    double times = n > 1 ? root(n) : 1;
    if (!usable(a))
        return est_image(iv_mean_of(n, a.range), a, a);
    estimate e = around(centre(a), root_sum(radius(a) / times, a.off), a.live / times);
    e.off = a.off;
    return from(est_tied(e, n <= 1 && a.ties), a, a);
}

estimate est_hull(estimate a, estimate b)
{
    interval r = iv_hull(a.range, b.range);
    if (a.range.lo == a.range.hi && b.range.lo == b.range.hi)
        return est_all(r);
    bool filled = a.range.lo == a.range.hi || b.range.lo == b.range.hi;
    return from(est_tied(bent(est_make(r, root_sum(a.live, b.live) * ROOT_HALF)), a.ties || b.ties || filled), a, b);
}

/* How far the larger of a and b moves with a. The part of a that does not move may be at the low end of its range, and that of b at
 * the high end. */
static double part(estimate a, estimate b)
{
    double reached = a.range.lo + 2 * a.live;
    if (a.range.lo >= b.range.hi)
        return a.live;
    if (b.live > 0)
        return a.range.hi > b.range.lo ? a.live : 0;
    return reached > b.range.hi ? (reached - b.range.hi) / 2 : 0;
}

estimate est_extreme(estimate a, estimate b, bool max)
{
    if (!max)
        return est_neg(est_extreme(est_neg(a), est_neg(b), true));
    interval r = iv_max(a.range, b.range);
    if (!iv_valid(r))
        return est_make(r, 0);
    double x = part(a, b), y = part(b, a);
    bool above = a.range.lo >= b.range.hi, below = b.range.lo >= a.range.hi;
    bool cut = a.range.lo == a.range.hi || b.range.lo == b.range.hi;
    estimate e = bent(est_make(r, x > y ? x : y));
    if (above || below)
        e.off = above ? a.off : b.off;
    return from(est_tied(e, above ? a.ties : below ? b.ties : a.ties || b.ties || cut), a, b);
}

estimate est_image(interval range, estimate a, estimate b)
{
    double x = est_share(a), y = est_share(b);
    return from(est_tied(bent(est_make(range, (x > y ? x : y) * (range.hi - range.lo) / 2)), a.ties || b.ties), a, b);
}

interval est_window(estimate a, int k)
{
    double c = centre(a) + 0.5 * (k - 1) * radius(a), l = a.live / 2;
    interval w = iv_meet(iv(c - l, c + l), a.range);
    return iv_valid(w) ? w : iv_point(c);
}

estimate est_curve(interval range, estimate a, const interval *images)
{
    double d[3], mean = 0;
    for (int k = 0; k < 3; k++) {
        if (!iv_finite(images[k]))
            return est_image(range, a, a);
        d[k] = iv_width(images[k]);
        mean += (images[k].lo + images[k].hi) / 6;
    }
    double low = d[0] < d[1] ? d[0] : d[1], high = d[0] < d[1] ? d[1] : d[0];
    double middle = d[2] < low ? low : d[2] > high ? high : d[2];
    estimate e = est_make(range, middle);
    double aside = mean - centre(e), r = radius(a);
    e.off = (aside < 0 ? -aside : aside) + (r > 0 ? a.off / r * radius(e) : 0);
    e.off = e.off < radius(e) ? e.off : radius(e);
    return from(est_tied(e, a.ties), a, a);
}
