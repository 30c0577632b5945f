/* Times the solver on shape problems: nanoseconds for build, propagation and search of each, one line a problem.
 * Usage: bench_csp [repetitions]. The clock is read here, never in the solver.
 * Built by: cc -O2 -Iinclude -Isolver -Igen tests/solver/bench_csp.c build/default/libnngen.a -o build/bench_csp */
#include "csp.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t state = 1;

static uint64_t draw(void *user, uint64_t bound)
{
    (void)user;
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    return (uint64_t)(((unsigned __int128)(z ^ (z >> 27)) * bound) >> 64);
}

typedef struct {
    csp_var decide[64];
    size_t n;
} problem;

static csp_var choice(csp *s, problem *p, int64_t lo, int64_t hi)
{
    return p->decide[p->n++] = csp_int(s, lo, hi);
}

/* One windowed dimension: out = floor((in + pad + pad' - (dilation * (kernel - 1) + 1)) / stride) + 1. */
static csp_var window(csp *s, problem *p, csp_var in, csp_var *kernel)
{
    csp_var k = choice(s, p, 1, 7), stride = choice(s, p, 1, 3), dilation = choice(s, p, 1, 2);
    csp_var pad0 = choice(s, p, 0, 3), pad1 = choice(s, p, 0, 3);
    csp_var k1 = csp_int(s, 0, 6), span = csp_int(s, 0, 12), room = csp_int(s, 0, 1 << 20), steps = csp_int(s, 0, 1 << 20);
    csp_var out = csp_int(s, 1, 1 << 20);
    csp_linear(s, CSP_EQ, (int64_t[]){1, -1}, (csp_var[]){k, k1}, 2, 1);
    csp_mul(s, span, dilation, k1);
    csp_linear(s, CSP_EQ, (int64_t[]){1, -1, -1, -1, 1}, (csp_var[]){room, in, pad0, pad1, span}, 5, -1);
    csp_div(s, steps, room, stride);
    csp_linear(s, CSP_EQ, (int64_t[]){1, -1}, (csp_var[]){out, steps}, 2, 1);
    csp_linear(s, CSP_LE, (int64_t[]){1, -1}, (csp_var[]){pad0, k}, 2, -1);
    csp_linear(s, CSP_LE, (int64_t[]){1, -1}, (csp_var[]){pad1, k}, 2, -1);
    *kernel = k;
    return out;
}

/* A two-dimensional convolution of a tensor of known shape: attributes, weights and the output within 4096 elements. */
static void convolution(csp *s, problem *p)
{
    csp_var n = csp_const(s, 1 + (int64_t)draw(NULL, 4)), c = csp_const(s, 1 + (int64_t)draw(NULL, 8));
    csp_var in[2] = {csp_const(s, 6 + (int64_t)draw(NULL, 20)), csp_const(s, 6 + (int64_t)draw(NULL, 20))};
    csp_var group = choice(s, p, 1, 8), m = choice(s, p, 1, 64), zero = csp_const(s, 0), per = csp_int(s, 1, 64), kernel[2], out[2];
    csp_mod(s, zero, c, group);
    csp_mod(s, zero, m, group);
    csp_div(s, per, c, group);
    for (int i = 0; i < 2; i++)
        out[i] = window(s, p, in[i], &kernel[i]);
    csp_product(s, csp_int(s, 1, 4096), (csp_var[]){m, per, kernel[0], kernel[1]}, 4);
    csp_product(s, csp_int(s, 1, 4096), (csp_var[]){n, m, out[0], out[1]}, 4);
}

/* A new shape of rank 4 with the elements of an old one. */
static void factorisation(csp *s, problem *p)
{
    static const int64_t counts[] = {720, 1024, 360, 96, 2310, 4096};
    csp_var x[4], total = csp_const(s, counts[draw(NULL, 6)]);
    for (int i = 0; i < 4; i++)
        x[i] = choice(s, p, 1, 64);
    csp_product(s, total, x, 4);
}

/* Two shapes of rank 4 that broadcast, one of them free. */
static void broadcasting(csp *s, problem *p)
{
    csp_var z[4], y[4];
    for (int i = 0; i < 4; i++) {
        csp_var x = csp_const(s, 1 + (int64_t)draw(NULL, 2) * 6);
        y[i] = choice(s, p, 1, 64);
        z[i] = csp_int(s, 1, 4096);
        csp_broadcast(s, z[i], x, y[i]);
    }
    csp_product(s, csp_int(s, 1, 4096), y, 4);
    csp_product(s, csp_int(s, 1, 4096), z, 4);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int measure(csp *s, const char *name, void (*build)(csp *, problem *), csp_mode mode, int repetitions)
{
    double t_build = 0, t_propagate = 0, t_solve = 0, t_all = -now();
    uint64_t count = 0;
    int solved = 0;
    for (int i = 0; i < repetitions; i++) {
        problem p = {.n = 0};
        double a = now();
        csp_reset(s);
        build(s, &p);
        double b = now();
        csp_propagate(s);
        double c = now();
        csp_mark m = csp_get_mark(s);
        csp_search how = {.mode = mode, .draw = draw};
        if (csp_solve(s, &how, p.decide, p.n) == CSP_OK) {
            if (!csp_check(s, NULL))
                return 1;
            solved++;
        }
        count += csp_propagations(s);
        csp_undo(s, m);
        double d = now();
        t_build += b - a;
        t_propagate += c - b;
        t_solve += d - c;
    }
    t_all += now();
    double r = repetitions;
    printf("%-14s %-8s %8.0f ns build %8.0f ns propagate %8.0f ns solve %8.0f ns in all, %5.1f propagations, %5.1f %% solved\n",
           name,
           mode == CSP_UNIFORM ? "uniform"
           : mode == CSP_LOG   ? "log"
                               : "boundary",
           t_build / r, t_propagate / r, t_solve / r, t_all / r, (double)count / r, 100.0 * solved / r);
    return 0;
}

int main(int argc, char **argv)
{
    int repetitions = argc > 1 ? atoi(argv[1]) : 100000, bad = 0;
    csp *s = csp_new();
    if (!s || repetitions < 1)
        return 2;
    for (int mode = 0; mode < 3; mode++) {
        bad += measure(s, "convolution", convolution, (csp_mode)mode, repetitions);
        bad += measure(s, "factorisation", factorisation, (csp_mode)mode, repetitions);
        bad += measure(s, "broadcasting", broadcasting, (csp_mode)mode, repetitions);
    }
    csp_free(s);
    return bad != 0;
}
