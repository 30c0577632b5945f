/* Sampling of float32 intervals, for the tests of the interval layer. */
#ifndef INTERVAL_SAMPLING_H
#define INTERVAL_SAMPLING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "value/interval.h"

#define INF __builtin_inf()
#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t seed;

static uint32_t next(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

static inline uint32_t below(uint32_t n)
{
    return (uint32_t)(((uint64_t)next() * n) >> 32);
}
static double unit(void)
{
    return (double)next() * 0x1p-32;
}

/* Floats in order as integers, 0 in the middle. */
static int64_t rank_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u >> 31 ? -(int64_t)(u & 0x7fffffff) : (int64_t)u;
}

static float of_rank(int64_t r)
{
    uint32_t u = r < 0 ? (uint32_t)-r | 0x80000000u : (uint32_t)r;
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* A float within [-limit, limit]: simple, of any magnitude, or uniform. */
static float any_float(double limit)
{
    const float simple[] = {0, 1, -1, 0.5f, -0.5f, 2, -2, 1e-40f, -1e-40f, 1e-30f, -1e-30f, 100, -100};
    double x = 0;
    do {
        uint32_t kind = below(5);
        if (kind == 0)
            x = simple[below(COUNT(simple))];
        else if (kind == 1)
            x = of_rank((int64_t)below(0x7f7fffff)) * (next() & 1 ? 1 : -1);
        else if (kind == 2)
            x = (2 * unit() - 1) * (limit < 20 ? limit : 20);
        else
            x = (2 * unit() - 1) * limit * (kind == 3 ? 1 : 0.01);
    } while (!(fabs(x) <= limit));
    return (float)x;
}

static interval any_interval(double limit)
{
    float a = any_float(limit), b = a;
    uint32_t kind = below(4);
    if (kind == 1)
        b = any_float(limit);
    else if (kind == 2)
        b = a + (float)(unit() * 0.01 * fabs(a));
    else if (kind == 3)
        b = of_rank(rank_of(a) + below(20));
    if (!(fabsf(b) <= limit))
        b = a;
    return a < b ? iv(a, b) : iv(b, a);
}

static float sample(interval a)
{
    int64_t lo = rank_of((float)a.lo), hi = rank_of((float)a.hi);
    switch (below(6)) {
    case 0:
        return (float)a.lo;
    case 1:
        return (float)a.hi;
    case 2: {
        float x = (float)(a.lo + (a.hi - a.lo) * unit());
        return x < a.lo ? (float)a.lo : x > a.hi ? (float)a.hi : x;
    }
    case 3:
        return a.lo <= 0 && a.hi >= 0 ? 0 : of_rank(lo);
    default:
        return of_rank(lo + (int64_t)(unit() * (double)(hi - lo + 1)));
    }
}

static float flushed(float x)
{
    return fabsf(x) < FLT_MIN ? 0 * x : x;
}

static void assert_inside(float y, interval r, const char *what, double x1, double x2)
{
    if (iv_valid(r) && !iv_contains(r, y))
        fail_msg("%s of %a, %a is %a, outside [%a, %a]", what, x1, x2, (double)y, r.lo, r.hi);
}

#endif
